"""When batching windows open and end (semantics.md B1)."""

from __future__ import annotations

from typing import Any

import pytest

from delivery_lab.events import BatchInvoked, MessageReceived
from delivery_lab.model.sqs.queue import SqsQueue
from delivery_lab.rules.assumptions import Assumptions, IdleWindow, QuietWindow
from tests.model.support import COLD_START_SECONDS, Script, World

INVOKE_SECONDS = 1.0


def world_with(*, window: int, visibility: int = 60, batch_size: int = 10, **assumed: Any) -> tuple[World, SqsQueue]:
    world = World(lambda call: Script(takes_seconds=INVOKE_SECONDS))
    world.account.assumptions = Assumptions(cold_start_seconds=COLD_START_SECONDS, **assumed)
    queue = world.queue(visibility=visibility)
    world.function()
    world.mapping(queue, window_seconds=window, batch_size=batch_size)
    world.start()
    return world, queue


def batches(world: World) -> list[tuple[float, list[str]]]:
    """Instant and messages of each batch."""
    return list(zip(world.times_of(BatchInvoked), [call.bodies for call in world.calls], strict=True))


def test_esm_batch_2_a_window_opens_when_the_previous_invoke_completes() -> None:
    world, queue = world_with(window=20)
    for at, body in ((10, "a"), (12, "b"), (45, "c"), (50, "d")):
        world.at(at, queue.send, body)
    world.run()

    completed = 30 + COLD_START_SECONDS + INVOKE_SECONDS
    assert batches(world) == [(30.0, ["a", "b"]), (completed + 20, ["c", "d"])]
    assert "ESM-BATCH-2" in world.journal.rules


def test_esm_batch_2_each_poller_has_a_window_of_its_own() -> None:
    world, queue = world_with(window=100, batch_size=2, visibility=600)
    for at, body in ((0, "a"), (0, "b"), (0, "c"), (0, "d"), (20, "e"), (30, "f"), (40, "g")):
        world.at(at, queue.send, body)
    world.run()

    # Two invokes completed at once. The poller of one has delivered e and f since; g comes into the other's window.
    completed = COLD_START_SECONDS + INVOKE_SECONDS
    assert batches(world)[-2:] == [(30.0, ["e", "f"]), (completed + 100, ["g"])]


@pytest.mark.parametrize(
    ("reading", "delivered_at"),
    [(IdleWindow.MESSAGE, [30.0, 120.0]), (IdleWindow.FOLLOWING, [20.0, 21 + COLD_START_SECONDS + 4 * 20])],
)
def test_esm_batch_7_what_follows_a_window_without_messages(reading: IdleWindow, delivered_at: list[float]) -> None:
    world, queue = world_with(window=20, idle_window=reading)
    world.at(10, queue.send, "a")
    world.at(100, queue.send, "b")
    world.run()

    assert world.times_of(BatchInvoked) == delivered_at
    assert "ESM-BATCH-7" in world.journal.rules


@pytest.mark.parametrize(("reading", "delivered_at"), [(QuietWindow.LONG_POLL, 120.0), (QuietWindow.WINDOW, 105.0)])
def test_esm_batch_6_a_batch_of_a_short_window_waits_for_the_long_poll(
    reading: QuietWindow, delivered_at: float
) -> None:
    world, queue = world_with(window=5, quiet_window=reading)
    world.at(100, queue.send, "a")
    world.run()

    assert world.times_of(BatchInvoked) == [delivered_at]
    assert "ESM-BATCH-6" in world.journal.rules


def test_esm_batch_6_the_next_message_ends_the_long_poll() -> None:
    world, queue = world_with(window=5)
    for at, body in ((100, "a"), (103, "b"), (108, "c")):
        world.at(at, queue.send, body)
    world.run()

    assert batches(world) == [(108.0, ["a", "b", "c"])]


@pytest.mark.parametrize("window", [20, 0])
def test_esm_batch_6_not_for_windows_of_20_s_nor_without_one(window: int) -> None:
    world, queue = world_with(window=window)
    world.at(1, queue.send, "a")
    world.run()

    assert world.times_of(BatchInvoked) == [1.0 + window]
    assert "ESM-BATCH-6" not in world.journal.rules


def test_esm_batch_6_what_the_long_poll_takes_is_missing_to_the_function() -> None:
    world, queue = world_with(window=1, visibility=20)
    world.at(0, queue.send, "a")
    world.run(21)

    # Its visibility timeout is over when the invoke begins: it is delivered again while it is worked on.
    assert world.times_of(MessageReceived) == [0.0, 20.0]


def test_esm_batch_8_a_message_that_is_received_again_stands_in_its_batch_once() -> None:
    world, queue = world_with(window=50, visibility=20)
    world.at(1, queue.send, "a")
    world.at(30, queue.send, "b")
    world.run()

    [(delivered_at, bodies)] = batches(world)
    assert (delivered_at, bodies) == (51.0, ["a", "b"])
    assert world.times_of(MessageReceived) == [1.0, 21.0, 30.0, 41.0, 50.0]
    assert [record["attributes"]["ApproximateReceiveCount"] for record in world.calls[0].records] == ["3", "2"]
    assert "ESM-BATCH-8" in world.journal.rules
    assert queue.messages == []
