"""A FIFO queue in virtual time: message groups in order, and sends that are recognised as repetitions.

A group is read from its front up to the first message that is hidden. So while its messages are in flight nothing
behind them is returned (SQS-FIFO-1), and when one of them is visible again the group is readable from that one on, up
to the next one that is still hidden (SQS-FIFO-2).
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict, deque
from collections.abc import Generator, Iterator
from typing import Any

from delivery_lab.events import WORKLOAD, Actor, Journal
from delivery_lab.limits.queues import DEDUPLICATION_SECONDS
from delivery_lab.model.api_errors import sqs as errors
from delivery_lab.model.clock import Scheduler, seconds
from delivery_lab.model.loops import NO_LINEAGE, Lineage
from delivery_lab.model.sqs.attributes import QueueAttributes
from delivery_lab.model.sqs.line import QueueLine
from delivery_lab.model.sqs.message import Delivery, Message
from delivery_lab.model.sqs.queue import SqsQueue
from delivery_lab.rule_ids import RuleId

_FIRST_SEQUENCE_NUMBER = 18_870_000_000_000_000_000
_SEQUENCE_NUMBER_STEP = 256


class _Group:
    """A message group: its messages in the order of their sends. Those that have left the queue are skipped."""

    __slots__ = ("_messages", "_queue", "_reading")

    def __init__(self, queue: SqsQueue) -> None:
        self._queue = queue
        self._messages: deque[Message] = deque()
        self._reading = False

    def append(self, message: Message) -> None:
        self._messages.append(message)

    @property
    def head(self) -> Message | None:
        """The first message that is still there."""
        messages = self._messages
        if self._reading:  # nothing may leave the line now
            return next((message for message in messages if message.queue is self._queue), None)
        while messages and messages[0].queue is not self._queue:
            messages.popleft()
        return messages[0] if messages else None

    def readable(self, now: int) -> Iterator[Message]:
        """The messages from the front up to the first hidden one (SQS-FIFO-1, SQS-FIFO-2)."""
        self._reading = True
        try:
            for message in self._messages:
                if message.queue is self._queue:
                    if not _is_visible(message, now):
                        return
                    yield message
        finally:
            self._reading = False


class _GroupLine:
    """The line of a FIFO queue: as much of one group as can be read, then of the next.

    Args:
        queue: the queue.
        scheduler: the run's clock.
        journal: where it is noted what a run relies on.
    """

    def __init__(self, queue: SqsQueue, scheduler: Scheduler, journal: Journal) -> None:
        self._queue = queue
        self._scheduler = scheduler
        self._rely_on = journal.rely_on
        self._groups: dict[str, _Group] = {}
        # The groups whose first message is ready, in the order in which they became so (SQS-FIFO-9).
        self._readable: OrderedDict[str, _Group] = OrderedDict()

    def __bool__(self) -> bool:
        return bool(self._readable)

    @property
    def groups(self) -> int:
        """How many message groups have messages."""
        return len(self._groups)

    def join(self, message: Message, ready_at: int) -> None:
        """A message has come into the queue: to the end of its group."""
        if message.group not in self._groups:
            self._groups[message.group] = _Group(self._queue)
        self._groups[message.group].append(message)

    def show(self, message: Message, *, again: bool) -> None:
        """A message is hidden no longer; its place is the one within its group."""
        self._look_at(message.group)

    def hide(self, message: Message) -> None:
        """A message was hidden, or is gone."""
        self._look_at(message.group)

    def take(self) -> Generator[Message]:
        """As much of one group as can be read, then of the next (SQS-FIFO-4)."""
        while self._readable:
            name, group = self._readable.popitem(last=False)
            self._rely_on("SQS-FIFO-4")
            if self._readable:
                self._rely_on("SQS-FIFO-9")
            try:
                yield from group.readable(self._scheduler.now)
            finally:
                self._look_at(name)

    def _look_at(self, name: str) -> None:
        """Keep in mind whether a group can be read."""
        group = self._groups.get(name)
        head = group.head if group is not None else None
        if group is None or head is None:
            self._groups.pop(name, None)
            self._readable.pop(name, None)
        elif _is_visible(head, self._scheduler.now):
            self._readable.setdefault(name, group)
        else:
            self._readable.pop(name, None)


class FifoQueue(SqsQueue):
    """A FIFO queue; its interface is that of a standard queue, whose arguments it takes."""

    fifo = True
    limit_rule: RuleId = "SQS-FIFO-8"
    moved_retention_rule: RuleId = "SQS-RET-3"

    def __init__(self, name: str, arn: str, url: str, attributes: QueueAttributes, **services: Any) -> None:
        super().__init__(name, arn, url, attributes, **services)
        self._sent: dict[tuple[str, str], Message] = {}
        self._sent_order: deque[tuple[int, tuple[str, str]]] = deque()
        self._sends = 0

    @property
    def groups(self) -> int:
        """How many message groups have messages in the queue."""
        assert isinstance(self._line, _GroupLine)
        return self._line.groups

    def _new_line(self, journal: Journal) -> QueueLine:
        return _GroupLine(self, self._scheduler, journal)

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
        deduplication_id: str = "",
    ) -> Message:
        """Accept a message, unless it repeats one of the last five minutes (SQS-FIFO-3).

        Args:
            body: the text.
            delay_seconds: None; a FIFO queue delays all messages alike, and its API refuses anything else (SQS-FIFO-7).
            attributes: message attributes.
            system_attributes: message system attributes.
            group: message group.
            lineage: what the chain of events has run through.
            invoke: the invoke that sends it, None for the workload.
            message_id: the id that it gets, "" for a new one.
            deduplication_id: what tells messages apart; without one it is the SHA-256 of the body.

        Returns:
            The message, or the one that it repeats.
        """
        assert delay_seconds is None, delay_seconds
        key = self._key(body, group, deduplication_id)
        known = self._sent.get(key)
        if known is not None:
            self._journal.deduplicated(known)
            return known
        self._sends += 1
        message = self._message(body, attributes, system_attributes, group, lineage, message_id)
        message.deduplication_id = key[1]
        message.sequence_number = f"{_FIRST_SEQUENCE_NUMBER + self._sends * _SEQUENCE_NUMBER_STEP:020d}"
        self._sent[key] = message
        self._sent_order.append((self._scheduler.now, key))
        self._journal.rely_on("SQS-FIFO-6")
        self._accept(message, self.attributes.delay_seconds, invoke)
        return message

    def repeats(self, body: str, group: str, deduplication_id: str) -> bool:
        """Whether a send would repeat one of the last five minutes; its arguments are those of `send`."""
        return self._key(body, group, deduplication_id) in self._sent

    def _key(self, body: str, group: str, deduplication_id: str) -> tuple[str, str]:
        """What a send is known by; what is older than five minutes is forgotten."""
        assert self.attributes.fifo is not None
        self._forget_sends()
        identity = deduplication_id or hashlib.sha256(body.encode()).hexdigest()
        return group if self.attributes.fifo.scope == "messageGroup" else "", identity

    def _forget_sends(self) -> None:
        oldest = self._scheduler.now - seconds(DEDUPLICATION_SECONDS)
        while self._sent_order and self._sent_order[0][0] <= oldest:
            _, key = self._sent_order.popleft()
            del self._sent[key]

    def _take_moved(self, message: Message, source_arn: str) -> None:
        """A message that is moved begins anew (SQS-RET-3), known by its id from now on (SQS-FIFO-5)."""
        message.sent_at = self._scheduler.now
        message.deduplication_id = message.id
        self._journal.rely_on("SQS-FIFO-5")
        super()._take_moved(message, source_arn)

    def take_in(self, message: Message, visible_at: int) -> None:
        """Put a message into the queue, at the end of its group; receives return it from `visible_at` on."""
        self._journal.rely_on("SQS-FIFO-1")
        super().take_in(message, visible_at)

    # -- answering ----------------------------------------------------------------------------------------

    def delete(self, receipt_handle: str, by: Actor = WORKLOAD) -> None:
        """Delete a message; the handle must be of its newest receive, and not have expired (SQS-STALE-6).

        Raises:
            AwsError: the handle has expired, or is malformed.
        """
        self._refuse_expired(receipt_handle, "SQS-STALE-6")
        super().delete(receipt_handle, by)

    def delete_received(self, delivery: Delivery, by: Actor) -> None:
        """Delete a message by one of its receives.

        Raises:
            AwsError: as `delete`.
        """
        self.delete(delivery.receipt_handle, by)

    def change_visibility(self, receipt_handle: str, timeout_seconds: int) -> None:
        """Let the visibility timeout of a receive end `timeout_seconds` from now, if it lasts still (SQS-STALE-7).

        Raises:
            AwsError: the handle has expired or is malformed, the message is gone, or the end lies beyond 12 h.
        """
        self._refuse_expired(receipt_handle, "SQS-STALE-7")
        super().change_visibility(receipt_handle, timeout_seconds)

    def _refuse_expired(self, receipt_handle: str, rule: RuleId) -> None:
        message, receive_number = self._resolve(receipt_handle)
        if message is None:
            return
        if receive_number == message.receive_count and message.visible_at > self._scheduler.now:
            return
        self._journal.rely_on(rule)
        raise errors.RECEIPT_HANDLE_EXPIRED.error(handle=receipt_handle)

    def clear(self, rule: RuleId, by: Actor) -> None:
        """Delete every message; sends are no repetitions of those before it (SQS-PURGE-3)."""
        super().clear(rule, by)
        self._sent.clear()
        self._sent_order.clear()

    # -- administration -----------------------------------------------------------------------------------

    def set_attributes(self, attributes: QueueAttributes) -> None:
        """Replace the attributes. A new delay holds for the messages that are being delayed, too (SQS-FIFO-10)."""
        changed = attributes.delay_seconds != self.attributes.delay_seconds
        super().set_attributes(attributes)
        if not changed:
            return
        self._journal.rely_on("SQS-FIFO-10")
        now = self._scheduler.now
        for message in self.messages:
            if message.receive_count == 0:
                self._hide(message, max(now, message.sent_at + seconds(attributes.delay_seconds)))
        self._waiting.look_again()


def _is_visible(message: Message, now: int) -> bool:
    return not message.in_flight and message.visible_at <= now
