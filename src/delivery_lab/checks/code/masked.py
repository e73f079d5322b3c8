"""Errors that a handler swallows although it reports failures: a broad `except` beside, or inside, one that reports."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from delivery_lab.checks.code.callees import callee
from delivery_lab.checks.code.dropping import called_names, dropping_body, is_broad, only_drops, suppresses
from delivery_lab.checks.code.module import FunctionNode, Module, assigned, own_nodes
from delivery_lab.checks.code.program import Code
from delivery_lab.checks.code.reached import reached
from delivery_lab.checks.code.responses import Answers, answers_of

_NOTING = frozenset({"append", "add"})


@dataclass(frozen=True, slots=True)
class Masked:
    """An error that never gets to the code that would report it.

    Attributes:
        where: module and line of the clause that swallows.
        reporting: module and line of the clause that reports.
    """

    where: str
    reporting: str


def swallowed_beside_reports(code: Code) -> list[Masked]:
    """Where some errors are reported as failed records, and all others are only logged."""
    if answers_of(code) not in (Answers.REPORTS, Answers.RAISES):
        return []
    return [
        Masked(swallowing, module.place(reporting))
        for module, function in reached(code)
        for attempt in (node for node in own_nodes(function) if isinstance(node, ast.Try))
        for reporting in (clause for clause in attempt.handlers if _reports(clause))
        for swallowing in (*_beside(module, function, attempt), *_inside(code, module, attempt, function))
    ]


def _reports(clause: ast.ExceptHandler) -> bool:
    return any(name in _NOTING for statement in clause.body for name in called_names(statement))


def _beside(module: Module, function: FunctionNode, attempt: ast.Try) -> Iterator[str]:
    """Another clause of the same `try` that catches everything else and only logs."""
    if _is_followed(function, attempt):
        return
    for clause in attempt.handlers:
        if is_broad(clause) and only_drops(clause):
            yield module.place(clause)


def _is_followed(function: FunctionNode, attempt: ast.Try) -> bool:
    """Whether other code can tell that the work was not done: by a name that the work sets, or in a `finally`."""
    inside = {id(node) for node in ast.walk(attempt)}
    outside = [node for node in own_nodes(function) if id(node) not in inside] + [
        node for statement in attempt.finalbody for node in ast.walk(statement)
    ]
    done = {name for part in (*attempt.body, *attempt.orelse) for node in ast.walk(part) for name in _set_by(node)}
    return any(isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in done for node in outside)


def _set_by(node: ast.AST) -> Iterator[str]:
    """Names that a statement binds, and lists that a call adds to."""
    yield from (name for name, _ in assigned(node))
    match node:
        case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr=method)) if method in _NOTING:
            yield name


def _inside(code: Code, module: Module, attempt: ast.Try, function: FunctionNode) -> Iterator[str]:
    """The function that does the work catches everything itself, so that nothing is left to report."""
    calls = [node for statement in attempt.body for node in ast.walk(statement) if isinstance(node, ast.Call)]
    for statement in attempt.body:
        if isinstance(statement, ast.With | ast.AsyncWith) and any(
            suppresses(code, module, item) for item in statement.items
        ):
            yield module.place(statement)
    for call in calls:
        place = callee(code, module, function, call.func)
        if place is None or place[1] is function:
            continue
        clause = dropping_body(place[1])
        if clause is not None:
            yield place[0].place(clause)
