"""Failed records that a handler notes in a list, and a list that never gets to the mapping."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from delivery_lab.checks.code.callees import callee
from delivery_lab.checks.code.module import FunctionNode, all_nodes, own_nodes
from delivery_lab.checks.code.program import Code
from delivery_lab.checks.code.reached import entry_of, reached
from delivery_lab.checks.code.responses import KEY, Answers, answers_of
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
    logged, loses it. A handler that does report may know the failed records by other means, so nothing is said of it.
    """
    if answers_of(code) in (Answers.REPORTS, Answers.RAISES):
        return []
    reader = _Reader(code, _calls_of(code))
    return [
        Collected(ast.unparse(noted), module.place(where))
        for module, function in reached(code)
        for noted, where in _noted(function)
        if reader.stays(function, noted, 0)
    ]


def _noted(function: FunctionNode) -> Iterator[tuple[ast.Name | ast.Attribute, ast.expr | ast.stmt]]:
    """Lists of a function, or of its object, to which an `except` clause adds, with the first place that does."""
    made = {
        target.id
        for node in own_nodes(function)
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None and is_new(node.value, "list", "set")
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Name)
    } | _made_together(function)
    seen: set[str] = set()
    for clause in (node for node in own_nodes(function) if isinstance(node, ast.ExceptHandler)):
        for node in ast.walk(clause):
            match node:
                case ast.Call(func=ast.Attribute(value=held, attr=method)) if method in _NOTING:
                    where: ast.expr | ast.stmt = node
                case ast.AugAssign(target=held, op=ast.Add() | ast.BitOr()):
                    where = node
                case _:
                    continue
            known = (isinstance(held, ast.Name) and held.id in made) or _is_of_self(held)
            if isinstance(held, ast.Name | ast.Attribute) and known and ast.unparse(held) not in seen:
                seen.add(ast.unparse(held))
                yield held, where


def _made_together(function: FunctionNode) -> set[str]:
    """Names of `good, bad = [], []`."""
    return {
        target.id
        for node in own_nodes(function)
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Tuple) and isinstance(node.targets[0], ast.Tuple)
        for target, value in zip(node.targets[0].elts, node.value.elts, strict=False)
        if isinstance(target, ast.Name) and is_new(value, "list", "set")
    }


def _is_of_self(node: ast.expr) -> bool:
    return isinstance(node, ast.Attribute) and is_name(node.value, "self")


@dataclass(frozen=True, slots=True)
class _Reader:
    """Follows a value through a program.

    Attributes:
        code: the program.
        calls: the calls of each function, by the identity of its node.
    """

    code: Code
    calls: Mapping[int, list[_Call]]

    def stays(self, function: FunctionNode, held: ast.Name | ast.Attribute, depth: int) -> bool:
        """Whether a value gets nowhere: not to the answer, not into a condition, not to other code.

        What an object holds may be used wherever an attribute has its name.
        """
        if depth > _DEEPEST:
            return False
        if isinstance(held, ast.Name):
            return all(self._is_idle(function, node, parents_in(function), depth) for node in _loads(function, held.id))
        named = (
            (where, node)
            for module in self.code.modules.values()
            for where in all_nodes(module.tree)
            if isinstance(where, FunctionNode)
            for node in ast.walk(where)
            if isinstance(node, ast.Attribute) and node.attr == held.attr and not isinstance(node.ctx, ast.Store)
        )
        return all(self._is_idle(where, node, parents_in(where), depth) for where, node in named)

    def _is_idle(self, function: FunctionNode, node: ast.AST, parents: Mapping[ast.AST, ast.AST], depth: int) -> bool:
        """Whether a use of the value does nothing but add to it, log it or count it."""
        parent = parents.get(node)
        match parent:
            case ast.Attribute(attr=method):
                return method in _NOTING
            case ast.Call() if node is not parent.func and called_name(parent) in ("len", "bool"):
                return self._is_idle(function, parent, parents, depth)
            case ast.Call() if node is not parent.func:
                return called_name(parent) in READING
            case ast.FormattedValue() | ast.JoinedStr() | ast.BinOp() | ast.keyword():
                return self._is_idle(function, parent, parents, depth)
            case ast.Dict():
                return self._says_nothing(parent) and self._is_idle(function, parent, parents, depth)
            case ast.If():
                return node is parent.test and all(
                    _only_logs(statement) for statement in (*parent.body, *parent.orelse)
                )
            case ast.Expr():
                return True
            case ast.Return():
                entry = entry_of(self.code)
                if isinstance(node, ast.Dict) and entry is not None and entry[1] is function:
                    return True  # a mapping reads nothing but batchItemFailures
                return self._is_lost_by_callers(function, depth)
        return False

    @staticmethod
    def _says_nothing(value: ast.Dict) -> bool:
        """Whether an object certainly has no key that a mapping reads."""
        names = [key.value if isinstance(key, ast.Constant) else None for key in value.keys]
        return None not in names and KEY not in names

    def _is_lost_by_callers(self, function: FunctionNode, depth: int) -> bool:
        """Whether what a function returns is dropped wherever it is called; the answer of the handler never is."""
        entry = entry_of(self.code)
        if entry is None or entry[1] is function:
            return False
        places = self.calls.get(id(function), [])
        mentions = sum(
            is_name(node, function.name) or (isinstance(node, ast.Attribute) and node.attr == function.name)
            for _, where in reached(self.code)
            for node in ast.walk(where)
        )
        if not places or mentions != len(places):
            return False  # it is handed on as a value, so others may call it
        return all(self._is_lost(call, depth + 1) for call in places)

    def _is_lost(self, call: _Call, depth: int) -> bool:
        parents = parents_in(call.function)
        match parents.get(call.node):
            case ast.Expr():
                return True
            case ast.Assign(targets=[ast.Name() as name]):
                return self.stays(call.function, name, depth)
        return False


def _loads(function: FunctionNode, name: str) -> Iterator[ast.Name]:
    for node in ast.walk(function):
        if isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load):
            yield node


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
            if isinstance(node, ast.Call):
                place = callee(code, module, function, node.func)
                if place is not None:
                    found.setdefault(id(place[1]), []).append(_Call(function, node))
    return found
