"""What is told again counts as what is done again."""

from __future__ import annotations

from dataclasses import replace

import pytest

from delivery_lab.alarms.noticed import alarms_of
from delivery_lab.cost.counting import used_by
from delivery_lab.events import ContractLine, FoldedEvents, LinesRepeated, MessageMoved, Run, told_apart
from delivery_lab.model.mapping import partition_work
from delivery_lab.model.mapping.partition_again import AttemptsAgain
from delivery_lab.model.mapping.partition_work import PartitionBatch
from delivery_lab.results.invariants.checker import violations_of
from delivery_lab.results.outcome import outcome_of
from delivery_lab.results.repeats import LatestBatch
from delivery_lab.results.timeline import timeline
from delivery_lab.simulation.simulate import simulate
from tests.lab_support import ROOT, stack_of, workload

STACKS = ("stream-default", "msk-default")
"""Their batches fail for days; the first twenty minutes are enough."""


def shortly(stack: str) -> Run:
    """The beginning of the run of a stack."""
    return simulate(stack_of(stack), ROOT, workload(stack).model_copy(update={"until": 1200.0}), 1)


def lines(result: Run) -> list[ContractLine]:
    return [event.told(0, event.invoke) for event in told_apart(result.events) if isinstance(event, ContractLine)]


def told_again(result: Run) -> int:
    return sum(isinstance(event, LinesRepeated) for event in result.events)


@pytest.fixture(params=STACKS)
def folded(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Run:
    """A run in which attempts are told again, sooner than they usually are."""
    monkeypatch.setattr(partition_work, "ALIKE_BEFORE_REPEATING", 3)
    found = shortly(request.param)
    assert told_again(found) > 10
    return found


def test_sim_repeat_1_outcome_and_timeline_are_those_of_a_run_that_runs_everything(
    folded: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(PartitionBatch, "can_be_told_again", property(lambda batch: False))
    unfolded = shortly(folded.stack)
    assert told_again(unfolded) == 0

    one, other = outcome_of(folded), outcome_of(unfolded)
    of_the_lab = {"trace_hash": "", "model": one.model}
    assert one.model_copy(update=of_the_lab) == other.model_copy(update=of_the_lab)
    assert {*one.model.assumptions} - {*other.model.assumptions} == {"SIM-REPEAT-1"}
    # What is told again is told at the end of the invoke: times differ by less than it takes.
    assert [line.text for line in timeline(folded)] == [line.text for line in timeline(unfolded)]
    assert lines(folded) == lines(unfolded)


def test_sim_repeat_1_attempts_that_are_told_in_a_row_are_the_run_that_they_are_one_by_one(
    folded: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(AttemptsAgain, "tell", lambda *_: None)
    apart = shortly(folded.stack)

    assert isinstance(folded.events, FoldedEvents)
    assert isinstance(apart.events, tuple)
    assert folded.events == apart.events
    assert folded.trace_hash == apart.trace_hash
    assert folded.rules == apart.rules


def test_what_attempts_in_a_row_tell_is_what_their_events_tell(folded: Run) -> None:
    apart = replace(folded, events=tuple(folded.events))
    stack = stack_of(folded.stack)

    assert outcome_of(folded) == outcome_of(apart)
    assert list(used_by(folded, stack)) == list(used_by(apart, stack))
    assert alarms_of(folded, stack, 0.0) == alarms_of(apart, stack, 0.0)
    assert violations_of(folded) == violations_of(apart) == []


def test_lines_that_are_told_again_are_one_event_each_time_and_point_at_the_first(folded: Run) -> None:
    repeated = [event for event in folded.events if isinstance(event, LinesRepeated)]
    first = {event.invoke: event for event in folded.events if isinstance(event, ContractLine)}

    assert {event.as_in for event in repeated} <= first.keys()
    assert not {event.invoke for event in repeated} & first.keys()


def test_a_batch_is_looked_up_once_until_an_id_may_mean_another_message() -> None:
    asked: list[str] = []

    def find(message: str, consumer: str) -> None:
        asked.append(f"{message} for {consumer}")

    batch = LatestBatch(find)
    messages = ("a", "b")

    for _ in range(3):
        batch.fates(messages, "mapping")
        batch.see(LinesRepeated(0, None, "worker", "invoke", "first", ()))
    assert asked == ["a for mapping", "b for mapping"]

    batch.fates(messages, "other")
    batch.fates(("a", "c"), "other")
    batch.see(MessageMoved(0, None, "dead-letters", "a", "queue", "d", "task"))
    batch.fates(messages, "other")
    assert asked[2:] == [f"{message} for other" for message in "abacab"]


def test_the_timeline_is_that_of_lines_that_are_all_told_one_by_one(folded: Run) -> None:
    apart = replace(folded, events=tuple(told_apart(folded.events)))

    assert timeline(folded) == timeline(apart)
