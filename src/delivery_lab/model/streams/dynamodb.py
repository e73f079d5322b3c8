"""The stream of a DynamoDB table: a record for each item that a write changed (semantics.md section F)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from delivery_lab.events import Journal, PartitionedKind
from delivery_lab.limits.streams import STREAM_IMAGES, TABLE_STREAM_RETENTION_HOURS
from delivery_lab.model.clock import Scheduler, epoch_ms, seconds
from delivery_lab.model.partition import Partition, Record
from delivery_lab.model.streams.items import as_events_carry, plain, size_of

SHARDS = 4
FIRST_SEQUENCE = 100_000_000_017_454_423_009
_encode = json.JSONEncoder(separators=(",", ":")).encode


class TableStream:
    """The stream of one table.

    Args:
        name: the table's name in journal and results (its logical name).
        arn: ARN of the stream.
        view_type: which images a record carries.
        hash_key: the table's partition key.
        range_key: its sort key, None without.
        scheduler: the run's clock.
        journal: where events are written.
    """

    kind: PartitionedKind = "dynamodb"

    def __init__(
        self,
        name: str,
        arn: str,
        view_type: str,
        hash_key: str,
        range_key: str | None = None,
        *,
        scheduler: Scheduler,
        journal: Journal,
    ) -> None:
        self.name = name
        self.arn = arn
        self.view_type = view_type
        self.retention_hours = TABLE_STREAM_RETENTION_HOURS
        self.standard_mappings = 0
        self.hash_key = hash_key
        self.range_key = range_key
        self._scheduler = scheduler
        self._journal = journal
        self._region = arn.split(":")[3]
        self._sequence = FIRST_SEQUENCE
        self.shards = [
            Partition(
                f"shardId-0000000176{number:010d}-{number:08x}",
                self.kind,
                name,
                seconds(TABLE_STREAM_RETENTION_HOURS * 3600),
                "DDS-RET-1",
                scheduler,
                journal,
            )
            for number in range(SHARDS)
        ]

    @property
    def table_name(self) -> str:
        """AWS's name of the table."""
        return self.arn.split("/")[1]

    def changed(
        self, event: str, keys: Mapping[str, Any], old: Mapping[str, Any] | None, new: Mapping[str, Any] | None
    ) -> None:
        """Write the record of one changed item; a write that changed nothing leaves none (DDS-RECORD-1).

        Args:
            event: `INSERT`, `MODIFY` or `REMOVE`.
            keys: the item's key, in DynamoDB's JSON.
            old: the item before, or None.
            new: the item after, or None.
        """
        self._journal.rely_on("DDS-RECORD-1", "DDS-VIEW-1", "DDS-BINARY-1", "DDS-SIZE-1", "DDS-TIME-1")
        if old == new:
            return
        keys = as_events_carry(keys)
        old, new = (None if image is None else as_events_carry(image) for image in (old, new))
        self._sequence += 1
        sequence = str(self._sequence)
        now = self._scheduler.now
        images = {"NewImage": new, "OldImage": old}
        change: dict[str, Any] = {
            "ApproximateCreationDateTime": float(epoch_ms(now) // 1000),
            "Keys": keys,
            **{name: images[name] for name in STREAM_IMAGES[self.view_type] if images[name] is not None},
            "SequenceNumber": sequence,
            "StreamViewType": self.view_type,
        }
        event_id = hashlib.md5(sequence.encode(), usedforsecurity=False).hexdigest()
        self.take(event_id, event, change, now, keys if new is None else new)

    def take(self, event_id: str, event: str, change: dict[str, Any], at: int, image: Mapping[str, Any]) -> None:
        """Append the record of a change to its shard.

        Args:
            event_id: its `eventID`.
            event: `INSERT`, `MODIFY` or `REMOVE`.
            change: its `dynamodb` block as events carry it; the size is counted here (DDS-SIZE-1).
            at: instant at which it was written.
            image: what results look into: the item after the change, or its keys.
        """
        keys, sequence = change["Keys"], change["SequenceNumber"]
        partition = self._shard_of(_encode(keys[self.hash_key]))
        change["SizeBytes"] = sum(size_of(change.get(part)) for part in ("Keys", "NewImage", "OldImage"))
        content = {
            "eventID": event_id,
            "eventName": event,
            "eventVersion": "1.1",
            "eventSource": "aws:dynamodb",
            "awsRegion": self._region,
            "dynamodb": change,
            "eventSourceARN": self.arn,
        }
        record = Record(
            f"{partition.name}:{sequence}",
            sequence,
            partition.length,
            _encode(keys),
            at,
            _encode(content),
            change["SizeBytes"],
        )
        partition.append(record, _encode(plain(image)))

    def _shard_of(self, key: str) -> Partition:
        """A shard per table partition: items of one partition key share one (DDS-SHARD-1)."""
        self._journal.rely_on("DDS-SHARD-1")
        digest = hashlib.md5(key.encode(), usedforsecurity=False).digest()
        return self.shards[int.from_bytes(digest[:8]) * len(self.shards) >> 64]
