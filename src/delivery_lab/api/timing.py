"""How long parts of the work take on a real clock."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from delivery_lab.doing import doing

HANDLERS = "handlers"
"""The phase that is a part of others: deployment and simulation."""


@dataclass(frozen=True, slots=True)
class Phase:
    """A part of the work, such as `program` or `simulation`, and how long it took on a real clock."""

    name: str
    seconds: float


@contextmanager
def timed(name: str, phases: list[Phase]) -> Iterator[Callable[[str], None]]:
    """Note how long a part of the work takes; what is yielded notes that a first part of it, by that name, is over."""
    begun = time.perf_counter()

    def lap(ended: str) -> None:
        nonlocal begun
        now = time.perf_counter()
        phases.append(Phase(ended, now - begun))
        begun = now

    with doing(name):
        yield lap
    lap(name)


@contextmanager
def timed_handlers(phases: list[Phase]) -> Iterator[None]:
    """Note how long handlers had control in the runs of the block: a part of another phase, noted before it."""
    from delivery_lab.handlers.spent import measured_handlers

    with measured_handlers() as spent:
        yield
    phases.append(Phase(HANDLERS, spent.seconds))
