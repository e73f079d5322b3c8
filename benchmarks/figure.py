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


def best_seconds(work: Callable[[], object], repeat: int = 3) -> float:
    """The shortest of some runs, in seconds: the one that other processes disturbed least."""
    times = []
    for _ in range(repeat):
        gc.collect()
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)
