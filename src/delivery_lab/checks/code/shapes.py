"""Answers that are something else than batchItemFailures, as far as a handler literally returns them.

Only what leaves no doubt is found: an object whose keys are all known, a text, a number. What a call, a name that is
changed or a decorator may turn into something else is passed over.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from delivery_lab.checks.code.callees import callee
from delivery_lab.checks.code.constants import evaluate
from delivery_lab.checks.code.module import FunctionNode, Module, bound_values, own_nodes
from delivery_lab.checks.code.program import Code
from delivery_lab.checks.code.reached import entry_of, live_nodes
from delivery_lab.checks.code.responses import KEY, keeps_the_answer
from delivery_lab.checks.code.tree import READING, called_name, is_name, is_new, parameters_of, parents_in

_DEEPEST = 6
_RECORDS = frozenset({"Records", "records"})
_MEANT = frozenset({KEY, "state"})
"""Keys that a mapping reads: of a response, and of one in a tumbling window."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What is returned in place of batchItemFailures.

    Attributes:
        text: what it is, in a few words, such as `an object with statusCode and body`.
        where: module and line of the return.
    """

    text: str
    where: str


def other_shapes(code: Code) -> list[Shape]:
    """The returns of a handler whose value is certainly not empty and has no batchItemFailures."""
    found = entry_of(code)
    if found is None:
        return []
    return list(_of_function(code, *found, 0))


def _of_function(code: Code, module: Module, function: FunctionNode, depth: int) -> Iterator[Shape]:
    if depth > _DEEPEST or not all(keeps_the_answer(code, module, node) for node in function.decorator_list):
        return
    own = set(own_nodes(function))
    if any(isinstance(node, ast.Yield | ast.YieldFrom) for node in own):
        return
    elsewhere = _for_other_callers(function)
    for node in live_nodes(code, module, function):
        if id(node) in elsewhere:
            continue
        if isinstance(node, ast.Return) and node in own and node.value is not None:
            yield from _of_value(code, module, function, node, node.value, depth)


def _of_value(
    code: Code, module: Module, function: FunctionNode, returned: ast.Return, value: ast.expr, depth: int
) -> Iterator[Shape]:
    """What returning a value gives: itself, either side of a condition, or what a function of the program returns."""
    match value:
        case ast.IfExp(body=body, orelse=orelse):
            for part in (body, orelse):
                yield from _of_value(code, module, function, returned, part, depth)
        case ast.Call(func=func) if (called := callee(code, module, function, func)) is not None:
            yield from _of_function(code, *called, depth + 1)
        case ast.Name(id=name):
            held = _only_value(function, name)
            if held is not None:
                yield from _of_value(code, module, function, returned, held, depth)
            elif _is_list_of_failures(function, name):
                yield Shape("a list", module.place(returned))
        case _:
            text = _described(code, module, value)
            if text:
                yield Shape(text, module.place(returned))


def _for_other_callers(function: FunctionNode) -> set[int]:
    """What runs only for an event that no mapping sends: one that has another key, or no records."""
    names = parameters_of(function)
    found: set[int] = set()
    for node in own_nodes(function):
        if (
            not isinstance(node, ast.If)
            or not names
            or not any(is_name(each, names[0]) for each in ast.walk(node.test))
        ):
            continue
        asks_for_records = any(
            isinstance(each, ast.Constant) and each.value in _RECORDS for each in ast.walk(node.test)
        )
        denies = any(
            isinstance(each, ast.Not | ast.NotIn) or (isinstance(each, ast.Constant) and each.value == 0)
            for each in ast.walk(node.test)
        )
        asks = any(isinstance(each, ast.Constant) and isinstance(each.value, str) for each in ast.walk(node.test))
        if denies if asks_for_records else asks and not denies:
            found |= {id(inner) for statement in node.body for inner in ast.walk(statement)}
    return found


def _is_list_of_failures(function: FunctionNode, name: str) -> bool:
    """Whether a name holds a list that is only added to, logged and returned as it is."""
    values = bound_values(function, name)
    if len(values) != 1 or values[0] is None or not is_new(values[0], "list"):
        return False
    parents = parents_in(function)
    uses = [parents.get(n) for n in ast.walk(function) if is_name(n, name) and isinstance(n.ctx, ast.Load)]
    return all(
        isinstance(use, ast.Return)
        or (isinstance(use, ast.Attribute) and use.attr in ("append", "extend"))
        or (isinstance(use, ast.Call) and called_name(use) in READING)
        for use in uses
    )


def _only_value(function: FunctionNode, name: str) -> ast.expr | None:
    """The value of a local name that is assigned once and otherwise only returned."""
    values = bound_values(function, name)
    uses = [n for n in ast.walk(function) if isinstance(n, ast.Name) and n.id == name and isinstance(n.ctx, ast.Load)]
    returns = [n.value for n in own_nodes(function) if isinstance(n, ast.Return)]
    return values[0] if len(values) == 1 and all(use in returns for use in uses) else None


def _described(code: Code, module: Module, value: ast.expr) -> str:
    """What a value is, in words; "" where it is empty, reports failures, or cannot be told."""
    match value:
        case ast.Dict(keys=keys) if keys:
            names = [evaluate(code, module, key) if key is not None else None for key in keys]
            if all(isinstance(name, str) for name in names) and not _MEANT.intersection(names):
                return f"an object with {' and '.join(map(str, names[:3]))}"
        case ast.Call(func=ast.Name(id="dict"), args=[], keywords=keywords) if keywords:
            named = [keyword.arg for keyword in keywords]
            if None not in named and not _MEANT.intersection(named):
                return f"an object with {' and '.join(map(str, named[:3]))}"
        case ast.Call() if code.origin(module, value.func) == "json.dumps":
            return "a text (json.dumps)"
        case ast.JoinedStr():
            return "a text"
        case ast.Constant(value=str() as text) if text:
            return f"the text {text[:20]!r}"
        case ast.Constant(value=bool() | int() | float() as number):
            return f"the value {number}"
        case ast.List(elts=[_, *_]):
            return "a list"
    return ""
