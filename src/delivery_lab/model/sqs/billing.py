"""Requests to SQS as AWS bills them: each API action is one, and each 64 KB that it carries.

https://aws.amazon.com/sqs/pricing/. A request that SQS answers with an error is not counted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from delivery_lab.events import Meter, Used, chunks
from delivery_lab.model.runtime import LongPoll

RECEIVE = "ReceiveMessage"
DELETE_BATCH = "DeleteMessageBatch"


def count_request(
    meter: Meter, queue: str, operation: str, parameters: Mapping[str, Any], answer: Mapping[str, Any] | LongPoll
) -> None:
    """Count a request that was answered.

    Args:
        meter: where to.
        queue: name of the queue.
        operation: the operation.
        parameters: what was asked.
        answer: what was answered; a receive that waits is one request whatever it finds.
    """
    meter.count(Used("sqs", queue, operation), chunks(_carried(parameters, answer)))


def _carried(parameters: Mapping[str, Any], answer: Mapping[str, Any] | LongPoll) -> Iterable[str]:
    """The bodies that a request and its answer carry; receipt handles are far smaller than 64 KB."""
    if "MessageBody" in parameters:
        yield parameters["MessageBody"]
    for entry in parameters.get("Entries") or ():
        yield entry.get("MessageBody") or ""
    if not isinstance(answer, LongPoll):
        yield from bodies(answer)


def bodies(answer: Mapping[str, Any]) -> Iterable[str]:
    """The bodies of received messages."""
    return (message["Body"] for message in answer.get("Messages") or ())


def count_rest_of_receive(meter: Meter, queue: str, answer: dict[str, Any] | None) -> dict[str, Any] | None:
    """Count what a receive carries beyond 64 KB that waited, and was counted as one request.

    Returns:
        The answer; None where it found nothing yet.
    """
    more = 0 if answer is None else chunks(bodies(answer)) - 1
    if more:
        meter.count(Used("sqs", queue, RECEIVE), more)
    return answer


def count_receive(meter: Meter, queue: str, received: Iterable[str]) -> None:
    """Count a receive of a mapping that found messages with these bodies."""
    meter.count(Used("sqs", queue, RECEIVE), chunks(received))


def count_deletes(meter: Meter, queue: str, messages: int, batch_entries: int) -> None:
    """Count what a mapping deletes, in batches (BILL-DELETE-1)."""
    if messages:
        meter.count(Used("sqs", queue, DELETE_BATCH), -(-messages // batch_entries))
