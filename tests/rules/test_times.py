"""Times that are drawn for simulations beside an observation."""

from __future__ import annotations

import pytest

from delivery_lab.rule_ids import RuleId
from delivery_lab.rules.alternatives import ALTERNATIVES, read_assumptions
from delivery_lab.rules.assumptions import DEFAULTS
from delivery_lab.rules.times import RANGES, drawn_times


@pytest.mark.parametrize("rule", RANGES)
def test_what_the_model_takes_lies_in_the_range_of_each_rule(rule: RuleId) -> None:
    low, high = RANGES[rule]
    assert low <= float(ALTERNATIVES[rule].of(DEFAULTS)) <= high


def test_a_time_is_drawn_for_each_rule() -> None:
    assert drawn_times(dict.fromkeys(RANGES, 0.0)) == (
        "LAM-INIT-1=0.100000",
        "LAM-DURATION-1=0.000000",
        "ESM-POLL-1=0.000000",
    )
    drawn = read_assumptions(drawn_times(dict.fromkeys(RANGES, 1.0)))
    assert (drawn.cold_start_seconds, drawn.invoke_seconds, drawn.poll_seconds) == (1.0, 0.1, 0.3)


def test_a_place_that_was_late_is_predicted_with_later_times() -> None:
    drawn = read_assumptions(drawn_times(dict.fromkeys(RANGES, 1.0), 0.5))
    assert (drawn.cold_start_seconds, drawn.invoke_seconds, drawn.poll_seconds) == (1.5, 0.6, 0.8)
    longest = read_assumptions(drawn_times(dict.fromkeys(RANGES, 1.0), 1000.0))
    assert (longest.cold_start_seconds, longest.invoke_seconds, longest.poll_seconds) == (10.0, 10.0, 10.0)
