"""What an S3 bucket tells, and what becomes of it."""

from __future__ import annotations

import json
from collections.abc import Iterator

from delivery_lab.checks.check import Check, Found, values_of
from delivery_lab.checks.code.envelopes import unguarded_records
from delivery_lab.checks.code.object_keys import encoded_keys
from delivery_lab.checks.code.program import Code
from delivery_lab.checks.code.reading import code_of
from delivery_lab.checks.finding import Edit, Severity
from delivery_lab.stack.functions import Function
from delivery_lab.stack.mappings import SqsMapping
from delivery_lab.stack.notifications import BucketNotification
from delivery_lab.stack.stack import Stack
from delivery_lab.stack.topics import Subscription, Topic

_TEST_SWITCH = "TEST_EVENT"
_KEY_SWITCH = "OBJECT_KEYS"
"""Environment variables of this project's own function."""
_OF_RECORDS = "Records"


def told_queues(stack: Stack) -> dict[str, BucketNotification]:
    """The queues that a bucket tells of its objects, by URN: itself, or over a topic with raw message delivery."""
    told = {}
    for notification in stack.all(BucketNotification):
        for config in notification.configs:
            target = stack.at(config.arn.known)
            queue = stack.queue_at(config.arn.known)
            if queue is not None:
                told[queue.urn] = notification
            elif isinstance(target, Topic):
                told |= dict.fromkeys(_subscribed(stack, target), notification)
    return told


def _subscribed(stack: Stack, topic: Topic) -> Iterator[str]:
    for subscription in stack.all(Subscription):
        queue = stack.queue_at(subscription.endpoint.known)
        plain = subscription.raw.known is True and subscription.filter_policy.value is None
        if queue is not None and plain and stack.at(subscription.topic.known) is topic:
            yield queue.urn


class UnexpectedTestEvent(Check):
    id = "CHK-FEED-7"
    title = "handler that does not survive the test event of S3"
    severity = Severity.WARNING
    why = "When notifications are configured S3 sends s3:TestEvent, which has no Records: that message fails each time."
    fix = "Take the Records that there are: body.get('Records', [])."
    source = "S3-TEST-1"

    def find(self, stack: Stack) -> Iterator[Found]:
        told = told_queues(stack)
        for mapping, queue, function in stack.sqs_pairs():
            notification = told.get(queue.urn)
            code = None if notification is None or _asks_for_records(mapping) else code_of(stack, function)
            places = unguarded_records(code) if isinstance(code, Code) else []
            if notification is not None and places:
                batch = "it fails" if mapping.reports.known else "its batch fails"
                why = (
                    f"{function.name} needs Records in each body ({places[0]}), and {notification.name} sends a test "
                    f"event without any to {queue.name}: {batch} until the message is dead-lettered or expires."
                )
                fix = f"let {function.name} pass over bodies without Records"
                edits = _edit(function, _TEST_SWITCH, "fail", "skip")
                values = {f"{function.name}.Records": places}
                yield Found((notification.name, mapping.name), values, why, fix, edits)


def _asks_for_records(mapping: SqsMapping) -> bool:
    """Whether the filter of a mapping lets only bodies through that have Records, and so no test event."""
    patterns = mapping.filters.known or ()
    return bool(patterns) and all(_names_records(pattern) for pattern in patterns)


def _names_records(pattern: str) -> bool:
    try:
        body = json.loads(pattern).get("body")
    except (ValueError, AttributeError):
        return False
    return isinstance(body, dict) and _OF_RECORDS in body


def _edit(function: Function, switch: str, wrong: str, right: str) -> tuple[Edit, ...]:
    return (Edit.of_variable(function.urn, switch, right),) if function.variables.get(switch) == wrong else ()


class EncodedKey(Check):
    id = "CHK-FEED-9"
    title = "object key of an S3 event that is not decoded"
    severity = Severity.WARNING
    why = "Keys arrive URL-encoded: an object whose key has a space, or a character beyond ASCII, is not found."
    fix = "Decode the key: urllib.parse.unquote_plus(key)."
    source = "S3-KEY-1"

    def find(self, stack: Stack) -> Iterator[Found]:
        for function, notification in _told_functions(stack):
            code = code_of(stack, function)
            places = encoded_keys(code) if isinstance(code, Code) else []
            if not places:
                continue
            why = (
                f"{function.name} calls S3 with the key of the event as it comes ({places[0]}), and keys arrive "
                f"URL-encoded: an object of {notification.name} whose key has a space is not found."
            )
            fix = f"let {function.name} decode the key with urllib.parse.unquote_plus"
            edits = _edit(function, _KEY_SWITCH, "as-they-come", "decoded")
            yield Found((function.name, notification.name), {f"{function.name}.key": places}, why, fix, edits)


def _told_functions(stack: Stack) -> Iterator[tuple[Function, BucketNotification]]:
    """Each function that gets the events of a bucket, itself or over a queue, with one notification."""
    found: dict[str, tuple[Function, BucketNotification]] = {}
    for notification in stack.all(BucketNotification):
        for config in notification.configs:
            function = stack.function_at(config.arn.known) if config.kind == "function" else None
            if function is not None:
                found.setdefault(function.urn, (function, notification))
    told = told_queues(stack)
    for _, queue, function in stack.sqs_pairs():
        if queue.urn in told:
            found.setdefault(function.urn, (function, told[queue.urn]))
    yield from found.values()


class BucketByArn(Check):
    id = "CHK-FEED-13"
    title = "notifications of a bucket that is named by its ARN"
    severity = Severity.ERROR
    why = "S3 knows a bucket by its name, and refuses its ARN."
    fix = "Set bucket to the id of the bucket."
    source = "S3-ADDRESS-1"

    def find(self, stack: Stack) -> Iterator[Found]:
        for resource in stack.all(BucketNotification):
            if resource.by_arn:
                why = f"{resource.name} names its bucket by the ARN, which S3 refuses."
                fix = f"set bucket of {resource.name} to the id of the bucket"
                yield Found((resource.name,), values_of(resource.bucket), why, fix)
