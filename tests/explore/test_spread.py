"""How figures are spread over runs, and how often something happens."""

from __future__ import annotations

import math
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from delivery_lab.explore.spread import Share, Spread, share_of, spread_of

NAN = math.nan


def test_percentiles_are_values_that_runs_had() -> None:
    values = [float(value) for value in range(1, 101)]

    assert spread_of("messages.lost", values, range(500, 600)) == Spread(50, 5, 95, 100, 599)


def test_the_worst_of_what_is_processed_is_the_smallest() -> None:
    assert spread_of("messages.processed", [3.0, 1.0, 2.0, 1.0], [10, 11, 12, 13]) == Spread(1, 1, 3, 1, 11)


def test_the_first_seed_with_the_worst_value_is_named() -> None:
    found = spread_of("messages.lost", [0.0, 7.0, 7.0], [1, 2, 3])

    assert found is not None
    assert (found.worst, found.worst_seed, found.varies) == (7, 2, True)


def test_a_rare_value_that_is_not_the_worst_varies_too() -> None:
    """Percentiles and the worst of 100 runs say nothing of a single better one."""
    found = spread_of("messages.deadLettered", [3.0] * 99 + [2.0], range(100))

    assert found == Spread(3, 3, 3, 3, 0, varies=True)
    assert spread_of("messages.deadLettered", [3.0] * 100, range(100)) == Spread(3, 3, 3, 3, 0, varies=False)


def test_runs_that_do_not_know_a_figure_are_left_out_and_counted() -> None:
    assert spread_of("effects.total", [NAN, 2.0, NAN], [1, 2, 3]) == Spread(2, 2, 2, 2, 2, unknown=2)
    assert spread_of("effects.total", [NAN], [1]) is None


@given(st.lists(st.integers(0, 50).map(float), min_size=1, max_size=60))
def test_a_spread_is_in_order_and_near_the_median_of_the_standard_library(values: list[float]) -> None:
    found = spread_of("messages.lost", values, range(len(values)))

    assert found is not None
    assert min(values) <= found.p5 <= found.median <= found.p95 <= found.worst == max(values)
    assert found.median == statistics.median_low(values)


@pytest.mark.parametrize(
    ("count", "runs", "low", "high"),
    [(0, 1000, 0.0, 0.003827), (1000, 1000, 0.996173, 1.0), (50, 100, 0.403832, 0.596168), (0, 0, 0.0, 1.0)],
)
def test_the_interval_of_a_share_is_that_of_wilson(count: int, runs: int, low: float, high: float) -> None:
    found = share_of(count, runs)

    assert (found.count, found.runs) == (count, runs)
    assert found.low == pytest.approx(low, abs=1e-6)
    assert found.high == pytest.approx(high, abs=1e-6)


def test_of_no_runs_no_share_was_seen() -> None:
    assert Share(0, 0, 0.0, 1.0).share == 0.0
