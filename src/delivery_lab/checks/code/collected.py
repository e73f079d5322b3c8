"""Failed records that a handler notes in a list, and a list that never gets to the mapping."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from delivery_lab.checks.code.module import FunctionNode, own_nodes
from delivery_lab.checks.code.program import Code
from delivery_lab.checks.code.reached import Place, entry_of, reached
from delivery_lab.checks.code.tree import READING, called_name, is_name, is_new, parents_in

_NOTING = frozenset({"append", "add", "extend"})
_DEEPEST = 6


@dataclass(frozen=True, slots=True)
class Collected:
    """A list of failures that nothing comes of.

    Attributes:
        name: the list.
        where: module and line where a failure is noted in it.
    """

    name: str
    where: str


def failures_that_stay(code: Code) -> list[Collected]:
    """Lists to which `except` clauses add, and which certainly get neither to the answer nor anywhere else.

    A function that returns such a list is followed to where it is called: a call whose value is not used, or only
    logged, loses it.
    """
    calls = _calls_of(code)
    return [
        Collected(name, module.place(call))
        for module, function in reached(code)
        for name, call in _noted(function)
        if _stays(code, function, name, calls, 0)
    ]


def _noted(function: FunctionNode) -> Iterator[tuple[str, ast.Call]]:
    """Local lists to which an `except` clause adds, with the first call that does."""
    made = {
        target.id
        for node in own_nodes(function)
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None and is_new(node.value, "list", "set")
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Name)
    }
    seen: set[str] = set()
    for clause in (node for node in own_nodes(function) if isinstance(node, ast.ExceptHandler)):
        for call in (node for node in ast.walk(clause) if isinstance(node, ast.Call)):
            if not isinstance(call.func, ast.Attribute) or call.func.attr not in _NOTING:
                continue
            held = call.func.value
            if isinstance(held, ast.Name) and held.id in made and held.id not in seen:
                seen.add(held.id)
                yield held.id, call


def _stays(code: Code, function: FunctionNode, name: str, calls: Mapping[int, list[_Call]], depth: int) -> bool:
    """Whether a value of a function gets nowhere: not to the answer, not into a condition, not to other code."""
    if depth > _DEEPEST:
        return False
    parents = parents_in(function)
    uses = (
        node
        for node in ast.walk(function)
        if isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load)
    )
    return all(_is_idle(code, function, node, parents, calls, depth) for node in uses)


def _is_idle(
    code: Code,
    function: FunctionNode,
    node: ast.expr,
    parents: Mapping[ast.AST, ast.AST],
    calls: Mapping[int, list[_Call]],
    depth: int,
) -> bool:
    """Whether a use of the value does nothing but add to it, log it or count it."""
    parent = parents.get(node)
    match parent:
        case ast.Attribute(attr=method):
            return method in _NOTING
        case ast.Call() if node is not parent.func and called_name(parent) == "len":
            return _is_idle(code, function, parent, parents, calls, depth)
        case ast.Call() if node is not parent.func:
            return called_name(parent) in READING
        case ast.FormattedValue() | ast.JoinedStr() | ast.BinOp():
            return _is_idle(code, function, parent, parents, calls, depth)
        case ast.keyword() | ast.Dict():
            outer = parents.get(parent)
            return isinstance(outer, ast.Call) and called_name(outer) in READING
        case ast.If():
            return node is parent.test and all(_only_logs(statement) for statement in (*parent.body, *parent.orelse))
        case ast.Expr():
            return True
        case ast.Return():
            return _is_lost_by_callers(code, function, calls, depth)
    return False


def _only_logs(statement: ast.stmt) -> bool:
    return (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Call)
        and (called_name(statement.value) in READING)
    )


@dataclass(frozen=True, slots=True)
class _Call:
    function: FunctionNode
    node: ast.Call


def _calls_of(code: Code) -> Mapping[int, list[_Call]]:
    """The calls of each function of the program, by the identity of its node; only plain ones are known."""
    found: dict[int, list[_Call]] = {}
    for module, function in reached(code):
        for node in ast.walk(function):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                place: Place | None = code.function(module, node.func.id)
                if place is not None:
                    found.setdefault(id(place[1]), []).append(_Call(function, node))
    return found


def _is_lost_by_callers(code: Code, function: FunctionNode, calls: Mapping[int, list[_Call]], depth: int) -> bool:
    """Whether what a function returns is dropped wherever it is called; the answer of the handler never is."""
    entry = entry_of(code)
    if entry is None or entry[1] is function:
        return False
    places = calls.get(id(function), [])
    mentions = sum(is_name(node, function.name) for _, where in reached(code) for node in ast.walk(where))
    if not places or mentions != len(places):
        return False  # it is handed on as a value, so others may call it
    return all(_is_lost(code, call, calls, depth + 1) for call in places)


def _is_lost(code: Code, call: _Call, calls: Mapping[int, list[_Call]], depth: int) -> bool:
    parents = parents_in(call.function)
    parent = parents.get(call.node)
    match parent:
        case ast.Expr():
            return True
        case ast.Assign(targets=[ast.Name(id=name)]):
            return _stays(code, call.function, name, calls, depth)
    return False
