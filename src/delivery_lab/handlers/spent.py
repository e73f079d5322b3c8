"""How much real time the code of functions takes in a run, for whoever asks where the time went.

What counts is the time between a handler's getting control and its giving it up: its own code, and what it does in
boto3 until a call leaves it. What AWS makes of the call is the model's.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

# Handlers get another one while a run lasts (see `virtual_time`).
_seconds: Callable[[], float] = time.perf_counter


class Spent:
    """Adds up the time of handlers.

    Attributes:
        seconds: real time so far.
    """

    def __init__(self) -> None:
        self.seconds = 0.0
        self._begun: float | None = None

    def begins(self) -> None:
        """A handler gets control."""
        self._begun = _seconds()

    def ends(self) -> None:
        """It has given control up; without a beginning nothing is added."""
        if self._begun is not None:
            self.seconds += _seconds() - self._begun
        self._begun = None


_asked: list[Spent] = []


def measuring() -> Spent | None:
    """Who adds up the time of the runs that begin now; None where nobody has asked."""
    return _asked[-1] if _asked else None


@contextmanager
def measured_handlers() -> Iterator[Spent]:
    """Add up the time of handlers in all runs of the block."""
    spent = Spent()
    _asked.append(spent)
    try:
        yield spent
    finally:
        _asked.remove(spent)
