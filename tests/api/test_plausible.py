from __future__ import annotations

from delivery_lab import Lab
from delivery_lab.results.figures import Interval
from tests.lab_support import ROOT

FIGURE = "messages.healthyDeadLettered"


def test_a_run_that_leans_on_a_plausible_range_says_between_what_its_figures_lie() -> None:
    found = Lab.open(ROOT, cached=True).run("concurrency-trap")

    assert found.outcome.intervals[FIGURE] == Interval(low=20, high=40, assumption="ESM-THROTTLE-3")
    assert sorted(found.tried) == [("ESM-THROTTLE-3", "0.25"), ("ESM-THROTTLE-3", "0.6")]


def test_a_value_that_was_chosen_has_no_range() -> None:
    found = Lab.open(ROOT, cached=True).run("concurrency-trap", assume=["ESM-THROTTLE-3=0.6"])

    assert (found.outcome.messages.healthy_dead_lettered, found.outcome.intervals) == (40, {})


def test_a_run_that_does_not_lean_on_one_is_run_once() -> None:
    found = Lab.open(ROOT, cached=True).run("concurrency-capped")

    assert (found.outcome.intervals, found.tried) == ({}, {})


def test_the_effect_of_a_fix_is_an_interval_too() -> None:
    examined = Lab.open(ROOT, cached=True).examine("concurrency-trap", quantify=True)
    [position] = [index for index, finding in enumerate(examined.findings) if finding.check == "CHK-CONC-1"]
    effect = examined.effects[position]

    assert effect.text.startswith("healthy dead-lettered 30 (20 to 40) -> 0 of 130 messages")
    assert effect.before_intervals["healthy dead-lettered"] == (20, 40)
    assert effect.after_intervals == {}
    assert list(examined.as_json())[position]["effect"]["beforeIntervals"]["healthy dead-lettered"] == [20, 40]
