"""Each assumption is followed by the model: read otherwise, it does something else."""

from __future__ import annotations

from typing import Any

import pytest

from delivery_lab.events import BatchResult, MessageDeadLettered, MessageSent
from delivery_lab.model.clock import in_seconds
from delivery_lab.rules.assumptions import Assumptions, LongWindow, StaleDelete, UnnamedResponse
from delivery_lab.simulation.simulate import simulate
from tests.lab_support import ROOT, stack_of, workload
from tests.model.support import COLD_START_SECONDS, Script, World, remaining


def world_assuming(**readings: Any) -> World:
    world = World()
    world.account.assumptions = Assumptions(**readings)
    world.account.use(world.runtime)
    return world


@pytest.mark.parametrize(("cold_start", "begins"), [(0.25, 0.25), (3, 3)])
def test_lam_init_1_how_long_a_cold_start_takes(cold_start: float, begins: float) -> None:
    world = world_assuming(cold_start_seconds=cold_start)
    world.function()
    world.invoke()
    world.run()

    assert [call.at_seconds for call in world.calls] == [begins]


def test_lam_duration_1_what_an_invoke_takes_at_most_before_its_code_begins() -> None:
    began = {}
    for invoke_seconds in (0.0, 0.4):
        world = world_assuming(invoke_seconds=invoke_seconds)
        world.function()
        for at in range(0, 40, 10):
            world.at(at, world.invoke)
        world.run()
        began[invoke_seconds] = [call.at_seconds - at for call, at in zip(world.calls, range(0, 40, 10), strict=True)]
    assert began[0.0] == [COLD_START_SECONDS, 0, 0, 0]
    later = [late - at for late, at in zip(began[0.4], began[0.0], strict=True)]
    assert all(0 <= each <= 0.4 for each in later)
    assert len(set(later)) == 4


def test_esm_poll_1_messages_that_come_while_a_poll_is_late_share_its_batch() -> None:
    """Each poll is late by what is drawn for it; on time, each message is a batch."""
    batches = {}
    for poll_seconds in (0.0, 5.0):
        world = World(assumptions=Assumptions(poll_seconds=poll_seconds))
        queue = world.queue()
        world.function()
        world.mapping(queue)
        world.start()
        for number in range(20):
            world.at(number / 10, queue.send, str(number))
        world.run()
        batches[poll_seconds] = [len(call.bodies) for call in world.calls]
        assert sum(batches[poll_seconds]) == 20
    assert batches[0.0] == [1] * 20
    assert max(batches[5.0]) > 1


@pytest.mark.parametrize(
    ("reading", "payload", "left"),
    [
        (UnnamedResponse.SUCCESS, '{"statusCode": 200}', []),
        (UnnamedResponse.FAILURE, '{"statusCode": 200}', ["a"]),
        (UnnamedResponse.OBJECT_FAILS, '{"statusCode": 200}', ["a"]),
        (UnnamedResponse.SUCCESS, '"ok"', []),
        (UnnamedResponse.FAILURE, '"ok"', ["a"]),
        (UnnamedResponse.OBJECT_FAILS, '"ok"', []),
    ],
)
def test_esm_report_4_how_a_response_without_failures_is_taken(
    reading: UnnamedResponse, payload: str, left: list[str]
) -> None:
    world = world_assuming(unnamed_response=reading)
    world.runtime.behave = lambda call: Script(payload=payload)
    queue = world.queue()
    world.function()
    world.mapping(queue, report_batch_item_failures=True)
    world.send(queue, "a")
    world.start()
    world.run(1)

    assert remaining(queue) == left
    assert [event.rule for event in world.events(BatchResult)] == ["ESM-REPORT-4"]


@pytest.mark.parametrize("payload", ["null", "{}", "[]", '""', '{"batchItemFailures": []}'])
def test_esm_report_4_what_is_documented_is_not_touched(payload: str) -> None:
    world = world_assuming(unnamed_response=UnnamedResponse.FAILURE)
    world.runtime.behave = lambda call: Script(payload=payload)
    queue = world.queue()
    world.function()
    world.mapping(queue, report_batch_item_failures=True)
    world.send(queue, "a")
    world.start()
    world.run(1)

    assert remaining(queue) == []


@pytest.mark.parametrize(("reading", "hidden_until"), [(LongWindow.EXTENDED, 20 + 15 + 30), (LongWindow.QUEUE, 30)])
def test_esm_vt_2_the_visibility_of_receives_for_a_long_window(reading: LongWindow, hidden_until: int) -> None:
    world = world_assuming(long_window=reading)
    queue = world.queue(visibility=30)
    world.function(timeout=15)
    world.mapping(queue, window_seconds=20)
    world.send(queue, "a")
    world.start()
    world.run(1)

    assert in_seconds(queue.messages[0].visible_at) == hidden_until


@pytest.mark.parametrize(("reading", "left"), [(StaleDelete.DELETE, 0), (StaleDelete.KEEP, 20)])
def test_sqs_stale_2_what_a_delete_with_an_older_handle_does(reading: StaleDelete, left: int) -> None:
    world = world_assuming(stale_delete=reading)
    queue = world.queue(visibility=5)
    world.send(queue, *"abcdefghijklmnopqrst")
    old = [delivery.receipt_handle for _ in range(2) for delivery in queue.receive(10)]
    world.wait(5)
    for _ in range(2):
        queue.receive(10)
    for handle in old:
        queue.delete(handle)

    assert len(queue.messages) == left


@pytest.mark.parametrize("latency", [0.0, 0.5])
def test_sim_api_1_how_long_a_call_of_a_handler_takes(latency: float) -> None:
    resources, load = stack_of("batch-partial"), workload("batch-partial")
    run = simulate(resources, ROOT, load, 1, Assumptions(api_latency_seconds=(latency, latency)))
    sent = next(event for event in run.events if isinstance(event, MessageSent))

    assert in_seconds(sent.instant_us) == pytest.approx(0.25 + latency, abs=0.01)


@pytest.mark.parametrize(("growth", "dead"), [(0.25, 20), (0.4, 30), (0.6, 40)])
def test_esm_throttle_3_by_how_much_pollers_grow_while_a_function_throttles(growth: float, dead: int) -> None:
    stack = "concurrency-trap"
    run = simulate(stack_of(stack), ROOT, workload(stack), 1, Assumptions(throttled_growth=growth))

    assert sum(isinstance(event, MessageDeadLettered) for event in run.events) == dead
