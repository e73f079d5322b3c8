"""Keys by which a handler reads its event and that differ from those of AWS only in case, such as `record["Body"]`.

What is said: the expression certainly is a part of the event, no event of the function's feeds has the key there, and
one has it in another case. Where the program looks for the key first, sets it, or reads the right one in the same
function, nothing is said: it may know both.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from delivery_lab.checks.code.callees import Place
from delivery_lab.checks.code.event_parts import EventParts, Shapes
from delivery_lab.checks.code.event_shapes import (
    EVENT_SHAPES,
    KEYS_OF_RECORDS,
    RECORD_SHAPES,
    RECORDS_OF_EVENTS,
    WHOLE_EVENTS,
    EventShape,
    FeedKind,
)
from delivery_lab.checks.code.module import FunctionNode, own_nodes
from delivery_lab.checks.code.processors import uses_powertools_batch
from delivery_lab.checks.code.program import Code
from delivery_lab.checks.code.reached import entry_of, live_nodes, reached
from delivery_lab.checks.code.record_handlers import handlers_of_data_classes
from delivery_lab.checks.code.responses import is_of_powertools
from delivery_lab.checks.code.tree import ancestors, parents_in

_KEEP_THE_EVENT = frozenset(
    {"inject_lambda_context", "capture_lambda_handler", "log_metrics", "idempotent", "event_source"}
)
"""Decorators of Powertools that hand the event on as it is, or as a data class that holds its keys."""
_MISSING_KEY = frozenset({"KeyError", "LookupError"})


@dataclass(frozen=True, slots=True)
class MiscasedKey:
    """A place that reads a key which AWS sends in another case.

    Attributes:
        text: as it stands in the code, such as `record["Body"]`.
        key: the key that is read.
        right: the key that AWS sends.
        of: what it is read off, such as `a record of SQS`.
        of_event: whether it is read off the event itself.
        answers: what is there in place of a value: None, or a default; "" where a KeyError is raised.
        where: module and line.
    """

    text: str
    key: str
    right: str
    of: str
    of_event: bool
    answers: str
    where: str


def miscased_keys(code: Code, feeds: Iterable[FeedKind]) -> list[MiscasedKey]:
    """The keys that a handler reads off its event and that differ from those of AWS only in case.

    Args:
        code: the program.
        feeds: everything that hands events to the function.
    """
    entry = entry_of(code)
    if entry is None:
        return []
    feeds, is_plain = frozenset(feeds), plain_handler(code) is not None
    record = frozenset(RECORD_SHAPES[feed] for feed in feeds)
    records = dict.fromkeys(handlers_of_data_classes(code), record) if len(record) == 1 else {}
    events = frozenset(EVENT_SHAPES[feed] for feed in feeds) if is_plain else frozenset[EventShape]()
    parts = EventParts(code, entry[1], events, records)
    found = [each for place in reached(code) for each in _in_function(code, parts, place, entry[1])]
    known = set(set_or_asked_for(code))
    return [each for each in found if each.key not in known]


def plain_handler(code: Code) -> FunctionNode | None:
    """The handler, where it gets the event as AWS sends it; None where it cannot be told."""
    entry = entry_of(code)
    if entry is None or not all(
        is_of_powertools(code, entry[0], each, _KEEP_THE_EVENT) for each in entry[1].decorator_list
    ):
        return None
    return entry[1]


def _in_function(code: Code, parts: EventParts, place: Place, entry: FunctionNode) -> Iterator[MiscasedKey]:
    module, function = place
    live = {id(node) for node in live_nodes(code, module, function)}
    named = _texts_in(function)
    parents = parents_in(function)
    for node in own_nodes(function):
        match node:
            case ast.Subscript(value=held, slice=ast.Constant(value=str() as key), ctx=ast.Load()):
                answers = ""
            case ast.Call(func=ast.Attribute(value=held, attr="get"), args=[ast.Constant(value=str() as key), *rest]):
                answers = ast.unparse(rest[0]) if rest else "None"
            case _:
                continue
        shapes = parts.of(function, held) if id(node) in live else frozenset()
        right = _in_other_case(shapes, key)
        if right is None or right[0] in named or not is_certain(node, parents, bool(answers)):
            continue
        of_event = right[1] in WHOLE_EVENTS
        if of_event and not _is_only_way(code, function, node, parents, right[0], entry):
            continue
        text = ast.unparse(node).replace("'", '"')
        yield MiscasedKey(text, key, right[0], right[1].what, of_event, answers, module.place(node))


def _in_other_case(shapes: Shapes, key: str) -> tuple[str, EventShape] | None:
    """The key that is meant, with the part that has it; None where a part has this key, or may have it."""
    if any(key in shape.keys or not shape.keys for shape in shapes):
        return None
    if shapes & RECORDS_OF_EVENTS and key in KEYS_OF_RECORDS:
        return None
    alike = ((each, shape) for shape in shapes for each in shape.keys if each.casefold() == key.casefold())
    return min(alike, key=lambda found: (found[0], found[1].what), default=None)


def is_certain(node: ast.AST, parents: Mapping[ast.AST, ast.AST], has_answer: bool) -> bool:
    """Whether nothing around a read is made for a key that is missing: a `KeyError` caught, another value taken."""
    inner = node
    for outer in ancestors(node, parents):
        match outer:
            case ast.Try(body=body, handlers=handlers) if inner in body:
                if any(_catches_missing_key(each) for each in handlers):
                    return False
            case ast.BoolOp() | ast.IfExp() | ast.Compare() if has_answer:
                return False
            case ast.If(test=test) | ast.While(test=test) if has_answer and inner is test:
                return False
            case ast.Call(func=ast.Attribute(attr="get")) if has_answer and inner is not outer.func:
                return False
        inner = outer
    return True


def _catches_missing_key(clause: ast.ExceptHandler) -> bool:
    kinds = clause.type.elts if isinstance(clause.type, ast.Tuple) else [clause.type]
    return any(isinstance(kind, ast.Name) and kind.id in _MISSING_KEY for kind in kinds)


def _is_only_way(
    code: Code,
    function: FunctionNode,
    node: ast.AST,
    parents: Mapping[ast.AST, ast.AST],
    right: str,
    entry: FunctionNode,
) -> bool:
    """Whether the handler certainly reads the key off each of its events, and never the right one."""
    branches = ast.If | ast.IfExp | ast.BoolOp | ast.While | ast.Match | ast.Try
    leaves_before = any(
        isinstance(each, ast.Return) and each.lineno < getattr(node, "lineno", 0) for each in own_nodes(function)
    )
    return (
        function is entry
        and not leaves_before
        and not uses_powertools_batch(code)
        and not any(isinstance(each, branches) for each in ancestors(node, parents))
        and not any(right in _texts_in(each) for _, each in reached(code))
    )


def _texts_in(function: FunctionNode) -> set[str]:
    return {node.value for node in ast.walk(function) if isinstance(node, ast.Constant) and isinstance(node.value, str)}


def set_or_asked_for(code: Code) -> Iterator[str]:
    """Keys that a program puts somewhere itself, or compares."""
    for _, function in reached(code):
        for node in ast.walk(function):
            match node:
                case ast.Subscript(slice=ast.Constant(value=str() as key), ctx=ast.Store() | ast.Del()):
                    yield key
                case ast.Compare(left=left, comparators=others):
                    yield from (text for each in (left, *others) for text in _texts(each))


def _texts(node: ast.expr) -> Iterator[str]:
    """A text, or those of a literal list of texts."""
    for each in node.elts if isinstance(node, ast.Tuple | ast.List | ast.Set) else [node]:
        if isinstance(each, ast.Constant) and isinstance(each.value, str):
            yield each.value
