"""Two variants with the same seeds: what is chance, and what is not."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from statistics import stdev

import pytest

from delivery_lab.explore.columns import Columns
from delivery_lab.explore.pairs import Estimate, Pair, pairs
from delivery_lab.explore.sample import Sample
from delivery_lab.results.named_figures import plain_names


def columns(lost: Sequence[float], first: int = 0) -> Columns:
    """Runs of 10 messages each, of which some are lost."""
    found = Columns()
    for seed, count in enumerate(lost, first):
        figures = dict.fromkeys(plain_names(), 0.0) | {"messages.sent": 10.0, "messages.lost": count}
        found.add(Sample(seed, tuple(figures.values()), (), (), ""))
    return found


def lost(found: Sequence[Pair]) -> Pair:
    return next(pair for pair in found if pair.name == "messages.lost")


def test_the_same_runs_differ_in_nothing() -> None:
    values = [random.Random(1).randint(0, 5) for _ in range(100)]

    assert not any(pair.real for pair in pairs(columns(values), columns(values)))


def test_noise_is_no_difference() -> None:
    chance = random.Random(2)
    before, after = ([chance.randint(0, 9) for _ in range(200)] for _ in range(2))

    assert not lost(pairs(columns(before), columns(after))).real


def test_a_shift_that_is_small_against_the_noise_is_found_by_pairs() -> None:
    chance = random.Random(3)
    before = [chance.randint(0, 8) for _ in range(200)]
    after = [value + (chance.random() < 0.2) for value in before]

    found = lost(pairs(columns(before), columns(after)))

    assert found.real
    assert found.before.value < found.after.value
    assert found.per_messages == 10_000


def test_counts_are_rates_of_the_messages_that_were_sent() -> None:
    found = lost(pairs(columns([1] * 50), columns([0] * 50)))

    assert found.before == Estimate(1000, 1000, 1000)
    assert (found.after.value, found.after.low) == (0, 0)
    # The exact binomial upper bound of none in 50 runs, at 95 %: 1 - 0.025 ** (1 / 50).
    assert found.after.high == pytest.approx((1 - 0.025 ** (1 / 50)) * 10_000)
    assert found.real


def test_where_no_run_had_a_case_the_interval_leaves_room_for_runs_that_lose_everything() -> None:
    """One run in twenty loses all of its messages: more than half of all explorations of 12 runs see none."""
    assert lost(pairs(columns([0] * 12), columns([0] * 12))).before.high > 500


def test_six_pairs_tell_a_difference_that_is_in_all_of_them_and_five_do_not() -> None:
    """Figures in which no pair differs are no tests: among dozens of them the difference would be taken for chance."""
    assert lost(pairs(columns([0] * 6), columns([3] * 6))).real
    assert not lost(pairs(columns([0] * 5), columns([3] * 5))).real


def test_the_interval_of_a_rate_holds_the_true_one() -> None:
    chance = random.Random(4)
    values = [sum(chance.random() < 0.3 for _ in range(10)) for _ in range(400)]

    found = lost(pairs(columns(values), columns(values))).before

    assert found.low < 3000 < found.high
    assert found.high - found.low < 400


def test_the_interval_of_few_runs_is_as_wide_as_that_of_students_t() -> None:
    """Of 8 runs, where percentiles of draws alone would give two thirds of it."""
    values = [10.0, 12, 13, 14, 16, 17, 18, 20]

    found = lost(pairs(columns(values), columns(values))).before

    half = 2.365 * stdev(values) / math.sqrt(8) / 10 * 10_000
    assert found.high - found.low == pytest.approx(2 * half, rel=0.1)


@pytest.mark.long
@pytest.mark.parametrize("runs", [8, 30])
def test_intervals_hold_the_true_value_as_often_as_they_say(runs: int) -> None:
    chance = random.Random(5)
    held = 0
    for _ in range(200):
        values = [float(sum(chance.random() < 0.3 for _ in range(10))) for _ in range(runs)]
        found = lost(pairs(columns(values), columns(values))).before
        held += found.low <= 3000 <= found.high

    assert held >= 184  # 190 are 95 %, and less than that is 5 times in 100 chance


def test_other_seeds_are_no_pairs() -> None:
    with pytest.raises(ValueError, match="two variants are compared with the same seeds"):
        pairs(columns([1, 2]), columns([1, 2], first=5))
