"""What a queue writes down, as events."""

from __future__ import annotations

from delivery_lab.events import (
    Actor,
    DeleteIgnored,
    Journal,
    MessageDeadLettered,
    MessageDeleted,
    MessageExpired,
    MessageReceived,
    MessageReturned,
    MessageSent,
    QueueConfigured,
    SendDeduplicated,
    TenantNamed,
    VisibilityChanged,
)
from delivery_lab.model.clock import Scheduler
from delivery_lab.model.sqs.attributes import QueueAttributes
from delivery_lab.model.sqs.message import Message
from delivery_lab.model.sqs.receipts import read_handle
from delivery_lab.rule_ids import RuleId


class QueueJournal:
    """Writes the events of one queue.

    Args:
        queue: name of the queue.
        fifo: whether it is a FIFO queue.
        scheduler: the run's clock.
        journal: where events are written.
    """

    def __init__(self, queue: str, *, fifo: bool, scheduler: Scheduler, journal: Journal) -> None:
        self._queue = queue
        self._fifo = fifo
        self._scheduler = scheduler
        self._append = journal.append
        self._expired: dict[int, str] = {}  # ids of messages that were received and have expired, by their numbers
        self.rely_on = journal.rely_on
        """See `Journal.rely_on`."""

    def sent(self, message: Message, invoke: str | None, visible_at: int) -> None:
        """The queue accepted a message, from an invoke or, with None, from somebody else."""
        group = message.group if self._fifo else None
        given = message.attributes
        values = tuple([str(value.get("StringValue", "")) for value in given.values()]) if given else ()
        now = self._scheduler.now
        self._append(MessageSent(now, None, self._queue, message.id, message.body, group, values, invoke, visible_at))
        if message.group and not self._fifo:
            self._append(TenantNamed(now, "SQS-FAIR-1", self._queue, message.id, message.group))

    def deduplicated(self, message: Message) -> None:
        """A send repeated this message (SQS-FIFO-3)."""
        self._append(SendDeduplicated(self._scheduler.now, "SQS-FIFO-3", self._queue, message.id))

    def received(self, message: Message, by: Actor, visible_at: int) -> None:
        """A receive returned a message (SQS-VT-1)."""
        now, count = self._scheduler.now, message.receive_count
        self._append(MessageReceived(now, "SQS-VT-1", self._queue, message.id, count, by, visible_at))

    def returned(self, message: Message) -> None:
        """A message in flight is visible again (SQS-VT-1)."""
        now, since = self._scheduler.now, message.visible_at
        self._append(MessageReturned(now, "SQS-VT-1", self._queue, message.id, since))

    def visibility_changed(self, message: Message, rule: RuleId, timeout_seconds: int) -> None:
        """The visibility timeout of a message ends at another time."""
        self._append(VisibilityChanged(self._scheduler.now, rule, self._queue, message.id, timeout_seconds))

    def deleted(self, message: Message, rule: RuleId | None, by: Actor) -> None:
        """A message was deleted."""
        self._append(MessageDeleted(self._scheduler.now, rule, self._queue, message.id, by))

    def delete_ignored(self, message: Message, by: Actor, rule: RuleId) -> None:
        """A delete had no effect: its handle was an older one, or a copy of the message missed it."""
        self._append(DeleteIgnored(self._scheduler.now, rule, self._queue, message.id, by))

    def found_nothing(self, receipt_handle: str, by: Actor) -> None:
        """A delete found no message: retention has taken it meanwhile (SQS-RET-4), or it was deleted (SQS-STALE-4)."""
        sequence, _ = read_handle(receipt_handle, self._queue)
        message = self._expired.pop(sequence, None)
        if message is None:
            self.rely_on("SQS-STALE-4")
        else:
            self._append(DeleteIgnored(self._scheduler.now, "SQS-RET-4", self._queue, message, by))

    def dead_lettered(self, message: Message, rule: RuleId, target: str) -> None:
        """A message went to the dead-letter queue."""
        self._append(MessageDeadLettered(self._scheduler.now, rule, self._queue, message.id, target))

    def expired(self, message: Message, rule: RuleId) -> None:
        """Retention ended a message; a receiver may still be at work on it."""
        if message.receive_count:
            self._expired[message.sequence] = message.id
        self._append(MessageExpired(self._scheduler.now, rule, self._queue, message.id))

    def configured(self, attributes: QueueAttributes, dead_letter_queue: str | None) -> None:
        """The queue has these attributes from now on."""
        self._append(
            QueueConfigured(
                self._scheduler.now,
                None,
                self._queue,
                fifo=self._fifo,
                visibility_timeout_seconds=attributes.visibility_timeout_seconds,
                retention_seconds=attributes.retention_seconds,
                max_receive_count=None if attributes.redrive is None else attributes.redrive.max_receive_count,
                dead_letter_queue=dead_letter_queue,
            )
        )
