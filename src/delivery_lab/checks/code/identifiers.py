"""What a handler names failed records by: the value of `itemIdentifier` in the answers that it builds itself."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from delivery_lab.checks.code.module import FunctionNode, bound_values
from delivery_lab.checks.code.program import Code
from delivery_lab.checks.code.reached import last_key, reached

_KEY = "itemIdentifier"
_DEEPEST = 3
_OTHER_SOURCES = frozenset({"messageId", "message_id", "receiptHandle", "receipt_handle"})
_WRONG: Mapping[str, frozenset[str]] = {
    "sqs": frozenset({"receiptHandle", "receipt_handle", "eventID", "event_id", "sequenceNumber", "sequence_number"}),
    "kinesis": _OTHER_SOURCES | {"eventID", "event_id", "partitionKey", "partition_key"},
    "dynamodb": _OTHER_SOURCES | {"eventID", "event_id"},
    "kafka": _OTHER_SOURCES | {"offset", "key", "partition", "topic"},
}
"""Keys of a record, by kind of source, that are certainly not what the mapping knows it by."""


@dataclass(frozen=True, slots=True)
class Identifier:
    """How a failed record is named.

    Attributes:
        key: the key of the record that is used, "" if it cannot be told.
        where: module and line.
    """

    key: str
    where: str


def wrong_identifiers(code: Code, kind: str) -> list[Identifier]:
    """The identifiers of a handler, if every one of them is certainly wrong for the source; else none."""
    found = list(_identifiers(code))
    return found if found and all(identifier.key in _WRONG[kind] for identifier in found) else []


def _identifiers(code: Code) -> Iterator[Identifier]:
    for module, function in reached(code):
        for node in ast.walk(function):
            if not isinstance(node, ast.Dict):
                continue
            for key, value in zip(node.keys, node.values, strict=True):
                if isinstance(key, ast.Constant) and key.value == _KEY:
                    yield Identifier(_named_by(function, value), module.place(node))


def _named_by(function: FunctionNode, value: ast.expr, depth: int = 0) -> str:
    if not isinstance(value, ast.Name) or depth > _DEEPEST:
        return last_key(value)
    values = bound_values(function, value.id)
    if len(values) == 1 and values[0] is not None:
        return _named_by(function, values[0], depth + 1)
    keys = {_named_by(function, each, depth + 1) for each in _members(function, value.id)}
    return keys.pop() if len(keys) == 1 and not values else ""


def _members(function: FunctionNode, name: str) -> Iterator[ast.expr]:
    """What stands in the list that a comprehension goes through by a name, as far as `append` puts it there."""
    lists = {
        part.iter.id
        for node in ast.walk(function)
        if isinstance(node, ast.ListComp | ast.GeneratorExp)
        for part in node.generators
        if isinstance(part.iter, ast.Name) and isinstance(part.target, ast.Name) and part.target.id == name
    }
    for node in ast.walk(function):
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name(id=held), attr="append"), args=[each]) if held in lists:
                yield each
