"""What the visibility variants do to their messages."""

from __future__ import annotations

import pytest

from delivery_lab.errors import SettingsError
from delivery_lab.events import ContractLine, Run
from delivery_lab.events.instants import in_seconds
from delivery_lab.results.outcome import outcome_of
from delivery_lab.results.timeline import timeline
from tests.lab_support import graph, known, outcome, outcomes, run

SEEDS = range(1, 5)


def _logged(result: Run, event: str) -> list[float]:
    return [
        in_seconds(entry.instant_us)
        for entry in result.events
        if isinstance(entry, ContractLine) and entry.event == event
    ]


@pytest.mark.parametrize("seed", SEEDS)
def test_short_starts_the_work_again_after_five_seconds(seed: int) -> None:
    result = run("visibility-short", seed=seed)
    counted = outcome_of(result)

    first, second = _logged(result, "started")
    assert second - first == pytest.approx(5, abs=0.3)
    assert counted.deliveries.overlapping >= 1
    assert counted.effects.duplicated == 1
    assert _logged(result, "duplicate")


def test_short_lets_the_third_delivery_find_the_record() -> None:
    result = run("visibility-short")

    assert len(outcome_of(result).per_message[0].delivered_at) == 3
    before_work = _logged(result, "duplicate")
    assert before_work[0] == pytest.approx(10.3, abs=0.1)


def test_the_timeline_of_short_tells_who_skipped_and_who_worked_twice() -> None:
    told = [line.text for line in timeline(run("visibility-short"))]

    assert "visibility-worker #3 skips msg-1: done before" in told
    assert "visibility-worker #2 learns that msg-1 was done by another delivery, too" in told
    assert "visibility-worker #2 gets msg-1, while visibility-worker #1 still works on it" in told


@pytest.mark.parametrize("name", [None, "visibility-long-job"])
@pytest.mark.parametrize("seed", SEEDS)
def test_a_heartbeat_keeps_the_message_for_as_long_as_the_work_takes(name: str | None, seed: int) -> None:
    result = outcome("visibility-heartbeat", name=name, seed=seed)

    assert result.deliveries.total == 1
    assert result.effects.total == 1
    assert result.messages.processed == 1


def test_a_failing_heartbeat_is_no_heartbeat_and_says_so() -> None:
    result = run("visibility-heartbeat-fails")
    counted = outcome_of(result)

    assert _logged(result, "heartbeat_failed")
    assert not _logged(result, "heartbeat")
    assert counted.effects.duplicated == 1
    assert counted.deliveries.overlapping >= 1


def test_unconditional_writes_over_the_record_and_duplicates_effects() -> None:
    result = run("visibility-unconditional")

    assert known(outcome_of(result).effects.duplicated) >= 1
    assert not [event for event in result.events if event.rule == "DDB-COND-1"]


def test_safe_needs_no_heartbeat() -> None:
    result = run("visibility-safe")

    assert outcome_of(result).deliveries.total == 1
    assert not _logged(result, "heartbeat")


# 200 seeds in all, in portions that several test processes can share.
_MANY = [pytest.param(range(first, first + 20), marks=pytest.mark.long) for first in range(0, 200, 20)]


@pytest.mark.parametrize("seeds", [range(4), *_MANY], ids=str)
def test_powertools_never_does_work_twice_and_says_what_that_costs(seeds: range) -> None:
    found = list(outcomes("visibility-powertools", name="visibility-varied", seeds=seeds))

    assert {result.effects.duplicated for result in found} == {0}
    assert {result.messages.lost for result in found} == {0}
    assert min(result.deliveries.duplicates for result in found) > 0


def test_powertools_spends_receives_on_claims_so_that_work_that_was_done_is_dead_lettered() -> None:
    few = outcome("visibility-powertools", "visibility.queue.maxReceiveCount=2", name="visibility-varied")

    assert few.messages.processed_dead_lettered == few.messages.dead_lettered > 0
    assert (few.effects.total, few.effects.duplicated) == (50, 0)


def test_the_claim_of_a_killed_invoke_may_cost_all_receives() -> None:
    short = outcome("visibility-powertools", body=("sleep=31",))
    safe = outcome("visibility-safe", "visibility.worker.idempotency.mode=powertools", body=("sleep=31",))

    assert (short.deliveries.total, short.invocations.timed_out, short.messages.dead_lettered) == (5, 1, 1)
    assert (safe.deliveries.total, safe.invocations.timed_out, safe.messages.dead_lettered) == (5, 5, 1)


def test_the_check_then_put_race_lets_both_deliveries_pass_the_check() -> None:
    # Between the look-up and the write of the record lies the work: every delivery that looks in between finds
    # nothing. Some seed has to show it, and a single conditional claim never does.
    varied = "visibility-varied"
    raced = (known(outcome("visibility-short", name=varied, seed=seed).effects.duplicated) for seed in SEEDS)
    claimed = outcomes("visibility-short", "visibility.worker.idempotency.mode=conditional", name=varied, seeds=SEEDS)

    assert any(duplicated > 0 for duplicated in raced)
    assert [result.effects.duplicated for result in claimed] == [0] * len(SEEDS)


def test_a_sleep_beyond_the_timeout_is_shown_not_crashed() -> None:
    result = outcome("visibility-safe", body=("sleep=100",))

    assert result.invocations.timed_out == 5
    assert result.messages.dead_lettered == 1
    assert result.effects.total == 0


def test_a_visibility_timeout_below_the_function_timeout_is_refused_by_accident() -> None:
    with pytest.raises(SettingsError, match="Queue visibility timeout: 5 seconds is less than Function timeout: 30"):
        outcome("visibility-short", "visibility.allowShortVisibility=false")


def test_the_short_timeout_is_reached_after_the_mapping_was_created() -> None:
    order = [resource.name for resource in graph("visibility-short").resources.values()]

    assert order.index("visibility-mapping") < order.index("visibility-queue-lowered")
