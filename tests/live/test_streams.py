"""Streams that are somewhere else, with clients that answer as the services do, and what a mapping makes of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from delivery_lab.events import Journal, RecordAppended
from delivery_lab.live.clock import RealClock, RealTimeScheduler
from delivery_lab.live.destinations import RealQueueDestination
from delivery_lab.live.errors import PlaceError
from delivery_lab.live.queues import RealQueue
from delivery_lab.live.streams import seen_stream, seen_table_stream
from delivery_lab.model.clock import Scheduler, seconds
from delivery_lab.model.mapping.destinations import RETRIES_EXHAUSTED, DiscardedBatch
from delivery_lab.model.mapping.partition_records import StreamFormat
from delivery_lab.model.runtime import AwsError
from delivery_lab.model.sqs.attributes import QueueAttributes
from delivery_lab.model.streams.dynamodb import TableStream
from delivery_lab.model.streams.kinesis import KinesisStream

_LONG = seconds(60)
_ARN = "arn:aws:kinesis:us-east-1:123456789012:stream/orders-1a2b"
_TABLE_ARN = "arn:aws:dynamodb:us-east-1:123456789012:table/orders-1a2b/stream/2026-01-01T00:00:00.000"


def _stream(shards: int = 1) -> KinesisStream:
    return KinesisStream("orders", _ARN, shards=shards, scheduler=Scheduler(), journal=Journal())


def _table() -> TableStream:
    return TableStream("orders", _TABLE_ARN, "NEW_IMAGE", "id", scheduler=Scheduler(), journal=Journal())


class _Client:
    """Hands out pages of records of one shard, and then empty ones; None for a shard that is closed."""

    def __init__(self, *pages: list[dict[str, Any]] | None, shards: tuple[str, ...] = ("shard-a",)) -> None:
        self._pages = list(pages)
        self._shards = [
            {"ShardId": name, "HashKeyRange": {"StartingHashKey": str(number * 2**127)}}
            for number, name in enumerate(shards)
        ]
        self.asked: list[dict[str, Any]] = []

    def list_shards(self, **_: Any) -> dict[str, Any]:
        return {"Shards": self._shards[::-1]}

    def describe_stream(self, **_: Any) -> dict[str, Any]:
        return {"StreamDescription": {"Shards": self._shards}}

    def get_shard_iterator(self, **parameters: Any) -> dict[str, Any]:
        self.asked.append(parameters)
        return {"ShardIterator": "0"}

    def get_records(self, ShardIterator: str, **_: Any) -> dict[str, Any]:  # noqa: N803 - AWS's name
        page = self._pages.pop(0) if self._pages else []
        if page is None:
            return {"Records": []}
        return {"Records": page, "NextShardIterator": str(int(ShardIterator) + 1)}


def _record(sequence: str, clock: RealClock, key: str = "k", data: bytes = b'{"id": 1}') -> dict[str, Any]:
    arrived = datetime.fromtimestamp(clock.epoch + 1.5, UTC)
    return {"SequenceNumber": sequence, "ApproximateArrivalTimestamp": arrived, "Data": data, "PartitionKey": key}


@pytest.fixture
def scheduler() -> RealTimeScheduler:
    return RealTimeScheduler(RealClock())


def _appended(journal: Journal) -> Iterator[RecordAppended]:
    return (event for event in journal.events if isinstance(event, RecordAppended))


def test_records_of_all_pages_are_taken_once_and_in_order(scheduler: RealTimeScheduler) -> None:
    client, journal = _Client([_record("7", scheduler.clock)], [], [_record("8", scheduler.clock)]), Journal()
    seen, [feed] = seen_stream(_stream(), client, scheduler, journal)
    feed.start()
    assert scheduler.run_until(lambda: seen.shards[0].length == 2, _LONG)
    assert [event.sequence for event in _appended(journal)] == ["7", "8"]
    assert [event.body for event in _appended(journal)] == ['{"id": 1}', '{"id": 1}']
    assert client.asked == [
        {"StreamName": "orders-1a2b", "ShardId": "shard-a", "ShardIteratorType": "TRIM_HORIZON"},
    ]


def test_a_record_looks_to_functions_as_that_of_the_simulation_does(scheduler: RealTimeScheduler) -> None:
    simulated = _stream()
    expected = json.loads(simulated.put(b'{"id": 1}', "k").json)
    sequence = expected["kinesis"]["sequenceNumber"]
    seen, [feed] = seen_stream(_stream(), _Client([_record(sequence, scheduler.clock)]), scheduler, Journal())
    seen.shards[0].name = simulated.shards[0].name
    feed.start()
    found = json.loads(seen.shards[0].kept[0].json)
    assert found["kinesis"].pop("approximateArrivalTimestamp") == pytest.approx(scheduler.clock.epoch + 1.5)
    del expected["kinesis"]["approximateArrivalTimestamp"]
    assert found == expected


def test_shards_stand_in_the_order_of_their_hash_keys(scheduler: RealTimeScheduler) -> None:
    client = _Client(shards=("shard-a", "shard-b"))
    seen, feeds = seen_stream(_stream(shards=2), client, scheduler, Journal())
    assert [shard.name for shard in seen.shards] == ["shard-a", "shard-b"]
    assert len(feeds) == 2


def test_other_shards_than_those_that_were_deployed_are_told(scheduler: RealTimeScheduler) -> None:
    with pytest.raises(PlaceError, match=r"^orders has 1 shards there, and 2 by its settings$"):
        seen_stream(_stream(shards=2), _Client(), scheduler, Journal())


def test_a_shard_that_is_closed_ends_the_run(scheduler: RealTimeScheduler) -> None:
    _, [feed] = seen_stream(_stream(), _Client([], None), scheduler, Journal())
    feed.start()
    told = r"^orders/shard-a was closed while it was read: its stream was deleted or resharded$"
    with pytest.raises(PlaceError, match=told):
        scheduler.run_until(lambda: False, _LONG)


def test_a_stream_that_does_not_answer_is_named(scheduler: RealTimeScheduler) -> None:
    class _Gone(_Client):
        def get_shard_iterator(self, **_: Any) -> dict[str, Any]:
            raise ClientError({"Error": {"Code": "ResourceNotFoundException", "Message": "gone"}}, "GetShardIterator")

    _, [feed] = seen_stream(_stream(), _Gone(), scheduler, Journal())
    told = r"^GetShardIterator of orders/shard-a was refused: ResourceNotFoundException: gone\n  fix: it is not there"
    with pytest.raises(PlaceError, match=told):
        feed.start()


def _change(number: int) -> dict[str, Any]:
    return {
        "eventID": f"event-{number}",
        "eventName": "INSERT",
        "dynamodb": {
            "ApproximateCreationDateTime": datetime(2026, 5, 1, 12, tzinfo=UTC),
            "Keys": {"id": {"S": f"item-{number}"}},
            "NewImage": {"id": {"S": f"item-{number}"}, "raw": {"B": b"\x00\x01"}},
            "SequenceNumber": str(number),
            "SizeBytes": 0,
            "StreamViewType": "NEW_IMAGE",
        },
    }


def test_changes_of_a_table_are_divided_among_shards_as_simulated(scheduler: RealTimeScheduler) -> None:
    simulated, client = _table(), _Client([_change(number) for number in range(20)])
    for number in range(20):
        change = _change(number)["dynamodb"]
        simulated.changed("INSERT", change["Keys"], None, change["NewImage"])
    seen, [feed] = seen_table_stream(_table(), client, scheduler, Journal())
    feed.start()
    assert client.asked == [
        {"StreamArn": _TABLE_ARN, "ShardId": "shard-a", "ShardIteratorType": "TRIM_HORIZON"},
    ]
    assert [_keys(stream) for stream in (seen,)] == [_keys(simulated)]
    assert len([shard for shard in seen.shards if shard.length]) > 1
    carried = json.loads(seen.shards[0].kept[0].json)
    expected = json.loads(simulated.shards[0].kept[0].json)
    assert carried["dynamodb"]["NewImage"] == expected["dynamodb"]["NewImage"]
    assert carried["dynamodb"]["SizeBytes"] == expected["dynamodb"]["SizeBytes"]
    assert carried["dynamodb"]["ApproximateCreationDateTime"] == datetime(2026, 5, 1, 12, tzinfo=UTC).timestamp()


def _keys(stream: TableStream) -> list[list[str | None]]:
    return [[record.key for record in shard.kept] for shard in stream.shards]


class _Sqs:
    def __init__(self, *, refuses: bool = False) -> None:
        self.bodies: list[str] = []
        self._refuses = refuses

    def send_message(self, QueueUrl: str, MessageBody: str) -> dict[str, Any]:  # noqa: N803 - AWS's names
        if self._refuses:
            raise ClientError({"Error": {"Code": "InvalidParameterValue", "Message": "too long"}}, "SendMessage")
        self.bodies.append(MessageBody)
        return {"MessageId": f"m-{len(self.bodies)}"}


def _destination(scheduler: RealTimeScheduler, client: _Sqs) -> RealQueueDestination:
    queue = RealQueue(
        "failures",
        "arn:aws:sqs:us-east-1:123456789012:failures",
        "http://127.0.0.1/failures",
        QueueAttributes(),
        fifo=False,
        client=client,
        scheduler=scheduler,
        journal=Journal(),
    )
    return RealQueueDestination(queue, scheduler.clock)


def _discarded() -> tuple[DiscardedBatch, StreamFormat]:
    stream = _stream()
    record = stream.put(b"1", "k")
    batch = DiscardedBatch((record,), stream.shards[0], RETRIES_EXHAUSTED, 4, "request", "arn:function", True)
    return batch, StreamFormat(_ARN, "KinesisBatchInfo", _ARN)


def test_what_is_discarded_is_sent_with_times_of_the_place(scheduler: RealTimeScheduler) -> None:
    client = _Sqs()
    destination = _destination(scheduler, client)
    destination.deliver(*_discarded(), now=seconds(2))
    [document] = map(json.loads, client.bodies)
    sent = datetime.fromisoformat(document["timestamp"]).timestamp()
    arrived = datetime.fromisoformat(document["KinesisBatchInfo"]["approximateArrivalOfFirstRecord"]).timestamp()
    assert sent - scheduler.clock.epoch == pytest.approx(2, abs=0.01)
    assert sent - arrived == pytest.approx(2, abs=0.01)
    assert document["requestContext"]["approximateInvokeCount"] == 4
    assert list(destination.queue.messages) == ["m-1"]


def test_a_destination_that_refuses_is_told_as_aws_does(scheduler: RealTimeScheduler) -> None:
    with pytest.raises(AwsError, match=r"^InvalidParameterValue: too long$"):
        _destination(scheduler, _Sqs(refuses=True)).deliver(*_discarded(), now=0)
