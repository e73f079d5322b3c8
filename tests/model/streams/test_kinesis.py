import base64
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from delivery_lab.errors import DeploymentRefusedError, NotModelledError
from delivery_lab.events import RecordAppended, RecordExpired
from delivery_lab.model.runtime import AwsError
from tests.model.partition_world import PartitionWorld
from tests.model.support import CALLER


@settings(deadline=None, max_examples=40)
@given(st.lists(st.text(min_size=1, max_size=20), max_size=30), st.integers(1, 8))
def test_kin_shard_1_a_key_has_one_shard_which_keeps_its_order(keys: list[str], shards: int) -> None:
    stream = PartitionWorld().kinesis(shards=shards)

    records = [stream.put(b"x", key) for key in keys]

    homes: dict[str, str] = {}
    for key, record in zip(keys, records, strict=True):
        shard = record.id.partition(":")[0]
        assert homes.setdefault(key, shard) == shard
    numbers = [int(record.sequence) for record in records]
    assert numbers == sorted(set(numbers))


def test_kin_shard_1_the_hash_key_range_is_shared_evenly() -> None:
    stream = PartitionWorld().kinesis(shards=4)

    quarter = 2**126
    chosen = [stream.put(b"x", "k", str(value)).id[:20] for value in (0, quarter - 1, quarter, 3 * quarter, 2**128 - 1)]

    assert [name[-1] for name in chosen] == ["0", "0", "1", "3", "3"]


def test_kin_shard_1_keys_fall_on_the_shard_that_their_md5_says() -> None:
    stream = PartitionWorld().kinesis(shards=2)

    # MD5("a") begins with 0c, MD5("b") with 92: below and above the middle.
    assert stream.shard_of("a").name == "shardId-000000000000"
    assert stream.shard_of("b").name == "shardId-000000000001"


def test_the_record_is_as_documented() -> None:
    world = PartitionWorld()
    world.function()
    stream = world.kinesis()
    world.stream_mapping(stream)
    world.start()
    record = stream.put("grüße".encode(), "k")

    world.run()

    (found,) = world.calls[0].event["Records"]
    assert found == {
        "kinesis": {
            "kinesisSchemaVersion": "1.0",
            "partitionKey": "k",
            "sequenceNumber": record.sequence,
            "data": base64.b64encode("grüße".encode()).decode(),
            "approximateArrivalTimestamp": 1767225600.0,
        },
        "eventSource": "aws:kinesis",
        "eventVersion": "1.0",
        "eventID": f"shardId-000000000000:{record.sequence}",
        "eventName": "aws:kinesis:record",
        "invokeIdentityArn": "arn:aws:iam::123456789012:role/delivery-lab",
        "awsRegion": "us-east-1",
        "eventSourceARN": stream.arn,
    }


@pytest.mark.parametrize(
    ("data", "key", "hash_key", "message"),
    [
        (b"x", "", None, "at 'partitionKey' failed to satisfy constraint"),
        (b"x", "k" * 257, None, "at 'partitionKey' failed to satisfy constraint"),
        (b"x" * 1_048_576, "k", None, "at 'data' failed to satisfy constraint"),
        (b"x", "k", "-1", "Invalid ExplicitHashKey"),
        (b"x", "k", str(2**128), "Invalid ExplicitHashKey"),
    ],
)
def test_kin_size_1_refusals(data: bytes, key: str, hash_key: str | None, message: str) -> None:
    world = PartitionWorld()
    stream = world.kinesis()

    with pytest.raises(AwsError, match=message):
        stream.put(data, key, hash_key)

    assert world.events(RecordAppended) == []


def test_kin_ret_1_without_a_reader_records_expire_all_the_same() -> None:
    world = PartitionWorld()
    stream = world.kinesis(retention_hours=48)
    record = stream.put(b"x", "k")

    world.run(until_seconds=48 * 3600 - 1)
    assert world.messages_of(RecordExpired) == []
    world.run(until_seconds=48 * 3600)

    assert world.messages_of(RecordExpired) == [record.id]


@pytest.mark.parametrize("record_kib", [1_024, 10_240])
def test_kin_size_1_the_stream_says_how_large_a_record_may_be(record_kib: int) -> None:
    stream = PartitionWorld().kinesis(record_kib=record_kib)
    largest = record_kib * 1024

    stream.put(b"x" * (largest - 1), "k")

    with pytest.raises(AwsError, match=f"less than or equal to {largest}, key included, not {largest + 1}"):
        stream.put(b"x" * largest, "k")


@pytest.mark.parametrize(
    "wrong",
    [{"shards": 0}, {"retention_hours": 23}, {"retention_hours": 8761}, {"record_kib": 1_023}, {"record_kib": 10_241}],
)
def test_kin_shard_2_kin_ret_1_refusals_of_a_stream(wrong: dict[str, Any]) -> None:
    with pytest.raises(DeploymentRefusedError, match="AWS would refuse orders"):
        PartitionWorld().kinesis(**wrong)


def test_handlers_put_records() -> None:
    world = PartitionWorld()
    stream = world.kinesis(shards=2)
    entry = {"Data": b"x", "PartitionKey": "a"}

    one = world.account.call("kinesis", "PutRecord", {"StreamARN": stream.arn, **entry}, CALLER)
    name = stream.arn.rsplit("/", 1)[-1]
    two = world.account.call("kinesis", "PutRecords", {"StreamName": name, "Records": [entry, entry]}, CALLER)

    assert isinstance(one, dict)
    assert isinstance(two, dict)
    assert one["ShardId"] == "shardId-000000000000"
    assert two["FailedRecordCount"] == 0
    sent = [one["SequenceNumber"], *(record["SequenceNumber"] for record in two["Records"])]
    assert [message.partition(":")[2] for message in world.messages_of(RecordAppended)] == sent


@pytest.mark.parametrize(
    ("operation", "parameters", "error"),
    [
        ("PutRecord", {"StreamName": "nobody", "Data": b"", "PartitionKey": "k"}, "ResourceNotFoundException"),
        ("PutRecords", {"StreamName": "orders-0123456", "Records": []}, "ValidationException"),
        (
            "PutRecords",
            {"StreamName": "orders-0123456", "Records": [{"Data": b"", "PartitionKey": ""}]},
            "ValidationException",
        ),
    ],
)
def test_what_handlers_are_answered(operation: str, parameters: dict[str, Any], error: str) -> None:
    world = PartitionWorld()
    world.kinesis()

    with pytest.raises(AwsError) as refused:
        world.account.call("kinesis", operation, parameters, CALLER)

    assert refused.value.code == error
    assert world.events(RecordAppended) == []


def test_other_operations_are_refused_by_name() -> None:
    world = PartitionWorld()
    world.kinesis()

    with pytest.raises(NotModelledError, match="the Kinesis operation MergeShards is not modelled"):
        world.account.call("kinesis", "MergeShards", {}, CALLER)
