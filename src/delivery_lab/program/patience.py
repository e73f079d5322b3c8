"""How long a program may take: it is ended wherever it is, and the line where it was is told.

On the main thread an alarm of the system interrupts whatever Python waits for, `time.sleep` too. On another thread
Python itself raises, as soon as the thread runs Python again. Code that catches everything is interrupted again every
half second. A process that `os.system` waits for is not interrupted: Python is told when it has ended.
"""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from delivery_lab.thread_exceptions import raise_in, take_back

PROGRAM_TIMEOUT_SECONDS = 300.0
"""How long a program may take on a real clock, where nothing else is said: it may install what its bundles need."""
AGAIN_SECONDS = 0.5


class OutOfTimeError(BaseException):
    """Ends a program that takes too long: no `except Exception` of its own keeps it."""


@contextmanager
def limited(
    seconds: float,
    on_late: Callable[[FrameType | None], None] = lambda _: None,
    wake: Callable[[], None] = lambda: None,
) -> Iterator[None]:
    """End what runs in this block after a while.

    Args:
        seconds: how long it may take on a real clock.
        on_late: is told once where it was.
        wake: lets an event loop that waits in this block run Python again; called from another thread.

    Raises:
        OutOfTimeError: it takes longer.
    """
    on_main_thread = threading.current_thread() is threading.main_thread()
    with _by_alarm(seconds, on_late) if on_main_thread else _by_thread(seconds, on_late, wake):
        yield


@contextmanager
def _by_alarm(seconds: float, on_late: Callable[[FrameType | None], None]) -> Iterator[None]:
    told = False

    def ring(_number: int, frame: FrameType | None) -> None:
        nonlocal told
        if not told:
            told = True
            on_late(frame)
        raise OutOfTimeError

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds, AGAIN_SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@contextmanager
def _by_thread(seconds: float, on_late: Callable[[FrameType | None], None], wake: Callable[[], None]) -> Iterator[None]:
    watched, over, raised = threading.get_ident(), threading.Event(), threading.Event()

    def watch() -> None:
        if over.wait(seconds):
            return
        on_late(sys._current_frames().get(watched))
        while not over.is_set():
            raised.set()
            raise_in(watched, OutOfTimeError)
            wake()
            over.wait(AGAIN_SECONDS)

    watcher = threading.Thread(target=watch, name="program timeout", daemon=True)
    watcher.start()
    try:
        yield
    finally:
        _certainly(over.set)
        _certainly(watcher.join)
        if raised.is_set():
            take_back()


def _certainly(step: Callable[[], None]) -> None:
    """Do what may be interrupted by what ends a program, and may be done twice."""
    while True:
        try:
            return step()
        except OutOfTimeError:
            continue
