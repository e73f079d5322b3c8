"""docs/calibration.md is what the runs say, and what it says of them holds."""

from __future__ import annotations

from dataclasses import replace

import pytest

from delivery_lab.rules.alternatives import ALTERNATIVES
from delivery_lab.rules.assumptions import DEFAULTS
from scripts import write_calibration
from scripts.calibration import Compared, Measured, compared, observations
from scripts.calibration_pollers import PollersCase, run_pollers


@pytest.fixture(scope="module")
def found() -> dict[str, Compared]:
    return {name: compared(name, observation) for name, observation in observations()}


def test_the_page_holds_what_is_predicted_now(found: dict[str, Compared]) -> None:
    assert write_calibration.PAGE.read_text(encoding="utf-8") == write_calibration.page(list(found.values()))


def test_what_the_throttling_of_mappings_was_fitted_to_and_what_it_was_not(found: dict[str, Compared]) -> None:
    trap, azul = found["throttle-trap"], found["throttle-azul-a-minute"]
    assert (20 <= trap.predicted <= 45, trap.low >= 10, trap.high <= 60) == (True, True, True)
    assert (azul.low >= 40, azul.high <= 160) == (True, True)
    assert found["throttle-azul-most"].high <= 639

    others = ("throttle-spacecat", "throttle-reserved-1", "throttle-azul-prod")
    assert [(found[name].inside, found[name].observation.fitted) for name in others] == [(True, False)] * 3


def test_what_errors_were_fitted_to_is_inside(found: dict[str, Compared]) -> None:
    assert [found[f"errors-{share}-throughput"].inside for share in ("01", "05", "10")] == [True] * 3


def test_every_observation_has_a_source_and_names_rules_that_can_be_assumed_otherwise() -> None:
    listed = list(observations())

    assert len(listed) >= 12
    assert all(observation.sources for _, observation in listed)
    assert {rule for _, observation in listed for rule in observation.rules} <= set(ALTERNATIVES)


def test_a_prediction_is_inside_where_it_has_values_in_common_with_what_was_seen(found: dict[str, Compared]) -> None:
    one = replace(found["throttle-trap"], predicted=30.0, low=20.0, high=40.0)
    assert (one.inside, one.ratio, one.error) == (True, 1.0, 0.0)

    seen = one.observation.model_copy(update={"observed": Measured(low=41, high=59, text="some 50")})
    outside = replace(one, observation=seen)
    assert (outside.inside, outside.ratio, outside.error) == (False, 0.6, 0.4)


def test_pollers_by_themselves_keep_up_without_errors() -> None:
    run = run_pollers(PollersCase(takes_seconds=0.05, messages_per_second=400), DEFAULTS)

    assert run.throughput == pytest.approx(1, abs=0.01)
    assert run.concurrency == pytest.approx(1, abs=0.05)
