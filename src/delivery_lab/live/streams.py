"""Streams that are somewhere else, read by GetRecords.

The mapping of the model reads partitions. Here a partition holds what was seen of a real shard: a record is in it as
soon as a look found it. When a mapping takes it from there is decided by the mapping's own polls.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from delivery_lab.events import Journal
from delivery_lab.live.clock import RealTimeScheduler
from delivery_lab.live.errors import PlaceError, place_error
from delivery_lab.model.clock import seconds
from delivery_lab.model.partition import Partition
from delivery_lab.model.streams.dynamodb import TableStream
from delivery_lab.model.streams.items import as_events_carry
from delivery_lab.model.streams.kinesis import KinesisStream

LOOK_SECONDS = 0.02
"""On this machine's clock: so often each shard is looked at."""
_RECORDS = 1000
"""What one read asks for: the most that both services give."""

Take = Callable[[Mapping[str, Any]], None]


class ShardFeed:
    """Looks at one shard, from its beginning on, and hands over what it finds.

    Args:
        name: name of stream and shard, for messages.
        client: boto3's client of Kinesis or of DynamoDB streams.
        shard: `StreamARN` and `ShardId`, as the client takes them.
        take: takes each record once, in order.
        scheduler: the run's clock.
    """

    def __init__(
        self, name: str, client: Any, shard: Mapping[str, str], take: Take, scheduler: RealTimeScheduler
    ) -> None:
        self._name = name
        self._client = client
        self._shard = shard
        self._take = take
        self._scheduler = scheduler
        self._iterator: str | None = None

    def start(self) -> None:
        """Begin to look."""
        answer = self._asked("GetShardIterator", **self._shard, ShardIteratorType="TRIM_HORIZON")
        self._iterator = answer["ShardIterator"]
        self._look()

    def _look(self) -> None:
        answer = self._asked("GetRecords", ShardIterator=self._iterator, Limit=_RECORDS)
        self._scheduler.catch_up()
        for record in answer["Records"]:
            self._take(record)
        self._iterator = answer.get("NextShardIterator")
        if self._iterator is None:
            raise PlaceError(f"{self._name} was closed while it was read: its stream was deleted or resharded")
        wait = 0 if len(answer["Records"]) == _RECORDS else seconds(LOOK_SECONDS * self._scheduler.clock.speed)
        self._scheduler.after(wait, self._look, background=True)

    def _asked(self, operation: str, **parameters: Any) -> dict[str, Any]:
        ask = {"GetShardIterator": self._client.get_shard_iterator, "GetRecords": self._client.get_records}[operation]
        try:
            answer: dict[str, Any] = ask(**parameters)
        except (BotoCoreError, ClientError) as error:
            raise place_error(f"{operation} of {self._name}", error) from error
        return answer


def seen_stream(
    deployed: KinesisStream, client: Any, scheduler: RealTimeScheduler, journal: Journal
) -> tuple[KinesisStream, list[ShardFeed]]:
    """What is seen of a Kinesis stream, and the feeds that look at it.

    Args:
        deployed: the stream as it was deployed.
        client: boto3's client of Kinesis.
        scheduler: the run's clock.
        journal: where events are written.

    Raises:
        PlaceError: its shards cannot be listed, or are not those that were deployed.
    """
    try:
        shards = client.list_shards(StreamARN=deployed.arn)["Shards"]
    except (BotoCoreError, ClientError) as error:
        raise place_error(f"ListShards of {deployed.name}", error) from error
    shards = sorted(shards, key=lambda shard: int(shard["HashKeyRange"]["StartingHashKey"]))
    if len(shards) != len(deployed.shards):
        raise PlaceError(f"{deployed.name} has {len(shards)} shards there, and {len(deployed.shards)} by its settings")
    seen = KinesisStream(
        deployed.name,
        deployed.arn,
        shards=len(shards),
        retention_hours=deployed.retention_hours,
        record_kib=deployed.record_kib,
        scheduler=scheduler,
        journal=journal,
    )
    feeds = []
    for partition, shard in zip(seen.shards, shards, strict=True):
        partition.name = shard["ShardId"]
        where = {"StreamName": deployed.physical_name, "ShardId": partition.name}
        take = _kinesis_record(seen, partition, scheduler)
        feeds.append(ShardFeed(f"{seen.name}/{partition.name}", client, where, take, scheduler))
    return seen, feeds


def _kinesis_record(stream: KinesisStream, partition: Partition, scheduler: RealTimeScheduler) -> Take:
    def take(record: Mapping[str, Any]) -> None:
        arrived = record["ApproximateArrivalTimestamp"].timestamp()
        at = min(scheduler.now, scheduler.clock.instant_of(arrived))
        stream.take(partition, record["SequenceNumber"], record["Data"], record["PartitionKey"], at, arrived)

    return take


def seen_table_stream(
    deployed: TableStream, client: Any, scheduler: RealTimeScheduler, journal: Journal
) -> tuple[TableStream, list[ShardFeed]]:
    """What is seen of the stream of a table, and the feeds that look at it.

    Emulators have one shard for a table. Its records are divided among shards by their partition keys, as the
    simulation divides them (DDS-SHARD-1), so that mappings read several there too.

    Args:
        deployed: the stream as it was deployed.
        client: boto3's client of DynamoDB streams.
        scheduler: the run's clock.
        journal: where events are written.

    Raises:
        PlaceError: its shards cannot be listed.
    """
    try:
        shards = client.describe_stream(StreamArn=deployed.arn)["StreamDescription"]["Shards"]
    except (BotoCoreError, ClientError) as error:
        raise place_error(f"DescribeStream of {deployed.name}", error) from error
    keys = deployed.hash_key, deployed.range_key
    seen = TableStream(deployed.name, deployed.arn, deployed.view_type, *keys, scheduler=scheduler, journal=journal)
    feeds = []
    for shard in shards:
        where = {"StreamArn": deployed.arn, "ShardId": shard["ShardId"]}
        name = f"{seen.name}/{shard['ShardId']}"
        feeds.append(ShardFeed(name, client, where, _change_of(seen, scheduler), scheduler))
    return seen, feeds


def _change_of(stream: TableStream, scheduler: RealTimeScheduler) -> Take:
    def take(record: Mapping[str, Any]) -> None:
        change = dict(record["dynamodb"])
        for part in ("Keys", "NewImage", "OldImage"):
            if part in change:
                change[part] = as_events_carry(change[part])
        written = change["ApproximateCreationDateTime"]
        change["ApproximateCreationDateTime"] = float(int(written.timestamp()))
        # A record tells the second in which it was written (DDS-TIME-1): the instant at which it was seen is closer.
        image = change["NewImage"] if "NewImage" in change else change["Keys"]
        stream.take(record["eventID"], record["eventName"], change, scheduler.now, image)

    return take
