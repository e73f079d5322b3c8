"""Virtual time: an integer clock and the heap of what happens next.

An *instant* is a whole number of microseconds since the start of the run (`delivery_lab.events.instants`). Things that
happen at one instant happen in the order in which they were scheduled.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from delivery_lab.events.instants import MICROSECONDS_PER_SECOND, in_seconds, seconds

__all__ = ["EPOCH", "MICROSECONDS_PER_SECOND", "Scheduler", "Timer", "epoch_ms", "in_seconds", "iso_time", "seconds"]

EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
"""The wall-clock time of instant 0, as handlers and message timestamps see it."""

_NEVER = 1 << 62
_EPOCH_MS = int(EPOCH.timestamp()) * 1000


def epoch_ms(instant: int) -> int:
    """The Unix time of an instant in milliseconds, as AWS writes `SentTimestamp` and the like."""
    return _EPOCH_MS + instant // 1000


def iso_time(instant: int) -> str:
    """An instant as AWS writes times in JSON."""
    moment = EPOCH.timestamp() + instant / MICROSECONDS_PER_SECOND
    return EPOCH.fromtimestamp(moment, EPOCH.tzinfo).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


class Timer:
    """Something scheduled. `cancel()` makes it never happen; cancelling twice, or too late, does nothing."""

    __slots__ = ("_scheduler", "arguments", "background", "callback")

    def __init__(
        self, scheduler: Scheduler, callback: Callable[..., None], arguments: tuple[Any, ...], background: bool
    ) -> None:
        self._scheduler = scheduler
        self.callback: Callable[..., None] | None = callback
        self.arguments = arguments
        self.background = background

    def cancel(self) -> None:
        """Make it never happen."""
        if self.callback is not None:
            self.callback = None
            self.arguments = ()
            if not self.background:
                self._scheduler._foreground -= 1


class Scheduler:
    """The clock of one run.

    A timer is *foreground* when it can move a message, or *background* when it only watches (the retention of
    a dead-letter queue, a scaling tick). A run without an end given is over when no foreground timer is left:
    nothing can move any more, although retention would still tick for days.
    """

    __slots__ = ("_foreground", "_heap", "_sequence", "_stopping", "_until", "now")

    def __init__(self) -> None:
        self.now = 0
        self._heap: list[tuple[int, int, Timer]] = []
        self._sequence = 0
        self._foreground = 0
        self._stopping = False
        self._until = -1

    @property
    def idle(self) -> bool:
        """Whether nothing is scheduled that could move a message."""
        return self._foreground == 0

    def at(self, instant: int, callback: Callable[..., None], *arguments: Any, background: bool = False) -> Timer:
        """Schedule `callback(*arguments)`.

        Args:
            instant: when, in microseconds since the start of the run; not in the past.
            background: true for what must not keep the run going.

        Raises:
            ValueError: the instant has passed.
        """
        if instant < self.now:
            raise ValueError(f"cannot schedule at {instant} us: it is {self.now} us already")
        timer = Timer(self, callback, arguments, background)
        self._sequence += 1
        heapq.heappush(self._heap, (instant, self._sequence, timer))
        if not background:
            self._foreground += 1
        return timer

    def reserve(self, turns: int) -> int:
        """Keep turns among what is due at one instant for later; returns the number before the first (`at_turn`)."""
        self._sequence += turns
        return self._sequence - turns

    def at_turn(self, turn: int, instant: int, callback: Callable[..., None], *arguments: Any) -> None:
        """Schedule `callback(*arguments)`, at one instant in the order of a turn that was reserved; not in the past."""
        heapq.heappush(self._heap, (instant, turn, Timer(self, callback, arguments, False)))
        self._foreground += 1

    def after(self, delay: int, callback: Callable[..., None], *arguments: Any, background: bool = False) -> Timer:
        """Schedule `callback(*arguments)` for `delay` microseconds from now."""
        return self.at(self.now + delay, callback, *arguments, background=background)

    def stop(self) -> None:
        """End `run` after the callback that is running now."""
        self._stopping = True

    def next_instant(self) -> int | None:
        """The instant of the next timer, None where there is none."""
        while self._heap and self._heap[0][2].callback is None:
            heapq.heappop(self._heap)
        return self._heap[0][0] if self._heap else None

    @property
    def quiet_before(self) -> int:
        """Nothing but what is happening now happens before this instant, in a run whose time nobody else moves."""
        instant = self.next_instant()
        return self._until + 1 if instant is None else min(instant, self._until + 1)

    def run_due(self) -> None:
        """Do everything that is due at this instant, for a clock that somebody else moves."""
        instant = self.next_instant()
        while instant is not None and instant <= self.now:
            timer = heapq.heappop(self._heap)[2]
            callback, arguments = timer.callback, timer.arguments
            assert callback is not None
            timer.callback = None
            self._foreground -= not timer.background
            callback(*arguments)
            instant = self.next_instant()

    def run(self, until: int | None = None) -> None:
        """Let time pass.

        Args:
            until: the instant to stop at. Everything due up to and including it happens, and the clock ends
                there. Without it time passes until only background timers are left.
        """
        self._until = _NEVER if until is None else until
        try:
            self._run(until)
        finally:
            self._until = -1

    def _run(self, until: int | None) -> None:
        heap = self._heap
        self._stopping = False
        while heap and not self._stopping:
            if until is None and self._foreground == 0:
                return
            instant, _, timer = heap[0]
            if until is not None and instant > until:
                break
            heapq.heappop(heap)
            callback = timer.callback
            if callback is None:
                continue
            arguments = timer.arguments
            timer.callback = None
            if not timer.background:
                self._foreground -= 1
            self.now = instant
            callback(*arguments)
        if until is not None and not self._stopping:
            self.now = max(self.now, until)
