"""Several mappings of one stream, table or topic: each reads by itself."""

from __future__ import annotations

import pytest

from delivery_lab.errors import DeploymentRefusedError, NotModelledError
from delivery_lab.events import (
    RecordExpired,
    RecordFiltered,
    RecordsCheckpointed,
    RecordsDiscarded,
    RecordSkipped,
)
from delivery_lab.model.mapping.filters import parse_patterns
from tests.model.partition_world import POISON, PartitionWorld, data_of, documents, raising
from tests.model.support import Call, Script


def failing_for(function: str) -> PartitionWorld:
    """Two functions, one of which raises at poison."""
    bad = raising()
    world = PartitionWorld(lambda call: bad(call) if call.function == function else Script())
    world.function("search")
    world.function("mail")
    return world


def got(world: PartitionWorld, function: str) -> list[str]:
    """What a function got, in order."""
    return [text for call in world.calls if call.function == function for text in data_of(call)]


def test_str_read_1_each_mapping_gets_every_record_and_is_past_it_by_itself() -> None:
    world = failing_for("search")
    source = world.kinesis()
    failures = world.destination_queue()
    world.stream_mapping(source, name="to-search", function="search", destination=failures, maximum_retry_attempts=1)
    world.stream_mapping(source, name="to-mail", function="mail", batch_size=1)
    world.start()
    ids = [source.put(text.encode(), "k").id for text in ("a", POISON, "b")]

    world.run()

    assert got(world, "search") == ["a", POISON, "b"] * 2
    assert got(world, "mail") == ["a", POISON, "b"]
    assert [event.mapping for event in world.events(RecordsDiscarded)] == ["to-search"]
    assert [record for event in world.events(RecordsCheckpointed) for record in event.records] == ids
    assert len(documents(failures)) == 1


def test_str_read_1_a_blocked_mapping_blocks_no_other_and_expiry_is_its_own() -> None:
    world = failing_for("search")
    source = world.kinesis()
    world.stream_mapping(source, name="to-search", function="search")
    world.stream_mapping(source, name="to-mail", function="mail")
    world.start()
    source.put(POISON.encode(), "k")
    world.at(10, source.put, b"later", "k")

    world.run()

    assert {event.mapping for event in world.events(RecordExpired)} == {"to-search"}
    assert len(world.events(RecordExpired)) == 2
    assert [call.at_seconds for call in world.calls if call.function == "mail"][-1] < 12


def test_str_read_1_positions_and_filters_are_each_mapping_s_own() -> None:
    world = failing_for("none")
    source = world.kinesis()
    source.put(b'{"kind":"old"}', "k")
    world.wait(1)
    kind = parse_patterns(('{"data":{"kind":["new"]}}',))
    world.stream_mapping(source, name="to-search", function="search", starting_position="LATEST")
    world.stream_mapping(source, name="to-mail", function="mail", patterns=kind)
    world.start()
    world.at(1, source.put, b'{"kind":"new"}', "k")

    world.run()

    assert got(world, "search") == ['{"kind":"new"}']
    assert got(world, "mail") == ['{"kind":"new"}']
    assert [event.mapping for event in world.events(RecordSkipped)] == ["to-search"]
    assert [event.mapping for event in world.events(RecordFiltered)] == ["to-mail"]


def test_esm_one_1_a_second_mapping_of_a_stream_to_the_same_function_is_refused() -> None:
    world = failing_for("none")
    source = world.kinesis()
    world.stream_mapping(source, name="first", function="mail")

    with pytest.raises(DeploymentRefusedError) as refusal:
        world.stream_mapping(source, name="second", function="mail")

    assert str(refusal.value) == (
        f'AWS would refuse second: ResourceConflictException: The event source arn (" {source.arn} ") and function '
        '(" mail ") provided mapping already exists: first (ESM-ONE-1)\n  fix: remove one of the two mappings'
    )


def test_kaf_group_3_mappings_of_a_topic_read_as_groups_of_their_own() -> None:
    world = failing_for("search")
    cluster = world.cluster(orders=1)
    searching = world.kafka_mapping(cluster, name="to-search", function="search")
    mailing = world.kafka_mapping(cluster, name="to-mail", function="mail", consumer_group="mail")
    world.start()
    world.at(300, cluster.topics["orders"].produce, b"a", "k")
    world.at(310, cluster.topics["orders"].produce, POISON.encode(), "k")
    world.at(320, cluster.topics["orders"].produce, b"b", "k")

    world.run(until_seconds=3_600)

    assert got(world, "mail") == ["a", POISON, "b"]
    assert cluster.committed == {searching.group: {"orders-0": 1}, mailing.group: {"orders-0": 3}}


def test_kaf_group_3_a_consumer_group_is_unique_among_all_kafka_mappings() -> None:
    world = failing_for("none")
    cluster = world.cluster(orders=1, parcels=1)
    world.kafka_mapping(cluster, name="first", function="search", consumer_group="shop")

    with pytest.raises(DeploymentRefusedError) as refusal:
        world.kafka_mapping(cluster, name="second", topic="parcels", function="mail", consumer_group="shop")

    assert str(refusal.value) == (
        "AWS would refuse second: InvalidParameterValueException: ConsumerGroupId shop is that of first already "
        "(KAF-GROUP-3)\n  fix: give each mapping a consumerGroupId of its own, or leave it out"
    )


def test_two_mappings_of_a_topic_for_one_function_are_refused_by_name() -> None:
    world = failing_for("none")
    cluster = world.cluster(orders=1, parcels=1)
    world.kafka_mapping(cluster, name="first", function="mail")
    world.kafka_mapping(cluster, name="other-topic", function="mail", topic="parcels")

    with pytest.raises(NotModelledError, match="second and first read orders for the same function"):
        world.kafka_mapping(cluster, name="second", function="mail")


def test_a_table_s_stream_has_several_mappings_too() -> None:
    world = failing_for("none")
    arn = "arn:aws:dynamodb:us-east-1:123456789012:table/orders/stream/1"
    stream = world.account.create_table_stream("orders", arn, "NEW_IMAGE", "id")
    for function in ("search", "mail"):
        world.stream_mapping(stream, name=f"to-{function}", function=function)
    world.start()
    for number in range(5):
        item = {"id": {"S": f"o-{number}"}}
        world.at(5 + number, stream.changed, "INSERT", item, None, item)

    world.run()

    def keys(call: Call) -> list[str]:
        return [record["dynamodb"]["Keys"]["id"]["S"] for record in call.event["Records"]]

    for function in ("search", "mail"):
        found = [key for call in world.calls if call.function == function for key in keys(call)]
        assert sorted(found) == [f"o-{number}" for number in range(5)]
