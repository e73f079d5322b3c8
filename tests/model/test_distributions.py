"""Lengths of time that are drawn."""

from __future__ import annotations

import random

import pytest

from delivery_lab.model.distributions import Constant, Distribution, Lognormal, Percentiles, Uniform


def drawn(distribution: Distribution, number: int = 20_000) -> list[float]:
    chance = random.Random(1)
    return sorted(distribution.draw_seconds(chance) for _ in range(number))


def test_a_constant_draws_nothing() -> None:
    chance = random.Random(1)
    before = chance.getstate()

    assert Constant(0.4).draw_seconds(chance) == 0.4
    assert chance.getstate() == before


def test_a_lognormal_has_the_median_and_the_percentile_that_it_is_given() -> None:
    found = drawn(Lognormal(0.4, 3))

    assert found[10_000] == pytest.approx(0.4, rel=0.05)
    assert found[19_800] == pytest.approx(3, rel=0.1)


def test_a_uniform_stays_between_its_bounds_and_reaches_them() -> None:
    found = drawn(Uniform(1, 3))

    assert 1 <= found[0] < 1.01
    assert 2.99 < found[-1] <= 3
    assert found[10_000] == pytest.approx(2, rel=0.02)


def test_percentiles_are_met_and_what_is_beyond_them_takes_as_long_as_they() -> None:
    found = drawn(Percentiles(((50, 0.2), (90, 1), (99, 3))))

    assert (found[0], found[-1]) == (0.2, 3)
    assert found[9_000] == 0.2
    assert found[18_000] == pytest.approx(1, rel=0.05)
    assert found[19_790] == pytest.approx(3, rel=0.05)
