"""Handlers that no record can be worked on by, however healthy it is: it is read, or handed on, by a wrong name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from delivery_lab.checks.catalog.handling import fed
from delivery_lab.checks.check import Check, Found, values_of
from delivery_lab.checks.code.event_keys import MiscasedKey, miscased_keys
from delivery_lab.checks.code.event_shapes import FeedKind
from delivery_lab.checks.code.missing_images import missing_images
from delivery_lab.checks.code.program import Code
from delivery_lab.checks.code.reading import code_of
from delivery_lab.checks.code.record_handlers import CONTEXT, RECORD, uncallable_handlers
from delivery_lab.checks.finding import Severity
from delivery_lab.checks.invokers import may_be_invoked_otherwise
from delivery_lab.rules.rule import LAMBDA_GUIDE
from delivery_lab.stack.functions import Function
from delivery_lab.stack.mappings import DynamoDbMapping
from delivery_lab.stack.stack import Stack
from delivery_lab.stack.streams import Table
from delivery_lab.stack.topics import Subscription

_EVENTS: Mapping[FeedKind, str] = {
    "sqs": LAMBDA_GUIDE + "with-sqs.html",
    "kinesis": LAMBDA_GUIDE + "with-kinesis.html",
    "dynamodb": LAMBDA_GUIDE + "with-ddb.html",
    "kafka": LAMBDA_GUIDE + "with-msk.html",
    "sns": LAMBDA_GUIDE + "with-sns.html",
}
"""Where the event of each feed is shown."""
_WITHOUT: Mapping[str, frozenset[str]] = {
    "KEYS_ONLY": frozenset({"NewImage", "OldImage"}),
    "NEW_IMAGE": frozenset({"OldImage"}),
    "OLD_IMAGE": frozenset({"NewImage"}),
}
"""By view type of a table's stream: the images that its records have not."""
_WITH = {"NewImage": "NEW_IMAGE", "OldImage": "OLD_IMAGE"}
_BATCH = "https://docs.aws.amazon.com/powertools/python/latest/utilities/batch/"


class KeyInAnotherCase(Check):
    id = "CHK-RECORD-1"
    title = "key of the event that AWS sends in another case"
    severity = Severity.ERROR
    why = "The key is in no record: reading it raises a KeyError, or gives None, however healthy the record is."
    fix = "Read the key as AWS sends it: Lambda's events have body and messageId, unlike the answers of boto3."
    source = _EVENTS["sqs"]

    def find(self, stack: Stack) -> Iterator[Found]:
        for function, feeds, feeding in _feeds(stack):
            code = code_of(stack, function)
            if not isinstance(code, Code):
                continue
            found = miscased_keys(code, feeds)
            if any(each.of_event for each in found) and (len(feeds) > 1 or may_be_invoked_otherwise(stack, function)):
                found = [each for each in found if not each.of_event]
            if not found:
                continue
            first = min(found, key=lambda each: bool(each.answers))
            what = "batch" if first.of_event else "record"
            why = (
                f"The handler reads {first.text} ({first.where}), but {first.of} has no {first.key}: AWS sends "
                f"{first.right}. {_effect(first, what)}"
            )
            fix = f"read {first.right} in place of {first.key} in {first.where}"
            values = {f"{function.name}.{each.text}": each.where for each in found}
            severity = Severity.WARNING if first.answers and not first.of_event else Severity.ERROR
            yield Found((function.name, *feeding), values, why, fix, source=_EVENTS[feeds[0]], severity=severity)


def _effect(read: MiscasedKey, what: str) -> str:
    if read.answers:
        return f"The read gives {read.answers}, whatever the {what} holds, and raises nothing."
    return f"The read raises a KeyError, whatever the {what} holds, and no retry can help."


class RecordByAnotherName(Check):
    id = "CHK-RECORD-2"
    title = "record handler that Powertools cannot call"
    severity = Severity.ERROR
    why = "Powertools gives the record by the name record: a handler without that parameter fails for every record."
    fix = "Call the parameter record, and give the others a default."
    source = _BATCH

    def find(self, stack: Stack) -> Iterator[Found]:
        for mapping, _, function, code in fed(stack):
            found = uncallable_handlers(code)
            if not found:
                continue
            first = found[0]
            name = "the lambda" if first.name == "lambda" else first.name
            why = (
                f"Powertools calls {name} as {first.name}({first.given}) ({first.where}), which {first.lacking}: that "
                "is a TypeError for every record, however healthy, and no retry can help."
            )
            fix = f"call the parameter of {name} that gets the record {RECORD}, and give it no other but {CONTEXT}"
            values = {f"{function.name}.{each.name}": each.where for each in found}
            yield Found((function.name, mapping.name), values, why, fix)


class ImageThatNoRecordHas(Check):
    id = "CHK-RECORD-3"
    title = "image of an item that the stream of the table leaves out"
    severity = Severity.ERROR
    why = "The view type of a stream says which images its records have: reading another one raises a KeyError."
    fix = "Set streamViewType to NEW_AND_OLD_IMAGES, or read the item from the table by its keys."
    source = "https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_StreamSpecification.html"

    def find(self, stack: Stack) -> Iterator[Found]:
        for function, feeds, feeding in _feeds(stack):
            tables = _tables(stack, function)
            code = code_of(stack, function) if feeds == ("dynamodb",) and tables else None
            if not isinstance(code, Code) or may_be_invoked_otherwise(stack, function):
                continue
            views = {_WITHOUT.get(each.stream_view_type.known or "", frozenset()) for each in tables}
            found = missing_images(code, frozenset.intersection(*views))
            if not found:
                continue
            first = min(found, key=lambda each: each.chosen)
            table = tables[0]
            which = "each record that gets there" if first.chosen else "every record"
            why = (
                f"The handler reads {first.text} ({first.where}), and records of {table.name} have no {first.image}: "
                f"that is a KeyError for {which}, and no retry can help."
            )
            wanted = "NEW_AND_OLD_IMAGES" if table.stream_view_type.known != "KEYS_ONLY" else _WITH[first.image]
            fix = f"set streamViewType of {table.name} to {wanted}"
            names = (table.name, function.name, *feeding)
            severity = Severity.WARNING if first.chosen else Severity.ERROR
            yield Found(names, values_of(table.stream_view_type), why, fix, severity=severity)


def _tables(stack: Stack, function: Function) -> list[Table]:
    """The tables whose streams feed a function, none where one of them is not known."""
    tables = [each.table if isinstance(each, DynamoDbMapping) else None for each in stack.mappings_of(function)]
    known = [each for each in tables if each is not None]
    return known if len(known) == len(tables) else []


def _feeds(stack: Stack) -> Iterator[tuple[Function, tuple[FeedKind, ...], tuple[str, ...]]]:
    """What feeds each function, and the names of the resources that do; without those that something unknown feeds."""
    kinds: dict[str, list[FeedKind | None]] = {}
    names: dict[str, list[str]] = {}
    for mapping in stack.mappings:
        if mapping.function is not None:
            kinds.setdefault(mapping.function.urn, []).append(mapping.kind)
            names.setdefault(mapping.function.urn, []).append(mapping.name)
    for subscription in stack.all(Subscription):
        function = stack.function_at(subscription.endpoint.known)
        if subscription.protocol.known == "lambda" and function is not None:
            kinds.setdefault(function.urn, []).append("sns")
            names.setdefault(function.urn, []).append(subscription.name)
    for function in stack.functions:
        given = kinds.get(function.urn, [])
        known = tuple(dict.fromkeys(kind for kind in given if kind is not None))
        if known and None not in given:
            yield function, known, tuple(names[function.urn])
