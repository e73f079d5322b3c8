"""The thread in which handlers run where nobody is on the main thread, and what ends them there when they block.

Signals reach the main thread alone. So a run that somebody asks for on another thread has a thread of its own, and
who asked waits for it and looks, now and then, whether a handler has kept control for too long. Then Python raises in
that thread, as soon as it runs Python again: what it raises switches to the hub while it is being made, so that no
`except:` and no `finally` of the function's code sees it. Where the thread waits in C (a pipe that nobody writes to)
it runs no Python. Then it is left behind: the host's world is put back from here, and if it ever goes on, it waits for
good in what is raised. C code that holds Python's lock while it computes is noticed when it gives it back.

All of a run is on the same thread, for its fibers cannot go on in another.
"""

from __future__ import annotations

import _thread
import contextvars
import sys
import threading
from collections.abc import Callable

from greenlet import getcurrent

from delivery_lab.errors import HandlerStalledError
from delivery_lab.handlers.fibers import Fiber
from delivery_lab.handlers.own_time import OwnTime
from delivery_lab.handlers.stall import ENOUGH_RINGS, StallAlarm, stalled
from delivery_lab.thread_exceptions import raise_in, take_back
from delivery_lab.turns import standing_in

# Handlers get other ones, and so would this module if it asked later.
_new_lock = _thread.allocate_lock

_FIBER, _CALLER = "fiber", "caller"
"""Who ends a run whose handler has blocked: whoever is the first to say so."""


class RunThread:
    """Does the work of a run where a handler that blocks can be ended.

    Args:
        alarm: knows which fiber has control.
        leave_behind: puts the host's world back after a fiber whose thread never returns.
    """

    def __init__(self, alarm: StallAlarm, leave_behind: Callable[[Fiber], None]) -> None:
        self._alarm = alarm
        self._leave_behind = leave_behind
        self._thread: threading.Thread | None = None
        self._own_time: OwnTime | None = None
        self._asked, self._done = _new_lock(), _new_lock()
        self._work: Callable[[], None] | None = None
        self._error: BaseException | None = None
        self._turn, self._counted_seconds = 0, 0.0
        self._decided: dict[str, str] = {}

    def do(self, work: Callable[[], None]) -> None:
        """Do a part of the run, and wait until it is done.

        Raises:
            HandlerStalledError: a handler has blocked.
        """
        if threading.current_thread() is threading.main_thread():
            work()
            return
        if self._thread is None:
            self._begin()
        context = contextvars.copy_context()
        self._work = lambda: context.run(work)
        self._asked.release()
        while not self._done.acquire(timeout=self._alarm.every_seconds):
            self._look()
        error, self._error = self._error, None
        if error is not None:
            raise error

    def end(self) -> None:
        """The run is over; its thread ends, unless it was left behind."""
        if self._thread is not None and self._decided.get("by") != _CALLER:
            self._work = None
            self._asked.release()
            self._thread.join()
        if self._own_time is not None:
            self._own_time.close()
        self._thread = self._own_time = None

    def _begin(self) -> None:
        self._asked.acquire()
        self._done.acquire()
        self._thread = threading.Thread(target=self._live, args=(_thread.get_ident(),), name="simulation", daemon=True)
        self._thread.start()

    def _live(self, caller: int) -> None:
        self._own_time = OwnTime()  # it counts the thread that makes it, whoever asks
        with standing_in(caller):
            while self._asked.acquire() and self._work is not None:
                try:
                    self._work()
                except _Ending as ending:
                    self._error = ending.instead
                except BaseException as error:  # noqa: BLE001 - it is raised where the run was asked for
                    self._error = error
                self._work = None
                self._done.release()

    def _look(self) -> None:
        """See whether one fiber has had control for too long.

        Raises:
            HandlerStalledError: it waits in C code and does not return.
        """
        every_seconds, fiber, turn = self._alarm.every_seconds, self._alarm.running, self._alarm.turn
        own = 0.0 if self._own_time is None else self._own_time.since_last_asked(every_seconds)
        if fiber is None or turn != self._turn:
            self._turn, self._counted_seconds = turn, 0.0
            return
        self._counted_seconds += own
        if self._counted_seconds < ENOUGH_RINGS * every_seconds:
            return
        assert self._thread is not None
        frame = sys._current_frames().get(self._thread.ident or 0)
        error = stalled(fiber, frame, self._alarm.after_seconds)
        if self._counted_seconds >= (ENOUGH_RINGS + 1) * every_seconds:
            # It was raised in the thread a while ago, and has not been seen there.
            if self._decided.setdefault("by", _CALLER) == _CALLER:
                self._leave_behind(fiber)
                take_back()  # no other thread is to look for what waits for that one
                raise error
            return
        self._raise_in(self._thread.ident or 0, error)

    def _raise_in(self, thread: int, error: HandlerStalledError) -> None:
        decided, abort = self._decided, self._alarm.abort

        class Ending(_Ending):
            """What is raised: in a fiber, nobody sees it."""

            def __init__(self) -> None:
                super().__init__(error)
                if decided.setdefault("by", _FIBER) == _CALLER:
                    _wait_for_good()
                if isinstance(getcurrent(), Fiber):
                    abort(error)

        raise_in(thread, Ending)


class _Ending(BaseException):
    """Ends the work of the thread, where the hub has control by the time that it is raised."""

    def __init__(self, instead: HandlerStalledError) -> None:
        super().__init__(instead)
        self.instead = instead


def _wait_for_good() -> None:
    """Never return: what is behind this call must not go on."""
    never = _new_lock()
    while True:
        never.acquire()
