"""A Kafka cluster in virtual time: topics, partitions, offsets and consumer groups (semantics.md section G)."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from delivery_lab.errors import NotModelledError
from delivery_lab.events import Journal, PartitionedKind
from delivery_lab.limits.streams import BROKER_PARTITIONS, BROKER_RECORD_BYTES, BROKER_RETENTION_HOURS
from delivery_lab.model.api_errors import services as errors
from delivery_lab.model.clock import Scheduler, epoch_ms, seconds
from delivery_lab.model.partition import Partition, Record

_encode = json.JSONEncoder(separators=(",", ":")).encode
_MASK = 0xFFFFFFFF


class KafkaTopic:
    """A topic.

    Args:
        name: its name.
        partitions: how many partitions it has.
        retention_hours: `retention.ms`, in hours (KAF-RET-1).
        scheduler: the run's clock.
        journal: where events are written.
        refusals: by topic, why a record that arrives there ends the run; "" for every topic.
    """

    kind: PartitionedKind = "kafka"

    def __init__(
        self,
        name: str,
        partitions: int,
        retention_hours: float,
        *,
        scheduler: Scheduler,
        journal: Journal,
        refusals: Mapping[str, str],
    ) -> None:
        self.name = name
        self._refusals = refusals
        self.retention_hours = retention_hours
        self._scheduler = scheduler
        self._journal = journal
        self._next_without_key = 0
        retention = seconds(retention_hours * 3600)
        self.partitions = [
            Partition(f"{name}-{number}", self.kind, name, retention, "KAF-RET-1", scheduler, journal)
            for number in range(partitions)
        ]

    def produce(self, value: bytes, key: str | None = None) -> Record:
        """Append a record.

        Raises:
            AwsError: it is larger than brokers take (KAF-SIZE-1).
            NotModelledError: somebody reads the topic who is not modelled.
        """
        why = self._refusals.get(self.name) or self._refusals.get("")
        if why:
            raise NotModelledError(why)
        check_record_size(value, key)
        self._journal.rely_on("KAF-PART-1" if key is not None else "KAF-PART-2")
        now = self._scheduler.now
        return self.take(self._partition_of(key), value, key, now, epoch_ms(now))

    def take(self, number: int, value: bytes, key: str | None, at: int, timestamp_ms: int) -> Record:
        """Append a record that a producer, here or somewhere else, has sent.

        Args:
            number: of its partition.
            value: its value.
            key: its key, None without one.
            at: instant at which it was sent.
            timestamp_ms: the time that its producer gave it, in milliseconds since 1970.
        """
        partition = self.partitions[number]
        offset = partition.length
        content = {
            "topic": self.name,
            "partition": number,
            "offset": offset,
            "timestamp": timestamp_ms,
            "timestampType": "CREATE_TIME",
            "value": base64.b64encode(value).decode(),
            "headers": [],
        }
        if key is not None:
            content["key"] = base64.b64encode(key.encode()).decode()
        record = Record(f"{partition.name}:{offset}", str(offset), offset, key, at, _encode(content))
        partition.append(record, value.decode(errors="replace"))
        return record

    def _partition_of(self, key: str | None) -> int:
        """The Java client's choice: murmur2 of the key (KAF-PART-1), or in turn without one (KAF-PART-2)."""
        if key is None:
            self._next_without_key += 1
            return (self._next_without_key - 1) % len(self.partitions)
        return (murmur2(key.encode()) & 0x7FFFFFFF) % len(self.partitions)


@dataclass(slots=True)
class KafkaCluster:
    """An MSK cluster, or one that is somebody's own.

    Attributes:
        name: its name in journal and results.
        arn: its ARN; "" for a cluster of one's own.
        bootstrap_servers: its brokers, as events name them.
        default_partitions: `num.partitions` of its configuration.
        default_retention_hours: `log.retention.hours` of its configuration.
        refusals: by topic, why a record that arrives there ends the run; "" for every topic.
        committed: by consumer group and partition, the number of the next record to read (KAF-GROUP-1).
    """

    name: str
    arn: str
    bootstrap_servers: str
    scheduler: Scheduler
    journal: Journal
    default_partitions: int = BROKER_PARTITIONS
    default_retention_hours: float = BROKER_RETENTION_HOURS
    topics: dict[str, KafkaTopic] = field(default_factory=dict)
    committed: dict[str, dict[str, int]] = field(default_factory=dict)
    refusals: dict[str, str] = field(default_factory=dict)

    def create_topic(
        self, name: str, partitions: int | None = None, retention_hours: float | None = None
    ) -> KafkaTopic:
        """Create a topic, with the cluster's defaults for what is not given (KAF-TOPIC-1).

        Raises:
            NotModelledError: the name cannot be a topic's.
        """
        if not name or len(name) > 249:
            raise NotModelledError(f"{name!r} is no name of a Kafka topic\n  nearest: a name of 1 to 249 characters")
        topic = KafkaTopic(
            name,
            self.default_partitions if partitions is None else partitions,
            self.default_retention_hours if retention_hours is None else retention_hours,
            scheduler=self.scheduler,
            journal=self.journal,
            refusals=self.refusals,
        )
        self.topics[name] = topic
        return topic

    def commit(self, group: str, partition: str, number: int) -> None:
        """Remember how far a group is in a partition."""
        self.committed.setdefault(group, {})[partition] = number


def check_record_size(value: bytes, key: str | None) -> None:
    """Refuse a record that is larger than brokers take (KAF-SIZE-1).

    Raises:
        AwsError: it is.
    """
    size = len(value) + len((key or "").encode())
    if size > BROKER_RECORD_BYTES:
        raise errors.RECORD_TOO_LARGE.error(size=size, limit=BROKER_RECORD_BYTES)


def murmur2(data: bytes) -> int:
    """Kafka's hash of keys: MurmurHash2 with 32 bits and Kafka's seed."""
    length = len(data)
    value = (0x9747B28C ^ length) & _MASK
    for index in range(0, length - length % 4, 4):
        block = int.from_bytes(data[index : index + 4], "little") * 0x5BD1E995 & _MASK
        block = (block ^ block >> 24) * 0x5BD1E995 & _MASK
        value = value * 0x5BD1E995 & _MASK ^ block
    rest = data[length - length % 4 :]
    if rest:
        value = (value ^ int.from_bytes(rest, "little")) * 0x5BD1E995 & _MASK
    value = (value ^ value >> 13) * 0x5BD1E995 & _MASK
    return value ^ value >> 15
