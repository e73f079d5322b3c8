"""How batches are made: size, window, 6 MB (semantics.md B1)."""

from __future__ import annotations

from typing import Any

import pytest

from delivery_lab.events import BatchInvoked, MessageDeleted, MessageReceived
from delivery_lab.model.clock import in_seconds
from delivery_lab.model.mapping.sqs import QueueConsumer
from delivery_lab.model.sqs.fifo import FifoQueue
from delivery_lab.model.sqs.queue import SqsQueue
from tests.model.support import COLD_START_SECONDS, Behaviour, Script, World, bodies, remaining, succeed

SIX_MB = 6 * 1_048_576


def world_with(
    behave: Behaviour = succeed, *, visibility: int = 30, timeout: int = 5, **settings: Any
) -> tuple[World, SqsQueue, QueueConsumer]:
    world = World(behave)
    queue = world.queue(visibility=visibility)
    world.function(timeout=timeout)
    return world, queue, world.mapping(queue, **settings)


def sizes(world: World) -> list[int]:
    return [len(call.records) for call in world.calls]


def test_esm_poll_1_a_message_is_received_at_the_instant_at_which_it_is_ready() -> None:
    world, queue, _ = world_with()
    world.start()
    world.at(7.123456, queue.send, "a")
    world.run()

    assert world.times_of(MessageReceived) == [7.123456]
    assert world.calls[0].at_seconds == 7.123456 + COLD_START_SECONDS
    assert world.times_of(MessageDeleted) == [7.123456 + COLD_START_SECONDS + 0.1]
    assert "ESM-POLL-1" in world.journal.rules


def test_esm_poll_1_a_delayed_message_is_received_when_its_delay_is_over() -> None:
    world, queue, _ = world_with()
    world.start()
    queue.send("a", delay_seconds=15)
    world.run()

    assert world.times_of(MessageReceived) == [15.0]


def test_esm_batch_1_a_batch_has_at_most_batch_size_messages_and_10_by_default() -> None:
    world, queue, _ = world_with()
    world.send(queue, *bodies(25))
    world.start()
    world.run()
    assert sizes(world) == [10, 10, 5]

    world, queue, _ = world_with(batch_size=3)
    world.send(queue, *bodies(7))
    world.start()
    world.run()
    assert sizes(world) == [3, 3, 1]


def test_esm_batch_1_without_a_window_whatever_a_receive_returns_is_a_batch() -> None:
    world, queue, _ = world_with()
    world.start()
    world.at(1, world.send, queue, "a")
    world.at(1.000001, world.send, queue, "b")
    world.run()

    assert [call.bodies for call in world.calls] == [["a"], ["b"]]


def test_esm_batch_2_a_full_batch_does_not_wait_for_its_window() -> None:
    world, queue, _ = world_with(window_seconds=300, batch_size=4, visibility=600)
    world.start()
    for at in (1, 2, 3, 4, 5):
        world.at(at, queue.send, f"job-{at}")
    world.run()

    assert sizes(world) == [4, 1]
    # The window of the second one began when the first invoke completed.
    assert world.times_of(BatchInvoked) == [4.0, 4.0 + COLD_START_SECONDS + 0.1 + 300]


def test_esm_batch_2_a_window_collects_more_than_one_receive_returns() -> None:
    world, queue, _ = world_with(window_seconds=20, batch_size=10_000, visibility=60)
    world.send(queue, *bodies(2_500))
    world.start()
    world.run()

    assert sizes(world) == [2_500]
    assert world.times_of(BatchInvoked) == [20.0]
    assert remaining(queue) == []


def test_esm_batch_3_a_batch_is_split_at_6_mb_with_the_metadata_of_its_records() -> None:
    world, queue, _ = world_with(window_seconds=20, batch_size=100)
    world.send(queue, *(letter * 1_048_576 for letter in "abcdefg"))
    world.start()
    world.run()

    # Six bodies alone are 6 MB sharp, so with their metadata only five fit.
    assert sizes(world) == [5, 2]
    assert all(len(call.payload.encode()) <= SIX_MB for call in world.calls)
    assert world.times_of(BatchInvoked) == [0.0, 20.0]
    assert "ESM-BATCH-3" in world.journal.rules
    assert remaining(queue) == []


def test_esm_batch_3_a_batch_of_exactly_6_mb_is_not_split() -> None:
    def payload_sizes(last: int) -> list[int]:
        world, queue, _ = world_with(window_seconds=1, batch_size=6)
        world.send(queue, *("x" * 1_048_576 for _ in range(5)), "x" * last)
        world.start()
        world.run()
        return [len(call.payload.encode()) for call in world.calls]

    (size,) = payload_sizes(1_000_000)
    (largest,) = payload_sizes(1_000_000 + SIX_MB - size - 3)
    assert SIX_MB - 3 <= largest <= SIX_MB
    assert len(payload_sizes(1_000_000 + SIX_MB - size + 1)) == 2


def test_esm_batch_3_without_a_window_the_rest_of_a_receive_is_a_batch_of_its_own() -> None:
    world, queue, _ = world_with()
    world.send(queue, *(letter * 1_048_576 for letter in "abcdefgh"))
    world.start()
    world.run()

    assert sizes(world) == [5, 3]
    assert remaining(queue) == []


def test_esm_batch_3_the_trace_says_why_a_batch_was_handed_over() -> None:
    world, queue, _ = world_with(window_seconds=10, batch_size=7)
    world.send(queue, *(letter * 1_048_576 for letter in "abcdefg"), *bodies(7))
    world.start()
    world.run()

    assert sizes(world) == [5, 7, 2]
    assert [event.rule for event in world.events(BatchInvoked)] == ["ESM-BATCH-3", "ESM-BATCH-1", "ESM-BATCH-2"]


def test_esm_batch_5_the_rest_waits_in_the_poller_at_the_maximum_concurrency_too() -> None:
    world, queue, _ = world_with(lambda call: Script(takes_seconds=4), maximum_concurrency=2)
    world.send(queue, *(letter * 1_048_576 for letter in "abcdefghijklmno"))
    world.start()
    world.run()

    # Two receives of ten and five: the first one fills both batches, so the second comes when they have ended.
    assert sizes(world) == [5, 5, 5]
    assert [call.at_seconds for call in world.calls] == [0.25, 0.25, 4.25]
    assert world.times_of(MessageReceived) == [0.0] * 10 + [4.25] * 5
    assert remaining(queue) == []
    assert "ESM-BATCH-5" in world.journal.rules


@pytest.mark.parametrize("fifo", [False, True])
def test_esm_batch_5_and_fifo_2_what_waits_beyond_its_visibility_is_let_go_and_received_again(fifo: bool) -> None:
    world = World(lambda call: Script(takes_seconds=4.9))
    queue = world.fifo(visibility=5) if fifo else world.queue(visibility=5)
    world.function(timeout=5)
    world.mapping(queue, maximum_concurrency=2)
    for number in range(10):  # quotes count twice in JSON, so that two messages fill a payload
        text = f"{number}" + '"' * 1_048_500
        if isinstance(queue, FifoQueue):
            queue.send(text, group="a", deduplication_id=str(number))
        else:
            queue.send(text)
    world.start()
    world.run()

    received: dict[str, float] = {}
    for event in world.events(MessageReceived, BatchInvoked):
        if isinstance(event, MessageReceived):
            received[event.message] = in_seconds(event.instant_us)
        elif isinstance(event, BatchInvoked):
            assert all(in_seconds(event.instant_us) - received[message] < 5 for message in event.messages)
    assert len(world.calls[0].records) == 2
    assert len(world.events(MessageReceived)) > 10
    assert remaining(queue) == []


def test_esm_batch_4_one_batch_is_filled_before_the_next_one_begins() -> None:
    world, queue, _ = world_with(window_seconds=20, batch_size=10)
    world.start()
    for second in range(1, 13):
        world.at(second, queue.send, f"job-{second}")
    world.run()

    assert sizes(world) == [10, 2]
    assert "ESM-BATCH-4" in world.journal.rules


def test_esm_batch_4_is_an_assumption_only_where_there_is_a_window() -> None:
    world, queue, _ = world_with()
    world.send(queue, "a")
    world.start()
    world.run()

    assert "ESM-BATCH-4" not in world.journal.rules


def test_esm_vt_2_the_messages_of_a_long_window_are_hidden_for_the_queues_visibility_timeout() -> None:
    world, queue, _ = world_with(lambda call: Script(takes_seconds=5), window_seconds=28, visibility=30, timeout=5)
    world.send(queue, "a")
    world.start()
    world.run(50)

    # Delivered at 28 s and worked on for 5 s: visible again, and received again, before it is deleted.
    assert world.times_of(MessageReceived) == [0.0, 30.0]
    assert world.times_of(BatchInvoked)[0] == 28.0
    assert "ESM-VT-2" in world.journal.rules


def test_esm_vt_2_not_while_window_and_timeout_fit_nor_without_a_window() -> None:
    for window, timeout in ((25, 5), (0, 30)):
        world, queue, _ = world_with(lambda call: Script(error="E"), window_seconds=window, timeout=timeout)
        world.send(queue, "a")
        world.start()
        world.run(35)
        assert world.times_of(MessageReceived) == [0.0, 30.0]
        assert "ESM-VT-2" not in world.journal.rules


def test_the_handler_sees_the_receive_count() -> None:
    world, queue, _ = world_with(lambda call: Script(error="E"), visibility=5)
    world.send(queue, "a")
    world.start()
    world.run(12)

    counts = [call.records[0]["attributes"]["ApproximateReceiveCount"] for call in world.calls]
    assert counts == ["1", "2", "3"]


def test_a_disabled_mapping_does_not_poll() -> None:
    world, queue, _ = world_with(enabled=False)
    world.send(queue, *bodies(3))
    world.start()
    world.run()

    assert (world.calls, queue.counts()) == ([], (3, 0, 0))


def test_a_handler_that_deletes_messages_itself_does_no_harm() -> None:
    world, queue, _ = world_with()

    def behave(call: Any) -> Script:
        for record in call.records:
            world.sqs("DeleteMessage", QueueUrl=queue.url, ReceiptHandle=record["receiptHandle"])
        return Script()

    world.runtime.behave = behave
    world.send(queue, "a", "b")
    world.start()
    world.run()

    assert (remaining(queue), len(world.events(MessageDeleted))) == ([], 2)


def test_sim_once_1_and_other_assumptions_of_every_mapping_are_listed() -> None:
    world, _, _ = world_with()
    world.start()

    assert set(world.journal.rules) >= {"ESM-POLL-1", "ESM-SCALE-1", "SQS-ORDER-3", "SIM-ONCE-1"}
