"""Two variants with the same seeds: which differences are real, and which are chance.

A seed decides everything that is left to chance, in both variants alike. So runs are compared pair by pair, and what
differs between the two runs of a pair comes from the change. A sign-flip test over the pairs says how often chance
would make such a difference. Many figures are tested at once, so false discoveries are controlled for (Benjamini and
Hochberg).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from delivery_lab.explore.columns import Columns
from delivery_lab.explore.spread import CONFIDENCE, statistics_library
from delivery_lab.results.named_figures import plain_names

PER_MESSAGES = 10_000
RESAMPLES = 2_000
"""So many samples are drawn from the runs for an interval, and so many signs are flipped for a test."""
FEWEST_PAIRS = 6
"""With fewer, even a difference in all of them is made by chance in more than 5 of 100 cases."""
FALSE_DISCOVERIES = 0.05
"""The share of the differences called real that chance may have made."""
_COUNTED = ("messages.", "deliveries.", "effects.", "invocations.", "ordering.")
_NO_COUNTS = frozenset({"messages.sent", "deliveries.maxPerMessage"})


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value, and the interval in which it lies."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Pair:
    """One figure of two variants over the same seeds.

    Attributes:
        name: JSON name of the figure.
        per_messages: the number of messages sent to which the values refer; 0 where they are means over the runs.
        before: in the first variant.
        after: in the second one.
        p: how often chance alone would make a difference as large.
        real: whether the difference is taken for real.
    """

    name: str
    per_messages: int
    before: Estimate
    after: Estimate
    p: float
    real: bool


def pairs(before: Columns, after: Columns) -> tuple[Pair, ...]:
    """Compare two variants that were run with the same seeds.

    Raises:
        ValueError: the seeds are not the same.
        UsageError: scipy is not installed.
    """
    if list(before.seeds) != list(after.seeds):
        raise ValueError("two variants are compared with the same seeds")
    found = list(_pairs(before, after))
    adjusted = iter(_adjusted([p for *_, p in found if p is not None]))
    return tuple(
        Pair(name, per, first, second, one, one <= FALSE_DISCOVERIES)
        for name, per, first, second, p in found
        for one in [1.0 if p is None else next(adjusted)]
    )


def _adjusted(chances: Sequence[float]) -> list[float]:
    """Chances of many tests, so that of those taken for real a given share may be false (Benjamini and Hochberg)."""
    return [float(p) for p in statistics_library().false_discovery_control(chances)] if chances else []


def _pairs(before: Columns, after: Columns) -> Iterator[tuple[str, int, Estimate, Estimate, float | None]]:
    for name in plain_names():
        kept = [
            (one, other, sent, sent_after)
            for one, other, sent, sent_after in zip(
                before.column(name),
                after.column(name),
                before.column("messages.sent"),
                after.column("messages.sent"),
                strict=True,
            )
            if not (math.isnan(one) or math.isnan(other))
        ]
        if not kept:
            continue
        first, second, sent, sent_after = (list(column) for column in zip(*kept, strict=True))
        counted = name.startswith(_COUNTED) and name not in _NO_COUNTS and min(sum(sent), sum(sent_after)) > 0
        estimates = (_rate(first, sent), _rate(second, sent_after)) if counted else (_mean(first), _mean(second))
        yield name, PER_MESSAGES if counted else 0, *estimates, _p(first, second)


def _mean(values: Sequence[float]) -> Estimate:
    return _bootstrapped(values, [1.0] * len(values), 1.0)


def _rate(counts: Sequence[float], sent: Sequence[float]) -> Estimate:
    if not any(counts):
        # No run had one, so there is nothing to draw samples from: the share of runs that an exact binomial interval
        # leaves room for, with all messages of such a run. Messages of a run are not independent of each other.
        high = statistics_library().binomtest(0, len(counts)).proportion_ci(CONFIDENCE, method="exact").high
        return Estimate(0.0, 0.0, float(high) * PER_MESSAGES)
    return _bootstrapped(counts, sent, PER_MESSAGES)


def _bootstrapped(values: Sequence[float], weights: Sequence[float], scale: float) -> Estimate:
    """The ratio of two sums over the runs, with the percentiles of what other draws of as many runs would give."""
    import numpy as np

    over, under = np.asarray(values, dtype=float), np.asarray(weights, dtype=float)
    value = float(over.sum() / under.sum()) * scale
    if len(over) < 2 or not (over.std() or under.std()):
        return Estimate(value, value, value)

    def ratio(numerator: Any, denominator: Any, axis: int = -1) -> Any:
        return numerator.sum(axis=axis) / denominator.sum(axis=axis) * scale

    interval = (
        statistics_library()
        .bootstrap(
            (over, under),
            ratio,
            paired=True,
            vectorized=True,
            n_resamples=RESAMPLES,
            batch=100,
            confidence_level=_expanded(len(over)),
            method="percentile",
            rng=np.random.default_rng(0),
        )
        .confidence_interval
    )
    return Estimate(value, float(interval.low), float(interval.high))


def _expanded(runs: int) -> float:
    """Which share of the draws an interval has to hold so that it holds the true value as often as `CONFIDENCE` says.

    Draws from few runs are spread less than the runs of which they are draws, and how much those are spread is not
    known: the percentiles are those of a t interval (Hesterberg 2015, What Teachers Should Know About the Bootstrap).
    """
    stats = statistics_library()
    widest = math.sqrt(runs / (runs - 1)) * stats.t.ppf((1 + CONFIDENCE) / 2, runs - 1)
    return float(1 - 2 * stats.norm.cdf(-widest))


def _p(before: Sequence[float], after: Sequence[float]) -> float | None:
    """How often flipping which run of a pair came first gives a difference as large as the one seen.

    None where no pair differs: nothing can come of such a test, so it is none of those that chance has a try at.
    """
    import numpy as np

    differences = np.asarray(after, dtype=float) - np.asarray(before, dtype=float)
    if not differences.any():
        return None

    def mean(sample: Any, axis: int = -1) -> Any:
        return sample.mean(axis=axis)

    found = statistics_library().permutation_test(
        (differences,),
        mean,
        permutation_type="samples",
        vectorized=True,
        n_resamples=RESAMPLES,
        batch=100,
        rng=np.random.default_rng(0),
    )
    return float(found.pvalue)
