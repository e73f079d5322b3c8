"""Errors that a handler catches and drops, read from `try` statements around the work on a record or a batch.

What is said to be dropped is: the `except` clause catches everything, does nothing but log, and nothing outside the
`try` statement could make up for it. Where anything else happens, such as a flag, a count or a call, nothing is said.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from delivery_lab.checks.code.module import FunctionNode, Module, assigned, own_nodes
from delivery_lab.checks.code.processors import record_handlers_of
from delivery_lab.checks.code.program import Code
from delivery_lab.checks.code.reached import entry_of
from delivery_lab.checks.code.responses import KEY, Answers, answers_of
from delivery_lab.checks.code.tree import called_name

_LOGGING = frozenset(
    {"debug", "info", "warning", "warn", "error", "exception", "critical", "log", "print", "print_exc"}
)
_READING = frozenset({"loads", "get", "str", "int", "float", "dict", "len", "b64decode", "decode"}) | _LOGGING
_BROAD = frozenset({"Exception", "BaseException"})
_LEAVING = frozenset({"exit", "_exit", "abort"})


@dataclass(frozen=True, slots=True)
class Dropped:
    """An error that is dropped.

    Attributes:
        where: module and line of the `except` clause.
        whole_batch: whether the rest of the batch is dropped with it.
    """

    where: str
    whole_batch: bool


def dropped_by(code: Code) -> list[Dropped]:
    """What the handler drops, as far as it can be told for certain."""
    found = list(_dropped_by_record_handlers(code))
    entry = entry_of(code)
    if entry is not None and answers_of(code) is Answers.NEVER:
        found += _dropped_by_handler(code, *entry)
    return found


def _dropped_by_record_handlers(code: Code) -> Iterator[Dropped]:
    """Powertools takes a record whose handler returns for processed."""
    for module, function in record_handlers_of(code):
        if clause := dropping_body(function):
            yield Dropped(module.place(clause), whole_batch=False)


def _dropped_by_handler(code: Code, module: Module, function: FunctionNode) -> Iterator[Dropped]:
    if _may_fail_later(function):
        return
    event = next((argument.arg for argument in (*function.args.posonlyargs, *function.args.args)), "")
    for statement in function.body:
        if not isinstance(statement, ast.Try) or _catches_inside(statement):
            continue
        if _mentions(statement.body, {event}) and (clause := _dropping(statement)):
            yield Dropped(module.place(clause), whole_batch=True)
    for loop in (node for node in own_nodes(function) if isinstance(node, ast.For)):
        if not is_over_records(loop, function):
            continue
        if clause := _dropping_work(loop.body, _names_in_target(loop.target)):
            yield Dropped(module.place(clause), whole_batch=False)
        elif called := _only_call(code, module, loop):
            where, inner = called
            if not _may_fail_later(inner) and (clause := dropping_body(inner)):
                yield Dropped(where.place(clause), whole_batch=False)


def is_over_records(loop: ast.For, function: FunctionNode) -> bool:
    """Whether a loop goes over the records of an event."""
    iterated = loop.iter
    if isinstance(iterated, ast.Name):
        name = iterated.id
        values = [value for node in own_nodes(function) for bound, value in assigned(node) if bound == name]
        if len(values) != 1 or values[0] is None:
            return False
        iterated = values[0]
    return any(
        (isinstance(node, ast.Constant) and node.value == "Records")
        or (isinstance(node, ast.Attribute) and node.attr == "records")
        for node in ast.walk(iterated)
    )


def is_broad(clause: ast.ExceptHandler) -> bool:
    """Whether an `except` clause catches every error."""
    kinds = clause.type.elts if isinstance(clause.type, ast.Tuple) else [clause.type]
    return any(kind is None or (isinstance(kind, ast.Name) and kind.id in _BROAD) for kind in kinds)


def only_reads(statements: Iterable[ast.stmt]) -> bool:
    """Whether statements do nothing but look at the record and log: no branches, no calls that could be work."""
    return all(
        isinstance(s, ast.Assign | ast.AnnAssign | ast.Expr | ast.Pass | ast.Continue) for s in statements
    ) and all(call in _READING for statement in statements for call in called_names(statement))


def called_names(node: ast.AST) -> Iterator[str]:
    """The names of what is called somewhere in a node, without what stands before the dot."""
    for call in (inner for inner in ast.walk(node) if isinstance(inner, ast.Call)):
        yield called_name(call)


def only_drops(clause: ast.ExceptHandler) -> bool:
    """Whether an `except` clause does nothing but log and go on."""
    return all(_drops(statement) for statement in clause.body)


def dropping_body(function: FunctionNode) -> ast.ExceptHandler | None:
    """The clause that drops what fails with a function's work, if the function does nothing else with it."""
    if _may_fail_later(function):
        return None
    return _dropping_work(function.body, {argument.arg for argument in function.args.args})


def _dropping_work(statements: Sequence[ast.stmt], record: set[str]) -> ast.ExceptHandler | None:
    """The clause that drops errors, where one `try` statement holds all of the work on a record."""
    tries = [statement for statement in statements if isinstance(statement, ast.Try)]
    around = [statement for statement in statements if not isinstance(statement, ast.Try | ast.Return)]
    returned = [statement.value for statement in statements if isinstance(statement, ast.Return)]
    if len(tries) != 1 or not only_reads(around) or not all(map(_is_nothing, returned)):
        return None
    derived = record | {name for statement in around for name, _ in assigned(statement)}
    return _dropping(tries[0]) if _mentions(tries[0].body, derived) else None


def _dropping(attempt: ast.Try) -> ast.ExceptHandler | None:
    """The clause that catches every error of work, and drops it."""
    works = any(call not in _READING for statement in attempt.body for call in called_names(statement))
    if not works or attempt.finalbody:
        return None
    broad = [clause for clause in attempt.handlers if is_broad(clause)]
    return broad[0] if broad and only_drops(broad[0]) else None


def _drops(statement: ast.stmt) -> bool:
    if isinstance(statement, ast.Return):
        return _is_nothing(statement.value)
    if isinstance(statement, ast.Pass | ast.Continue):
        return True
    return isinstance(statement, ast.Expr) and all(call in _READING for call in called_names(statement))


def _is_nothing(value: ast.expr | None) -> bool:
    """Whether an answer says nothing of failures to a mapping."""
    if isinstance(value, ast.Dict):
        keys = [key.value if isinstance(key, ast.Constant) else None for key in value.keys]
        return None not in keys and KEY not in keys
    return value is None or (isinstance(value, ast.Constant) and not isinstance(value.value, bool))


def _may_fail_later(function: FunctionNode) -> bool:
    """Whether a function has ways to fail that a caught error may lead to."""
    inside = {id(node) for attempt in _tries(function) for part in attempt.body for node in ast.walk(part)}
    return any(
        (isinstance(node, ast.Raise | ast.Assert) and id(node) not in inside)
        or (isinstance(node, ast.Call) and not _LEAVING.isdisjoint(called_names(node)))
        for node in own_nodes(function)
    )


def _catches_inside(attempt: ast.Try) -> bool:
    inner = (node for part in attempt.body for node in ast.walk(part) if isinstance(node, ast.Try))
    return any(is_broad(clause) for attempt in inner for clause in attempt.handlers)


def _tries(function: FunctionNode) -> Iterator[ast.Try]:
    yield from (node for node in own_nodes(function) if isinstance(node, ast.Try))


def _only_call(code: Code, module: Module, loop: ast.For) -> tuple[Module, FunctionNode] | None:
    """The function of the program that a loop does nothing but call with its record."""
    calls = [s.value for s in loop.body if isinstance(s, ast.Expr) and isinstance(s.value, ast.Call)]
    calls = [call for call in calls if not set(called_names(call)) <= _READING]
    rest = [s for s in loop.body if not (isinstance(s, ast.Expr) and s.value in calls)]
    if len(calls) != 1 or not only_reads(rest) or not isinstance(calls[0].func, ast.Name):
        return None
    return code.function(module, calls[0].func.id)


def _names_in_target(target: ast.expr) -> set[str]:
    return {node.id for node in ast.walk(target) if isinstance(node, ast.Name)}


def _mentions(statements: Iterable[ast.stmt], names: set[str]) -> bool:
    return any(isinstance(n, ast.Name) and n.id in names for statement in statements for n in ast.walk(statement))
