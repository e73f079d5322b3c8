"""Mappings of FIFO queues (semantics.md B1 to B3)."""

from __future__ import annotations

from typing import Any

import pytest

from delivery_lab.errors import DeploymentRefusedError
from delivery_lab.events import ApiCallRefused, InvokeEnded, InvokeStarted
from delivery_lab.model.sqs.fifo import FifoQueue
from tests.model.support import Call, Script, World, fail, remaining, report


def fill(queue: FifoQueue, *texts: str) -> None:
    for text in texts:
        queue.send(text, group=text[0], deduplication_id=text)


def world_with(groups: int, each: int, **settings: Any) -> tuple[World, FifoQueue]:
    world = World(lambda call: Script(takes_seconds=2))
    queue = world.fifo()
    world.function()
    world.mapping(queue, **settings)
    for number in range(each):
        fill(queue, *(f"{chr(97 + group)}{number:02}" for group in range(groups)))
    world.start()
    return world, queue


def busiest(world: World) -> int:
    """The most invokes that ran at once."""
    running = most = 0
    for event in world.events(InvokeStarted, InvokeEnded):
        running += 1 if isinstance(event, InvokeStarted) else -1
        most = max(most, running)
    return most


def test_esm_fifo_1_there_are_as_many_batches_at_once_as_groups() -> None:
    world, queue = world_with(groups=8, each=30)
    world.run()

    assert busiest(world) == 8
    assert remaining(queue) == []


def test_esm_fifo_1_maximum_concurrency_limits_them_further() -> None:
    world, _ = world_with(groups=8, each=30, maximum_concurrency=3)
    world.run()

    assert busiest(world) == 3


def test_esm_fifo_1_a_group_that_comes_later_does_not_wait_for_the_others() -> None:
    world, queue = world_with(groups=1, each=1)
    world.at(1, fill, queue, "z0")
    world.run()

    assert [call.bodies for call in world.calls] == [["a00"], ["z0"]]
    assert world.calls[1].at_seconds == pytest.approx(1.25)


def test_esm_fifo_1_no_group_is_in_two_batches_and_its_order_is_kept() -> None:
    world, _ = world_with(groups=3, each=25)
    world.run()

    seen: dict[str, list[str]] = {}
    for call in world.calls:
        for body in call.bodies:
            seen.setdefault(body[0], []).append(body)
    assert seen == {group: [f"{group}{number:02}" for number in range(25)] for group in "abc"}


def test_esm_fifo_2_what_does_not_fit_into_a_payload_waits_for_the_answer() -> None:
    world = World(lambda call: Script(takes_seconds=2))
    queue = world.fifo()
    world.function()
    world.mapping(queue)
    for number in range(8):
        queue.send(f"{number}" + "x" * 1_000_000, group="a", deduplication_id=str(number))
    world.start()
    world.run()

    assert [len(call.records) for call in world.calls] == [6, 2]
    assert world.calls[1].at_seconds == pytest.approx(world.calls[0].at_seconds + 2)


def test_esm_fifo_2_it_comes_back_with_them_when_one_of_its_group_failed() -> None:
    world = World()
    seen: list[list[str]] = []

    def behave(call: Call) -> Script:
        seen.append([body[:1] for body in call.bodies])
        return Script(payload=report(*call.ids) if len(seen) == 1 else "null")

    world.runtime.behave = behave
    queue = world.fifo()
    world.function()
    world.mapping(queue, report_batch_item_failures=True)
    for number in range(8):
        queue.send(f"{number}" + "x" * 1_000_000, group="a", deduplication_id=str(number))
    world.start()
    world.run()

    assert seen == [list("012345"), list("012345"), list("67")]
    assert remaining(queue) == []


def test_esm_fifo_3_errors_do_not_slow_other_groups_down() -> None:
    world = World(fail)
    queue = world.fifo()
    world.function()
    world.mapping(queue)
    for number in range(10):
        fill(queue, *(f"{group}{number}" for group in "abcdef"))
    world.start()
    world.run(29)

    assert len(world.calls) == 6
    assert "ESM-FIFO-3" in world.journal.rules
    assert not {"ESM-ERROR-2", "ESM-ERROR-3"} & set(world.journal.rules)


@pytest.mark.parametrize(
    ("settings", "message", "fix"),
    [
        (
            {"window_seconds": 5},
            "Batching window is not supported for FIFO queues",
            "remove maximumBatchingWindowInSeconds",
        ),
        (
            {"batch_size": 11},
            "Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10",
            "set batchSize to 10 or less: a FIFO queue has no batching window",
        ),
    ],
)
def test_esm_fifo_4_a_window_and_a_large_batch_are_refused(settings: dict[str, Any], message: str, fix: str) -> None:
    world = World()
    world.function()
    with pytest.raises(DeploymentRefusedError) as caught:
        world.mapping(world.fifo(), **settings)

    assert str(caught.value) == (
        f"AWS would refuse mapping: InvalidParameterValueException: {message} (ESM-FIFO-4)\n  fix: {fix}"
    )


def test_a_batch_that_outlasts_its_visibility_is_not_deleted_and_comes_back() -> None:
    world = World(lambda call: Script(takes_seconds=8 if len(world.calls) == 1 else 4))
    queue = world.fifo(visibility=5)
    world.function(timeout=5)
    world.mapping(queue)
    world.account.functions.set_timeout("worker", 30)
    fill(queue, "a1")
    world.start()
    world.run()

    refused = world.events(ApiCallRefused)
    assert [event.rule for event in refused] == ["SQS-STALE-6"]
    assert remaining(queue) == []
    assert len(world.calls) == 2
