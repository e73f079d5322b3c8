"""The record of work done: whether it lasts while a message can be delivered again, and whether it can be trusted."""

from __future__ import annotations

import re
from collections.abc import Iterator

from delivery_lab.checks.check import Check, Found, values_of
from delivery_lab.checks.code.habits import Records, key_expressions_of, records_of
from delivery_lab.checks.code.idempotency_keys import changing_keys
from delivery_lab.checks.code.program import Code
from delivery_lab.checks.code.reading import code_of
from delivery_lab.checks.finding import Edit, Severity
from delivery_lab.checks.heartbeats import is_held, is_short
from delivery_lab.limits.queues import RETENTION
from delivery_lab.rules.rule import SQS_GUIDE
from delivery_lab.stack.functions import Function
from delivery_lab.stack.queues import Queue
from delivery_lab.stack.stack import Stack

_MESSAGE_ID = re.compile(r"\bmessageId\b")
_EXPIRY = "IDEMPOTENCY_EXPIRES_AFTER_SECONDS"
_SOURCE = "https://docs.aws.amazon.com/powertools/python/latest/utilities/idempotency/"


def _records(stack: Stack, function: Function) -> Records | None:
    code = code_of(stack, function)
    return records_of(code) if isinstance(code, Code) else None


def longest_life_seconds(stack: Stack, queue: Queue) -> int | None:
    """How long after a first delivery a message of a queue may be delivered again; None where it cannot be told.

    Until it expires, in the queue or in its dead-letter queue, from which it may be redriven.
    """
    retention = queue.retention_seconds.known
    if retention is None or not queue.redrive_known:
        return None
    if queue.redrive is None:
        return retention
    dead = stack.queue_at(queue.redrive.target_arn.known)
    kept = RETENTION.maximum if dead is None else dead.retention_seconds.known
    if kept is None:
        return None
    # A dead-letter queue elsewhere is not known: only what holds for every one of them is claimed.
    return retention if dead is None else max(retention, kept)


class RecordsExpireEarly(Check):
    id = "CHK-IDEM-1"
    title = "records of work done expire before messages do"
    severity = Severity.WARNING
    why = "A message that is delivered again after its record has expired, by a retry or a redrive, is processed again."
    fix = "Let records count for as long as the queue keeps messages, or its dead-letter queue if that is longer."
    source = _SOURCE

    def find(self, stack: Stack) -> Iterator[Found]:
        for mapping, queue, function in stack.sqs_pairs():
            records, life = _records(stack, function), longest_life_seconds(stack, queue)
            if records is None or records.expires_after_seconds is None or life is None:
                continue
            if records.expires_after_seconds >= life:
                continue
            why = (
                f"A record of work done counts for {records.expires_after_seconds:g} s ({records.where}), but a "
                f"message can be delivered again for {life} s (retention, redrives included): it is then "
                "processed again."
            )
            fix = f"let records count for {life} s or more"
            values: dict[str, object] = {
                f"{function.name}.expiresAfterSeconds": records.expires_after_seconds,
                **values_of(queue.retention_seconds),
            }
            edits: tuple[Edit, ...] = ()
            if _EXPIRY in function.variables:
                fix = f"set {_EXPIRY} of {function.name} to {life} or more"
                edits = (Edit.of_variable(function.urn, _EXPIRY, str(life)),)
            yield Found((function.name, queue.name, mapping.name), values, why, fix, edits)


class UnsafeRecords(Check):
    id = "CHK-IDEM-2"
    title = "record of work done that two deliveries can both pass"
    severity = Severity.WARNING
    why = "Without one conditional write before the work, deliveries that overlap have duplicate effects."
    fix = "Claim the work with one conditional write before it is done."
    source = _SOURCE

    def find(self, stack: Stack) -> Iterator[Found]:
        for mapping, queue, function in stack.sqs_pairs():
            records = _records(stack, function)
            if records is None or records.mode not in ("unconditional", "check-then-put"):
                continue
            if records.mode == "unconditional":
                why = (
                    "The record of work done is written without a condition, so of two deliveries that overlap neither "
                    "learns of the other: duplicate effects are not noticed."
                )
            elif is_short(queue, function) and not is_held(stack, mapping, queue, function):
                why = (
                    "The record is looked up before the work and written after it, so a delivery that begins in "
                    "between, as the short visibility timeout makes happen, does the work again."
                )
            else:
                continue
            fix = f"set IDEMPOTENCY_MODE of {function.name} to conditional or powertools (one conditional write first)"
            edits = (Edit.of_variable(function.urn, "IDEMPOTENCY_MODE", "conditional"),)
            values = {f"{function.name}.IDEMPOTENCY_MODE": records.mode}
            yield Found((function.name, queue.name), values, why, fix, edits)


class KeyedByMessageId(Check):
    id = "CHK-IDEM-3"
    title = "record of work done that is known by the message's id"
    severity = Severity.NOTE
    why = "A redrive, or a second send of the same thing, has another messageId and is processed again."
    fix = "Take a business id from the body as the key."
    source = _SOURCE

    def find(self, stack: Stack) -> Iterator[Found]:
        for mapping, queue, function in stack.sqs_pairs():
            code = code_of(stack, function)
            keys = key_expressions_of(code) if isinstance(code, Code) else []
            by_message = [(key, where) for key, where in keys if _MESSAGE_ID.search(key)]
            if not by_message or queue.redrive is None:
                continue
            key, where = by_message[0]
            why = (
                f"Work that is done is known by the message's id ({where}), and a redrive from the dead-letter queue "
                "or a second send makes a new message with a new id: it is then processed again."
            )
            fix = f"let {function.name} take a business id from the body as the key"
            values = {f"{function.name}.eventKeyJmespath": key}
            yield Found((function.name, queue.name, mapping.name), values, why, fix)


class KeyedByTheDelivery(Check):
    id = "CHK-IDEM-7"
    title = "record of work done that is known by what differs with each delivery"
    severity = Severity.WARNING
    why = "A message has another receipt handle whenever it is received, so no second delivery finds the record."
    fix = "Take a business id from the body: event_key_jmespath of the IdempotencyConfig."
    source = SQS_GUIDE + "sqs-queue-message-identifiers.html"

    def find(self, stack: Stack) -> Iterator[Found]:
        for mapping, queue, function in stack.sqs_pairs():
            code = code_of(stack, function)
            found = changing_keys(code) if isinstance(code, Code) else []
            if not found:
                continue
            first = found[0]
            why = (
                f"Work that is done is known by {first.what} ({first.where}), which differs with each receive of the "
                f"same message of {queue.name}: no delivery finds the record of an earlier one, and each does the work."
            )
            fix = f"set event_key_jmespath of the IdempotencyConfig of {function.name} to a business id in the body"
            values = {f"{function.name}.key": first.what}
            yield Found((function.name, queue.name, mapping.name), values, why, fix)
