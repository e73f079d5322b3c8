"""How often and how much mappings read: shared reads of a shard, and enhanced fan-out."""

from __future__ import annotations

import pytest

from delivery_lab.errors import NotModelledError
from delivery_lab.events import RecordsCheckpointed
from delivery_lab.model.clock import in_seconds
from delivery_lab.model.runtime import AwsError
from delivery_lab.model.streams.kinesis import KinesisStream
from tests.model.partition_world import POISON, PartitionWorld, documents, raising
from tests.model.support import Script

MIB = 1024 * 1024


def consumer_of(source: KinesisStream, name: str) -> str:
    """The ARN of a consumer that is registered for enhanced fan-out."""
    arn = f"{source.arn}/consumer/{name}:1767225600"
    source.register_consumer(name, arn)
    return arn


def readers_of(world: PartitionWorld, count: int, *, fan_out: bool = False) -> KinesisStream:
    """A stream of one shard with so many mappings, each for a function of its own."""
    source = world.kinesis()
    for number in range(count):
        name = f"reader-{number}"
        world.function(name)
        arn = consumer_of(source, name) if fan_out else None
        world.stream_mapping(source, name=name, function=name, consumer_arn=arn)
    world.start()
    return source


@pytest.mark.parametrize(("count", "longest"), [(1, 1), (5, 1), (10, 2), (20, 4)])
def test_kin_read_2_more_than_five_mappings_share_five_reads_a_second(count: int, longest: float) -> None:
    world = PartitionWorld()
    source = readers_of(world, count)
    world.at(10, source.put, b"a", "k")

    world.run()

    waits = [call.at_seconds - 10 for call in world.calls]
    assert len(waits) == count
    assert max(waits) <= longest + 0.25
    assert ("KIN-READ-2" in world.journal.rules) == (count > 5)


def test_kin_read_2_a_mapping_that_is_disabled_does_not_read() -> None:
    world = PartitionWorld()
    source = world.kinesis()
    for number in range(10):
        world.function(f"reader-{number}")
        world.stream_mapping(source, name=f"r-{number}", function=f"reader-{number}", enabled=number < 5)
    world.start()

    assert "KIN-READ-2" not in world.journal.rules


def test_kin_read_1_after_a_large_read_there_is_a_pause_for_all_who_share_the_shard() -> None:
    world = PartitionWorld()
    source = readers_of(world, 2)
    for _ in range(20):
        world.at(10, source.put, b"a" * (MIB - 1), "k")

    world.run()

    ends = [in_seconds(event.instant_us) for event in world.events(RecordsCheckpointed)]
    # Two readers of 20 MB at 2 MB a second; the first 2 MB are there at once, and the last read is not paid for yet.
    assert sum(len(event.records) for event in world.events(RecordsCheckpointed)) == 40
    assert 8 < max(ends) - 10 < 20
    assert "KIN-READ-1" in world.journal.rules


def test_kin_read_1_one_read_gives_10_000_records_at_most() -> None:
    world = PartitionWorld()
    world.function()
    source = world.kinesis()
    world.stream_mapping(source, batch_size=10_000)
    for _ in range(10_001):
        source.put(b"a", "k")
    world.start()

    world.run()

    assert [len(batch) for batch in world.batches()] == [10_000, 1]
    assert world.calls[1].at_seconds - world.calls[0].at_seconds > 0.5


def test_kin_fan_2_a_record_is_pushed_after_70_ms_whoever_else_reads() -> None:
    world = PartitionWorld()
    source = readers_of(world, 12, fan_out=True)
    world.at(10, source.put, b"a", "k")

    world.run()

    # The environments of the functions start when they are first invoked.
    assert {round(call.at_seconds - 0.25, 6) for call in world.calls} == {10.07}
    assert "KIN-READ-2" not in world.journal.rules


def test_kin_fan_1_each_consumer_has_the_throughput_of_a_shard_to_itself() -> None:
    ends = {}
    for fan_out in (False, True):
        world = PartitionWorld(lambda call: Script(0.01))
        source = readers_of(world, 4, fan_out=fan_out)
        for _ in range(10):
            world.at(10, source.put, b"a" * (MIB - 1), "k")
        world.run()
        ends[fan_out] = max(in_seconds(event.instant_us) for event in world.events(RecordsCheckpointed))

    assert ends[True] < 11
    assert ends[False] > 20


def test_kin_fan_1_a_stream_has_at_most_twenty_consumers() -> None:
    source = PartitionWorld().kinesis()
    for number in range(20):
        consumer_of(source, f"c-{number}")

    with pytest.raises(AwsError, match="Stream orders has 20 consumers: 0 to 20") as refusal:
        consumer_of(source, "one-more")
    assert refusal.value.code == "LimitExceededException"


def test_kin_fan_1_two_mappings_on_one_consumer_are_refused_by_name() -> None:
    world = PartitionWorld()
    world.function("search")
    world.function("mail")
    source = world.kinesis()
    arn = consumer_of(source, "shared")
    world.stream_mapping(source, name="first", function="search", consumer_arn=arn)

    with pytest.raises(NotModelledError, match="second and first read as one consumer"):
        world.stream_mapping(source, name="second", function="mail", consumer_arn=arn)


def test_kin_fan_3_records_name_the_consumer_and_documents_the_stream() -> None:
    world = PartitionWorld(raising())
    world.function()
    source = world.kinesis()
    failures = world.destination_queue()
    arn = consumer_of(source, "search")
    world.stream_mapping(source, consumer_arn=arn, destination=failures, maximum_retry_attempts=0)
    world.start()
    source.put(POISON.encode(), f'"eventSourceARN":"{source.arn}"')

    world.run()

    (record,) = world.calls[0].event["Records"]
    assert record["eventSourceARN"] == arn
    assert record["kinesis"]["partitionKey"] == f'"eventSourceARN":"{source.arn}"'
    (document,) = documents(failures)
    assert document["KinesisBatchInfo"]["streamArn"] == source.arn


def test_dds_read_1_a_third_reader_of_a_table_s_stream_relies_on_an_assumption() -> None:
    for count, assumed in ((2, False), (3, True)):
        world = PartitionWorld()
        arn = "arn:aws:dynamodb:us-east-1:123456789012:table/orders/stream/1"
        stream = world.account.create_table_stream("orders", arn, "KEYS_ONLY", "id")
        for number in range(count):
            world.function(f"reader-{number}")
            world.stream_mapping(stream, name=f"r-{number}", function=f"reader-{number}")
        world.start()

        assert ("DDS-READ-1" in world.journal.rules) == assumed
