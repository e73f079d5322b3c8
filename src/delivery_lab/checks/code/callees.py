"""Which function of a program an expression means: by its name, of a module, or a method of one of its classes."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from delivery_lab.checks.code.module import FunctionNode, Module, bound_values
from delivery_lab.checks.code.program import Code

_MOST_BASES = 8
_PLAIN_DECORATORS = frozenset({"staticmethod", "classmethod"})

Place = tuple[Module, FunctionNode]


@dataclass(frozen=True, slots=True)
class _Class:
    module: Module
    node: ast.ClassDef


def callee(code: Code, module: Module, function: FunctionNode | None, called: ast.expr) -> Place | None:
    """The function of the program that an expression means; None where it is none, or it cannot be told.

    Args:
        code: the program.
        module: where the expression stands.
        function: the function that it stands in, None at the top level.
        called: the expression, such as `work`, `helpers.work`, `self.work`, `worker.work` or `Worker().work`.
    """
    match called:
        case ast.Name(id=name):
            made = None if code.function(module, name) else _made(code, module, function, name)
            return code.function(module, name) if made is None else _method(code, made, "__call__")
        case ast.Attribute(value=value, attr=attribute):
            owner = _class_of(code, module, function, value)
            if owner is not None:
                is_self = isinstance(value, ast.Name) and value.id in ("self", "cls")
                return None if is_self and _is_overridden(code, owner, attribute) else _method(code, owner, attribute)
            where, _, name = code.origin(module, called).rpartition(".")
            target = code.modules.get(where)
            return (target, target.functions[name]) if target is not None and name in target.functions else None
    return None


def initialiser(code: Code, module: Module, called: ast.expr) -> Place | None:
    """The `__init__` of a class of the program that an expression names."""
    named = _named(code, module, called)
    return None if named is None else _method(code, named, "__init__")


def is_plain(function: FunctionNode) -> bool:
    """Whether a function has no decorator that may change what it does."""
    return all(isinstance(each, ast.Name) and each.id in _PLAIN_DECORATORS for each in function.decorator_list)


def _class_of(code: Code, module: Module, function: FunctionNode | None, value: ast.expr) -> _Class | None:
    """The class of the program whose object, or which itself, an expression is."""
    match value:
        case ast.Name(id="self" | "cls") if function is not None and (own := _around(module, function)) is not None:
            return own
        case ast.Name(id=name):
            made = _made(code, module, function, name)
            return _named(code, module, value) if made is None else made
        case ast.Attribute():
            return _named(code, module, value)
        case ast.Call(func=made):
            return _named(code, module, made)
    return None


def _made(code: Code, module: Module, function: FunctionNode | None, name: str) -> _Class | None:
    """The class of the object that a name stands for, which is bound once to a call of the class."""
    own = [] if function is None else bound_values(function, name)
    if own:
        return _named(code, module, own[0].func) if len(own) == 1 and isinstance(own[0], ast.Call) else None
    found = code.locate(module, name)
    made = found[0].assignments.get(found[1]) if found is not None else None
    return _named(code, found[0], made.func) if found is not None and isinstance(made, ast.Call) else None


def _named(code: Code, module: Module, expression: ast.expr) -> _Class | None:
    where, _, name = code.origin(module, expression).rpartition(".")
    target = code.modules.get(where)
    node = None if target is None else next((each for each in _classes(target) if each.name == name), None)
    return None if target is None or node is None else _Class(target, node)


def _classes(module: Module) -> Iterator[ast.ClassDef]:
    yield from (node for node in module.tree.body if isinstance(node, ast.ClassDef))


def _around(module: Module, function: FunctionNode) -> _Class | None:
    """The class that a function is a method of."""
    return next((_Class(module, each) for each in _classes(module) if function in each.body), None)


def _method(code: Code, owner: _Class, name: str) -> Place | None:
    """A method of a class, or of the nearest of its bases in the program that has it."""
    waiting = [owner]
    for _ in range(_MOST_BASES):
        if not waiting:
            break
        each = waiting.pop(0)
        for node in each.node.body:
            if isinstance(node, FunctionNode) and node.name == name:
                return each.module, node
        waiting += [found for base in each.node.bases if (found := _named(code, each.module, base)) is not None]
    return None


def _is_overridden(code: Code, owner: _Class, name: str) -> bool:
    """Whether another class with bases has a method of that name: `self` may be one of it."""
    return any(
        isinstance(node, FunctionNode) and node.name == name
        for module in code.modules.values()
        for each in _classes(module)
        if each is not owner.node and each.bases
        for node in each.body
    )
