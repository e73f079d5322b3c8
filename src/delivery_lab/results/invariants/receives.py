"""Receives of queues: how often, and when."""

from __future__ import annotations

from collections import Counter, defaultdict

from delivery_lab.events import (
    Event,
    MessageDeadLettered,
    MessageDeleted,
    MessageExpired,
    MessageMoved,
    MessageReceived,
    MessageReturned,
    MessageSent,
    QueueConfigured,
    VisibilityChanged,
)
from delivery_lab.events.instants import in_seconds, seconds
from delivery_lab.limits.queues import VISIBILITY_TIMEOUT
from delivery_lab.results.invariants.invariant import History, Invariant


class ReceiveCounts(Invariant):
    """The receive count of a message tells how often it was received."""

    id = "INV-RECEIVE-1"
    description = (
        "Each receive raises the receive count of a message by one, and no queue hands a message out more often than "
        "its maxReceiveCount says."
    )
    reads = (QueueConfigured, MessageSent, MessageReceived, MessageMoved, MessageDeleted, MessageExpired)

    def __init__(self, history: History) -> None:
        super().__init__(history)
        self._limits: dict[str, int | None] = {}
        # Of messages that are in a queue. What is gone is not received, which another invariant holds (INV-DELETE-1).
        self._counts: dict[str, int] = {}
        # By queue: whether receives from others count besides is assumed (SQS-DLQ-6).
        self._of_queues: defaultdict[str, Counter[str]] = defaultdict(Counter)

    def read(self, event: Event) -> None:
        """Count receives."""
        match event:
            case QueueConfigured():
                self._limits[event.queue] = event.max_receive_count if event.dead_letter_queue is not None else None
            case MessageSent():
                self._counts[event.message] = 0
            case MessageReceived():
                if event.message in self._counts:
                    self._received(event)
            case MessageMoved():
                self._forget(event.message)
                self._counts[event.new_message] = 0
            case MessageDeleted() | MessageExpired():
                self._forget(event.message)

    def _received(self, event: MessageReceived) -> None:
        expected = self._counts[event.message] + 1
        if event.receive_count != expected:
            self._broken(
                event.instant_us,
                f"receive {expected} of {event.message} has the receive count {event.receive_count}",
            )
        self._counts[event.message] = event.receive_count
        limit, counts = self._limits.get(event.queue), self._of_queues[event.queue]
        counts[event.message] += 1
        if limit is not None and counts[event.message] > limit:
            self._broken(
                event.instant_us,
                f"{event.message} is received from {event.queue} with the receive count "
                f"{event.receive_count}, and maxReceiveCount is {limit}",
            )

    def _forget(self, message: str) -> None:
        """A message is gone for good: nobody sees it again under this id."""
        self._counts.pop(message, None)
        for counts in self._of_queues.values():
            counts.pop(message, None)


class VisibilityBounds(Invariant):
    """A hidden message is not received."""

    id = "INV-VISIBILITY-1"
    description = (
        "No consumer receives a message before its delay or the visibility timeout of its last receive is over, and no "
        "visibility timeout lasts longer than 12 h."
    )
    reads = (
        QueueConfigured,
        MessageSent,
        MessageReceived,
        MessageReturned,
        VisibilityChanged,
        MessageDeadLettered,
        MessageMoved,
        MessageDeleted,
        MessageExpired,
    )

    def __init__(self, history: History) -> None:
        super().__init__(history)
        # By queue and message, as long as the message is in the queue.
        self._hidden_until: defaultdict[str, dict[str, int]] = defaultdict(dict)
        self._received_at: defaultdict[str, dict[str, int]] = defaultdict(dict)

    def read(self, event: Event) -> None:
        """Follow until when messages are hidden."""
        match event:
            case MessageSent():
                self._hidden_until[event.queue][event.message] = event.visible_at_us
            case MessageDeadLettered() | MessageMoved() | MessageDeleted() | MessageExpired():
                self._left(event)
            case MessageReceived():
                self._received(event)
            case VisibilityChanged():
                visible_at = event.instant_us + seconds(event.timeout_seconds)
                self._hide(event.instant_us, event.queue, event.message, visible_at)
            case MessageReturned():
                until = self._hidden_until[event.queue].get(event.message, event.since_us)
                if event.since_us != until or event.instant_us < until:
                    self._broken(
                        event.instant_us,
                        f"{event.message} is visible again in {event.queue} since {in_seconds(event.since_us)} s, and "
                        f"was hidden until {in_seconds(until)} s",
                    )
            case QueueConfigured():
                if event.fifo:
                    self._forget_delays(event.queue)

    def _forget_delays(self, queue: str) -> None:
        """A new delay of a FIFO queue holds for the messages that are being delayed, too (SQS-FIFO-10)."""
        received_at, hidden_until = self._received_at[queue], self._hidden_until[queue]
        for message in [each for each in hidden_until if each not in received_at]:
            del hidden_until[message]

    def _left(self, event: MessageDeadLettered | MessageMoved | MessageDeleted | MessageExpired) -> None:
        """A message has left a queue, where it is hidden from nobody now; another one may have it."""
        self._hidden_until[event.queue].pop(event.message, None)
        self._received_at[event.queue].pop(event.message, None)
        match event:
            case MessageDeadLettered():
                self._hidden_until[event.target][event.message] = event.instant_us
            case MessageMoved():
                self._hidden_until[event.target][event.new_message] = event.instant_us

    def _received(self, event: MessageReceived) -> None:
        until = self._hidden_until[event.queue].get(event.message, 0)
        if event.instant_us < until:
            self._broken(
                event.instant_us,
                f"{event.by.name} receives {event.message} from {event.queue}, which is hidden until "
                f"{in_seconds(until)} s",
            )
        self._received_at[event.queue][event.message] = event.instant_us
        self._hide(event.instant_us, event.queue, event.message, event.visible_at_us)

    def _hide(self, now: int, queue: str, message: str, visible_at: int) -> None:
        received_at = self._received_at[queue].get(message, now)
        if not now <= visible_at <= received_at + seconds(VISIBILITY_TIMEOUT.maximum):
            self._broken(now, f"{message} of {queue} is hidden until {in_seconds(visible_at)} s")
        self._hidden_until[queue][message] = visible_at
