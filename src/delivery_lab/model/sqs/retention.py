"""Messages expire at the end of the retention period."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from typing import Protocol

from delivery_lab.model.clock import MICROSECONDS_PER_SECOND, Scheduler, Timer
from delivery_lab.model.sqs.attributes import QueueAttributes
from delivery_lab.model.sqs.message import Message


class Retaining(Protocol):
    """A queue that keeps messages for a while."""

    @property
    def attributes(self) -> QueueAttributes:
        """Its attributes."""


class Retention:
    """Ends messages of a queue when their retention period is over, whatever state they are in (SQS-RET-1).

    Args:
        queue: the queue.
        scheduler: the run's clock.
        expire: ends a message.
    """

    def __init__(self, queue: Retaining, scheduler: Scheduler, expire: Callable[[Message], None]) -> None:
        self._queue = queue
        self._scheduler = scheduler
        self._expire = expire
        self._oldest: list[tuple[int, int, Message]] = []
        self._timer: Timer | None = None
        self._timer_at = 0

    def watch(self, message: Message) -> None:
        """Look after a message from now on."""
        heapq.heappush(self._oldest, (message.sent_at, message.sequence, message))
        self._arm()

    def _period(self) -> int:
        return self._queue.attributes.retention_seconds * MICROSECONDS_PER_SECOND

    def change_period(self) -> None:
        """The period is another one, also for the messages that are there."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._arm()

    def _arm(self) -> None:
        """Keep one timer, for the oldest message.

        It is in the background: waiting for a message to expire is no reason for a run to go on. One that is too old
        already, because it was moved here or the period was shortened, goes at this instant.
        """
        oldest = self._oldest
        queue = self._queue
        while oldest:
            _, sequence, message = oldest[0]
            if message.queue is queue and message.sequence == sequence:
                break
            heapq.heappop(oldest)  # it is no longer in the queue under that number
        if not oldest:
            return
        now = self._scheduler.now
        instant = max(oldest[0][0] + self._period(), now)
        timer = self._timer
        if timer is not None and timer.callback is not None:
            if self._timer_at <= instant and instant > now:
                return
            timer.cancel()
        self._timer_at = instant
        self._timer = self._scheduler.at(instant, self._on_time, background=instant > now)

    def _on_time(self) -> None:
        period = self._period()
        while self._oldest and self._oldest[0][0] + period <= self._scheduler.now:
            _, sequence, message = heapq.heappop(self._oldest)
            if message.queue is self._queue and message.sequence == sequence:
                self._expire(message)
        self._timer = None
        self._arm()
