"""Queues that are somewhere else, as the mapping of the model reads them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from delivery_lab.events import (
    Actor,
    DeleteIgnored,
    Journal,
    MessageDeleted,
    MessageReceived,
    MessageReturned,
    MessageSent,
)
from delivery_lab.live.clock import RealTimeScheduler
from delivery_lab.live.errors import place_error
from delivery_lab.model.clock import seconds
from delivery_lab.model.runtime import AwsError
from delivery_lab.model.sqs.attributes import QueueAttributes
from delivery_lab.model.sqs.message import Delivery, Message
from delivery_lab.model.sqs.queue import SqsQueue

_LOOK_SECONDS = 0.02
"""On this machine's clock: so often a queue is looked at for which somebody waits."""
_INVALID_HANDLE = frozenset({"ReceiptHandleIsInvalid", "InvalidParameterValue"})


class RealQueue:
    """A queue that is read by the API of SQS, and what was seen of its messages.

    Args:
        name: its name in journal and results.
        arn: its ARN.
        url: its URL.
        attributes: its attributes as they were deployed.
        fifo: whether it is a FIFO queue.
        client: boto3's client of SQS.
        scheduler: the run's clock.
        journal: where events are written.
    """

    is_contested = False
    """Who gets the next message of several is the queue's business here."""

    def __init__(
        self,
        name: str,
        arn: str,
        url: str,
        attributes: QueueAttributes,
        *,
        fifo: bool,
        client: Any,
        scheduler: RealTimeScheduler,
        journal: Journal,
    ) -> None:
        self.name, self.arn, self.url = name, arn, url
        self.attributes = attributes
        self.fifo = fifo
        self.messages: dict[str, Message] = {}
        self.gone: set[str] = set()
        self.found: set[str] = set()
        """Ids of messages that were there without a word of who sent them: functions did, or APIs."""
        self._client = client
        self._scheduler = scheduler
        self._journal = journal
        self._attributes_of: dict[str, Mapping[str, str]] = {}
        self._message_of: dict[str, str] = {}
        self._lock = threading.Lock()

    @classmethod
    def of(cls, queue: SqsQueue, client: Any, scheduler: RealTimeScheduler, journal: Journal) -> RealQueue:
        """The real queue that a queue of the model stands for."""
        return cls(
            queue.name,
            queue.arn,
            queue.url,
            queue.attributes,
            fifo=queue.fifo,
            client=client,
            scheduler=scheduler,
            journal=journal,
        )

    # -- receiving ----------------------------------------------------------------------------------------

    @property
    def has_ready(self) -> bool:
        """Whether SQS counts messages that are visible."""
        return self.counts()[0] > 0

    def counts(self) -> tuple[int, int, int]:
        """How many messages are ready, in flight, and delayed, as SQS counts them."""
        names = (
            "ApproximateNumberOfMessages",
            "ApproximateNumberOfMessagesNotVisible",
            "ApproximateNumberOfMessagesDelayed",
        )
        answer = self._call("GetQueueAttributes", AttributeNames=list(names))["Attributes"]
        ready, in_flight, delayed = (int(answer[name]) for name in names)
        return ready, in_flight, delayed

    def receive(self, maximum: int, visibility_timeout_seconds: int | None, by: Actor) -> list[Delivery]:
        """Receive at most so many messages, by a short poll."""
        now = self._scheduler.now
        options = {} if visibility_timeout_seconds is None else {"VisibilityTimeout": visibility_timeout_seconds}
        answer = self._call(
            "ReceiveMessage",
            MaxNumberOfMessages=maximum,
            WaitTimeSeconds=0,
            AttributeNames=["All"],
            MessageAttributeNames=["All"],
            **options,
        )
        # The timeout began somewhere between: the earliest instant is the one to be careful with.
        own = self.attributes.visibility_timeout_seconds
        visible_at = now + seconds(own if visibility_timeout_seconds is None else visibility_timeout_seconds)
        received = self._scheduler.now
        return [self._delivered(found, received, visible_at, by) for found in answer.get("Messages", [])]

    def _delivered(self, found: Mapping[str, Any], now: int, visible_at: int, by: Actor) -> Delivery:
        message, handle = self.seen(found), found["ReceiptHandle"]
        message.receive_count = int(found["Attributes"]["ApproximateReceiveCount"])
        if message.first_received_at is None:
            message.first_received_at = now
        else:
            self._journal.append(MessageReturned(now, "SQS-VT-1", self.name, message.id, message.visible_at))
        message.received_at, message.visible_at = now, visible_at
        self._attributes_of[handle], self._message_of[handle] = found["Attributes"], message.id
        count = message.receive_count
        self._journal.append(MessageReceived(now, "SQS-VT-1", self.name, message.id, count, by, visible_at))
        return Delivery(message, handle, count, visible_at)

    def seen(self, found: Mapping[str, Any]) -> Message:
        """A message that a receive returned; at the first sight of it, it is written down when it was sent."""
        known = self.messages.get(found["MessageId"])
        if known is not None:
            return known
        attributes = found["Attributes"]
        sent_at = self._scheduler.clock.instant_of(int(attributes["SentTimestamp"]) / 1000)
        message = self.sent(
            found["MessageId"],
            found["Body"],
            sent_at,
            group=attributes.get("MessageGroupId", ""),
            attributes=found.get("MessageAttributes") or {},
        )
        self.found.add(message.id)
        return message

    def sent(
        self, message_id: str, body: str, at: int, *, group: str = "", attributes: Mapping[str, Any] | None = None
    ) -> Message:
        """Write down that the queue accepted a message; a second time it says nothing. Several threads may call it."""
        with self._lock:
            known = self.messages.get(message_id)
            if known is not None:
                self.found.discard(message_id)
                return known
            message = self.messages[message_id] = Message(message_id, body, at, group=group)
            message.attributes = dict(attributes or {})
        values = tuple(str(value.get("StringValue", "")) for value in message.attributes.values())
        in_order = group if self.fifo else None
        self._journal.append(MessageSent(at, None, self.name, message_id, body, in_order, values, None, at))
        return message

    def send(self, body: str, attributes: Mapping[str, Any] | None = None) -> None:
        """Send a message, as a mapping does that discards records, and Lambda with what has ended.

        Raises:
            AwsError: the queue refuses it.
            PlaceError: it does not answer.
        """
        named = {"MessageAttributes": dict(attributes)} if attributes else {}
        message_id = self.put({"MessageBody": body, **named})
        self.sent(message_id, body, self._scheduler.now, attributes=attributes)

    def put(self, parameters: Mapping[str, Any]) -> str:
        """Send a message, and leave it to others to write that down.

        Args:
            parameters: the request.

        Returns:
            The id that the message got; one that is known already where it repeats another (SQS-FIFO-2).

        Raises:
            AwsError: the queue refuses it.
            PlaceError: it does not answer.
        """
        try:
            answer = self._client.send_message(QueueUrl=self.url, **parameters)
        except ClientError as error:
            problem = error.response["Error"]
            status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 400)
            raise AwsError(problem["Code"], problem.get("Message", ""), status) from error
        except BotoCoreError as error:
            raise place_error(f"SendMessage to {self.name}", error) from error
        self._scheduler.catch_up()
        return str(answer["MessageId"])

    def system_attributes(self, delivery: Delivery) -> dict[str, str]:
        """What SQS said of a delivered message."""
        return dict(self._attributes_of[delivery.receipt_handle])

    def when_ready(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Call back once, when SQS counts visible messages; returns what to call to wait no longer."""
        waiting = [True]

        def look() -> None:
            if waiting[0] and self.has_ready:
                callback()
            elif waiting[0]:
                later()

        def later() -> None:
            self._scheduler.after(seconds(_LOOK_SECONDS * self._scheduler.clock.speed), look, background=True)

        later()
        return lambda: waiting.__setitem__(0, False)

    # -- answering ----------------------------------------------------------------------------------------

    def delete_received(self, delivery: Delivery, by: Actor) -> None:
        """Delete a message by one of its receives."""
        self.delete(delivery.receipt_handle, by)

    def delete(self, receipt_handle: str, by: Actor) -> None:
        """Delete a message by a handle. A handle that is no longer valid deletes nothing, as SQS-STALE-2 has it."""
        now, message = self._scheduler.now, self._message_of[receipt_handle]
        ended = self.messages[message].visible_at <= now
        try:
            self._client.delete_message(QueueUrl=self.url, ReceiptHandle=receipt_handle)
        except ClientError as error:
            if error.response["Error"]["Code"] not in _INVALID_HANDLE:
                raise place_error(f"DeleteMessage of {self.name}", error) from error
            if message not in self.gone:
                self._journal.append(DeleteIgnored(now, "SQS-STALE-2", self.name, message, by))
            return
        except BotoCoreError as error:
            raise place_error(f"DeleteMessage of {self.name}", error) from error
        self.gone.add(message)
        self._journal.append(MessageDeleted(now, "SQS-STALE-1" if ended else None, self.name, message, by))

    def _call(self, operation: str, **parameters: Any) -> dict[str, Any]:
        methods = {
            "ReceiveMessage": self._client.receive_message,
            "GetQueueAttributes": self._client.get_queue_attributes,
        }
        try:
            answer: dict[str, Any] = methods[operation](QueueUrl=self.url, **parameters)
        except (BotoCoreError, ClientError) as error:
            raise place_error(f"{operation} of {self.name}", error) from error
        self._scheduler.catch_up()
        return answer

    def take_all(self) -> list[Mapping[str, Any]]:
        """Receive everything that is visible: only at the end of a run, when nobody reads the queue any more."""
        found: list[Mapping[str, Any]] = []
        while True:
            answer = self._call(
                "ReceiveMessage",
                MaxNumberOfMessages=10,
                WaitTimeSeconds=0,
                VisibilityTimeout=43_200,
                AttributeNames=["All"],
                MessageAttributeNames=["All"],
            )
            got = answer.get("Messages", [])
            if not got:
                return found
            found.extend(got)
