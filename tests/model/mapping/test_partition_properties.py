"""What holds for every setting: order per key, nothing skipped silently, every record in exactly one place."""

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from delivery_lab.events import (
    BatchInvoked,
    MessageSent,
    RecordAppended,
    RecordExpired,
    RecordsCheckpointed,
    RecordsDiscarded,
)
from delivery_lab.model.partition import Record
from delivery_lab.model.streams.kinesis import KinesisStream
from tests.model.partition_world import PROVISIONED, PartitionWorld, data, data_of, identifier, records_of
from tests.model.support import Behaviour, Call, Script, report

MOST = settings(max_examples=60, deadline=None)


def flaky(chance: random.Random, poison: set[str], share: float, reports: bool) -> Behaviour:
    """Code that always fails some records, and others now and then."""

    def behave(call: Call) -> Script:
        bad = [r for r in records_of(call) if data(r) in poison or chance.random() < share]
        if not bad:
            return Script(chance.random() * 3)
        if reports:
            return Script(chance.random() * 3, report(*(identifier(record) for record in bad)))
        return Script(chance.random() * 3, error="Flaky")

    return behave


def succeeded(world: PartitionWorld) -> dict[str, list[str]]:
    """Of each key, what left behind the checkpoint, in the order in which it did."""
    keys = {event.record: str(event.key) for event in world.events(RecordAppended)}
    done: dict[str, list[str]] = {}
    for message in world.settled(RecordsCheckpointed):
        done.setdefault(keys[message], []).append(message)
    return done


def check(world: PartitionWorld, sent: list[Record]) -> None:
    """Every record in exactly one place, and those of a key in their order."""
    ids = [record.id for record in sent]
    places = [*world.settled(RecordsCheckpointed), *world.settled(RecordsDiscarded), *world.messages_of(RecordExpired)]
    assert sorted(places) == sorted(ids)
    order = {message: number for number, message in enumerate(ids)}
    for messages in succeeded(world).values():
        numbers = [order[message] for message in messages]
        assert numbers == sorted(numbers)


def check_deliveries(world: PartitionWorld) -> None:
    """A record is delivered only after everything before it of its key has been delivered, or is gone."""
    seen: dict[str, int] = {}
    gone = set(world.messages_of(RecordExpired)) | set(world.settled(RecordsDiscarded))
    sent = {event.record: (event.key, n) for n, event in enumerate(world.events(RecordAppended))}
    earlier = {
        message: [other for other, (other_key, m) in sent.items() if other_key == key and m < n]
        for message, (key, n) in sent.items()
    }
    for event in world.events(BatchInvoked):
        for message in event.messages:
            seen[message] = seen.get(message, 0) + 1
        for message in event.messages:
            assert all(other in seen or other in gone for other in earlier[message])


@MOST
@given(
    seed=st.integers(0, 10_000),
    records=st.integers(1, 40),
    keys=st.integers(1, 6),
    shards=st.integers(1, 3),
    batch_size=st.integers(1, 12),
    window=st.sampled_from([0, 0, 2]),
    factor=st.sampled_from([1, 1, 3, 10]),
    retries=st.sampled_from([0, 1, 4, -1]),
    age=st.sampled_from([-1, -1, 60]),
    bisect=st.booleans(),
    reports=st.booleans(),
    share=st.sampled_from([0.0, 0.05, 0.3]),
    poison=st.sets(st.integers(0, 39), max_size=2),
    reserved=st.sampled_from([None, 1]),
)
def test_streams(
    seed: int,
    records: int,
    keys: int,
    shards: int,
    batch_size: int,
    window: int,
    factor: int,
    retries: int,
    age: int,
    bisect: bool,
    reports: bool,
    share: float,
    poison: set[int],
    reserved: int | None,
) -> None:
    chance = random.Random(seed)
    world = PartitionWorld(flaky(chance, {str(number) for number in poison}, share, reports), seed=seed)
    world.function(reserved=reserved)
    source = world.kinesis(shards=shards)
    world.stream_mapping(
        source,
        batch_size=batch_size,
        window_seconds=window,
        parallelization_factor=factor,
        maximum_retry_attempts=retries,
        maximum_record_age_seconds=age,
        bisect=bisect,
        report_batch_item_failures=reports,
    )
    world.start()
    sent: list[Record] = []
    for number in range(records):
        world.at(chance.random() * 20, _put, source, sent, number, f"key-{chance.randrange(keys)}")

    world.run()

    check(world, sent)
    check_deliveries(world)


def _put(source: KinesisStream, sent: list[Record], number: int, key: str) -> None:
    sent.append(source.put(str(number).encode(), key))


def test_order_is_kept_with_slots_over_500_seeds() -> None:
    for seed in range(500):
        chance = random.Random(seed)
        world = PartitionWorld(flaky(chance, {"7"}, 0.2, reports=seed % 2 == 0), seed=seed)
        world.function(reserved=None if seed % 3 else 2)
        source = world.kinesis(shards=2)
        world.stream_mapping(
            source,
            batch_size=5,
            parallelization_factor=10,
            maximum_retry_attempts=3,
            bisect=seed % 5 == 0,
            report_batch_item_failures=seed % 2 == 0,
        )
        world.start()
        sent: list[Record] = []
        for number in range(30):
            world.at(chance.random() * 5, _put, source, sent, number, f"key-{chance.randrange(12)}")

        world.run()

        check(world, sent)
        check_deliveries(world)


@MOST
@given(
    seed=st.integers(0, 10_000),
    records=st.integers(1, 40),
    partitions=st.integers(1, 7),
    batch_size=st.integers(1, 12),
    window=st.sampled_from([None, 0, 3]),
    retries=st.sampled_from([0, 1, 4, -1]),
    bisect=st.booleans(),
    reports=st.booleans(),
    share=st.sampled_from([0.0, 0.05, 0.3]),
    poison=st.sets(st.integers(0, 39), max_size=1),
)
def test_topics(
    seed: int,
    records: int,
    partitions: int,
    batch_size: int,
    window: int | None,
    retries: int,
    bisect: bool,
    reports: bool,
    share: float,
    poison: set[int],
) -> None:
    chance = random.Random(seed)
    world = PartitionWorld(flaky(chance, {str(number) for number in poison}, share, reports), seed=seed)
    world.function()
    cluster = world.cluster(orders=partitions)
    failures = world.destination_queue()
    mapping = world.kafka_mapping(
        cluster,
        destination=failures,
        batch_size=batch_size,
        window_seconds=window,
        provisioned=PROVISIONED,
        maximum_retry_attempts=retries,
        bisect=bisect,
        report_batch_item_failures=reports,
    )
    world.start()
    topic = cluster.topics["orders"]
    sent = [topic.produce(str(n).encode(), f"key-{chance.randrange(5)}") for n in range(records)]
    world.runtime.calls.clear()

    world.run()

    given_up = world.settled(RecordsDiscarded)
    places = [*world.settled(RecordsCheckpointed), *given_up]
    assert sorted(places) == sorted(record.id for record in sent)
    documents = [event for event in world.events(MessageSent) if event.queue == "failures"]
    assert len(documents) == len(world.events(RecordsDiscarded))
    # Whatever becomes of the records, the group has committed past all of them.
    lengths = {log.name: log.length for log in topic.partitions if log.length}
    assert cluster.committed.get(mapping.group, {}) == lengths
    assert all(data_of(call) for call in world.calls)
