"""A standard SQS queue in virtual time.

A message is in exactly one of three places: *ready* (a receive may return it), *hidden* (in flight after a
receive, or delayed after a send), or gone (deleted, expired, moved to the dead-letter queue). Nothing ever
moves because a timeout ends: the end of the visibility timeout only makes a message ready again, and the
move to the dead-letter queue happens inside the receive that would have been one too many (SQS-DLQ-1).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from delivery_lab.events import WORKLOAD, Actor, Journal
from delivery_lab.limits.queues import IN_FLIGHT, VISIBILITY_TIMEOUT
from delivery_lab.model.api_errors import sqs as errors
from delivery_lab.model.clock import Scheduler, seconds
from delivery_lab.model.loops import NO_LINEAGE, Lineage
from delivery_lab.model.randomness import RandomStreams
from delivery_lab.model.sqs import receipts
from delivery_lab.model.sqs.attributes import QueueAttributes
from delivery_lab.model.sqs.fair import FairLine
from delivery_lab.model.sqs.line import QueueLine
from delivery_lab.model.sqs.message import NO_ATTRIBUTES, Delivery, Message
from delivery_lab.model.sqs.queue_journal import QueueJournal
from delivery_lab.model.sqs.retention import Retention
from delivery_lab.model.sqs.visibility import HiddenMessages
from delivery_lab.model.sqs.waiting import Waiting, receiver_of
from delivery_lab.rule_ids import RuleId
from delivery_lab.rules.assumptions import DEFAULTS, Assumptions

_LONGEST_VISIBILITY = seconds(VISIBILITY_TIMEOUT.maximum)


class SqsQueue:
    """A standard queue.

    Args:
        name: the queue's name in journal and results (its logical name); AWS's own name ends ARN and URL.
        arn: its ARN.
        url: its URL.
        attributes: its attributes.
        scheduler: the run's clock.
        streams: the run's chance.
        journal: where events are written.
        assumptions: values for what AWS does not say.
    """

    fifo = False
    limit_rule: RuleId = "SQS-LIMIT-1"
    moved_retention_rule: RuleId = "SQS-RET-2"

    def __init__(
        self,
        name: str,
        arn: str,
        url: str,
        attributes: QueueAttributes,
        *,
        scheduler: Scheduler,
        streams: RandomStreams,
        journal: Journal,
        assumptions: Assumptions = DEFAULTS,
    ) -> None:
        self.name, self.arn, self.url = name, arn, url
        self.attributes = attributes
        self.dead_letter_queue: SqsQueue | None = None
        self.misses_delete: Callable[[Message], bool] = lambda _: False
        self.in_flight = 0
        self._scheduler = scheduler
        self._streams = streams
        self._journal = QueueJournal(name, fifo=self.fifo, scheduler=scheduler, journal=journal)
        self._assumptions = assumptions
        self._line = self._new_line(journal)
        self._hidden = HiddenMessages()
        self._messages: dict[int, Message] = {}
        self._sequence = 0
        self._waiting = Waiting(scheduler, self._next_visible, receiver_of(name, streams, journal))
        self._retention = Retention(self, scheduler, self._expire)

    def _new_line(self, journal: Journal) -> QueueLine:
        return FairLine(
            self._assumptions,
            self._scheduler,
            journal,
            lambda: self.in_flight,
            lambda: self.attributes.redrive.max_receive_count if self.attributes.redrive else 0,
        )

    # -- sending ------------------------------------------------------------------------------------------

    def send(
        self,
        body: str,
        *,
        delay_seconds: int | None = None,
        attributes: dict[str, Any] | None = None,
        system_attributes: dict[str, Any] | None = None,
        group: str = "",
        lineage: Lineage = NO_LINEAGE,
        invoke: str | None = None,
        message_id: str = "",
    ) -> Message:
        """Accept a message (its size and characters were checked by the API).

        Args:
            body: the text.
            delay_seconds: 0 to 900, or None for the queue's delay (SQS-DELAY-1).
            attributes: message attributes.
            system_attributes: message system attributes.
            group: message group; on a standard queue it names the tenant that a message belongs to, and orders nothing.
            lineage: what the chain of events has run through.
            invoke: the invoke that sends it, None for the workload.
            message_id: the id that it gets, "" for a new one.
        """
        message = self._message(body, attributes, system_attributes, group, lineage, message_id)
        self._accept(message, self.attributes.delay_seconds if delay_seconds is None else delay_seconds, invoke)
        return message

    def _message(
        self,
        body: str,
        attributes: dict[str, Any] | None,
        system_attributes: dict[str, Any] | None,
        group: str,
        lineage: Lineage,
        message_id: str,
    ) -> Message:
        new_id = message_id or self._streams.uuid("message id", self.name)
        message = Message(new_id, body, self._scheduler.now, group=group)
        message.attributes, message.system_attributes = attributes or NO_ATTRIBUTES, system_attributes or NO_ATTRIBUTES
        message.lineage = lineage
        return message

    def _accept(self, message: Message, delay_seconds: int, invoke: str | None = None) -> None:
        visible_at = self._scheduler.now + seconds(delay_seconds)
        self._journal.sent(message, invoke, visible_at)
        self.take_in(message, visible_at)
        if delay_seconds:
            self._journal.rely_on("SQS-DELAY-1")

    def take_in(self, message: Message, visible_at: int) -> None:
        """Put a message into the queue, without a word in the journal; receives return it from `visible_at` on."""
        self._sequence += 1
        message.sequence = self._sequence
        message.queue = self
        message.in_flight = False
        self._messages[message.sequence] = message
        self._retention.watch(message)
        self._show(self._scheduler.now)  # what became visible before this instant stands in front
        self._line.join(message, max(visible_at, self._scheduler.now))
        if visible_at > self._scheduler.now:
            self._hide(message, visible_at)
        else:
            message.visible_at = visible_at
            message.hiding += 1
            self._line.show(message, again=False)
        self._waiting.look_again()

    # -- receiving ----------------------------------------------------------------------------------------

    def receive(
        self, maximum: int = 1, visibility_timeout_seconds: int | None = None, by: Actor = WORKLOAD
    ) -> list[Delivery]:
        """Hand out messages that are ready, as they stand in line, and as many as there are (SQS-ORDER-3).

        Each one becomes hidden for the visibility timeout, which starts now (SQS-VT-1), and its receive count
        goes up by one. A message whose count has reached `maxReceiveCount` is moved to the dead-letter
        queue instead of being returned (SQS-DLQ-1).

        Args:
            maximum: at most so many messages.
            visibility_timeout_seconds: for the messages of this call only, else the queue's.
            by: who receives.
        """
        now = self._scheduler.now
        own = self.attributes.visibility_timeout_seconds
        visible_at = now + seconds(own if visibility_timeout_seconds is None else visibility_timeout_seconds)
        self._show(now)
        deliveries: list[Delivery] = []
        candidates = self._line.take()
        while len(deliveries) < maximum:
            if self.in_flight >= IN_FLIGHT.maximum:
                self._journal.rely_on(self.limit_rule)
                break
            message = next(candidates, None)
            if message is None:
                break
            if self._is_exhausted(message):
                self._dead_letter(message)
                continue
            message.receive_count += 1
            message.received_at = now
            message.first_received_at = now if message.first_received_at is None else message.first_received_at
            message.in_flight = True
            self.in_flight += 1
            self._hide(message, visible_at)
            self._journal.received(message, by, visible_at)
            deliveries.append(receipts.delivery_of(self.name, message, visible_at))
        candidates.close()
        return deliveries

    @property
    def has_ready(self) -> bool:
        """Whether a receive may find a message now."""
        self._show(self._scheduler.now)
        return self._next_visible() == self._scheduler.now

    @property
    def over_in_flight_limit(self) -> bool:
        """Whether nothing is handed out; a short poll of a standard queue is answered with `OverLimit` then."""
        return self.in_flight >= IN_FLIGHT.maximum

    def _is_exhausted(self, message: Message) -> bool:
        redrive = self.attributes.redrive
        if redrive is None or self.dead_letter_queue is None:
            return False
        if message.received_elsewhere:
            self._journal.rely_on("SQS-DLQ-6")
        return message.counted_receives(self._assumptions.chained_count) >= redrive.max_receive_count

    def _dead_letter(self, message: Message) -> None:
        target = self.dead_letter_queue
        assert target is not None
        self._journal.dead_lettered(message, "SQS-DLQ-1", target.name)
        self.remove(message)
        self._journal.rely_on("SQS-DLQ-2")
        target._take_moved(message, self.arn)

    def _take_moved(self, message: Message, source_arn: str) -> None:
        """Take a message from a source queue as it is, with its count and the instant of its send (SQS-DLQ-2)."""
        message.note_move(source_arn)
        self.take_in(message, self._scheduler.now)

    def ready_messages(self) -> list[Message]:
        """Messages that are neither in flight nor delayed, in the order in which they came into the queue."""
        self._show(self._scheduler.now)
        return [m for m in self._messages.values() if not m.in_flight and m.visible_at <= self._scheduler.now]

    def take_over(self, other: SqsQueue) -> None:
        """Take all messages of the queue that this one replaces, as an update of the stack keeps them."""
        for message in other.messages:
            place = message.place
            other.remove(message)
            self.take_in(message, max(message.visible_at, self._scheduler.now))
            message.place = place

    # -- answering ----------------------------------------------------------------------------------------

    def delete(self, receipt_handle: str, by: Actor = WORKLOAD) -> None:
        """Delete a message by the handle of one of its receives.

        The newest handle always works, also after the visibility timeout has ended (SQS-STALE-1). An older one is
        accepted, but whether the message goes is not to be relied on (SQS-STALE-2). Deleting what is gone is fine, as
        is deleting twice (SQS-RET-4, SQS-STALE-4).

        Raises:
            AwsError: the handle is malformed, or more than 12 h have passed since the receive (SQS-STALE-5).
        """
        message, receive_number = self._resolve(receipt_handle)
        if message is None:
            self._journal.found_nothing(receipt_handle, by)
        else:
            self._delete(message, receive_number, receipt_handle, by)

    def delete_received(self, delivery: Delivery, by: Actor) -> None:
        """Delete a message by one of its receives: as by the handle of that, which is not read where it is known.

        Raises:
            AwsError: as `delete`.
        """
        message = delivery.message
        if message.queue is self and message.sequence == delivery.sequence:
            self._delete(message, delivery.receive_count, delivery.receipt_handle, by)
        else:
            self.delete(delivery.receipt_handle, by)

    def _delete(self, message: Message, receive_number: int, receipt_handle: str, by: Actor) -> None:
        if self._scheduler.now > message.received_at + _LONGEST_VISIBILITY:
            self._journal.rely_on("SQS-STALE-5")
            raise errors.RECEIPT_HANDLE_EXPIRED.error(handle=receipt_handle)
        stale = receive_number != message.receive_count
        if (stale and receipts.keeps(self._assumptions, self._streams, self.name)) or self.misses_delete(message):
            self._journal.delete_ignored(message, by, "SQS-STALE-2" if stale else "SIM-FAULT-1")
            return
        ended = message.visible_at <= self._scheduler.now
        self._journal.deleted(message, "SQS-STALE-2" if stale else "SQS-STALE-1" if ended else None, by)
        self.remove(message)

    def change_visibility(self, receipt_handle: str, timeout_seconds: int) -> None:
        """Let the visibility timeout of a receive end `timeout_seconds` from now (SQS-VT-2).

        Args:
            receipt_handle: handle of the receive; an older one takes effect too (SQS-STALE-3, SQS-STALE-8).
            timeout_seconds: 0 to 43,200; 0 makes the message ready at once (SQS-VT-4).

        Raises:
            AwsError: the message is gone, the handle malformed, or the end lies more than 12 h after the
                receive (SQS-VT-3).
        """
        message, receive_number = self._resolve(receipt_handle)
        if message is None:
            self._journal.rely_on("SQS-STALE-4")
            raise errors.MESSAGE_GONE.error(handle=receipt_handle)
        now = self._scheduler.now
        visible_at = now + seconds(timeout_seconds)
        if visible_at > message.received_at + _LONGEST_VISIBILITY:
            self._journal.rely_on("SQS-VT-3")
            raise errors.VISIBILITY_TOTAL.error(value=timeout_seconds, limit=VISIBILITY_TIMEOUT.maximum)
        replaced = receive_number != message.receive_count
        rule = receipts.visibility_rule(timeout_seconds, replaced=replaced, ended=message.visible_at <= now)
        self._journal.visibility_changed(message, rule, timeout_seconds)
        if not message.in_flight and timeout_seconds > 0:
            message.in_flight = True
            self.in_flight += 1
        self._hide(message, visible_at)
        self._waiting.look_again()

    def _resolve(self, receipt_handle: str) -> tuple[Message | None, int]:
        """The message of a handle (None if it is gone) and the number of the receive that the handle is of."""
        return receipts.resolve(receipt_handle, self.name, self._messages, self._sequence)

    def remove(self, message: Message) -> None:
        """Take a message out of the queue, without a word in the journal."""
        if message.in_flight:
            message.in_flight = False
            self.in_flight -= 1
        message.queue = None
        message.hiding += 1
        del self._messages[message.sequence]
        self._line.hide(message)
        self._waiting.look_again()

    # -- visibility ---------------------------------------------------------------------------------------

    def _hide(self, message: Message, visible_at: int) -> None:
        self._hidden.hide(message, visible_at)
        self._line.hide(message)

    def _show(self, now: int) -> None:
        """Make ready what is hidden no longer, in the order in which it became visible."""
        for message in self._hidden.due(now):
            again = message.in_flight
            if again:
                message.in_flight = False
                self.in_flight -= 1
                self._journal.returned(message)
            self._line.show(message, again=again)

    def when_ready(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Call back once, when a receive may find something; returns what to call to wait no longer (SQS-POLL-1)."""
        return self._waiting.add(callback)

    @property
    def is_contested(self) -> bool:
        """Whether somebody else waits for messages, who may get the next one (SQS-SHARE-1)."""
        return bool(self._waiting)

    def _next_visible(self) -> int | None:
        now = self._scheduler.now
        # At the limit nothing is handed out (SQS-LIMIT-1) before something in flight is deleted or returns.
        if self._line and not self.over_in_flight_limit:
            return now
        instant = self._hidden.next_instant()
        return None if instant is None else max(instant, now)

    def _expire(self, message: Message) -> None:
        """Retention ends a message whatever state it is in (SQS-RET-1)."""
        self._journal.expired(message, self.moved_retention_rule if message.dead_letter_source else "SQS-RET-1")
        self.remove(message)

    # -- administration -----------------------------------------------------------------------------------

    def set_attributes(self, attributes: QueueAttributes) -> None:
        """Replace the attributes. Messages in flight keep the timeout of their receive (SQS-VT-1)."""
        before, self.attributes = self.attributes, attributes
        self._retention.change_period()
        if attributes != before:
            self.note_configuration()

    def clear(self, rule: RuleId, by: Actor) -> None:
        """Delete every message, whatever state it is in."""
        for message in self.messages:
            self._journal.deleted(message, rule, by)
            self.remove(message)

    def note_configuration(self) -> None:
        """Write down how the queue is configured now."""
        target = self.dead_letter_queue
        self._journal.configured(self.attributes, None if target is None else target.name)

    @property
    def messages(self) -> list[Message]:
        """All messages in the queue, oldest first."""
        return list(self._messages.values())

    def counts(self) -> tuple[int, int, int]:
        """How many messages are ready, in flight, and delayed."""
        ready = len(self.ready_messages())
        return ready, self.in_flight, len(self._messages) - ready - self.in_flight
