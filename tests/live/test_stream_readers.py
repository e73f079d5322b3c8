"""A stream's mapping where it is known only later whether an invoke was accepted."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from delivery_lab.events import BatchInvoked
from delivery_lab.model.clock import Scheduler, seconds
from delivery_lab.model.functions import Lambda
from delivery_lab.model.invokes import Throttled
from delivery_lab.model.mapping.stream import StreamConsumer
from tests.model.partition_world import POISON, PartitionWorld, documents, raising, reporting_records

_LATER = seconds(0.05)
_REFUSAL = Throttled("ReservedFunctionConcurrentInvocationLimitExceeded", "LAM-CONC-2")


class _Later:
    """Functions that tell later whether they took an invoke; some refusals take an acceptance back."""

    def __init__(self, functions: Lambda, scheduler: Scheduler, outcomes: Iterator[str]) -> None:
        self._functions = functions
        self._scheduler = scheduler
        self._outcomes = outcomes

    def __getattr__(self, name: str) -> Any:
        return getattr(self._functions, name)

    def invoke(self, *given: Any, **options: Any) -> _Undecided:
        outcome = next(self._outcomes)
        answer = self._functions.invoke(*given, **options) if outcome == "taken" else None
        return _Undecided(self._scheduler, outcome, answer)


class _Undecided:
    def __init__(self, scheduler: Scheduler, outcome: str, answer: str | Throttled | None) -> None:
        self._scheduler = scheduler
        self._outcome = outcome
        self._answer = answer

    def then(self, accepted: Callable[[str], None], refused: Callable[[Throttled], None]) -> None:
        if isinstance(self._answer, str):
            self._scheduler.after(_LATER, accepted, self._answer)
            return
        if self._outcome == "taken back":
            self._scheduler.after(_LATER, accepted, "supposed")
        self._scheduler.after(2 * _LATER, refused, _REFUSAL)


def _world(outcomes: Iterator[str], world: PartitionWorld, **settings: Any) -> tuple[PartitionWorld, Any]:
    world.function()
    source, failures = world.kinesis(), world.destination_queue()
    made = world.stream_mapping(source, destination=failures, **settings)
    functions: Any = _Later(world.account.functions, world.scheduler, outcomes)
    consumer = StreamConsumer(
        made.config,
        source,
        functions,
        failures,
        scheduler=world.scheduler,
        streams=world.account.streams,
        journal=world.journal,
    )
    world.account.record_mappings["mapping"] = consumer
    world.start()
    for text in ("0", "1", POISON, "3"):
        source.put(text.encode(), "k")
    world.run()
    return world, failures


@pytest.mark.parametrize("behave", [raising(), reporting_records()])
def test_batches_are_those_of_a_mapping_that_knows_at_once(behave: Any) -> None:
    settings = {"bisect": True, "maximum_retry_attempts": 1, "report_batch_item_failures": True}
    at_once, failures = _world(itertools.repeat("taken"), PartitionWorld(behave), **settings)
    plain = PartitionWorld(behave)
    plain.function()
    source, queue = plain.kinesis(), plain.destination_queue()
    plain.stream_mapping(source, destination=queue, **settings)
    plain.start()
    for text in ("0", "1", POISON, "3"):
        source.put(text.encode(), "k")
    plain.run()
    assert at_once.batches() == plain.batches()
    assert len(documents(failures)) == len(documents(queue)) == 1


@pytest.mark.parametrize("refusal", ["refused", "taken back"])
def test_a_refusal_uses_up_no_retry_and_counts_as_no_invoke(refusal: str) -> None:
    outcomes = itertools.chain([refusal, refusal], itertools.repeat("taken"))
    world, failures = _world(outcomes, PartitionWorld(raising()), maximum_retry_attempts=1)
    assert world.batches() == [["0", "1", POISON, "3"]] * 2
    [document] = documents(failures)
    assert document["requestContext"]["approximateInvokeCount"] == 2
    supposed = [event for event in world.events(BatchInvoked) if event.invoke == "supposed"]
    assert len(supposed) == (2 if refusal == "taken back" else 0)
