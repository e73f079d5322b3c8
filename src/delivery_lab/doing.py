"""What this process is doing right now, for whoever tells people that wait: the phase of the work, and virtual time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from delivery_lab.turns import TURN

_phases: list[str] = []
_clocks: list[Callable[[], float]] = []


def phase() -> str:
    """The part of the work that is under way, such as `program` or `simulation`; "" for none."""
    return _phases[-1] if _phases else ""


def virtual_seconds() -> float | None:
    """Virtual time of the run that is under way, None without one."""
    return _clocks[-1]() if _clocks else None


@contextmanager
def doing(name: str) -> Iterator[None]:
    """A part of the work is under way."""
    _phases.append(name)
    try:
        yield
    finally:
        _phases.remove(name)


@contextmanager
def simulating(clock: Callable[[], float]) -> Iterator[None]:
    """A run is under way; one in another thread is waited for.

    Args:
        clock: tells its virtual time in seconds.
    """
    with TURN:
        _clocks.append(clock)
        try:
            yield
        finally:
            _clocks.remove(clock)
