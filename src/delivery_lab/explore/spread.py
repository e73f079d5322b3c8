"""How a figure is spread over many runs, and how often something happens.

A percentile is a value that a run really had (the nearest rank), so whole numbers stay whole. The interval of a share
is Wilson's score interval (scipy): where the true share lies, given that it was seen k times in n runs.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from delivery_lab.errors import UsageError

CONFIDENCE = 0.95
"""How sure an interval of a share is to hold the true one."""
FEWER_IS_WORSE = frozenset({"messages.processed"})
"""Figures of which nobody wants little; of all others a large value is the worst."""


@dataclass(frozen=True, slots=True)
class Spread:
    """A figure over many runs.

    Attributes:
        median: half of the runs have at most so much.
        p5: 5 % of the runs have at most so much.
        p95: 95 % of the runs have at most so much.
        worst: the largest value, or the smallest where little is bad.
        worst_seed: the first seed with it.
        unknown: runs in which it is not known.
        varies: whether not all runs have the same value, which percentiles alone do not say.
    """

    median: float
    p5: float
    p95: float
    worst: float
    worst_seed: int
    unknown: int = 0
    varies: bool = True


def spread_of(name: str, values: Sequence[float], seeds: Sequence[int]) -> Spread | None:
    """How a figure is spread; None where no run knows it.

    Args:
        name: JSON name of the figure.
        values: its values, NaN where it is not known.
        seeds: the seeds of the runs, in the same order.
    """
    known = [(value, seed) for value, seed in zip(values, seeds, strict=True) if not math.isnan(value)]
    if not known:
        return None
    ordered = sorted(value for value, _ in known)
    worst = ordered[0] if name in FEWER_IS_WORSE else ordered[-1]
    return Spread(
        median=_whole(_percentile(ordered, 50)),
        p5=_whole(_percentile(ordered, 5)),
        p95=_whole(_percentile(ordered, 95)),
        worst=_whole(worst),
        worst_seed=next(seed for value, seed in known if value == worst),
        unknown=len(values) - len(known),
        varies=ordered[0] != ordered[-1] or len(known) < len(values),
    )


def _percentile(ordered: Sequence[float], percent: int) -> float:
    """The value at the nearest rank: the smallest that so many percent of the values do not exceed."""
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]


def _whole(value: float) -> float:
    return int(value) if value.is_integer() else value


@dataclass(frozen=True, slots=True)
class Share:
    """How often something happens.

    Attributes:
        count: in how many runs.
        runs: of how many.
        low: lower end of the interval of the share.
        high: upper end.
    """

    count: int
    runs: int
    low: float
    high: float

    @property
    def share(self) -> float:
        """The share that was seen; 0 where nothing was run."""
        return self.count / self.runs if self.runs else 0.0


def statistics_library() -> Any:
    """`scipy.stats`, which takes a while to import: only what needs it pays for it.

    Raises:
        UsageError: scipy is not installed.
    """
    try:
        from scipy import stats
    except ImportError as error:
        raise UsageError("intervals need the extra `explore`: pip install 'delivery-lab[explore]'") from error
    return stats


def share_of(count: int, runs: int) -> Share:
    """How often something happens that was seen in `count` of `runs` runs.

    Raises:
        UsageError: scipy is not installed.
    """
    stats = statistics_library()
    if not runs:
        return Share(0, 0, 0.0, 1.0)
    interval = stats.binomtest(count, runs).proportion_ci(CONFIDENCE, method="wilson")
    return Share(count, runs, float(interval.low), float(interval.high))
