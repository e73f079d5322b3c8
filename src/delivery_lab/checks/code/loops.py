"""Loops over the records of a batch that are written by hand: whether they go on after a failure."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from delivery_lab.checks.code.dropping import called_names, is_broad, is_over_records, only_reads
from delivery_lab.checks.code.module import FunctionNode, Module, assigned, own_nodes
from delivery_lab.checks.code.program import Code
from delivery_lab.checks.code.reached import reached

_NOTING = "append"


def loops_that_go_on(code: Code) -> list[str]:
    """Where a loop notes a failed record and certainly goes on with the next: module and line.

    Certainly: its `except` clause does nothing but log and append, nothing in the loop branches, and the work is not
    done by an object of the handler's own, which might remember the failure.
    """
    return [
        module.place(loop)
        for module, function in reached(code)
        for loop in own_nodes(function)
        if isinstance(loop, ast.For) and is_over_records(loop, function) and _goes_on(code, module, function, loop)
    ]


def _goes_on(code: Code, module: Module, function: FunctionNode, loop: ast.For) -> bool:
    tries = [statement for statement in loop.body if isinstance(statement, ast.Try)]
    around = [statement for statement in loop.body if not isinstance(statement, ast.Try)]
    if len(tries) != 1 or not only_reads(around) or tries[0].finalbody:
        return False
    [attempt] = tries
    broad = [clause for clause in attempt.handlers if is_broad(clause)]
    if not broad or not all(_notes(statement) for clause in attempt.handlers for statement in clause.body):
        return False
    lists = {name for clause in attempt.handlers for name in _appended_to(clause)}
    inside = [node for part in (*attempt.body, *around) for node in ast.walk(part)]
    leaves = any(isinstance(node, ast.Break | ast.Continue | ast.Return) for node in inside)
    looks_back = any(isinstance(node, ast.Name) and node.id in lists for node in inside)
    return bool(lists) and not leaves and not looks_back and not _remembers(code, module, function, loop, attempt)


def _notes(statement: ast.stmt) -> bool:
    if isinstance(statement, ast.Pass | ast.Continue):
        return True
    if not isinstance(statement, ast.Expr):
        return False  # whatever is set may be looked at later
    noted = isinstance(statement.value, ast.Call) and next(called_names(statement), "") == _NOTING
    return noted or only_reads([statement])


def _appended_to(clause: ast.ExceptHandler) -> Iterator[str]:
    for node in ast.walk(clause):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == _NOTING:
            yield node.func.value.id if isinstance(node.func.value, ast.Name) else ""


def _remembers(code: Code, module: Module, function: FunctionNode, loop: ast.For, attempt: ast.Try) -> bool:
    """Whether the work may depend on what failed before: it is handed, or is done by, something that lasts."""
    of_the_loop = {name for node in ast.walk(loop) for name, _ in assigned(node)}
    local = {name for node in own_nodes(function) for name, _ in assigned(node)} - of_the_loop
    inner = {node.name for node in own_nodes(function) if isinstance(node, FunctionNode | ast.ClassDef)}
    used = {node.id for part in attempt.body for node in ast.walk(part) if isinstance(node, ast.Name)}
    made_here = any(
        (value := module.assignments.get(name)) is not None
        and isinstance(value, ast.Call)
        and code.origin(module, value.func).partition(".")[0] in code.modules
        for name in used
    )
    return bool(used & (local | inner)) or made_here
