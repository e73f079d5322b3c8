"""Lists of a module that a handler adds to: a warm environment still holds what earlier invokes added."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from delivery_lab.checks.code.callees import Place
from delivery_lab.checks.code.module import FunctionNode, Module, bound_values, own_nodes
from delivery_lab.checks.code.program import Code
from delivery_lab.checks.code.reached import reached
from delivery_lab.checks.code.responses import KEY
from delivery_lab.checks.code.tree import ADDING, EMPTYING, is_name, is_new
from delivery_lab.checks.code.warm_objects import kept_in_objects

_LISTS = ("list", "deque", "set")


@dataclass(frozen=True, slots=True)
class Surviving:
    """A list that survives an invoke.

    Attributes:
        name: the list.
        where: module and line where the handler adds to it.
        is_answered: whether the handler answers with it as `batchItemFailures`.
    """

    name: str
    where: str
    is_answered: bool


def surviving_lists(code: Code) -> list[Surviving]:
    """Lists of modules and lasting objects, or defaults of parameters, that are added to and never emptied."""
    places = reached(code)
    found = []
    for module, function in places:
        for name, call in _added_to(function):
            if not _lasts(code, module, function, name) or _is_emptied(places, name):
                continue
            answered = any(_answers_with(where, name) for _, where in places)
            if answered or _is_read(places, name):
                found.append(Surviving(name, module.place(call), answered))
    found += [Surviving(each.name, each.where, each.is_answered) for each in kept_in_objects(code)]
    return list({each.name: each for each in reversed(found)}.values())


def _added_to(function: FunctionNode) -> Iterator[tuple[str, ast.Call]]:
    for node in own_nodes(function):
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr=method)) if method in ADDING:
                yield name, node


def _lasts(code: Code, module: Module, function: FunctionNode, name: str) -> bool:
    """Whether a name of a function means a list that is made once, when its module is imported."""
    if name in _parameters(function):
        return name in _lists_by_default(function)
    if bound_values(function, name):
        return False
    found = code.locate(module, name)
    value = found[0].assignments.get(found[1]) if found is not None else None
    return value is not None and is_new(value, *_LISTS)


def _parameters(function: FunctionNode) -> set[str]:
    arguments = function.args
    return {each.arg for each in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)}


def _lists_by_default(function: FunctionNode) -> set[str]:
    """Parameters whose default is a list, which Python makes once."""
    arguments = function.args
    positional = [*arguments.posonlyargs, *arguments.args]
    pairs = [*zip(reversed(positional), reversed(arguments.defaults), strict=False)]
    keyword_only = zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
    pairs += [(each, default) for each, default in keyword_only if default is not None]
    return {each.arg for each, default in pairs if is_new(default, *_LISTS)}


def _is_emptied(places: list[Place], name: str) -> bool:
    for _, function in places:
        for node in ast.walk(function):
            if isinstance(node, ast.Global) and name in node.names:
                return True  # it may be bound anew
            if isinstance(node, ast.Attribute) and node.attr in EMPTYING and is_name(node.value, name):
                return True
            if isinstance(node, ast.Delete) and any(_is_within(target, name) for target in node.targets):
                return True
            if isinstance(node, ast.Assign) and any(
                isinstance(target, ast.Subscript) and is_name(target.value, name) for target in node.targets
            ):
                return True
    return False


def _is_read(places: list[Place], name: str) -> bool:
    """Whether the list is gone through, sent or returned, so that what is old in it matters."""
    for _, function in places:
        for node in ast.walk(function):
            match node:
                case ast.For(iter=iterated) | ast.comprehension(iter=iterated) if is_name(iterated, name):
                    return True
                case ast.keyword(value=value) | ast.Return(value=value) if value is not None and is_name(value, name):
                    return True
                case ast.Dict(values=values) if any(is_name(value, name) for value in values):
                    return True
                case ast.Call(func=called, args=arguments) if any(is_name(each, name) for each in arguments):
                    if not (isinstance(called, ast.Name) and called.id in ("len", "print")):
                        return True
    return False


def _answers_with(function: FunctionNode, name: str) -> bool:
    return any(
        isinstance(key, ast.Constant) and key.value == KEY and is_name(value, name)
        for node in ast.walk(function)
        if isinstance(node, ast.Dict)
        for key, value in zip(node.keys, node.values, strict=True)
    )


def _is_within(node: ast.expr, name: str) -> bool:
    return any(is_name(inner, name) for inner in ast.walk(node))
