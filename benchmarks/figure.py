"""A measured figure, and how figures are taken."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """One row of the table.

    Attributes:
        what: what was measured.
        value: the figure with its unit.
        limit: what the design asks for, "" where it asks for nothing.
        reached: whether the limit is met; None without a limit.
        more_is_better: whether a larger value is the better one.
    """

    what: str
    value: str
    limit: str = ""
    reached: bool | None = None
    more_is_better: bool = False


def best_seconds(work: Callable[[], object], repeat: int = 3, clock: Callable[[], float] = time.process_time) -> float:
    """The shortest of some runs, in seconds: the one that other processes disturbed least.

    Args:
        work: what is measured.
        repeat: how often.
        clock: processor time of this process, unless the work is done by others.
    """
    times = []
    for _ in range(repeat):
        gc.collect()
        start = clock()
        work()
        times.append(clock() - start)
    return min(times)
