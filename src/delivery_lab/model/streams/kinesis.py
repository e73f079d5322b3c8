"""A Kinesis data stream in virtual time: shards by the hash of the partition key (semantics.md section F)."""

from __future__ import annotations

import base64
import bisect
import hashlib
import json

from delivery_lab.errors import DeploymentRefusedError
from delivery_lab.events import Journal, PartitionedKind
from delivery_lab.limits.streams import FAN_OUT_CONSUMERS, PARTITION_KEY, RECORD_KIB, RETENTION_HOURS
from delivery_lab.model.api_errors import streams
from delivery_lab.model.clock import Scheduler, epoch_ms, seconds
from delivery_lab.model.partition import Partition, Record
from delivery_lab.model.runtime import UNKNOWN_ROLE
from delivery_lab.model.streams.throughput import ReadThroughput

FIRST_SEQUENCE = 49_590_338_271_490_256_608_559_692_538_361_571_095_921_575_989_136_588_898
HASH_KEYS = 2**128
_encode = json.JSONEncoder(separators=(",", ":")).encode


class KinesisStream:
    """A data stream.

    Args:
        name: its name in journal and results (its logical name); AWS's own name ends the ARN.
        arn: its ARN.
        shards: number of shards; it never changes (KIN-SHARD-2).
        retention_hours: 24 to 8,760 (KIN-RET-1).
        record_kib: `MaxRecordSizeInKiB`, 1,024 to 10,240 (KIN-SIZE-1).
        scheduler: the run's clock.
        journal: where events are written.

    Raises:
        DeploymentRefusedError: Kinesis would refuse the number of shards, the retention or the size of records.
    """

    kind: PartitionedKind = "kinesis"

    def __init__(
        self,
        name: str,
        arn: str,
        *,
        shards: int = 1,
        retention_hours: int = RETENTION_HOURS.default,
        record_kib: int = RECORD_KIB.default,
        scheduler: Scheduler,
        journal: Journal,
    ) -> None:
        self.name = name
        self.arn = arn
        self.retention_hours = retention_hours
        self.record_kib = record_kib
        self.on_demand = False
        self._largest_record_bytes = record_kib * 1024
        _check(name, shards, retention_hours, record_kib)
        self._scheduler = scheduler
        self._journal = journal
        self._region = arn.split(":")[3]
        self._sequence = FIRST_SEQUENCE
        retention = seconds(retention_hours * 3600)
        self.shards = [
            Partition(f"shardId-{number:012d}", self.kind, name, retention, "KIN-RET-1", scheduler, journal)
            for number in range(shards)
        ]
        self.shared_reads = [ReadThroughput(scheduler) for _ in self.shards]
        self.standard_mappings = 0
        self.consumers: dict[str, str] = {}
        self._starts = [number * HASH_KEYS // shards for number in range(shards)]

    @property
    def physical_name(self) -> str:
        """AWS's name of the stream."""
        return self.arn.rsplit("/", 1)[-1]

    def hash_keys(self, number: int) -> tuple[int, int]:
        """The first and the last hash key of a shard."""
        ends = [*self._starts[1:], HASH_KEYS]
        return self._starts[number], ends[number] - 1

    def shard_of(self, key: str, explicit_hash_key: str | None = None) -> Partition:
        """The shard that takes a partition key: by its MD5, or by the hash key given in its place (KIN-SHARD-1)."""
        if explicit_hash_key is not None:
            value = int(explicit_hash_key)
        else:
            value = int.from_bytes(hashlib.md5(key.encode(), usedforsecurity=False).digest())
        return self.shards[bisect.bisect_right(self._starts, value) - 1]

    def register_consumer(self, name: str, arn: str) -> None:
        """Register a consumer for enhanced fan-out.

        Raises:
            AwsError: the stream has as many as it takes (KIN-FAN-1).
        """
        if not FAN_OUT_CONSUMERS.allows(len(self.consumers) + 1):
            message = f"Stream {self.name} has {len(self.consumers)} consumers: {FAN_OUT_CONSUMERS.range}"
            raise streams.TOO_MANY_CONSUMERS.error(reason=message)
        self.consumers[arn] = name

    def put(self, data: bytes, key: str, explicit_hash_key: str | None = None) -> Record:
        """Accept a record.

        Raises:
            AwsError: the partition key is missing or too long, or the record too large (KIN-SIZE-1).
        """
        self.check(data, key, explicit_hash_key)
        partition = self.shard_of(key, explicit_hash_key)
        self._sequence += 1
        now = self._scheduler.now
        self._journal.rely_on("KIN-SHARD-1")
        return self.take(partition, str(self._sequence), data, key, now, epoch_ms(now) / 1000)

    def take(
        self, partition: Partition, sequence: str, data: bytes, key: str, at: int, arrived_epoch_seconds: float
    ) -> Record:
        """Append a record to a shard.

        Args:
            partition: the shard.
            sequence: its sequence number.
            data: its content.
            key: its partition key.
            at: instant at which it arrived.
            arrived_epoch_seconds: Unix time of that instant, as events tell it.
        """
        event_id = f"{partition.name}:{sequence}"
        content = {
            "kinesis": {
                "kinesisSchemaVersion": "1.0",
                "partitionKey": key,
                "sequenceNumber": sequence,
                "data": base64.b64encode(data).decode(),
                "approximateArrivalTimestamp": arrived_epoch_seconds,
            },
            "eventSource": "aws:kinesis",
            "eventVersion": "1.0",
            "eventID": event_id,
            "eventName": "aws:kinesis:record",
            "invokeIdentityArn": UNKNOWN_ROLE,
            "awsRegion": self._region,
            "eventSourceARN": self.arn,
        }
        size_bytes = len(data) + len(key.encode())
        record = Record(event_id, sequence, partition.length, key, at, _encode(content), size_bytes)
        partition.append(record, data.decode(errors="replace"))
        return record

    def next_record(self, key: str) -> str:
        """The id that the next record of a partition key gets."""
        return f"{self.shard_of(key).name}:{self._sequence + 1}"

    def check(self, data: bytes, key: str, explicit_hash_key: str | None = None) -> None:
        """Refuse what `PutRecord` refuses (KIN-SIZE-1).

        Raises:
            AwsError: with Kinesis's code.
        """
        if not 1 <= len(key) <= PARTITION_KEY.maximum:
            raise streams.PARTITION_KEY_LENGTH.error(key=key[:40], limit=PARTITION_KEY.maximum)
        size_bytes = len(data) + len(key.encode())
        if size_bytes > self._largest_record_bytes:
            raise streams.RECORD_TOO_LARGE.error(limit=self._largest_record_bytes, size=size_bytes)
        if explicit_hash_key is not None and not _is_hash_key(explicit_hash_key):
            raise streams.EXPLICIT_HASH_KEY.error(key=explicit_hash_key)


def _is_hash_key(text: str) -> bool:
    return text.isdecimal() and int(text) < HASH_KEYS


def _check(name: str, shards: int, retention_hours: int, record_kib: int) -> None:
    if shards < 1:
        raise DeploymentRefusedError(
            name,
            "ValidationException",
            f"Value '{shards}' at 'shardCount' failed to satisfy constraint: "
            "Member must have value greater than or equal to 1",
            rule="KIN-SHARD-2",
            fix="set shardCount to 1 or more",
        )
    if not RETENTION_HOURS.allows(retention_hours):
        raise DeploymentRefusedError(
            name,
            "InvalidArgumentException",
            f"Value '{retention_hours}' at 'retentionPeriodHours': {RETENTION_HOURS.range} hours",
            rule="KIN-RET-1",
            fix=f"set retentionPeriod from {RETENTION_HOURS.range} hours",
        )
    if not RECORD_KIB.allows(record_kib):
        raise DeploymentRefusedError(
            name,
            "ValidationException",
            f"Value '{record_kib}' at 'maxRecordSizeInKiB': {RECORD_KIB.range} KiB",
            rule="KIN-SIZE-1",
            fix=f"set maxRecordSizeInKib from {RECORD_KIB.range}",
        )
