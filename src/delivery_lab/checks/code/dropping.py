"""Errors that a handler catches and drops, read from `try` statements around the work on a record or a batch.

What is said to be dropped is: the `except` clause catches everything, does nothing but log, and nothing outside the
`try` statement could make up for it. Where anything else happens, such as a flag, a count or a call, nothing is said.
"""

from __future__ import annotations

import ast
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass

from delivery_lab.checks.code.callees import callee
from delivery_lab.checks.code.module import FunctionNode, Module, assigned, bound_values, own_nodes
from delivery_lab.checks.code.processors import record_handlers_of
from delivery_lab.checks.code.program import Code
from delivery_lab.checks.code.reached import entry_of
from delivery_lab.checks.code.responses import KEY, Answers, answers_of
from delivery_lab.checks.code.tree import arguments_for, called_name, is_name, parameters_of

_LOGGING = frozenset(
    {"debug", "info", "warning", "warn", "error", "exception", "critical", "log", "print", "print_exc"}
)
_READING = frozenset({"loads", "get", "str", "int", "float", "dict", "len", "b64decode", "decode"}) | _LOGGING
_BROAD = frozenset({"Exception", "BaseException"})
_LEAVING = frozenset({"exit", "_exit", "abort"})
_DEEPEST = 6


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


def _dropped_by_handler(
    code: Code, module: Module, function: FunctionNode, holders: frozenset[str] = frozenset(), depth: int = 0
) -> Iterator[Dropped]:
    """What a function drops that gets the event or, by a name in `holders`, its records."""
    if _may_fail_later(function) or depth > _DEEPEST:
        return
    event = next(iter(parameters_of(function)), "")
    derived = {event}
    for statement in function.body:
        derived |= {name for name, value in assigned(statement) if value is not None and _reads_any(value, derived)}
        if not isinstance(statement, ast.Try) or _catches_inside(statement):
            continue
        if _mentions(statement.body, derived) and (clause := _dropping(statement)):
            yield Dropped(module.place(clause), whole_batch=True)
    yield from _dropped_by_delegates(code, module, function, event, holders, depth)
    dropped_values = {id(node.value) for node in own_nodes(function) if isinstance(node, ast.Expr)}
    for loop in (node for node in own_nodes(function) if isinstance(node, ast.For | ast.ListComp)):
        if not is_over_records(loop, function, holders):
            continue
        if isinstance(loop, ast.For):
            yield from _dropped_in_loop(code, module, function, loop)
        elif id(loop) in dropped_values:
            yield from _dropped_by_call(code, module, function, loop.elt)


def _dropped_in_loop(code: Code, module: Module, function: FunctionNode, loop: ast.For) -> Iterator[Dropped]:
    if clause := _dropping_work(loop.body, _names_in_target(loop.target)):
        yield Dropped(module.place(clause), whole_batch=False)
    elif suppressing := _suppressing_work(code, module, loop):
        yield Dropped(module.place(suppressing), whole_batch=False)
    elif called := _only_call(loop):
        yield from _dropped_by_call(code, module, function, called)


def _dropped_by_call(code: Code, module: Module, function: FunctionNode, call: ast.expr) -> Iterator[Dropped]:
    """What a function of the program drops that is called for each record."""
    call = call.value if isinstance(call, ast.Await) else call
    called = callee(code, module, function, call.func) if isinstance(call, ast.Call) else None
    if called is None or _may_fail_later(called[1]):
        return
    if clause := dropping_body(called[1]):
        yield Dropped(called[0].place(clause), whole_batch=False)


def _dropped_by_delegates(
    code: Code, module: Module, function: FunctionNode, event: str, holders: frozenset[str], depth: int
) -> Iterator[Dropped]:
    """What functions drop to which this one hands the whole event, or its records, and asks nothing of them."""
    for statement in function.body:
        value = statement.value if isinstance(statement, ast.Expr | ast.Return) else None
        for call in (node for node in ast.walk(value) if isinstance(node, ast.Call)) if value is not None else ():
            called = callee(code, module, function, call.func)
            if called is None:
                continue
            given = dict(arguments_for(call, called[1]))
            records = {name for name, each in given.items() if _is_batch(each, holders)}
            whole = [name for name, each in given.items() if is_name(each, event)]
            if records or whole == parameters_of(called[1])[:1]:
                yield from _dropped_by_handler(code, *called, frozenset(records), depth + 1)


def _is_batch(value: ast.expr, holders: frozenset[str]) -> bool:
    """Whether an expression is all records of an event: what stands under its key, or a name for that."""
    match value:
        case ast.Name(id=name):
            return name in holders
        case ast.Subscript(value=ast.Name(), slice=ast.Constant(value="Records")):
            return True
        case ast.Call(func=ast.Attribute(value=ast.Name(), attr="get"), args=[ast.Constant(value="Records"), *_]):
            return True
    return False


def _suppressing_work(code: Code, module: Module, loop: ast.For) -> ast.stmt | None:
    """The `with contextlib.suppress(Exception)` that holds all of the work on a record."""
    blocks = [statement for statement in loop.body if isinstance(statement, ast.With)]
    if len(blocks) != 1 or not only_reads(statement for statement in loop.body if statement is not blocks[0]):
        return None
    works = any(call not in _READING for statement in blocks[0].body for call in called_names(statement))
    return blocks[0] if works and any(suppresses(code, module, item) for item in blocks[0].items) else None


def is_over_records(loop: ast.For | ast.ListComp, function: FunctionNode, holders: Container[str] = ()) -> bool:
    """Whether a loop goes over the records of an event, or over what one of some names holds."""
    iterated = loop.iter if isinstance(loop, ast.For) else loop.generators[0].iter
    if isinstance(iterated, ast.Name):
        name = iterated.id
        if name in holders:
            return True
        outer = [
            node for node in own_nodes(function) if isinstance(node, ast.For) and name in _names_in_target(node.target)
        ]
        if len(outer) == 1 and _is_over_partitions(outer[0].iter):
            return True
        values = bound_values(function, name)
        if len(values) != 1 or values[0] is None:
            return False
        iterated = values[0]
    return any(
        (isinstance(node, ast.Constant) and node.value == "Records")
        or (isinstance(node, ast.Attribute) and node.attr == "records")
        for node in ast.walk(iterated)
    )


def _is_over_partitions(iterated: ast.expr) -> bool:
    """`event["records"].items()` or `.values()`: what Kafka delivers, by partition."""
    match iterated:
        case ast.Call(func=ast.Attribute(value=held, attr="items" | "values"), args=[]):
            return any(isinstance(node, ast.Constant) and node.value == "records" for node in ast.walk(held))
    return False


def is_broad(clause: ast.ExceptHandler) -> bool:
    """Whether an `except` clause catches every error."""
    kinds = clause.type.elts if isinstance(clause.type, ast.Tuple) else [clause.type]
    return any(kind is None or (isinstance(kind, ast.Name) and kind.id in _BROAD) for kind in kinds)


def suppresses(code: Code, module: Module, item: ast.withitem, *kinds: str) -> bool:
    """Whether a `with` is `contextlib.suppress` of every error, or of one whose name ends in one of some kinds."""
    call = item.context_expr
    if not isinstance(call, ast.Call) or code.origin(module, call.func) != "contextlib.suppress":
        return False
    names = [ast.unparse(kind) for kind in call.args]
    return any(name in _BROAD or name.endswith(kinds) for name in names)


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


def _only_call(loop: ast.For) -> ast.Call | None:
    """The one call that a loop makes for its record, and does nothing else."""
    work = [s for s in loop.body if isinstance(s, ast.Expr) and not set(called_names(s)) <= _READING]
    if len(work) != 1 or not only_reads(s for s in loop.body if s is not work[0]):
        return None
    value = work[0].value.value if isinstance(work[0].value, ast.Await) else work[0].value
    return value if isinstance(value, ast.Call) else None


def _names_in_target(target: ast.expr) -> set[str]:
    return {node.id for node in ast.walk(target) if isinstance(node, ast.Name)}


def _reads_any(value: ast.expr, names: set[str]) -> bool:
    return any(isinstance(node, ast.Name) and node.id in names for node in ast.walk(value))


def _mentions(statements: Iterable[ast.stmt], names: set[str]) -> bool:
    return any(isinstance(n, ast.Name) and n.id in names for statement in statements for n in ast.walk(statement))
