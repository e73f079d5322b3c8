"""Real time, as the model takes it: the same instants and timers, of which each comes when its time has come.

Whoever decides runs in one thread, as in virtual time. What blocks (an invoke, a request) runs in threads of its own,
and what comes of it is handed to the deciding thread.
"""

from __future__ import annotations

import queue
import time
from collections.abc import Callable
from functools import partial

from delivery_lab.model.clock import MICROSECONDS_PER_SECOND, Scheduler, in_seconds

_LOOK_SECONDS = 0.2
"""So often it is looked whether the run is over, where nothing happens."""


class RealClock:
    """When instants are, on this machine's clock and on that of the place.

    The clock of a place may be a faster one: then all of its times pass so many times faster, those of queues, of
    functions and of the workload alike.

    Args:
        speed: how many times faster the clock of the place is.
        agreed_at: Unix time at which the two clocks agree.
    """

    def __init__(self, speed: float = 1.0, agreed_at: float | None = None) -> None:
        self.speed = speed
        self._agreed_at = time.time() if agreed_at is None else agreed_at
        self._ahead_seconds = 0.0
        self.begin()

    def begin(self) -> None:
        """Instant 0 is now."""
        self._started = time.monotonic()
        self.epoch = self._agreed_at + (time.time() - self._agreed_at) * self.speed + self._ahead_seconds
        """Unix time of instant 0 on the clock of the place."""

    def epoch_ahead(self, ahead_seconds: float) -> None:
        """The clock of the place is so many seconds ahead of this machine's."""
        self._ahead_seconds = ahead_seconds
        self.begin()

    def now(self) -> int:
        """This instant."""
        return int((time.monotonic() - self._started) * self.speed * MICROSECONDS_PER_SECOND)

    def instant_of(self, epoch_seconds: float) -> int:
        """The instant of a Unix time of the place; 0 for what was before the start."""
        return max(0, int((epoch_seconds - self.epoch) * MICROSECONDS_PER_SECOND))

    def real_seconds_until(self, instant: int) -> float:
        """For how long to wait on this machine's clock."""
        return max(0.0, in_seconds(instant - self.now()) / self.speed)


class RealTimeScheduler(Scheduler):
    """Timers that come in real time.

    Attributes:
        clock: says when.
        late: how long after its instant a timer came, at most: this machine had other work, or an answer was waited
            for.
    """

    def __init__(self, clock: RealClock) -> None:
        super().__init__()
        self.clock = clock
        self.late = 0
        self._posted: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()

    def post(self, callback: Callable[..., None], *arguments: object) -> None:
        """Have the deciding thread call back; other threads call this."""
        self._posted.put(partial(callback, *arguments))

    def catch_up(self) -> None:
        """Time has gone on while the deciding thread waited for an answer."""
        self.now = max(self.now, self.clock.now())

    def fail(self, error: BaseException) -> None:
        """Let the run end with an error; other threads call this."""

        def raise_it() -> None:
            raise error

        self._posted.put(raise_it)

    def run_until(self, over: Callable[[], bool], until: int) -> bool:
        """Let time pass.

        Args:
            over: whether the run is over; asked several times a second.
            until: instant at which it ends anyway.

        Returns:
            Whether it was over before that instant.

        Raises:
            Exception: what a callback or another thread failed with.
        """
        looked_at = 0.0
        while True:
            self.catch_up()
            if self.now >= until:
                return False
            if time.monotonic() - looked_at >= _LOOK_SECONDS:
                if over():
                    return True
                looked_at = time.monotonic()
            self._step(min(_LOOK_SECONDS, self.clock.real_seconds_until(until)))

    def _step(self, longest_seconds: float) -> None:
        """Do what is due, or wait until something is, for so long at most."""
        timer_at = self.next_instant()
        wait = longest_seconds if timer_at is None else min(longest_seconds, self.clock.real_seconds_until(timer_at))
        try:
            posted = self._posted.get(timeout=wait) if wait > 0 else self._posted.get_nowait()
        except queue.Empty:
            posted = None
        self.catch_up()
        if timer_at is not None:
            self.late = max(self.late, self.now - timer_at)
        if posted is not None:
            posted()
        else:
            self.run_due()
