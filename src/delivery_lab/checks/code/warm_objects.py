"""Lists that survive an invoke inside of objects: of a class, of an object made at import, of a module's dictionary."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from delivery_lab.checks.code.module import FunctionNode, Module, all_nodes, own_nodes
from delivery_lab.checks.code.program import Code
from delivery_lab.checks.code.reached import reached
from delivery_lab.checks.code.responses import KEY
from delivery_lab.checks.code.tree import ADDING, EMPTYING, is_name, is_new

_LISTS = ("list", "deque", "set")


@dataclass(frozen=True, slots=True)
class Kept:
    """A list in something that lasts.

    Attributes:
        name: as the code says it, such as `self.failures`.
        where: module and line where the handler adds to it.
        is_answered: whether it is the list of `batchItemFailures` of an answer.
    """

    name: str
    where: str
    is_answered: bool


def kept_in_objects(code: Code) -> Iterator[Kept]:
    """Lists that the handler adds to, inside of what is made once for an environment, and never emptied."""
    for module, function in reached(code):
        for node in own_nodes(function):
            match node:
                case ast.Call(func=ast.Attribute(value=ast.Attribute() as held, attr=method)) if method in ADDING:
                    if is_name(held.value, "self") and _lasts(code, module, function, held.attr):
                        yield Kept(ast.unparse(held), module.place(node), _is_answered(code, held.attr))
                case ast.Call(func=ast.Attribute(value=ast.Subscript() as held, attr=method)) if method in ADDING:
                    if _is_in_answer_of_module(code, module, function, held):
                        yield Kept(ast.unparse(held), module.place(node), True)


def _lasts(code: Code, module: Module, function: FunctionNode, name: str) -> bool:
    """Whether an attribute of a method's object is a list of its class, or of an object that the module makes."""
    owner = next((each for each in module.tree.body if isinstance(each, ast.ClassDef) and function in each.body), None)
    if owner is None or _is_emptied(code, name):
        return False
    methods = [each for each in owner.body if isinstance(each, FunctionNode)]
    bound = [(method.name, value) for method in methods for value in _bound_to_self(method, name)]
    if not bound:
        return any(_assigns(statement, name) for statement in owner.body)
    made_new = all(method == "__init__" and is_new(value, *_LISTS) for method, value in bound)
    return made_new and _is_made_by_module(code, module, owner.name)


def _bound_to_self(method: FunctionNode, name: str) -> Iterator[ast.expr]:
    for node in ast.walk(method):
        targets = (
            node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
        )
        value = node.value if isinstance(node, ast.Assign | ast.AnnAssign) else None
        if value is not None and any(
            isinstance(target, ast.Attribute) and target.attr == name and is_name(target.value, "self")
            for target in targets
        ):
            yield value


def _assigns(statement: ast.stmt, name: str) -> bool:
    """Whether a statement of a class body makes a list of that name, which all objects share."""
    match statement:
        case (
            ast.Assign(targets=[ast.Name(id=bound)], value=value)
            | ast.AnnAssign(target=ast.Name(id=bound), value=ast.expr() as value)
        ):
            return bound == name and is_new(value, *_LISTS)
    return False


def _is_made_by_module(code: Code, module: Module, owner: str) -> bool:
    """Whether objects of a class are made at the top level of modules, and nowhere else."""
    calls = [
        node
        for each in code.modules.values()
        for node in all_nodes(each.tree)
        if isinstance(node, ast.Call) and code.origin(each, node.func) == f"{module.name}.{owner}"
    ]
    made = [value for each in code.modules.values() for value in each.assignments.values()]
    return bool(calls) and all(any(call is inner for value in made for inner in ast.walk(value)) for call in calls)


def _is_emptied(code: Code, name: str) -> bool:
    """Whether something empties, or takes from, an attribute of that name, or binds it anew from outside."""
    for module in code.modules.values():
        for node in all_nodes(module.tree):
            match node:
                case ast.Attribute(value=ast.Attribute(attr=held), attr=method) if held == name and method in EMPTYING:
                    return True
                case ast.Delete(targets=targets) if any(_mentions(target, name) for target in targets):
                    return True
                case ast.Attribute(value=value, attr=held, ctx=ast.Store()) if held == name and not is_name(
                    value, "self"
                ):
                    return True
                case ast.Subscript(value=ast.Attribute(attr=held), ctx=ast.Store()) if held == name:
                    return True
    return False


def _mentions(node: ast.AST, name: str) -> bool:
    return any(isinstance(inner, ast.Attribute) and inner.attr == name for inner in ast.walk(node))


def _is_answered(code: Code, name: str) -> bool:
    return any(
        isinstance(key, ast.Constant) and key.value == KEY and isinstance(value, ast.Attribute) and value.attr == name
        for _, function in reached(code)
        for node in ast.walk(function)
        if isinstance(node, ast.Dict)
        for key, value in zip(node.keys, node.values, strict=True)
    )


def _is_in_answer_of_module(code: Code, module: Module, function: FunctionNode, held: ast.Subscript) -> bool:
    """Whether it is the list of failures of an answer that the module makes once, and the handler never makes anew."""
    if not isinstance(held.slice, ast.Constant) or held.slice.value != KEY or not isinstance(held.value, ast.Name):
        return False
    name = held.value.id
    own = {node.id for node in own_nodes(function) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    parameters = {each.arg for each in ast.walk(function.args) if isinstance(each, ast.arg)}
    found = None if name in own | parameters else code.locate(module, name)
    made = found[0].assignments.get(found[1]) if found is not None else None
    anew = (
        isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store | ast.Del) and is_name(node.value, name)
        for _, where in reached(code)
        for node in ast.walk(where)
    )
    emptied = (
        isinstance(node, ast.Attribute) and node.attr in EMPTYING and _names(node.value, name)
        for _, where in reached(code)
        for node in ast.walk(where)
    )
    return isinstance(made, ast.Dict) and not any(anew) and not any(emptied)


def _names(node: ast.AST, name: str) -> bool:
    return any(is_name(inner, name) for inner in ast.walk(node))
