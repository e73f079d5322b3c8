"""What SQS takes for a message, and what it refuses (semantics.md A4, A5)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from delivery_lab.limits.queues import MESSAGE_ATTRIBUTES, MESSAGE_SIZE
from delivery_lab.model.loops import Lineage
from delivery_lab.model.runtime import AwsError
from delivery_lab.model.sqs.fifo import FifoQueue
from delivery_lab.model.sqs.message import Message
from delivery_lab.model.sqs.queue import SqsQueue

# Everything but the characters that XML 1.0 allows and SQS therefore accepts.
_FORBIDDEN = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

# What message group ids and deduplication ids are made of.
_GROUP = re.compile(r"[!-~]{1,128}")
_OTHER_TYPE = "The request include parameter that is not valid for this queue type."

Parameters = Mapping[str, Any]


def send(queue: SqsQueue, parameters: Parameters, lineage: Lineage, invoke: str | None) -> Message:
    """Send one message.

    Args:
        queue: where to.
        parameters: a `SendMessage` request, or one entry of a batch.
        lineage: what the chain of events behind the caller has run through.
        invoke: the invoke that sends it, None for the workload.

    Raises:
        AwsError: SQS would refuse the message.
    """
    _check_size(queue, _size(parameters))
    _check_body(parameters["MessageBody"])
    _check_delay(parameters.get("DelaySeconds"))
    _check_attributes(parameters.get("MessageAttributes") or {})
    return _sent(queue, parameters, lineage, invoke)


def check_size_of_batch(entries: Sequence[Parameters]) -> None:
    """Refuse a batch whose messages are too large together (SQS-SIZE-1).

    Raises:
        AwsError: they are.
    """
    total = sum(map(_size, entries))
    if total > MESSAGE_SIZE.maximum:
        raise AwsError(
            "AWS.SimpleQueueService.BatchRequestTooLong",
            f"Batch requests cannot be longer than {MESSAGE_SIZE.maximum} bytes. You have sent {total} bytes.",
        )


def _size(parameters: Parameters) -> int:
    """Bytes that a message counts: body, and name, type and value of its attributes."""
    size = len(parameters.get("MessageBody", "").encode())
    for name, attribute in (parameters.get("MessageAttributes") or {}).items():
        value = attribute.get("BinaryValue") or attribute.get("StringValue", "").encode()
        size += len(name.encode()) + len(attribute["DataType"].encode()) + len(value)
    return size


def _check_size(queue: SqsQueue, size: int) -> None:
    """Refuse a message above the queue's own limit (SQS-SIZE-1)."""
    limit = queue.attributes.maximum_message_bytes
    if size > limit:
        raise AwsError(
            "InvalidParameterValue",
            f"One or more parameters are invalid. Reason: Message must be shorter than {limit} bytes.",
        )


def _check_body(body: str) -> None:
    if not body:
        raise AwsError("MissingParameter", "The request must contain the parameter MessageBody.")
    if _FORBIDDEN.search(body):
        raise AwsError("InvalidMessageContents", "The message contains characters outside the allowed set.")


def _check_delay(delay: int | None) -> None:
    if delay is not None and not 0 <= delay <= 900:
        raise _invalid("DelaySeconds", delay, "DelaySeconds must be >= 0 and <= 900.")


def _check_attributes(attributes: Parameters) -> None:
    if len(attributes) > MESSAGE_ATTRIBUTES.maximum:
        raise AwsError(
            "InvalidParameterValue",
            f"Number of message attributes [{len(attributes)}] exceeds the allowed maximum "
            f"[{MESSAGE_ATTRIBUTES.maximum}].",
        )


def _sent(queue: SqsQueue, parameters: Parameters, lineage: Lineage, invoke: str | None) -> Message:
    """Send to a queue what its type lets one send (SQS-FIFO-7)."""
    body, group = parameters["MessageBody"], parameters.get("MessageGroupId", "")
    deduplication_id = parameters.get("MessageDeduplicationId", "")
    delay = parameters.get("DelaySeconds")
    attributes = dict(parameters.get("MessageAttributes") or {})
    system_attributes = dict(parameters.get("MessageSystemAttributes") or {})
    for name, value in (("MessageGroupId", group), ("MessageDeduplicationId", deduplication_id)):
        if value and not _GROUP.fullmatch(value):
            raise _invalid(name, value, "can only include alphanumeric and punctuation characters. 1 to 128 in length.")
    if not isinstance(queue, FifoQueue):
        if deduplication_id:
            raise _invalid("MessageDeduplicationId", deduplication_id, _OTHER_TYPE)
        return queue.send(
            body,
            delay_seconds=delay,
            attributes=attributes,
            system_attributes=system_attributes,
            group=group,
            lineage=lineage,
            invoke=invoke,
        )
    if not group:
        raise AwsError("MissingParameter", "The request must contain the parameter MessageGroupId.")
    assert queue.attributes.fifo is not None
    if not deduplication_id and not queue.attributes.fifo.content_based:
        raise AwsError(
            "InvalidParameterValue",
            "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided "
            "explicitly",
        )
    if delay:  # 0 changes nothing and is accepted
        raise _invalid("DelaySeconds", delay, _OTHER_TYPE)
    return queue.send(
        body,
        attributes=attributes,
        system_attributes=system_attributes,
        group=group,
        lineage=lineage,
        invoke=invoke,
        deduplication_id=deduplication_id,
    )


def _invalid(name: str, value: object, reason: str) -> AwsError:
    return AwsError("InvalidParameterValue", f"Value {value} for parameter {name} is invalid. Reason: {reason}")
