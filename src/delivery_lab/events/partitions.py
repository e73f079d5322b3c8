"""Events of partitions: a Kinesis or DynamoDB shard, or a Kafka partition.

All of them have:

    source_kind: `kinesis`, `dynamodb` or `kafka`
    source:      name of the stream, table or topic
    partition:   name of the shard or partition, such as `shardId-000000000000` or `orders-0`

`record` and `records` are ids of records, `partition:sequence number` or `partition:offset`. `slot` is the number of
the slot of the partition: a slot works on one batch at a time, and with a parallelization factor there are several.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from delivery_lab.events.base import EventBase

PartitionedKind = Literal["kinesis", "dynamodb", "kafka"]

DiscardCondition = Literal["RetryAttemptsExhausted", "RecordAgeExceeded"]


@dataclass(frozen=True, slots=True)
class PartitionEvent(EventBase):
    """What happened in a partition.

    Attributes:
        source_kind: kind of the source.
        source: name of the stream, table or topic.
        partition: name of the shard or partition.
    """

    source_kind: PartitionedKind
    source: str
    partition: str


@dataclass(frozen=True, slots=True)
class RecordAppended(PartitionEvent):
    """A partition took a record.

    Attributes:
        record: its id.
        sequence: its sequence number or offset, as text.
        key: its partition key, None without one.
        body: what was sent, as text.
    """

    record: str
    sequence: str
    key: str | None
    body: str


@dataclass(frozen=True, slots=True)
class RecordSkipped(PartitionEvent):
    """A record was there before the mapping's starting position: the mapping never reads it.

    Attributes:
        record: its id.
        mapping: name of the mapping.
    """

    record: str
    mapping: str


@dataclass(frozen=True, slots=True)
class RecordFiltered(PartitionEvent):
    """A mapping's filter matched a record with none of its patterns: the mapping moves past it.

    Attributes:
        record: its id.
        mapping: name of the mapping.
    """

    record: str
    mapping: str


@dataclass(frozen=True, slots=True)
class RecordExpired(PartitionEvent):
    """Retention ended a record that its mapping was not past.

    Attributes:
        record: its id.
        mapping: name of the mapping that reads the partition, None without one.
    """

    record: str
    mapping: str | None


@dataclass(frozen=True, slots=True)
class RecordsRewound(PartitionEvent):
    """A mapping was created again, and begins with records that the former one had read or was past.

    Attributes:
        records: ids of all records that are before it now, in order.
        mapping: name of the mapping.
    """

    records: tuple[str, ...]
    mapping: str


@dataclass(frozen=True, slots=True)
class RecordsCheckpointed(PartitionEvent):
    """A mapping is past records that a batch succeeded with.

    Attributes:
        records: their ids, in order.
        mapping: name of the mapping.
        slot: number of the slot.
    """

    records: tuple[str, ...]
    mapping: str
    slot: int


@dataclass(frozen=True, slots=True)
class RecordsDiscarded(PartitionEvent):
    """A mapping gave records up, and is past them.

    Attributes:
        records: their ids, in order.
        mapping: name of the mapping.
        slot: number of the slot.
        condition: why, as AWS names it.
        target: name of the on-failure destination that took the report, None without one, or if it refused.
    """

    records: tuple[str, ...]
    mapping: str
    slot: int
    condition: DiscardCondition
    target: str | None


@dataclass(frozen=True, slots=True)
class BatchSplit(PartitionEvent):
    """A failed batch was bisected; both parts follow at once.

    Attributes:
        records: ids of the batch's records, in order.
        mapping: name of the mapping.
        slot: number of the slot.
        cut_at: how many of them are the first part; 0 where the checkpoint has made the cut already.
    """

    records: tuple[str, ...]
    mapping: str
    slot: int
    cut_at: int
