"""Queues keep messages for their retention period: not shorter, not longer."""

from __future__ import annotations

from collections import defaultdict

from delivery_lab.events import (
    Event,
    MessageDeadLettered,
    MessageDeleted,
    MessageExpired,
    MessageMoved,
    MessageReceived,
    MessageSent,
    QueueConfigured,
)
from delivery_lab.events.instants import in_seconds, seconds
from delivery_lab.results.invariants.invariant import History, Invariant


class RetentionBounds(Invariant):
    """A queue ends a message when its retention period is over, and no earlier."""

    id = "INV-RETENTION-1"
    description = (
        "A message is not received after the retention period of its queue, and does not expire before it. In a "
        "standard dead-letter queue the period begins with the first send, in a FIFO one with the move."
    )
    reads = (
        QueueConfigured,
        MessageSent,
        MessageReceived,
        MessageDeleted,
        MessageDeadLettered,
        MessageExpired,
        MessageMoved,
    )

    def __init__(self, history: History) -> None:
        super().__init__(history)
        self._retention: dict[str, int] = {}
        self._fifo: dict[str, bool] = {}
        self._since: defaultdict[str, dict[str, int]] = defaultdict(dict)  # by queue and message
        self._now = 0

    def read(self, event: Event) -> None:
        """Follow the age of messages."""
        self._now = event.instant_us
        match event:
            case QueueConfigured():
                self._retention[event.queue] = seconds(event.retention_seconds)
                self._fifo[event.queue] = event.fifo
            case MessageSent():
                self._since[event.queue][event.message] = event.instant_us
            case MessageDeadLettered():
                since = self._since[event.queue].pop(event.message, event.instant_us)
                begins_anew = self._fifo.get(event.target, False)
                self._since[event.target][event.message] = event.instant_us if begins_anew else since
            case MessageMoved():
                self._since[event.queue].pop(event.message, None)
                self._since[event.target][event.new_message] = event.instant_us
            case MessageDeleted():
                self._since[event.queue].pop(event.message, None)
            case MessageReceived():
                ends_at = self._end(event.queue, event.message)
                if ends_at is not None and event.instant_us > ends_at:
                    self._broken(
                        event.instant_us,
                        f"{event.message} is received from {event.queue}, whose retention ended it at "
                        f"{in_seconds(ends_at)} s",
                    )
                    del self._since[event.queue][event.message]
            case MessageExpired():
                ends_at = self._end(event.queue, event.message)
                if ends_at is not None and event.instant_us < ends_at:
                    self._broken(
                        event.instant_us,
                        f"{event.message} expires in {event.queue} before its retention is over at "
                        f"{in_seconds(ends_at)} s",
                    )
                self._since[event.queue].pop(event.message, None)

    def finish(self) -> None:
        """What is still there must not be too old."""
        for queue, message in [(queue, message) for queue, there in self._since.items() for message in there]:
            ends_at = self._end(queue, message)
            if ends_at is not None and ends_at < self._now:
                self._broken(
                    self._now, f"{message} is still in {queue}, whose retention ended it at {in_seconds(ends_at)} s"
                )

    def _end(self, queue: str, message: str) -> int | None:
        since, retention = self._since[queue].get(message), self._retention.get(queue)
        return None if since is None or retention is None else since + retention
