"""Reading the stream of a table without a mapping, as handlers do with boto3."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from delivery_lab.errors import NotModelledError
from delivery_lab.model.runtime import AwsError
from delivery_lab.model.streams.dynamodb import TableStream
from tests.model.partition_world import PartitionWorld
from tests.model.support import CALLER

ARN = "arn:aws:dynamodb:us-east-1:123456789012:table/items/stream/2026-01-01T00:00:00.000"
EPOCH = datetime(2026, 1, 1, tzinfo=UTC)


def call(world: PartitionWorld, operation: str, **parameters: Any) -> Any:
    return world.account.call("dynamodbstreams", operation, parameters, CALLER)


def refusal(world: PartitionWorld, operation: str, **parameters: Any) -> tuple[str, str]:
    with pytest.raises(AwsError) as caught:
        call(world, operation, **parameters)
    return caught.value.code, caught.value.message


def table_world(name: str = "items") -> tuple[PartitionWorld, TableStream]:
    world = PartitionWorld()
    return world, world.account.create_table_stream(name, ARN, "NEW_AND_OLD_IMAGES", "id", "sort")


def put(stream: TableStream, number: int) -> None:
    """Add an item; all of them are of one shard."""
    keys = {"id": {"S": "a"}, "sort": {"N": str(number)}}
    stream.changed("INSERT", keys, None, {**keys, "data": {"B": b"foobar"}, "list": {"L": [{"BS": [b"x"]}]}})


def shard_of(stream: TableStream) -> str:
    return next(shard.name for shard in stream.shards if shard.length)


def iterator(world: PartitionWorld, stream: TableStream, kind: str, **more: Any) -> str:
    answer = call(world, "GetShardIterator", StreamArn=ARN, ShardId=shard_of(stream), ShardIteratorType=kind, **more)
    return str(answer["ShardIterator"])


def numbers(world: PartitionWorld, text: str, **more: Any) -> list[str]:
    records = call(world, "GetRecords", ShardIterator=text, **more)["Records"]
    return [record["dynamodb"]["Keys"]["sort"]["N"] for record in records]


def test_dds_api_1_streams_are_listed_and_described() -> None:
    world, stream = table_world()

    identity = {"StreamArn": ARN, "TableName": "items", "StreamLabel": "2026-01-01T00:00:00.000"}
    assert call(world, "ListStreams", TableName="items") == {"Streams": [identity]}
    assert call(world, "ListStreams", TableName="theirs") == {"Streams": []}
    description = call(world, "DescribeStream", StreamArn=ARN, Limit=3)["StreamDescription"]
    shards = description.pop("Shards")
    assert description == {
        **identity,
        "StreamStatus": "ENABLED",
        "StreamViewType": "NEW_AND_OLD_IMAGES",
        "CreationRequestDateTime": EPOCH,
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}, {"AttributeName": "sort", "KeyType": "RANGE"}],
        "LastEvaluatedShardId": shards[-1]["ShardId"],
    }
    rest = call(world, "DescribeStream", StreamArn=ARN, ExclusiveStartShardId=shards[-1]["ShardId"])
    names = [shard["ShardId"] for shard in [*shards, *rest["StreamDescription"]["Shards"]]]
    assert names == [shard.name for shard in stream.shards]


def test_dds_api_1_open_shards_have_no_children() -> None:
    world, stream = table_world()
    chosen = {"Type": "CHILD_SHARDS", "ShardId": stream.shards[0].name}

    answer = call(world, "DescribeStream", StreamArn=ARN, ShardFilter=chosen)

    assert answer["StreamDescription"]["Shards"] == []


def test_dds_api_1_a_record_is_as_clients_get_it() -> None:
    world, stream = table_world()
    world.wait(3.7)
    put(stream, 1)

    (record,) = call(world, "GetRecords", ShardIterator=iterator(world, stream, "TRIM_HORIZON"))["Records"]

    keys = {"id": {"S": "a"}, "sort": {"N": "1"}}
    assert set(record) == {"eventID", "eventName", "eventVersion", "eventSource", "awsRegion", "dynamodb"}
    assert record["dynamodb"]["ApproximateCreationDateTime"] == EPOCH + timedelta(seconds=3)
    assert record["dynamodb"]["Keys"] == keys
    assert record["dynamodb"]["NewImage"] == {**keys, "data": {"B": b"foobar"}, "list": {"L": [{"BS": [b"x"]}]}}


def test_dds_api_1_the_types_of_iterators_and_how_reading_goes_on() -> None:
    world, stream = table_world()
    for number in range(4):
        put(stream, number)
    kept = next(shard for shard in stream.shards if shard.length).kept
    second = kept[1].sequence
    latest = iterator(world, stream, "LATEST")

    assert numbers(world, iterator(world, stream, "TRIM_HORIZON")) == ["0", "1", "2", "3"]
    assert numbers(world, iterator(world, stream, "AT_SEQUENCE_NUMBER", SequenceNumber=second)) == ["1", "2", "3"]
    assert numbers(world, iterator(world, stream, "AFTER_SEQUENCE_NUMBER", SequenceNumber=second)) == ["2", "3"]
    assert numbers(world, latest) == []
    first = call(world, "GetRecords", ShardIterator=iterator(world, stream, "TRIM_HORIZON"), Limit=3)
    assert first["NextShardIterator"].startswith(f"{ARN}|1|")
    assert numbers(world, first["NextShardIterator"]) == ["3"]


def test_dds_api_1_one_read_gives_1_000_records_at_most() -> None:
    world, stream = table_world()
    for number in range(1_001):
        put(stream, number)

    assert len(numbers(world, iterator(world, stream, "TRIM_HORIZON"))) == 1_000
    code, message = refusal(world, "GetRecords", ShardIterator=iterator(world, stream, "LATEST"), Limit=1_001)
    assert code == "ValidationException"
    assert message.endswith("Member must have value less than or equal to 1000")


def test_dds_api_1_an_iterator_is_good_for_fifteen_minutes() -> None:
    world, stream = table_world()
    put(stream, 1)
    text = iterator(world, stream, "TRIM_HORIZON")
    world.wait(900)
    assert numbers(world, text) == ["1"]
    world.wait(1)

    assert refusal(world, "GetRecords", ShardIterator=text) == ("ExpiredIteratorException", "Iterator expired.")


def test_dds_api_1_what_retention_has_ended_cannot_be_read() -> None:
    world, stream = table_world()
    put(stream, 1)
    world.wait(24 * 3600 - 60)
    text = iterator(world, stream, "TRIM_HORIZON")
    world.wait(120)

    code, message = refusal(world, "GetRecords", ShardIterator=text)

    assert code == "TrimmedDataAccessException"
    assert message == "The operation attempted to read past the oldest stream record in a shard."


def test_dds_api_1_what_is_refused() -> None:
    world, stream = table_world()
    put(stream, 1)
    theirs = ARN.replace("items", "theirs")
    asked = {"StreamArn": ARN, "ShardId": shard_of(stream)}

    assert refusal(world, "DescribeStream", StreamArn=theirs) == (
        "ResourceNotFoundException",
        f"Requested resource not found: Stream: {theirs} not found",
    )
    unknown = {**asked, "ShardId": "shardId-00000000000000000000-00000000"}
    assert refusal(world, "GetShardIterator", **unknown, ShardIteratorType="LATEST")[0] == "ResourceNotFoundException"
    for kind, more in (
        ("AT_SEQUENCE_NUMBER", {}),
        ("LATEST", {"SequenceNumber": "100000000017454423009"}),
        ("AT_SEQUENCE_NUMBER", {"SequenceNumber": "none-of-these-numbers"}),
        ("AT_TIMESTAMP", {}),
    ):
        assert refusal(world, "GetShardIterator", **asked, ShardIteratorType=kind, **more)[0] == "ValidationException"
    assert refusal(world, "GetRecords", ShardIterator=f"{ARN}|1|none") == (
        "ValidationException",
        "Invalid ShardIterator",
    )
    with pytest.raises(NotModelledError, match="the DynamoDB Streams operation Scan is not modelled"):
        call(world, "Scan")
