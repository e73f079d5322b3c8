"""A partition in virtual time: a Kinesis or DynamoDB shard, or a Kafka partition.

Records are appended in an order that never changes, and leave by age only: reading takes nothing away, so whoever reads
remembers how far it is. A record that its reader is past is *settled*; retention takes the others.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from delivery_lab.events import Journal, PartitionedKind, RecordAppended, RecordExpired, RecordSkipped
from delivery_lab.model.clock import Scheduler, Timer
from delivery_lab.rule_ids import RuleId


class StartingPosition(StrEnum):
    """Where a reader begins."""

    TRIM_HORIZON = "TRIM_HORIZON"
    LATEST = "LATEST"
    AT_TIMESTAMP = "AT_TIMESTAMP"


@dataclass(slots=True, eq=False)
class Record:
    """One record.

    Attributes:
        id: its id in journal and results: `shard:sequenceNumber` or `topic-partition:offset`.
        sequence: its sequence number or offset, as text.
        number: how many records of its partition came before it.
        key: partition key, None where it has none.
        appended_at: instant at which the partition took it.
        json: the record as Lambda's events carry it.
        settled: the reader is past it.
        expired: retention has taken it.
        in_flight: an invoke is working on it.
    """

    id: str
    sequence: str
    number: int
    key: str | None
    appended_at: int
    json: str
    settled: bool = False
    expired: bool = False
    in_flight: bool = False


class Partition:
    """A Kinesis or DynamoDB shard, or a Kafka partition.

    Args:
        name: its name, such as `shardId-000000000000` or `orders-0`.
        kind: of its source.
        source: name of its stream, table or topic in events and results.
        retention: microseconds after which a record is gone.
        retention_rule: id of the rule that says so.
        scheduler: the run's clock.
        journal: where events are written.
    """

    def __init__(
        self,
        name: str,
        kind: PartitionedKind,
        source: str,
        retention: int,
        retention_rule: RuleId,
        scheduler: Scheduler,
        journal: Journal,
    ) -> None:
        self.name = name
        self.kind = kind
        self.source = source
        self.retention = retention
        self.length = 0
        self.waiting = 0
        self._retention_rule = retention_rule
        self._scheduler = scheduler
        self._journal = journal
        self._kept: deque[Record] = deque()
        self._reader: Callable[[Record], None] | None = None
        self._mapping: str | None = None
        self._timer: Timer | None = None

    def append(self, record: Record, body: str) -> None:
        """Take a record in.

        Args:
            record: the record; its number is `length`.
            body: what was sent, for results.
        """
        self._journal.append(
            RecordAppended(
                self._scheduler.now,
                None,
                self.kind,
                self.source,
                self.name,
                record=record.id,
                sequence=record.sequence,
                key=record.key,
                body=body,
            )
        )
        self.length += 1
        self.waiting += 1
        self._kept.append(record)
        self._watch_retention()
        if self._reader is not None:
            self._reader(record)

    def read_from(
        self,
        position: StartingPosition,
        reader: Callable[[Record], None],
        *,
        mapping: str,
        since: int = 0,
        skip_rule: RuleId,
    ) -> None:
        """Hand what is there, and then everything that arrives, to a reader.

        Args:
            position: where to begin. Records before it are skipped: they are not read (`skip_rule`).
            reader: takes each record once, in order.
            mapping: name of the mapping that reads.
            since: instant of `AT_TIMESTAMP`.
            skip_rule: id of the rule by which records are skipped.
        """
        now = self._scheduler.now
        begin = {
            StartingPosition.TRIM_HORIZON: -1,
            StartingPosition.LATEST: now + 1,
            StartingPosition.AT_TIMESTAMP: since,
        }
        self._reader = reader
        self._mapping = mapping
        for record in list(self._kept):
            if record.settled or record.expired:
                continue
            if record.appended_at < begin[position]:
                self._journal.append(
                    RecordSkipped(now, skip_rule, self.kind, self.source, self.name, record.id, mapping)
                )
                self.settle(record)
            else:
                reader(record)

    def skip_to(self, number: int) -> None:
        """Settle what another reader of the same group has committed: records with a smaller number."""
        for record in list(self._kept):
            if record.number < number and not record.settled:
                self.settle(record)

    def settle(self, record: Record) -> None:
        """The reader is past a record."""
        if not record.settled:
            record.settled = True
            self.waiting -= 1
        kept = self._kept
        while kept and kept[0].settled:
            kept.popleft()

    def drop_if_expired(self, record: Record) -> bool:
        """Whether retention has taken a record; decides it for one that was in flight when its time came."""
        if not record.expired and record.appended_at + self.retention <= self._scheduler.now:
            self._take(record)
        return record.expired

    # -- retention ----------------------------------------------------------------------------------------

    def _take(self, record: Record) -> None:
        record.expired = True
        now, rule = self._scheduler.now, self._retention_rule
        self._journal.append(RecordExpired(now, rule, self.kind, self.source, self.name, record.id, self._mapping))
        self.settle(record)

    def _watch_retention(self) -> None:
        """Keep one timer, for the oldest record. In the background: expiry is no reason for a run to go on."""
        if self._timer is None and self._kept:
            instant = max(self._kept[0].appended_at + self.retention, self._scheduler.now)
            self._timer = self._scheduler.at(instant, self._expire, background=True)

    def _expire(self) -> None:
        self._timer = None
        now = self._scheduler.now
        kept = self._kept
        while kept and (kept[0].settled or kept[0].appended_at + self.retention <= now):
            record = kept[0]
            if record.settled:
                kept.popleft()
            elif record.in_flight:
                # The invoke may still succeed; its reader asks `drop_if_expired` if it does not.
                kept.popleft()
            else:
                self._take(record)
        self._watch_retention()
