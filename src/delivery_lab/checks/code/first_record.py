"""Handlers that work on one record of a batch: `event["Records"][0]`, `pop()`, `next(...)`, a loop that returns.

What is said: every use of the batch that the code has takes one record, or only logs or counts. Where the batch, or the
event, is handed to something that cannot be read, nothing is said.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Literal

from delivery_lab.checks.code.callees import callee, is_plain
from delivery_lab.checks.code.module import FunctionNode, Module, assigned, own_nodes
from delivery_lab.checks.code.processors import uses_powertools_batch
from delivery_lab.checks.code.program import Code
from delivery_lab.checks.code.reached import entry_of, live_nodes
from delivery_lab.checks.code.responses import keeps_the_answer
from delivery_lab.checks.code.tree import (
    READING,
    ancestors,
    arguments_for,
    called_name,
    is_name,
    parameters_of,
    parents_in,
)

_DEEPEST = 6
_ONE_AND_THE_REST = 2
_POWERTOOLS_EVENTS = "aws_lambda_powertools.utilities.data_classes"
_LOOKING_ONLY = (
    ast.Compare,
    ast.BoolOp,
    ast.UnaryOp,
    ast.FormattedValue,
    ast.If,
    ast.IfExp,
    ast.Assert,
    ast.Expr,
)
_SAME_RECORDS = frozenset({"list", "tuple", "iter", "reversed"})


class Holds(Enum):
    """What a name or an expression stands for."""

    EVENT = "event"
    RECORDS = "records"
    PARTITIONS = "partitions"
    """Records of Kafka, by partition."""


_RECORDS = {"Records": Holds.RECORDS, "records": Holds.PARTITIONS}


@dataclass(frozen=True, slots=True)
class OneRecord:
    """A place that takes one record of the batch.

    Attributes:
        what: as it stands in the code, such as `event["Records"][0]`.
        which: first, last, or one.
        where: module and line.
    """

    what: str
    which: Literal["first", "last", "one"]
    where: str


class _WholeBatchUsedError(Exception):
    """The batch is used as a whole, or it cannot be told."""


def only_one_record(code: Code) -> OneRecord | None:
    """Where a handler takes one record, if it certainly looks at no other; None otherwise."""
    entry = entry_of(code)
    if entry is None or uses_powertools_batch(code):
        return None
    module, function = entry
    names = parameters_of(function)
    if not names or not all(keeps_the_answer(code, module, node) for node in function.decorator_list):
        return None
    try:
        found = list(_uses(code, module, function, {names[0]: Holds.EVENT}, 0))
    except _WholeBatchUsedError:
        return None
    return found[0] if found else None


def _uses(
    code: Code, module: Module, function: FunctionNode, holds: dict[str, Holds], depth: int
) -> Iterator[OneRecord]:
    """The places in a function that take one record.

    Raises:
        _WholeBatchUsedError: something takes more than one, or it cannot be told.
    """
    if depth > _DEEPEST:
        raise _WholeBatchUsedError
    parents = parents_in(function)
    holds = _with_aliases(code, module, function, holds)
    spot = _Spot(code, module, function, parents, holds, depth)
    if _refuses_more(spot):
        raise _WholeBatchUsedError
    live = {id(node) for node in live_nodes(code, module, function)}
    for node in ast.walk(function):
        if not isinstance(node, ast.expr) or id(node) not in live:
            continue
        held = _held(code, module, node, holds)
        if held is None or _is_part_of_same(code, module, node, parents, holds):
            continue
        if isinstance(getattr(node, "ctx", None), ast.Store | ast.Del):
            continue
        yield from _use(spot, node, held)


@dataclass(frozen=True, slots=True)
class _Spot:
    code: Code
    module: Module
    function: FunctionNode
    parents: Mapping[ast.AST, ast.AST]
    holds: Mapping[str, Holds]
    depth: int

    def one(self, node: ast.expr) -> OneRecord:
        return OneRecord(_text(node), _which(node), self.module.place(node))


def _use(spot: _Spot, node: ast.expr, held: Holds) -> Iterator[OneRecord]:
    """What one use of the event or of the batch takes: one record, or nothing.

    Raises:
        _WholeBatchUsedError: it may take more.
    """
    parent = spot.parents.get(node)
    if isinstance(parent, ast.keyword):
        parent = spot.parents.get(parent)
    if isinstance(parent, ast.Call) and node is not parent.func:
        yield from _handed_over(spot, parent, node, held)
    elif isinstance(parent, ast.Assign | ast.AnnAssign):
        yield from _bound(spot, node, parent, held)
    elif isinstance(parent, ast.Match):
        yield from _matched(spot, parent)
    elif isinstance(parent, _LOOKING_ONLY):
        return
    elif held is Holds.PARTITIONS and _partitions_loop(spot.parents, node) is not None:
        return  # what is made of each partition's records is looked at by the name that the loop gives them
    elif held is Holds.PARTITIONS:
        raise _WholeBatchUsedError
    elif held is Holds.RECORDS:
        yield _taken(spot, node, parent)
    elif not isinstance(parent, ast.Subscript | ast.Attribute):  # these are other keys of the event
        raise _WholeBatchUsedError


def _bound(spot: _Spot, node: ast.expr, parent: ast.Assign | ast.AnnAssign, held: Holds) -> Iterator[OneRecord]:
    """What binding the event or the batch takes: nothing, by a name; one record, by `first, *_ = records`.

    Raises:
        _WholeBatchUsedError: it is bound to something else, such as an attribute, which others may read.
    """
    for target in parent.targets if isinstance(parent, ast.Assign) else [parent.target]:
        if isinstance(target, ast.Name):
            continue
        if held is not Holds.RECORDS or not isinstance(target, ast.Tuple | ast.List):
            raise _WholeBatchUsedError
        rest = [each for each in target.elts if isinstance(each, ast.Starred)]
        if len(rest) != 1 or len(target.elts) != _ONE_AND_THE_REST or _is_read(spot.function, rest[0].value):
            raise _WholeBatchUsedError  # without a star a longer batch is an error
        which: Literal["first", "last"] = "last" if target.elts[0] is rest[0] else "first"
        yield OneRecord(f"{_text(target)} = {_text(node)}", which, spot.module.place(parent))


def _matched(spot: _Spot, match: ast.Match) -> Iterator[OneRecord]:
    """What `match` takes of the event or the batch: one record, where a pattern is `[first, *_]`.

    Raises:
        _WholeBatchUsedError: a pattern binds more, or nothing of the batch.
    """
    found = [
        pattern
        for case in match.cases
        for pattern in ast.walk(case.pattern)
        if isinstance(pattern, ast.MatchSequence) and _is_one_and_the_rest(pattern)
    ]
    bound = [
        pattern
        for case in match.cases
        for pattern in ast.walk(case.pattern)
        if isinstance(pattern, ast.MatchAs | ast.MatchStar | ast.MatchMapping)
        and (getattr(pattern, "name", None) or getattr(pattern, "rest", None))
    ]
    inside = {id(inner) for pattern in found for inner in ast.walk(pattern)}
    if not found or any(id(pattern) not in inside for pattern in bound):
        raise _WholeBatchUsedError
    yield OneRecord(f"match {_text(match.subject)}", "first", spot.module.place(match))


def _is_one_and_the_rest(pattern: ast.MatchSequence) -> bool:
    """`[first, *_]`: the rest gets no name."""
    return len(pattern.patterns) == _ONE_AND_THE_REST and any(
        isinstance(each, ast.MatchStar) and each.name is None for each in pattern.patterns
    )


def _is_read(function: FunctionNode, name: ast.expr) -> bool:
    return not isinstance(name, ast.Name) or any(
        is_name(node, name.id) and isinstance(getattr(node, "ctx", None), ast.Load) for node in ast.walk(function)
    )


def _refuses_more(spot: _Spot) -> bool:
    """Whether a function raises for a batch of another length than it can work on."""
    for node in own_nodes(spot.function):
        raises = isinstance(node, ast.Assert) or (
            isinstance(node, ast.If)
            and any(isinstance(inner, ast.Raise) for part in node.body for inner in ast.walk(part))
        )
        if (
            isinstance(node, ast.Assert | ast.If)
            and raises
            and any(_is_length(spot, each) for each in ast.walk(node.test))
        ):
            return True
    return False


def _is_length(spot: _Spot, node: ast.AST) -> bool:
    if not isinstance(node, ast.Call) or called_name(node) != "len" or len(node.args) != 1:
        return False
    return _held(spot.code, spot.module, node.args[0], spot.holds) is Holds.RECORDS


def _taken(spot: _Spot, node: ast.expr, parent: ast.AST | None) -> OneRecord:
    """The one record that a use of the batch takes.

    Raises:
        _WholeBatchUsedError: it may take more than one.
    """
    match parent:
        case ast.Attribute(attr="pop"):
            call = spot.parents.get(parent)
            if isinstance(call, ast.Call) and not _is_in_loop(spot, call):
                return spot.one(call)
        case ast.Subscript(value=value, slice=index) if node is value:
            if _takes_one(index) and not _is_in_loop(spot, parent):
                return spot.one(parent)
        case ast.For(iter=iterated) if node is iterated and _ends_in_its_first_pass(parent):
            return OneRecord(f"the loop over {_text(node)}", "first", spot.module.place(parent))
    raise _WholeBatchUsedError


def _which(node: ast.expr) -> Literal["first", "last", "one"]:
    """Which record an expression takes: `[0]`, `[:1]`, `next()`, `pop(0)` the first; `[-1]`, `pop()` the last."""
    match node:
        case ast.Subscript(slice=ast.Constant(value=0) | ast.Slice()):
            return "first"
        case ast.Subscript(slice=ast.UnaryOp(operand=ast.Constant(value=1))):
            return "last"
        case ast.Call(func=ast.Attribute(attr="pop"), args=arguments):
            if not arguments:
                return "last"
            return "first" if isinstance(arguments[0], ast.Constant) and arguments[0].value == 0 else "one"
        case ast.Call():
            return "first"
    return "one"


def _text(node: ast.expr) -> str:
    return ast.unparse(node).replace("'", '"')


def _handed_over(spot: _Spot, call: ast.Call, node: ast.expr, held: Holds) -> Iterator[OneRecord]:
    name = called_name(call)
    if name == "next":
        yield spot.one(call)
        return
    if name in READING:
        return
    found = callee(spot.code, spot.module, spot.function, call.func)
    if found is None:
        raise _WholeBatchUsedError
    given = {parameter: held for parameter, value in arguments_for(call, found[1]) if value is node}
    if not given or not is_plain(found[1]):
        raise _WholeBatchUsedError
    yield from _uses(spot.code, *found, given, spot.depth + 1)


def _held(code: Code, module: Module, node: ast.expr, holds: Mapping[str, Holds]) -> Holds | None:
    """What an expression stands for: the event, its records, or neither."""
    match node:
        case ast.Name(id=name):
            return holds.get(name)
        case ast.Subscript(value=value, slice=ast.Constant(value=str() as key)) if key in _RECORDS:
            return _RECORDS[key] if _held(code, module, value, holds) is Holds.EVENT else None
        case ast.NamedExpr(value=value):
            return _held(code, module, value, holds)
        case ast.Attribute(value=value, attr="records" | "Records"):
            return Holds.RECORDS if _held(code, module, value, holds) is Holds.EVENT else None
        case ast.Call(func=ast.Attribute(value=value, attr="get"), args=[ast.Constant(value=str() as key), *_]):
            is_records = key in _RECORDS and _held(code, module, value, holds) is Holds.EVENT
            return _RECORDS[key] if is_records else None
        case ast.Call(func=ast.Name(id=name), args=[argument]) if name in _SAME_RECORDS:
            return Holds.RECORDS if _held(code, module, argument, holds) is Holds.RECORDS else None
        case ast.Call(func=ast.Attribute(attr="model_validate" | "parse_obj"), args=[argument]):
            return _held(code, module, argument, holds)
        case ast.Call(func=called, args=[argument]) if code.origin(module, called).startswith(_POWERTOOLS_EVENTS):
            return _held(code, module, argument, holds)
    return None


def _is_part_of_same(
    code: Code, module: Module, node: ast.expr, parents: Mapping[ast.AST, ast.AST], holds: Mapping[str, Holds]
) -> bool:
    """Whether an expression is only the beginning of one that stands for the batch, too, such as `event` of its key."""
    for outer in ancestors(node, parents):
        if not isinstance(outer, ast.expr):
            return False
        if _held(code, module, outer, holds) is not None:
            return True
        if not isinstance(outer, ast.Attribute):
            return False
    return False


def _with_aliases(code: Code, module: Module, function: FunctionNode, holds: Mapping[str, Holds]) -> dict[str, Holds]:
    """The names of a function that stand for the event or its records; one that is bound to other things counts too."""
    found = dict(holds)
    parents = parents_in(function)
    for _ in range(3):  # an alias of an alias
        for node in own_nodes(function):
            if isinstance(node, ast.expr) and _held(code, module, node, found) is Holds.PARTITIONS:
                loop = _partitions_loop(parents, node)
                found |= {} if loop is None else {loop[1]: Holds.RECORDS}
            for name, value in assigned(node):
                held = None if value is None else _held(code, module, value, found)
                if held is not None:
                    found[name] = held
    return found


def _partitions_loop(parents: Mapping[ast.AST, ast.AST], node: ast.expr) -> tuple[ast.For, str] | None:
    """The loop over the partitions of an event of Kafka, with its name for the records of one."""
    method = parents.get(node)
    call = parents.get(method) if isinstance(method, ast.Attribute) and method.attr in ("items", "values") else None
    loop = parents.get(call) if isinstance(call, ast.Call) else None
    match loop:
        case ast.For(target=ast.Name(id=name)) if isinstance(method, ast.Attribute) and method.attr == "values":
            return loop, name
        case ast.For(target=ast.Tuple(elts=[_, ast.Name(id=name)])):
            return loop, name
    return None


def _takes_one(index: ast.expr) -> bool:
    """`[0]`, `[-1]`, `[:1]`."""
    if isinstance(index, ast.UnaryOp) and isinstance(index.op, ast.USub):
        index = index.operand
    if isinstance(index, ast.Constant):
        return isinstance(index.value, int)
    if isinstance(index, ast.Slice) and index.step is None:
        from_start = index.lower is None or (isinstance(index.lower, ast.Constant) and index.lower.value == 0)
        return from_start and isinstance(index.upper, ast.Constant) and index.upper.value == 1
    return False


def _is_in_loop(spot: _Spot, node: ast.AST) -> bool:
    """Whether a place is passed more than once in an invoke; what a loop goes over is made once."""
    inner = node
    for outer in ancestors(node, spot.parents):
        if isinstance(outer, ast.For | ast.AsyncFor | ast.comprehension):
            if inner is not outer.iter and not _is_over_partitions(spot, outer.iter):
                return True
        elif isinstance(outer, ast.While | ast.ListComp | ast.GeneratorExp | ast.SetComp | ast.DictComp | ast.Lambda):
            return True
        inner = outer
    return False


def _is_over_partitions(spot: _Spot, iterated: ast.expr) -> bool:
    return any(
        isinstance(node, ast.expr) and _held(spot.code, spot.module, node, spot.holds) is Holds.PARTITIONS
        for node in ast.walk(iterated)
    )


def _ends_in_its_first_pass(loop: ast.For) -> bool:
    """Whether a loop certainly ends before its second pass: a `return` or `break` that nothing stands before."""
    leaves = any(isinstance(statement, ast.Return | ast.Break) for statement in loop.body)
    goes_on = any(isinstance(node, ast.Continue) for statement in loop.body for node in ast.walk(statement))
    return leaves and not goes_on
