"""Notices code that blocks in real time.

An alarm is set whenever a handler gets control and taken back when it gives control up. It rings a few times, and
what it counts is the time that the handler ran or was blocked (`own_time`): on a machine with much else to do it may
need long without being stalled. When that is too much, the handler has neither finished nor slept nor called AWS. The
signal's handler switches straight to the hub instead of raising, so `except:` in the function's code cannot swallow
it. A real interrupt (Ctrl-C) is treated the same way.

Signals exist on the main thread of Unix processes only; on others whoever asked for the run looks now and then
(`run_thread`). C code that never looks at signals (a huge regular expression) is noticed when it returns.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from greenlet import getcurrent

from delivery_lab.errors import HandlerStalledError, describe_instead
from delivery_lab.handlers.fibers import Fiber
from delivery_lab.handlers.own_time import OwnTime
from delivery_lab.handlers.spent import measuring
from delivery_lab.model.clock import in_seconds

# Handlers get another one (see `process_effects`).
_set_timer: Any = getattr(signal, "setitimer", None)
_REAL_TIME: int = getattr(signal, "ITIMER_REAL", 0)

_RINGS = 5
"""How often the alarm rings before a handler counts as blocked on a machine with nothing else to do."""
_SLACK_RINGS = 0.5
"""What may be missing for that: a ring that is heard late counts no more, and the next one less."""
ENOUGH_RINGS = _RINGS - _SLACK_RINGS


class StallAlarm:
    """The alarm of one run.

    Args:
        after_seconds: time that a handler may run or be blocked without giving up control. Waiting for a
            processor does not count.
        abort: ends the run with an error; called in the fiber that is running, and does not return.

    Attributes:
        every_seconds: how often it rings.
        running: the fiber that has control, None while the hub has it.
        turn: how often a fiber has got control so far.
    """

    def __init__(self, after_seconds: float, abort: Callable[[BaseException], None]) -> None:
        self.after_seconds = after_seconds
        self.every_seconds = after_seconds / _RINGS
        self.abort = abort
        self.running: Fiber | None = None
        self.turn = 0
        self._own_time: OwnTime | None = None
        self._counted_seconds = 0.0
        self._spent = measuring()
        self._previous: dict[int, Any] = {}
        self._deferring = False
        self._deferred = False

    def install(self) -> None:
        """Take the signals over, where that is possible."""
        if _set_timer is None or threading.current_thread() is not threading.main_thread():
            return
        self._own_time = OwnTime()
        self._previous[signal.SIGALRM] = signal.signal(signal.SIGALRM, self._ring)
        if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            self._previous[signal.SIGINT] = signal.signal(signal.SIGINT, self._interrupt)

    def remove(self) -> None:
        """Give the signals back."""
        if self._previous:
            self.disarm()
        while self._previous:
            number, previous = self._previous.popitem()
            signal.signal(number, signal.SIG_DFL if previous is None else previous)
        if self._own_time is not None:
            self._own_time.close()
            self._own_time = None

    def arm(self, fiber: Fiber) -> None:
        """A handler gets control."""
        self.turn += 1
        self.running = fiber
        if self._spent is not None:
            self._spent.begins()
        if self._previous:
            self._counted_seconds = 0.0
            _set_timer(_REAL_TIME, self.every_seconds, self.every_seconds)

    def disarm(self) -> None:
        """The handler has given control up."""
        self.running = None
        if self._spent is not None:
            self._spent.ends()
        if self._previous:
            _set_timer(_REAL_TIME, 0)

    def _ring(self, _number: int, frame: FrameType | None) -> None:
        fiber = getcurrent()
        if not isinstance(fiber, Fiber) or self._own_time is None:
            return
        own = self._own_time.since_last_asked(self.every_seconds)
        # Asking when a handler gets control would cost each switch of each run; the first ring counts whole instead.
        self._counted_seconds += own if self._counted_seconds else self.every_seconds
        if self._counted_seconds >= ENOUGH_RINGS * self.every_seconds:
            self.abort(stalled(fiber, frame, self.after_seconds))

    def _interrupt(self, number: int, frame: FrameType | None) -> None:
        if isinstance(getcurrent(), Fiber):
            self.abort(KeyboardInterrupt())
        elif self._deferring:
            self._deferred = True
        else:
            signal.default_int_handler(number, frame)

    @contextmanager
    def deferring_interrupts(self) -> Iterator[None]:
        """Hold Ctrl-C back while the host changes places with a handler: half a change must not be left behind.

        Raises:
            KeyboardInterrupt: at the end, if it was pressed meanwhile.
        """
        self._deferring = True
        try:
            yield
        finally:
            self._deferring = False
        if self._deferred:
            self._deferred = False
            raise KeyboardInterrupt


def stalled(fiber: Fiber, frame: FrameType | None, after_seconds: float) -> HandlerStalledError:
    """What ends the run.

    Args:
        fiber: what has blocked.
        frame: where it was interrupted.
        after_seconds: for how long it has.
    """
    environment = fiber.environment
    return HandlerStalledError(
        f"function {environment.function.name} has blocked for {after_seconds:g} s of real time "
        f"at {environment.line_of(frame)} (virtual time {in_seconds(environment.host.scheduler.now):.6f} s)\n"
        "  fix: wait with time.sleep, threading or queue, which are virtual; real sockets, files, processes "
        "and busy loops have to be switched off for the simulation\n"
        f"  or {describe_instead(environment.function.name)}"
    )
