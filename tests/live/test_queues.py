"""Queues that are somewhere else, with a client that answers as SQS does."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from delivery_lab.events import (
    Actor,
    DeleteIgnored,
    Journal,
    MessageDeleted,
    MessageReceived,
    MessageReturned,
    MessageSent,
)
from delivery_lab.live.clock import RealClock, RealTimeScheduler
from delivery_lab.live.errors import PlaceError
from delivery_lab.live.queues import RealQueue
from delivery_lab.model.clock import seconds
from delivery_lab.model.sqs.attributes import QueueAttributes

_BY = Actor("mapping", "mapping")


class _Sqs:
    """Hands out one message, each time with a new handle; only the newest one deletes it."""

    def __init__(self, clock: RealClock) -> None:
        self.receives = 0
        self._sent = str(int(clock.epoch * 1000))

    def receive_message(self, **_: Any) -> dict[str, Any]:
        self.receives += 1
        attributes = {"ApproximateReceiveCount": str(self.receives), "SentTimestamp": self._sent, "SenderId": "me"}
        handle = f"handle-{self.receives}"
        return {"Messages": [{"MessageId": "m", "Body": "{}", "ReceiptHandle": handle, "Attributes": attributes}]}

    def delete_message(self, **parameters: Any) -> dict[str, Any]:
        if parameters["ReceiptHandle"] != f"handle-{self.receives}":
            raise ClientError({"Error": {"Code": "ReceiptHandleIsInvalid", "Message": "no"}}, "DeleteMessage")
        return {}

    def get_queue_attributes(self, **_: Any) -> dict[str, Any]:
        raise ClientError({"Error": {"Code": "QueueDoesNotExist", "Message": "gone"}}, "GetQueueAttributes")


@pytest.fixture
def world() -> tuple[RealQueue, Journal]:
    scheduler, journal = RealTimeScheduler(RealClock()), Journal()
    queue = RealQueue(
        "jobs",
        "arn:aws:sqs:us-east-1:123456789012:jobs-1a2b",
        "http://127.0.0.1/jobs",
        QueueAttributes(visibility_timeout_seconds=30),
        fifo=False,
        client=_Sqs(scheduler.clock),
        scheduler=scheduler,
        journal=journal,
    )
    return queue, journal


def test_a_receive_says_when_the_message_was_sent_and_until_when_it_is_hidden(
    world: tuple[RealQueue, Journal],
) -> None:
    queue, journal = world
    [delivery] = queue.receive(10, None, _BY)
    assert [type(event) for event in journal.events] == [MessageSent, MessageReceived]
    assert delivery.visible_at <= delivery.message.received_at + seconds(30)
    assert queue.system_attributes(delivery)["SenderId"] == "me"


def test_an_older_handle_deletes_nothing_and_the_newest_does(world: tuple[RealQueue, Journal]) -> None:
    queue, journal = world
    [first] = queue.receive(10, None, _BY)
    [second] = queue.receive(10, None, _BY)
    queue.delete(first.receipt_handle, _BY)
    queue.delete(second.receipt_handle, _BY)
    assert first.message is second.message
    assert [type(event) for event in journal.events[2:]] == [
        MessageReturned,
        MessageReceived,
        DeleteIgnored,
        MessageDeleted,
    ]


def test_a_queue_that_does_not_answer_is_named(world: tuple[RealQueue, Journal]) -> None:
    queue, _ = world
    with pytest.raises(
        PlaceError, match=r"^GetQueueAttributes of jobs was refused: QueueDoesNotExist: gone\n  fix: it is not there"
    ):
        queue.counts()
