"""Filters that let nothing through: what they match is in no record of their source, or in no message of a workload.

Filters of mappings and pipes, and filter policies of subscriptions.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from delivery_lab.checks.check import Check, Found, values_of
from delivery_lab.checks.finding import Edit, Finding, Severity
from delivery_lab.limits.streams import STREAM_IMAGES
from delivery_lab.resource_types import SourceKind
from delivery_lab.stack.mappings import EventSourceMapping
from delivery_lab.stack.pipes import Pipe
from delivery_lab.stack.queues import Queue
from delivery_lab.stack.resource import StackResource
from delivery_lab.stack.stack import Stack
from delivery_lab.stack.streams import Stream, Table
from delivery_lab.stack.topics import Subscription

_FIELDS: Mapping[SourceKind, frozenset[str]] = {
    "sqs": frozenset(
        [
            "messageId",
            "receiptHandle",
            "body",
            "attributes",
            "messageAttributes",
            "md5OfBody",
            "md5OfMessageAttributes",
            "eventSource",
            "eventSourceARN",
            "awsRegion",
        ]
    ),
    "kinesis": frozenset(
        ["data", "partitionKey", "kinesisSchemaVersion", "sequenceNumber", "approximateArrivalTimestamp"]
    ),
    "dynamodb": frozenset(
        [
            "eventID",
            "eventVersion",
            "eventName",
            "eventSource",
            "eventSourceARN",
            "awsRegion",
            "dynamodb",
            "userIdentity",
        ]
    ),
    "kafka": frozenset(["topic", "partition", "offset", "timestamp", "timestampType", "key", "value", "headers"]),
}
"""Fields of a record that a filter sees, by the kind of source."""
_CONTENT: Mapping[SourceKind, str] = {"sqs": "body", "kinesis": "data", "dynamodb": "dynamodb", "kafka": "value"}
_CHANGES = frozenset({"INSERT", "MODIFY", "REMOVE"})
_IMAGES: Mapping[str, str] = {"NewImage": "REMOVE", "OldImage": "INSERT"}
"""Images of an item, each with the change that has none (DDS-VIEW-1)."""


class DeafFilter(Check):
    id = "CHK-FILTER-2"
    title = "filter that lets nothing through"
    severity = Severity.WARNING
    why = "What no pattern matches never gets to the function; a message of a queue is deleted."
    fix = "Match what the source's records hold, such as body of a message and data of a Kinesis record."
    source = "ESM-FILTER-1"

    def find(self, stack: Stack) -> Iterator[Found]:
        for mapping in stack.mappings:
            patterns = mapping.filters.known
            if not patterns or mapping.kind is None:
                continue
            images = _images_of(stack.at((mapping.source_arn.known or "").partition("/stream/")[0]))
            reasons = [_why_never(pattern, mapping.kind, images) for pattern in patterns]
            if not all(reasons):
                continue
            why = f"No record of the mapping's source can match: {reasons[0]}. {_what_becomes(mapping)}"
            fix = f"match what is in the record, such as {_CONTENT[mapping.kind]}"
            yield Found((mapping.name,), values_of(mapping.filters), why, fix)
        yield from self._of_pipes(stack)

    @staticmethod
    def _of_pipes(stack: Stack) -> Iterator[Found]:
        for pipe in stack.all(Pipe):
            source, patterns = stack.source_of(pipe), pipe.filters.known
            kind: SourceKind | None = None if source is None else _KINDS[type(source)]
            if not patterns or kind is None or pipe.is_stopped:
                continue
            reasons = [_why_never(pattern, kind, _images_of(source)) for pattern in patterns]
            if all(reasons):
                why = f"No record of the pipe's source can match: {reasons[0]}. {_what_becomes_of(kind, 'pipe')}"
                fix = f"match what is in the record, such as {_CONTENT[kind]}"
                yield Found((pipe.name,), values_of(pipe.filters), why, fix)

    def findings_in_workload(self, stack: Stack, sent: Mapping[str, int], workload: str) -> Iterator[Finding]:
        """What is found with a workload.

        Args:
            stack: the stack.
            sent: by URN of a mapping whose filter takes none of them: how many messages are meant for it.
            workload: what the workload is called, for the reader.
        """
        found_without = {name for finding in self.findings(stack) for name in finding.resources}
        for mapping in stack.mappings:
            count = sent.get(mapping.urn, 0)
            if not count or mapping.name in found_without or mapping.filters.known is None:
                continue
            some = "the one message" if count == 1 else f"none of the {count} messages"
            verb = "does not match" if count == 1 else "matches"
            why = f"{some[0].upper()}{some[1:]} of the workload {workload} {verb} the filter. {_what_becomes(mapping)}"
            fix = f"compare the patterns of {mapping.name} with the bodies that are sent"
            yield self.finding_of(Found((mapping.name,), values_of(mapping.filters), why, fix))


class DeafSubscription(Check):
    id = "CHK-FEED-8"
    title = "filter policy that lets nothing through"
    severity = Severity.WARNING
    why = "What a filter policy does not match is delivered to nobody, is in no dead-letter queue and leaves no log."
    fix = "Set filterPolicyScope to MessageBody if the fields are in the body, else publish them as attributes."
    source = "SNS-FILTER-1"

    def find(self, stack: Stack) -> Iterator[Found]:
        return iter(())  # only a workload tells

    def findings_in_workload(
        self, stack: Stack, published: Mapping[str, int], elsewhere: Mapping[str, tuple[str, int]], workload: str
    ) -> Iterator[Finding]:
        """What is found with a workload.

        Args:
            stack: the stack.
            published: by URN of a subscription that takes none of them: how many messages are published to its topic.
            elsewhere: by URN: the other scope, and how many of the messages the same policy would take there.
            workload: what the workload is called, for the reader.
        """
        for subscription in stack.all(Subscription):
            count = published.get(subscription.urn, 0)
            if not count:
                continue
            scope, taken = elsewhere.get(subscription.urn, ("", 0))
            some = "The one message" if count == 1 else f"None of the {count} messages"
            verb = "does not match" if count == 1 else "matches"
            why = (
                f"{some} of the workload {workload} {verb} the filter policy, which is about "
                f"{_PARTS[subscription.filter_scope.certain()]}"
            )
            fix = f"compare the filter policy of {subscription.name} with what is published"
            edits: tuple[Edit, ...] = ()
            if taken:
                why += f"; {taken} would match it by {_PARTS[scope]}"
                fix = f"set filterPolicyScope of {subscription.name} to {scope}"
                edits = (Edit.of(subscription.filter_scope, scope),)
            why += ". What does not match is delivered to nobody, and is in no dead-letter queue."
            values = values_of(subscription.filter_policy, subscription.filter_scope)
            yield self.finding_of(Found((subscription.name,), values, why, fix, edits))


_PARTS = {"MessageAttributes": "message attributes", "MessageBody": "the body"}


_KINDS: Mapping[type[StackResource], SourceKind] = {Queue: "sqs", Stream: "kinesis", Table: "dynamodb"}


def _what_becomes(mapping: EventSourceMapping) -> str:
    return _what_becomes_of(mapping.kind, "mapping")


def _what_becomes_of(kind: SourceKind | None, who: str) -> str:
    if kind == "sqs":
        return "Messages that do not match are deleted, and are in no dead-letter queue."
    return f"The {who} moves past records that do not match."


def _images_of(source: StackResource | None) -> tuple[str, ...] | None:
    """The images that the records of a table's stream carry (DDS-VIEW-1); None where that is not known."""
    return STREAM_IMAGES.get(source.stream_view_type.known or "") if isinstance(source, Table) else None


def _why_never(text: str, kind: SourceKind, images: tuple[str, ...] | None = None) -> str:
    """Why no record can match a pattern, "" where one may.

    Args:
        text: the pattern.
        kind: what its source is.
        images: which images the records of a table carry, None where that is not known.
    """
    try:
        pattern = json.loads(text)
    except ValueError:
        return ""  # AWS refuses it
    if not isinstance(pattern, dict) or "$or" in pattern:
        return ""
    for key, wanted in pattern.items():
        if key not in _FIELDS[kind] and not _may_be_absent(wanted):
            return f'it has no "{key}" (its content is "{_CONTENT[kind]}")'
    return _why_no_change(pattern, images) if kind == "dynamodb" else ""


def _why_no_change(pattern: Mapping[str, Any], images: tuple[str, ...] | None) -> str:
    """Why no change of a table's item can match."""
    names = pattern.get("eventName")
    named = frozenset(names) if isinstance(names, list) and _are_texts(names) else _CHANGES
    if _CHANGES.isdisjoint(named):
        return f"its eventName is one of {', '.join(sorted(_CHANGES))}, not {' or '.join(names or ())}"
    change = pattern.get("dynamodb")
    for image, unless in _IMAGES.items():
        wanted = change.get(image) if isinstance(change, dict) else None
        if wanted is None or _may_be_absent(wanted):
            continue
        if images is not None and image not in images:
            return f"the table's streamViewType carries no {image}"
        if named & _CHANGES <= {unless}:
            return f"{unless} has no {image}"
        if why := _why_no_item(wanted):
            return why
    return ""


def _why_no_item(wanted: Any) -> str:
    """Why no image of an item can match: values stand under their types, and numbers are texts there."""
    for name, typed in wanted.items() if isinstance(wanted, dict) else ():
        if isinstance(typed, list):
            return f'the value of {name} stands under its type, such as {{"S": ...}}'
        numbers = typed.get("N") if isinstance(typed, dict) else None
        if isinstance(numbers, list) and numbers and not any(map(_may_be_of_text, numbers)):
            return f"the number {name} is a text there, which no number and no numeric comparison matches"
    return ""


def _may_be_of_text(rule: Any) -> bool:
    """Whether a rule can match a text."""
    return isinstance(rule, str) or (isinstance(rule, dict) and rule.keys() != {"numeric"})


def _are_texts(names: list[Any]) -> bool:
    return all(isinstance(name, str) for name in names)


def _may_be_absent(wanted: Any) -> bool:
    """Whether a part of a pattern can match where there is nothing: `[{"exists": false}]` somewhere in it."""
    if isinstance(wanted, dict):
        return any(_may_be_absent(inner) for inner in wanted.values())
    return isinstance(wanted, list) and any(isinstance(rule, dict) and rule.get("exists") is False for rule in wanted)
