"""What a handler takes out of the bodies of messages: its own fields, the envelope of SNS, the records of S3.

Followed is what leaves no doubt: see `delivery_lab.checks.code.bodies`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from delivery_lab.checks.code.bodies import Bodies
from delivery_lab.checks.code.callees import Place
from delivery_lab.checks.code.constants import evaluate
from delivery_lab.checks.code.models import required_fields
from delivery_lab.checks.code.module import FunctionNode
from delivery_lab.checks.code.program import Code
from delivery_lab.checks.code.reached import live_nodes, reached

ENVELOPE = frozenset(
    {
        "Type", "MessageId", "TopicArn", "Subject", "Message", "Timestamp", "SignatureVersion", "Signature",
        "SigningCertURL", "UnsubscribeURL", "MessageAttributes", "SequenceNumber",
    }
)  # fmt: skip
"""The fields of SNS's envelope."""
MESSAGE = "Message"
RECORDS = "Records"
_NESTED_MESSAGE = "decoded_nested_sns_event"
_NESTED_CHANGES = "decoded_nested_s3_event"
"""Properties of Powertools' SQSRecord."""
_ENVELOPES = frozenset({"SnsSqsEnvelope", "SqsSnsEnvelope"})
"""Of Powertools' parser."""
_READ_OF_CHANGES = frozenset({"records", "record", "bucket_name", "object_key"})
"""Properties of Powertools' S3Event that need Records."""
_VALIDATED = frozenset({"model_validate_json", "parse_raw"})
_OF_PARSED = frozenset({"model_validate", "parse_obj"})


@dataclass(frozen=True, slots=True)
class FieldRead:
    """A field that is read off a body.

    Attributes:
        name: the field.
        where: module and line.
        required: whether it has to be there: `body["x"]`, not `body.get("x")`.
        function: the function that reads it.
    """

    name: str
    where: str
    required: bool
    function: FunctionNode


def fields_of_bodies(code: Code) -> list[FieldRead]:
    """The fields that a handler reads off the bodies of messages, parsed as JSON."""
    bodies = Bodies(code)
    return [read for place in reached(code) for read in _fields_in(code, bodies, place)]


def knows_envelopes(code: Code) -> bool:
    """Whether a handler may look for an envelope anywhere: it names what only an envelope has."""
    for module, function in reached(code):
        for node in live_nodes(code, module, function):
            match node:
                case ast.Constant(value="Message" | "TopicArn"):
                    return True
                case ast.Attribute(attr=name) | ast.Name(id=name) if name == _NESTED_MESSAGE or name in _ENVELOPES:
                    return True
                case ast.Name(id="SNSMessage" | "SnsModel" | "SnsSqsNotificationModel"):
                    return True
    return any(isinstance(node, ast.Name | ast.Attribute) and _is_envelope(node) for node in _decorators(code))


def unwrapped_messages(code: Code) -> list[str]:
    """Where a handler takes an envelope off, without asking whether there is one."""
    bodies = Bodies(code)
    found = []
    for module, function in reached(code):
        if _is_asked_for(function):
            continue
        for node in live_nodes(code, module, function):
            match node:
                case ast.Call(args=[inner, *_]) if bodies.is_json_loads(module, node):
                    read = _read_of(code, bodies, (module, function), inner)
                    if read is not None and read.required and read.name == MESSAGE:
                        found.append(read.where)
                case ast.Attribute(value=ast.Attribute(attr=nested)) if nested == _NESTED_MESSAGE:
                    found.append(module.place(node))
                case ast.Attribute() | ast.Name() if _is_envelope(node):
                    found.append(module.place(node))
    return found


def unguarded_records(code: Code) -> list[str]:
    """Where a handler needs `Records` in a body, and neither asks for them nor catches that there are none."""
    needed = [read for read in fields_of_bodies(code) if read.required and read.name == RECORDS]
    found = [read.where for read in needed if not _asks_for_records(read.function)]
    for module, function in reached(code):
        if _asks_for_records(function):
            continue
        for node in live_nodes(code, module, function):
            match node:
                case ast.Attribute(value=ast.Attribute(attr=nested), attr=name):
                    if nested == _NESTED_CHANGES and name in _READ_OF_CHANGES:
                        found.append(module.place(node))
    return found


def _asks_for_records(function: FunctionNode) -> bool:
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


def _is_envelope(node: ast.Name | ast.Attribute) -> bool:
    return (node.attr if isinstance(node, ast.Attribute) else node.id) in _ENVELOPES


def _decorators(code: Code) -> Iterator[ast.AST]:
    for _, function in reached(code):
        for decorator in function.decorator_list:
            yield from ast.walk(decorator)


def _fields_in(code: Code, bodies: Bodies, place: Place) -> Iterator[FieldRead]:
    for node in live_nodes(code, *place):
        if isinstance(node, ast.expr):
            read = _read_of(code, bodies, place, node)
            if read is not None:
                yield read
            yield from _model_fields(code, bodies, place, node)


def _read_of(code: Code, bodies: Bodies, place: Place, node: ast.expr) -> FieldRead | None:
    """The field of a body that an expression reads, None where it reads none."""
    match node:
        case ast.Subscript(value=value, slice=key, ctx=ast.Load()):
            required = True
        case ast.Call(func=ast.Attribute(value=value, attr="get"), args=[key, *_]):
            required = False
        case _:
            return None
    module, function = place
    name = evaluate(code, module, key) if bodies.is_parsed(module, function, value) else None
    return FieldRead(name, module.place(node), required, function) if isinstance(name, str) else None


def _model_fields(code: Code, bodies: Bodies, place: Place, node: ast.expr) -> Iterator[FieldRead]:
    """The fields that a model needs which is made of a body."""
    module, function = place
    match node:
        case ast.Call(func=ast.Attribute(value=model, attr=method), args=[text, *_]) if method in _VALIDATED:
            made = bodies.is_text(module, function, text)
        case ast.Call(func=ast.Attribute(value=model, attr=method), args=[held, *_]) if method in _OF_PARSED:
            made = bodies.is_parsed(module, function, held)
        case ast.Call(func=model, args=[], keywords=[ast.keyword(arg=None, value=held)]):
            made = bodies.is_parsed(module, function, held)
        case _:
            return
    if made:
        for name in required_fields(code, module, model):
            yield FieldRead(name, module.place(node), required=True, function=function)
