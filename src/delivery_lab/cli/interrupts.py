"""Ctrl-C that Python could not deliver, and other signals that end the command as Ctrl-C does.

Python raises KeyboardInterrupt wherever the main thread happens to be. In a callback of the garbage collector nobody
can catch it: Python reports it to `sys.unraisablehook` and goes on. It is remembered here, so that the command ends
at the next step instead of going on as if nothing had been pressed.

What build servers, `timeout` and terminals that are closed send (SIGTERM, SIGHUP) would end the process at once, with
everything left behind. So it is taken for Ctrl-C, and the exit code says which signal it was.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType

from delivery_lab.errors import text_of

INTERRUPTED = 130
"""Exit code where the user ended it."""
_OF_SIGNALS = 128
"""Shells add this to the number of the signal that ended a process."""

_missed: list[bool] = []
_ended_by: list[signal.Signals] = []


def end_in_order() -> None:
    """Have SIGTERM and SIGHUP end this process as Ctrl-C does, unless whoever started it has them ignored."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, _end)


def _end(number: int, frame: FrameType | None) -> None:
    _ended_by.append(signal.Signals(number))
    as_ctrl_c = signal.getsignal(signal.SIGINT)
    if callable(as_ctrl_c):
        as_ctrl_c(signal.SIGINT, frame)
    else:  # it is ignored, as for a command in the background
        raise KeyboardInterrupt


def ended() -> tuple[int, str]:
    """Exit code of a command that was interrupted, and what is said."""
    if _ended_by:
        return _OF_SIGNALS + _ended_by[0], f"ended by {_ended_by[0].name}; nothing was left behind"
    return INTERRUPTED, "interrupted; nothing was left behind"


@contextmanager
def noticed() -> Iterator[None]:
    """Remember interrupts that were ignored, for the time of a command."""
    before = sys.unraisablehook

    def hook(unraisable: sys.UnraisableHookArgs, /) -> None:
        if issubclass(unraisable.exc_type, KeyboardInterrupt):
            _missed.append(True)
        else:
            before(unraisable)

    sys.unraisablehook = hook
    try:
        yield
    finally:
        sys.unraisablehook = before
        _missed.clear()


def failures_in_a_line() -> None:
    """Say in one line what fails while the process ends, from here on: functions of `atexit` and `weakref.finalize`."""
    sys.excepthook = lambda _, error, trace: _say(error, trace)
    sys.unraisablehook = lambda unraisable: _say(unraisable.exc_value, unraisable.exc_traceback)


def _say(error: BaseException | None, trace: TracebackType | None) -> None:
    place = ""
    while trace is not None:
        place, trace = f" ({trace.tb_frame.f_code.co_filename}:{trace.tb_lineno})", trace.tb_next
    print(f"note: at the end of the process: {type(error).__name__}: {text_of(error)}{place}", file=sys.stderr)


def raise_missed() -> None:
    """Raise what was ignored.

    Raises:
        KeyboardInterrupt: the user wants to stop.
    """
    if _missed:
        _missed.clear()
        raise KeyboardInterrupt
