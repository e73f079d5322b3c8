"""Ctrl-C that Python could not deliver.

Python raises KeyboardInterrupt wherever the main thread happens to be. In a callback of the garbage collector nobody
can catch it: Python reports it to `sys.unraisablehook` and goes on. It is remembered here, so that the command ends
at the next step instead of going on as if nothing had been pressed.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

_missed: list[bool] = []


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


def raise_missed() -> None:
    """Raise what was ignored.

    Raises:
        KeyboardInterrupt: the user wants to stop.
    """
    if _missed:
        _missed.clear()
        raise KeyboardInterrupt
