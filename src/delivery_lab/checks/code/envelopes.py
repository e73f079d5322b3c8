"""What a handler takes out of the bodies of messages: its own fields, the envelope of SNS, the records of S3.

Followed is what leaves no doubt: a body that is read as JSON, at once or by a name, and fields that are read off that.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from delivery_lab.checks.code.constants import evaluate
from delivery_lab.checks.code.module import FunctionNode, Module, assigned, own_nodes
from delivery_lab.checks.code.program import Code
from delivery_lab.checks.code.reached import live_nodes, reached
from delivery_lab.checks.code.tree import called_name, is_name

ENVELOPE = frozenset(
    {
        "Type", "MessageId", "TopicArn", "Subject", "Message", "Timestamp", "SignatureVersion", "Signature",
        "SigningCertURL", "UnsubscribeURL", "MessageAttributes", "SequenceNumber",
    }
)  # fmt: skip
"""The fields of SNS's envelope."""
MESSAGE = "Message"
RECORDS = "Records"


@dataclass(frozen=True, slots=True)
class FieldRead:
    """A field that is read off a body.

    Attributes:
        name: the field.
        where: module and line.
        required: whether it has to be there: `body["x"]`, not `body.get("x")`.
    """

    name: str
    where: str
    required: bool


def fields_of_bodies(code: Code) -> list[FieldRead]:
    """The fields that a handler reads off the bodies of messages, parsed as JSON."""
    return [read for module, function in reached(code) for read in _fields_in(code, module, function)]


def knows_envelopes(code: Code) -> bool:
    """Whether a handler may look for an envelope anywhere: it names a field that only an envelope has."""
    for module, function in reached(code):
        for node in live_nodes(code, module, function):
            if isinstance(node, ast.Constant) and node.value in (MESSAGE, "TopicArn"):
                return True
    return False


def unwrapped_messages(code: Code) -> list[str]:
    """Where a handler reads the text under `Message` of a body as JSON, without asking whether it is there."""
    found = []
    for module, function in reached(code):
        bodies = set(_names_of_bodies(code, module, function))
        for node in live_nodes(code, module, function):
            if isinstance(node, ast.Call) and _is_json_loads(code, module, node) and node.args:
                read = _read_of(code, module, node.args[0], bodies)
                if read is not None and read.required and read.name == MESSAGE and not _is_asked_for(function):
                    found.append(read.where)
    return found


def unguarded_records(code: Code) -> list[str]:
    """Where a handler needs `Records` in a body, and neither asks for them nor catches that there are none."""
    return [
        read.where
        for module, function in reached(code)
        if not _is_guarded(function)
        for read in _fields_in(code, module, function)
        if read.required and read.name == RECORDS
    ]


def _is_guarded(function: FunctionNode) -> bool:
    """Whether a function catches what happens, asks for `Records`, or names what a test event has."""
    for node in ast.walk(function):
        if isinstance(node, ast.Try) or (isinstance(node, ast.Constant) and node.value in ("Event", "s3:TestEvent")):
            return True
        if isinstance(node, ast.Compare) and isinstance(node.left, ast.Constant) and node.left.value == RECORDS:
            return True
    return False


def _is_asked_for(function: FunctionNode) -> bool:
    """Whether a function asks if there is a `Message`, or catches what happens where there is none."""
    for node in ast.walk(function):
        if isinstance(node, ast.Compare) and isinstance(node.left, ast.Constant) and node.left.value in ENVELOPE:
            return True
        if isinstance(node, ast.Try):
            return True
    return False


def _fields_in(code: Code, module: Module, function: FunctionNode) -> Iterator[FieldRead]:
    bodies = set(_names_of_bodies(code, module, function))
    for node in live_nodes(code, module, function):
        if isinstance(node, ast.expr):
            read = _read_of(code, module, node, bodies)
            if read is not None:
                yield read


def _names_of_bodies(code: Code, module: Module, function: FunctionNode) -> Iterator[str]:
    """Names that a function gives to parsed bodies, and to nothing else."""
    values: dict[str, list[ast.expr | None]] = {}
    for node in own_nodes(function):
        for name, value in assigned(node):
            values.setdefault(name, []).append(value)
    for name, held in values.items():
        if all(value is not None and _is_parsed_body(code, module, value) for value in held):
            yield name


def _read_of(code: Code, module: Module, node: ast.expr, bodies: set[str]) -> FieldRead | None:
    """The field of a body that an expression reads, None where it reads none."""
    match node:
        case ast.Subscript(value=value, slice=key):
            required = True
        case ast.Call(func=ast.Attribute(value=value, attr="get"), args=[key, *_]):
            required = False
        case _:
            return None
    is_body = _is_parsed_body(code, module, value) or any(is_name(value, name) for name in bodies)
    name = evaluate(code, module, key) if is_body else None
    return FieldRead(name, module.place(node), required) if isinstance(name, str) else None


def _is_parsed_body(code: Code, module: Module, node: ast.expr) -> bool:
    """Whether an expression is `json.loads(...)` of the body of a record."""
    if not isinstance(node, ast.Call) or not node.args or not _is_json_loads(code, module, node):
        return False
    match node.args[0]:
        case ast.Subscript(slice=ast.Constant(value="body")):
            return True
        case ast.Attribute(attr="body"):
            return True
        case ast.Call(func=ast.Attribute(attr="get"), args=[ast.Constant(value="body"), *_]):
            return True
    return False


def _is_json_loads(code: Code, module: Module, call: ast.Call) -> bool:
    return called_name(call) == "loads" and code.origin(module, call.func) in ("json.loads", "orjson.loads", "")
