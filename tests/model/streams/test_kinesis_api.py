"""Reading a Kinesis stream without a mapping, as handlers do with boto3."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from delivery_lab.errors import NotModelledError
from delivery_lab.model.runtime import AwsError
from delivery_lab.model.streams.iterators import ShardIterator
from delivery_lab.model.streams.kinesis import KinesisStream
from tests.model.partition_world import PartitionWorld
from tests.model.support import CALLER

FIRST = "shardId-000000000000"
EPOCH = datetime(2026, 1, 1, tzinfo=UTC)


def call(world: PartitionWorld, operation: str, **parameters: Any) -> Any:
    return world.account.call("kinesis", operation, parameters, CALLER)


def refusal(world: PartitionWorld, operation: str, **parameters: Any) -> AwsError:
    with pytest.raises(AwsError) as caught:
        call(world, operation, **parameters)
    return caught.value


def name_of(source: KinesisStream) -> str:
    return source.arn.rpartition("/")[2]


def iterator(world: PartitionWorld, source: KinesisStream, kind: str, shard: str = FIRST, **more: Any) -> str:
    answer = call(world, "GetShardIterator", StreamName=name_of(source), ShardId=shard, ShardIteratorType=kind, **more)
    return str(answer["ShardIterator"])


def read(world: PartitionWorld, text: str, **more: Any) -> list[bytes]:
    return [record["Data"] for record in call(world, "GetRecords", ShardIterator=text, **more)["Records"]]


def stream_with(*data: bytes) -> tuple[PartitionWorld, KinesisStream]:
    world = PartitionWorld()
    source = world.kinesis()
    for each in data:
        source.put(each, "k")
    return world, source


def test_kin_api_1_a_stream_is_described_with_its_shards() -> None:
    world = PartitionWorld()
    source = world.kinesis(shards=2)

    description = call(world, "DescribeStream", StreamARN=source.arn)["StreamDescription"]

    assert description["StreamName"] == name_of(source)
    assert description["StreamStatus"] == "ACTIVE"
    assert description["StreamModeDetails"] == {"StreamMode": "PROVISIONED"}
    assert description["RetentionPeriodHours"] == 24
    assert description["StreamCreationTimestamp"] == EPOCH
    assert description["HasMoreShards"] is False
    assert [shard["HashKeyRange"] for shard in description["Shards"]] == [
        {"StartingHashKey": "0", "EndingHashKey": str(2**127 - 1)},
        {"StartingHashKey": str(2**127), "EndingHashKey": str(2**128 - 1)},
    ]


def test_kin_api_1_the_summary_counts_shards_and_consumers() -> None:
    world = PartitionWorld()
    source = world.kinesis(shards=3)
    source.register_consumer("c", f"{source.arn}/consumer/c:1767225600")

    summary = call(world, "DescribeStreamSummary", StreamName=name_of(source))["StreamDescriptionSummary"]

    assert (summary["OpenShardCount"], summary["ConsumerCount"], summary["MaxRecordSizeInKiB"]) == (3, 1, 1024)
    assert "Shards" not in summary


def test_kin_api_1_shards_come_in_pages() -> None:
    world = PartitionWorld()
    source = world.kinesis(shards=3)

    first = call(world, "ListShards", StreamName=name_of(source), MaxResults=2)
    second = call(world, "ListShards", NextToken=first["NextToken"])
    pages = [[shard["ShardId"][-1] for shard in page["Shards"]] for page in (first, second)]

    assert pages == [["0", "1"], ["2"]]
    assert "NextToken" not in second
    after = call(world, "ListShards", StreamARN=source.arn, ShardFilter={"Type": "AFTER_SHARD_ID", "ShardId": FIRST})
    assert [shard["ShardId"][-1] for shard in after["Shards"]] == ["1", "2"]
    assert refusal(world, "ListShards", StreamName="x", NextToken=first["NextToken"]).code == "InvalidArgumentException"


def test_kin_api_1_streams_and_consumers_are_listed() -> None:
    world = PartitionWorld()
    names = sorted(name_of(world.kinesis(name)) for name in ("b", "a", "c"))
    source = world.account.streams_by_name["a"]
    arn = f"{source.arn}/consumer/search:1767225600"
    source.register_consumer("search", arn)

    page = call(world, "ListStreams", Limit=2)
    assert (page["StreamNames"], page["HasMoreStreams"]) == (names[:2], True)
    assert call(world, "ListStreams", NextToken=page["NextToken"])["StreamNames"] == names[2:]
    (consumer,) = call(world, "ListStreamConsumers", StreamARN=source.arn)["Consumers"]
    assert (consumer["ConsumerName"], consumer["ConsumerStatus"]) == ("search", "ACTIVE")
    described = call(world, "DescribeStreamConsumer", ConsumerARN=arn)["ConsumerDescription"]
    assert described == {**consumer, "StreamARN": source.arn}
    error = refusal(world, "DescribeStreamConsumer", StreamARN=source.arn, ConsumerName="mail")
    assert error.code == "ResourceNotFoundException"


def test_kin_api_1_the_types_of_iterators() -> None:
    world, source = stream_with(b"a", b"b", b"c")
    second = source.shards[0].kept[1].sequence
    world.wait(10)
    source.put(b"d", "k")

    assert read(world, iterator(world, source, "TRIM_HORIZON")) == [b"a", b"b", b"c", b"d"]
    assert read(world, iterator(world, source, "AT_SEQUENCE_NUMBER", StartingSequenceNumber=second))[0] == b"b"
    assert read(world, iterator(world, source, "AFTER_SEQUENCE_NUMBER", StartingSequenceNumber=second))[0] == b"c"
    latest = iterator(world, source, "LATEST")
    world.wait(2)
    for when in (EPOCH.replace(second=5), EPOCH.timestamp() + 5, "2026-01-01T00:00:05Z", "2026-01-01T00:00:05"):
        assert read(world, iterator(world, source, "AT_TIMESTAMP", Timestamp=when)) == [b"d"]
    world.wait(2)
    assert read(world, latest) == []
    source.put(b"e", "k")
    assert read(world, latest) == [b"e"]


def test_kin_api_1_reading_goes_on_from_the_next_iterator() -> None:
    world, source = stream_with(b"a", b"b", b"c")
    world.wait(3)

    first = call(world, "GetRecords", ShardIterator=iterator(world, source, "TRIM_HORIZON"), Limit=2)
    second = call(world, "GetRecords", ShardIterator=first["NextShardIterator"])
    third = call(world, "GetRecords", ShardIterator=second["NextShardIterator"])

    assert [record["Data"] for record in first["Records"]] == [b"a", b"b"]
    assert first["Records"][0] == {
        "SequenceNumber": source.shards[0].kept[0].sequence,
        "ApproximateArrivalTimestamp": EPOCH,
        "Data": b"a",
        "PartitionKey": "k",
    }
    assert [answer["MillisBehindLatest"] for answer in (first, second, third)] == [3000, 0, 0]
    assert third["Records"] == []


def test_kin_api_1_reading_takes_nothing_from_mappings_and_the_other_way_round() -> None:
    world = PartitionWorld()
    world.function()
    source = world.kinesis()
    world.stream_mapping(source)
    world.start()
    source.put(b"a", "k")
    world.run()

    assert world.batches() == [["a"]]
    assert read(world, iterator(world, source, "TRIM_HORIZON")) == [b"a"]


def test_kin_api_1_an_iterator_is_good_for_five_minutes() -> None:
    world, source = stream_with(b"a")
    text = iterator(world, source, "TRIM_HORIZON")
    world.wait(300)
    assert read(world, text) == [b"a"]
    world.wait(1)

    error = refusal(world, "GetRecords", ShardIterator=text)

    assert error.code == "ExpiredIteratorException"
    assert error.message == (
        "Iterator expired. The iterator was created at time Thu Jan  1 00:00:00 2026 while right now it is Thu Jan  1 "
        "00:05:01 2026 which is further in the future than the tolerated delay of 300000 milliseconds."
    )


def test_kin_ret_1_what_retention_has_ended_is_not_read() -> None:
    world, source = stream_with(b"a")
    world.wait(12 * 3600)
    source.put(b"b", "k")
    world.wait(12 * 3600 + 1)

    assert read(world, iterator(world, source, "TRIM_HORIZON")) == [b"b"]
    old = ShardIterator(source.arn, FIRST, 0, world.scheduler.now).text()
    assert read(world, old) == [b"b"]


def test_kin_read_1_a_sixth_read_within_a_second_is_throttled() -> None:
    world, source = stream_with(b"a")
    text = iterator(world, source, "TRIM_HORIZON")
    for _ in range(5):
        read(world, text)

    error = refusal(world, "GetRecords", ShardIterator=text)

    assert error.code == "ProvisionedThroughputExceededException"
    assert error.message == (f"Rate exceeded for shard {FIRST} in stream {name_of(source)} under account 123456789012.")
    world.wait(1)
    assert read(world, text) == [b"a"]


def test_kin_read_1_a_read_of_10_mb_is_followed_by_a_pause() -> None:
    world, source = stream_with(*[b"a" * 1_000_000] * 12)
    answer = call(world, "GetRecords", ShardIterator=iterator(world, source, "TRIM_HORIZON"))
    text = answer["NextShardIterator"]

    assert len(answer["Records"]) == 10
    world.wait(3)
    assert refusal(world, "GetRecords", ShardIterator=text).code == "ProvisionedThroughputExceededException"
    world.wait(2)
    assert len(read(world, text)) == 2


@pytest.mark.parametrize(
    ("parameters", "code", "message"),
    [
        ({"StreamName": "theirs"}, "ResourceNotFoundException", "Stream theirs under account 123456789012 not found."),
        (
            {"ShardId": "shardId-000000000007"},
            "ResourceNotFoundException",
            "Shard shardId-000000000007 in stream orders-0123456 under account 123456789012 does not exist",
        ),
        (
            {"ShardIteratorType": "AT_SEQUENCE_NUMBER"},
            "InvalidArgumentException",
            (
                "Must either specify (1) AT_SEQUENCE_NUMBER or AFTER_SEQUENCE_NUMBER and StartingSequenceNumber or (2) "
                "TRIM_HORIZON or LATEST and no StartingSequenceNumber. Request specified AT_SEQUENCE_NUMBER and no "
                "StartingSequenceNumber."
            ),
        ),
        (
            {"ShardIteratorType": "AT_SEQUENCE_NUMBER", "StartingSequenceNumber": "x"},
            "InvalidArgumentException",
            (
                f"StartingSequenceNumber x used in GetShardIterator on shard {FIRST} in stream orders-0123456 under "
                "account 123456789012 is invalid."
            ),
        ),
        (
            {"ShardIteratorType": "AT_TIMESTAMP"},
            "InvalidArgumentException",
            "Must specify timestamp parameter for iterator of type AT_TIMESTAMP",
        ),
    ],
)
def test_kin_api_1_what_an_iterator_is_refused_for(parameters: dict[str, Any], code: str, message: str) -> None:
    world, source = stream_with()
    given = {"StreamName": name_of(source), "ShardId": FIRST, "ShardIteratorType": "LATEST", **parameters}

    error = refusal(world, "GetShardIterator", **given)

    assert (error.code, error.message) == (code, message)


def test_kin_api_1_what_a_read_is_refused_for() -> None:
    world, source = stream_with()

    assert refusal(world, "GetRecords", ShardIterator="none").code == "InvalidArgumentException"
    text = iterator(world, source, "LATEST")
    error = refusal(world, "GetRecords", ShardIterator=text, Limit=10_001)
    assert (error.code, error.message) == (
        "ValidationException",
        (
            "1 validation error detected: Value '10001' at 'limit' failed to satisfy constraint: Member must have "
            "value less than or equal to 10000"
        ),
    )


def test_an_operation_that_is_not_modelled_is_refused_by_name() -> None:
    world, _ = stream_with()

    with pytest.raises(NotModelledError, match="the Kinesis operation SplitShard is not modelled"):
        call(world, "SplitShard")
