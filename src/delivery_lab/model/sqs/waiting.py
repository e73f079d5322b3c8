"""Receives that wait for a message (long polling)."""

from __future__ import annotations

from collections.abc import Callable

from delivery_lab.events import Journal
from delivery_lab.model.clock import Scheduler, Timer
from delivery_lab.model.randomness import RandomStreams


def receiver_of(queue: str, streams: RandomStreams, journal: Journal) -> Callable[[int], int]:
    """Draws who of several gets the messages of a queue, from a stream of chance named after it (SQS-SHARE-1)."""

    def draw(count: int) -> int:
        journal.rely_on("SQS-SHARE-1")
        return streams.stream("receiver", queue).randrange(count)

    return draw


class Waiting:
    """Those who wait for a queue to have something, woken by one timer for all of them.

    Where several wait, they compete: one is drawn, and when it has received, one of those who wait then (SQS-SHARE-1).

    Args:
        scheduler: the run's clock.
        next_instant: the next instant at which a receive may find something, None if nothing is in sight.
        draw: draws a number below the one given.
    """

    def __init__(
        self, scheduler: Scheduler, next_instant: Callable[[], int | None], draw: Callable[[int], int]
    ) -> None:
        self._scheduler = scheduler
        self._next_instant = next_instant
        self._draw = draw
        self._callbacks: list[Callable[[], None]] = []
        self._timer: Timer | None = None
        self._timer_at = 0

    def __bool__(self) -> bool:
        return bool(self._callbacks)

    def add(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Call back once, at the next instant at which a receive may find something (SQS-POLL-1).

        Returns:
            What to call when the receive has ended; calling it late does nothing.
        """
        self._callbacks.append(callback)
        self.look_again()

        def stop_waiting() -> None:
            if callback in self._callbacks:
                self._callbacks.remove(callback)
                if not self._callbacks and self._timer is not None:
                    self._timer.cancel()

        return stop_waiting

    def look_again(self) -> None:
        """Set the timer to the next instant at which something may be ready, after a change of the queue."""
        if not self._callbacks:
            return
        instant = self._next_instant()
        timer = self._timer
        if timer is not None and timer.callback is not None:
            if self._timer_at == instant:
                return
            timer.cancel()
        if instant is not None:
            self._timer_at = instant
            self._timer = self._scheduler.at(instant, self._wake)

    def _wake(self) -> None:
        self._timer = None
        callbacks = self._callbacks
        callback = callbacks.pop(self._draw(len(callbacks)) if len(callbacks) > 1 else 0)
        callback()
        self.look_again()
