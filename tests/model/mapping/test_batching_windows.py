"""When the batching windows of streams and topics open and end."""

from __future__ import annotations

from typing import Any

import pytest

from delivery_lab.events import RecordsDiscarded
from delivery_lab.model.streams.kinesis import KinesisStream
from tests.model.partition_world import POISON, PROVISIONED, PartitionWorld, raising
from tests.model.support import Script

WINDOW = 10
POLL = 1.0
"""A stream is polled once a second: no exact instant can be told."""


def stream_world(takes_seconds: float = 3, **settings: Any) -> tuple[PartitionWorld, KinesisStream]:
    world = PartitionWorld(lambda call: Script(takes_seconds))
    world.function()
    source = world.kinesis()
    world.stream_mapping(source, window_seconds=WINDOW, **settings)
    world.start()
    return world, source


def ends(world: PartitionWorld, takes_seconds: float = 3) -> list[float]:
    """When the invokes completed."""
    return [call.at_seconds + takes_seconds for call in world.calls]


def test_str_batch_2_the_next_window_opens_when_the_previous_invoke_completes() -> None:
    world, source = stream_world()
    source.put(b"first", "k")
    # The first invoke completes about 13 to 14 s after the beginning.
    world.at(20, source.put, b"second", "k")

    world.run()

    assert world.batches() == [["first"], ["second"]]
    assert world.calls[1].at_seconds == pytest.approx(ends(world)[0] + WINDOW)
    assert world.calls[1].at_seconds < 20 + 5


def test_str_batch_2_what_came_during_the_invoke_waits_for_the_window_too() -> None:
    world, source = stream_world()
    source.put(b"first", "k")
    world.at(12.5, source.put, b"second", "k")

    world.run()

    assert world.calls[1].at_seconds == pytest.approx(ends(world)[0] + WINDOW)


def test_str_batch_2_a_full_batch_does_not_wait_for_the_window() -> None:
    world, source = stream_world(batch_size=2)
    for text in ("a", "b", "c", "d"):
        source.put(text.encode(), "k")

    world.run()

    assert world.batches() == [["a", "b"], ["c", "d"]]
    assert world.calls[1].at_seconds == pytest.approx(ends(world)[0])


def test_str_batch_3_after_a_window_without_records_the_next_opens_with_the_next_record() -> None:
    world, source = stream_world()
    source.put(b"first", "k")
    world.at(60, source.put, b"second", "k")

    world.run()

    assert world.calls[0].at_seconds == pytest.approx(WINDOW, abs=POLL + 0.25)
    assert world.calls[1].at_seconds == pytest.approx(60 + WINDOW, abs=POLL)


def test_str_batch_2_retries_do_not_wait_for_a_window_and_the_last_of_them_opens_the_next() -> None:
    world = PartitionWorld(raising())
    world.function()
    source = world.kinesis()
    world.stream_mapping(source, window_seconds=WINDOW, maximum_retry_attempts=2)
    world.start()
    source.put(POISON.encode(), "k")
    world.at(WINDOW + POLL, source.put, b"second", "k")

    world.run()

    assert world.batches() == [[POISON]] * 3 + [["second"]]
    assert world.calls[2].at_seconds - world.calls[0].at_seconds < 2
    assert world.calls[3].at_seconds == pytest.approx(ends(world, 0.1)[2] + WINDOW)


def test_str_batch_2_each_slot_of_a_shard_has_windows_of_its_own() -> None:
    world, source = stream_world(parallelization_factor=10)
    source.put(b"first", "left")
    world.at(20, source.put, b"other", "right")

    world.run()

    # The slot of the other key had no invoke before: its window opens with its first record.
    assert world.calls[1].at_seconds == pytest.approx(20 + WINDOW, abs=POLL)


def test_str_batch_2_a_table_s_stream_has_the_same_windows() -> None:
    world = PartitionWorld(lambda call: Script(3))
    world.function()
    stream = world.account.create_table_stream(
        "orders", "arn:aws:dynamodb:us-east-1:123456789012:table/orders/stream/1", "KEYS_ONLY", "id"
    )
    world.stream_mapping(stream, window_seconds=WINDOW)
    world.start()
    for version, second in (("1", 0), ("2", 20)):
        new = {"id": {"S": "a"}, "version": {"N": version}}
        world.at(second, stream.changed, "INSERT", {"id": {"S": "a"}}, None, new)

    world.run()

    assert world.calls[1].at_seconds == pytest.approx(ends(world)[0] + WINDOW)


@pytest.mark.parametrize("provisioned", [None, PROVISIONED])
def test_kaf_batch_3_a_window_of_a_topic_opens_when_the_previous_invoke_completes(provisioned: Any) -> None:
    world = PartitionWorld(lambda call: Script(3))
    world.function()
    cluster = world.cluster(orders=1)
    world.kafka_mapping(cluster, window_seconds=WINDOW, provisioned=provisioned)
    world.start()
    world.at(300, cluster.topics["orders"].produce, b"first", "k")
    world.at(320, cluster.topics["orders"].produce, b"second", "k")

    world.run()

    assert world.calls[1].at_seconds == pytest.approx(ends(world)[0] + WINDOW)


def test_kaf_batch_3_in_provisioned_mode_a_window_opens_when_the_previous_batch_is_discarded() -> None:
    world = PartitionWorld(raising())
    world.function()
    cluster = world.cluster(orders=1)
    world.kafka_mapping(cluster, window_seconds=WINDOW, provisioned=PROVISIONED, maximum_record_age_seconds=60)
    world.start()
    produce = cluster.topics["orders"].produce
    world.at(300, produce, POISON.encode(), "k")
    world.at(355, produce, b"second", "k")

    world.run()

    [discarded] = world.times_of(RecordsDiscarded)
    assert world.batches()[-1] == ["second"]
    assert world.calls[-1].at_seconds == pytest.approx(discarded + WINDOW, abs=0.01)


def test_str_batch_2_an_age_that_ends_a_batch_between_two_invokes_opens_no_window() -> None:
    world = PartitionWorld(raising())
    world.function()
    source = world.kinesis()
    world.stream_mapping(source, window_seconds=1, maximum_record_age_seconds=60)
    world.start()
    source.put(POISON.encode(), "k")
    world.at(55, source.put, b"second", "k")

    world.run()

    [discarded] = world.times_of(RecordsDiscarded)
    assert discarded - world.calls[-2].at_seconds > 1
    assert world.calls[-1].at_seconds == pytest.approx(discarded, abs=0.01)
