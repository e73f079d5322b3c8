"""Attempts that are told again in a row make the run that they make one by one."""

from __future__ import annotations

from typing import Any

import pytest

from delivery_lab.events import AttemptsRepeated, InvokeStarted
from delivery_lab.model.clock import seconds
from delivery_lab.model.faults import FaultKind, InjectedFault
from delivery_lab.model.mapping.partition_again import AttemptsAgain
from delivery_lab.model.mapping.partition_work import RUN_ONE_IN
from delivery_lab.model.occasions import Occasion
from delivery_lab.rules.assumptions import DEFAULTS, Assumptions
from tests.model.partition_world import POISON, PartitionWorld, raising

HOURS = 3 * 3_600
LATE = Assumptions(invoke_seconds=2.0)


def blocked(assumptions: Assumptions = DEFAULTS, **settings: Any) -> PartitionWorld:
    """A shard that records block, with others behind them; something is sent now and then."""
    world = PartitionWorld(raising(), assumptions=assumptions)
    world.function()
    stream = world.kinesis()
    world.stream_mapping(stream, **settings)
    world.start()
    for key in ("a", "b"):
        stream.put(POISON.encode(), key)
    for hour in range(3):
        world.at(hour * 3_600 + 0.5, stream.put, b"later", "a")
    return world


def attempts(world: PartitionWorld) -> list[int]:
    """How many attempts are in each entry of the journal that has some."""
    return [len(each.attempts) for each in world.journal.entries if isinstance(each, AttemptsRepeated)]


@pytest.mark.parametrize(
    ("assumptions", "settings"),
    [
        pytest.param(DEFAULTS, {}, id="as it is"),
        pytest.param(LATE, {}, id="invokes that are late"),
        pytest.param(DEFAULTS, {"parallelization_factor": 4}, id="two batches at once"),
        pytest.param(DEFAULTS, {"maximum_retry_attempts": 150}, id="until retries are used up"),
        pytest.param(DEFAULTS, {"bisect": True}, id="cut down to single records"),
        pytest.param(DEFAULTS, {"window_seconds": 5}, id="with a batching window"),
    ],
)
def test_sim_repeat_1_told_in_a_row_or_one_by_one_is_the_same_run(
    assumptions: Assumptions, settings: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    folded = blocked(assumptions, **settings)
    folded.run(until_seconds=HOURS)
    monkeypatch.setattr(AttemptsAgain, "tell", lambda *_: None)
    apart = blocked(assumptions, **settings)
    apart.run(until_seconds=HOURS)

    assert attempts(folded)
    assert not attempts(apart)
    assert folded.journal.events == apart.journal.events
    assert folded.journal.hash() == apart.journal.hash()
    assert folded.journal.rules == apart.journal.rules
    assert len(folded.calls) == len(apart.calls)


def test_sim_repeat_1_as_many_are_told_in_a_row_as_lie_between_two_that_are_run() -> None:
    world = blocked()

    world.run(until_seconds=HOURS)

    assert max(attempts(world)) == RUN_ONE_IN - 1


def test_sim_repeat_1_none_are_told_in_a_row_where_a_fault_may_meet_them() -> None:
    world = blocked()
    fault = InjectedFault(FaultKind.THROTTLE, Occasion(start=seconds(7_200), end=seconds(7_300)), "worker")
    world.account.inject_faults([fault])

    world.run(until_seconds=HOURS)

    assert attempts(world) == []
    assert len(world.events(InvokeStarted)) > 100


def test_sim_repeat_1_none_are_told_in_a_row_where_records_have_a_maximum_age() -> None:
    world = blocked(maximum_record_age_seconds=604_800)

    world.run(until_seconds=HOURS)

    assert attempts(world) == []
