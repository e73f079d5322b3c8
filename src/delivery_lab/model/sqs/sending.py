"""What SQS takes for a message, and what it refuses (semantics.md A4, A5)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from delivery_lab.limits.queues import DELAY, MESSAGE_SIZE
from delivery_lab.model.api_errors import sqs as errors
from delivery_lab.model.loops import Lineage
from delivery_lab.model.sqs import message_attributes
from delivery_lab.model.sqs.fifo import FifoQueue
from delivery_lab.model.sqs.message import Message
from delivery_lab.model.sqs.queue import SqsQueue
from delivery_lab.model.tracing import carried

# What message group ids and deduplication ids are made of.
_IDENTIFIER = re.compile(r"[!-~]{1,128}")

Parameters = Mapping[str, Any]


def check(queue: SqsQueue, parameters: Parameters, *, entry: int | None = None) -> None:
    """Refuse a message that SQS refuses.

    Args:
        queue: where to.
        parameters: a `SendMessage` request, or one entry of a batch.
        entry: number of the entry within its batch, from 1; None for a message that is sent alone.

    Raises:
        AwsError: SQS would refuse the message.
    """
    _check_size(queue, _size(parameters), entry)
    _check_body(parameters.get("MessageBody") or "", entry)
    delay = parameters.get("DelaySeconds")
    if delay is not None and not DELAY.allows(delay):
        raise errors.DELAY.error(value=delay)
    message_attributes.check(parameters.get("MessageAttributes") or {})
    message_attributes.check_system(parameters.get("MessageSystemAttributes") or {})
    for name in ("MessageGroupId", "MessageDeduplicationId"):
        value = parameters.get(name)
        if value is not None and not _IDENTIFIER.fullmatch(value):
            raise errors.FIFO_IDENTIFIER.error(name=name, value=value)
    if queue.fifo:
        _check_fifo(queue, parameters)
    elif parameters.get("MessageDeduplicationId"):
        raise errors.OTHER_QUEUE_TYPE.error(name="MessageDeduplicationId", value=parameters["MessageDeduplicationId"])


def send(
    queue: SqsQueue,
    parameters: Parameters,
    lineage: Lineage,
    invoke: str | None,
    *,
    entry: int | None = None,
    trace: str = "",
) -> Message:
    """Send one message.

    Args:
        queue: where to.
        parameters: a `SendMessage` request, or one entry of a batch.
        lineage: what the chain of events behind the caller has run through.
        invoke: the invoke that sends it, None for the workload.
        entry: number of the entry within its batch, from 1; None for a message that is sent alone.
        trace: trace header of the request, which the message carries unless it has one of its own (LAM-TRACE-1).

    Raises:
        AwsError: SQS would refuse the message.
    """
    check(queue, parameters, entry=entry)
    common: dict[str, Any] = {
        "attributes": dict(parameters.get("MessageAttributes") or {}),
        "system_attributes": {**carried(trace), **(parameters.get("MessageSystemAttributes") or {})},
        "group": parameters.get("MessageGroupId") or "",
        "lineage": lineage,
        "invoke": invoke,
    }
    if isinstance(queue, FifoQueue):
        return queue.send(
            parameters["MessageBody"], deduplication_id=parameters.get("MessageDeduplicationId") or "", **common
        )
    return queue.send(parameters["MessageBody"], delay_seconds=parameters.get("DelaySeconds"), **common)


def check_batch(queue: SqsQueue, entries: Sequence[Parameters]) -> None:
    """Refuse a whole batch: its messages are too large together (SQS-SIZE-1), or an entry cannot be ordered.

    Of a FIFO queue, one entry without a message group or without a deduplication id ends the call, and no entry is
    sent (SQS-FIFO-11).

    Raises:
        AwsError: SQS would refuse the whole request.
    """
    total = sum(map(_size, entries))
    if total > MESSAGE_SIZE.maximum:
        raise errors.BATCH_TOO_LONG.error(limit=MESSAGE_SIZE.maximum, size=total)
    if queue.fifo:
        for entry in entries:
            if _lacks_deduplication(queue, entry):
                raise errors.NO_DEDUPLICATION.error()
            if not entry.get("MessageGroupId"):
                raise errors.ENTRY_WITHOUT_GROUP.error()


def _size(parameters: Parameters) -> int:
    """Bytes that a message counts: body, and name, type and value of its attributes."""
    body = (parameters.get("MessageBody") or "").encode("utf-8", "surrogatepass")
    return len(body) + message_attributes.size_of(parameters.get("MessageAttributes") or {})


def _check_size(queue: SqsQueue, size: int, entry: int | None) -> None:
    """Refuse a message above the queue's own limit (SQS-SIZE-1)."""
    limit = queue.attributes.maximum_message_bytes
    if size > limit:
        too_long = errors.MESSAGE_TOO_LONG if entry is None else errors.ENTRY_TOO_LONG
        raise too_long.error(limit=limit, why=f"It has {size} bytes.")


def _check_body(body: str, entry: int | None) -> None:
    if not body:
        place = "" if entry is None else f"SendMessageBatchRequestEntry.{entry}."
        raise errors.PARAMETER_MISSING.error(name=f"{place}MessageBody")
    forbidden = message_attributes.FORBIDDEN.search(body)
    if forbidden is not None:
        raise errors.BODY_CHARACTERS.error(code=ord(forbidden.group()))


def _check_fifo(queue: SqsQueue, parameters: Parameters) -> None:
    """Refuse what a FIFO queue does not take (SQS-FIFO-7)."""
    if parameters.get("MessageGroupId") is None:
        raise errors.PARAMETER_MISSING.error(name="MessageGroupId")
    if _lacks_deduplication(queue, parameters):
        raise errors.NO_DEDUPLICATION.error()
    delay = parameters.get("DelaySeconds")
    if delay:  # 0 changes nothing and is accepted
        raise errors.OTHER_QUEUE_TYPE.error(name="DelaySeconds", value=delay)


def _lacks_deduplication(queue: SqsQueue, parameters: Parameters) -> bool:
    fifo = queue.attributes.fifo
    return not parameters.get("MessageDeduplicationId") and fifo is not None and not fifo.content_based
