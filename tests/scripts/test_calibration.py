"""docs/calibration.md is what the runs say, and what it says of them holds."""

from __future__ import annotations

from dataclasses import replace

import pytest

from delivery_lab.rules.alternatives import ALTERNATIVES
from delivery_lab.rules.assumptions import DEFAULTS
from scripts import write_calibration
from scripts.calibration import Compared, Measured, compared, observations
from scripts.calibration_pollers import PollersCase, run_pollers
from scripts.calibration_slots import SlotsCase, run_slots
from scripts.calibration_world import run_record


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


@pytest.mark.parametrize("maximum", [3, 7])
def test_pollers_by_themselves_keep_to_the_maximum_concurrency(maximum: int) -> None:
    case = PollersCase(takes_seconds=0.1, messages_per_second=400, grow_seconds=5, maximum_concurrency=maximum)

    assert run_pollers(case, DEFAULTS).at_once == maximum


def test_esm_scale_3_growth_with_short_work_is_named_as_outside(found: dict[str, Compared]) -> None:
    short = ("growth-100ms", "growth-100ms-again", "growth-200ms", "growth-200ms-again")

    assert [found[name].inside for name in short] == [False] * 4
    assert all(found[name].observation.note for name in short)


@pytest.mark.parametrize(("message_seconds", "starts_again"), [(0.5, False), (4.0, True)])
def test_executions_start_again_where_batches_time_out(message_seconds: float, starts_again: bool) -> None:
    case = SlotsCase(
        uploads=100,
        upload_seconds=1,
        batch_size=10,
        window_seconds=1,
        visibility_seconds=30,
        max_receive_count=1_000,
        timeout_seconds=30,
        slots=5,
        message_seconds=message_seconds,
        execution_seconds=10,
        run_seconds=600,
    )
    run = run_slots(case, DEFAULTS)

    assert (run.executions_per_upload > 1.2) is starts_again
    assert (run.timed_out_share > 0) is starts_again


def test_str_age_3_a_record_is_tried_more_often_the_older_it_may_be() -> None:
    assert run_record(60, DEFAULTS, 1) < run_record(600, DEFAULTS, 1)
