"""A partition in virtual time: a Kinesis or DynamoDB shard, or a Kafka partition.

Records are appended in an order that never changes, and leave by age only: reading takes nothing away, so each mapping
that reads has a cursor of its own, which remembers how far it is.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from delivery_lab.events import Journal, PartitionedKind, RecordAppended, RecordExpired, RecordSkipped, RecordsRewound
from delivery_lab.model.clock import Scheduler, Timer
from delivery_lab.rule_ids import RuleId

_READ_AGAIN: RuleId = "STR-START-7"


class StartingPosition(StrEnum):
    """Where a reader begins."""

    TRIM_HORIZON = "TRIM_HORIZON"
    LATEST = "LATEST"
    AT_TIMESTAMP = "AT_TIMESTAMP"


@dataclass(frozen=True, slots=True, eq=False)
class Record:
    """One record.

    Attributes:
        id: its id in journal and results: `shard:sequenceNumber` or `topic-partition:offset`.
        sequence: its sequence number or offset, as text.
        number: how many records of its partition came before it.
        key: partition key, None where it has none.
        appended_at: instant at which the partition took it.
        json: the record as Lambda's events carry it.
        size_bytes: what a read of it counts, key and data together.
    """

    id: str
    sequence: str
    number: int
    key: str | None
    appended_at: int
    json: str
    size_bytes: int = 0


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
        self._retention_rule = retention_rule
        self._scheduler = scheduler
        self._journal = journal
        self._kept: deque[Record] = deque()
        self._cursors: list[Cursor] = []
        self._timer: Timer | None = None

    @property
    def kept(self) -> Sequence[Record]:
        """The records that are there, in order."""
        return self._kept

    def cursor(self, mapping: str) -> Cursor:
        """A cursor for a mapping, at the beginning of the partition; it reads once it is started."""
        cursor = Cursor(self, mapping, self._scheduler, self._journal)
        self._cursors.append(cursor)
        return cursor

    def append(self, record: Record, body: str) -> None:
        """Take a record in.

        Args:
            record: the record; its number is `length`.
            body: what was sent, for results.
        """
        self._journal.append(
            RecordAppended(
                record.appended_at,
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
        self._kept.append(record)
        self._watch_retention()
        for cursor in self._cursors:
            cursor.arrived(record)

    # -- retention ----------------------------------------------------------------------------------------

    def is_too_old(self, record: Record) -> bool:
        """Whether the retention of a record is over."""
        return record.appended_at + self.retention <= self._scheduler.now

    def note_expired(self, record: Record, mapping: str | None) -> None:
        """Write down that retention ended a record that a mapping was not past, or that no mapping reads."""
        now, rule = self._scheduler.now, self._retention_rule
        self._journal.append(RecordExpired(now, rule, self.kind, self.source, self.name, record.id, mapping))

    def _watch_retention(self) -> None:
        """Keep one timer, for the oldest record. In the background: an expiry is no reason for a run to go on."""
        if self._timer is None and self._kept:
            instant = max(self._kept[0].appended_at + self.retention, self._scheduler.now)
            self._timer = self._scheduler.at(instant, self._expire, background=True)

    def _expire(self) -> None:
        self._timer = None
        while self._kept and self.is_too_old(self._kept[0]):
            record = self._kept.popleft()
            if not self._cursors:
                self.note_expired(record, None)
            for cursor in self._cursors:
                cursor.expire(record)
        self._watch_retention()


class Cursor:
    """How far one mapping is in a partition: past a record, at work on it, or before it (STR-READ-1).

    Args:
        partition: the partition.
        mapping: name of the mapping.
        scheduler: the run's clock.
        journal: where events are written.
    """

    def __init__(self, partition: Partition, mapping: str, scheduler: Scheduler, journal: Journal) -> None:
        self._partition = partition
        self._mapping = mapping
        self._scheduler = scheduler
        self._journal = journal
        self._ahead: dict[int, Record] = {record.number: record for record in partition.kept}
        self._in_flight: set[int] = set()
        self._take: Callable[[Record], None] | None = None
        self._missed_below = 0

    @property
    def waiting(self) -> int:
        """How many records the mapping is not past."""
        return len(self._ahead)

    def start(
        self, position: StartingPosition, take: Callable[[Record], None], *, since: int = 0, skip_rule: RuleId
    ) -> None:
        """Hand what is there, and then everything that arrives, to a reader.

        Args:
            position: where to begin. Records before it are skipped: they are not read (`skip_rule`).
            take: takes each record once, in order.
            since: instant of `AT_TIMESTAMP`.
            skip_rule: id of the rule by which records are skipped.
        """
        begin = self._begin(position, since)
        self._take = take
        for record in list(self._ahead.values()):
            if record.appended_at < begin:
                self._skip(record, skip_rule)
            else:
                take(record)

    def _begin(self, position: StartingPosition, since: int) -> int:
        return {
            StartingPosition.TRIM_HORIZON: -1,
            StartingPosition.LATEST: self._scheduler.now + 1,
            StartingPosition.AT_TIMESTAMP: since,
        }[position]

    def rewind(self, position: StartingPosition, *, since: int) -> None:
        """The mapping was deleted, and another one begins at a position that has been: it reads again (STR-START-7).

        Args:
            position: `TRIM_HORIZON` or `AT_TIMESTAMP`.
            since: instant of `AT_TIMESTAMP`.
        """
        where, begin = self._partition, self._begin(position, since)
        records = [each for each in where.kept if each.appended_at >= begin and not where.is_too_old(each)]
        self._ahead = {record.number: record for record in records}
        self._in_flight.clear()
        ids = tuple([record.id for record in records])
        now, rule = self._scheduler.now, _READ_AGAIN
        self._journal.append(RecordsRewound(now, rule, where.kind, where.source, where.name, ids, self._mapping))
        if self._take is not None:
            for record in records:
                self._take(record)

    def start_anew(self) -> None:
        """The mapping was deleted and begins again at LATEST: what it is not past by now is missed (STR-START-5).

        What an invoke works on is not decided before it ends: see `drop_if_over` (STR-START-6).
        """
        self._missed_below = self._partition.length
        for record in list(self._ahead.values()):
            if record.number not in self._in_flight:
                self._skip(record, "STR-START-5")

    def _skip(self, record: Record, rule: RuleId) -> None:
        where = self._partition
        skipped = RecordSkipped(
            self._scheduler.now, rule, where.kind, where.source, where.name, record.id, self._mapping
        )
        self._journal.append(skipped)
        self.settle(record)

    def skip_to(self, number: int) -> None:
        """Move past what another reader of the same group has committed: records with a smaller number."""
        for record in list(self._ahead.values()):
            if record.number < number:
                self.settle(record)

    def arrived(self, record: Record) -> None:
        """The partition took a record."""
        self._ahead[record.number] = record
        if self._take is not None:
            self._take(record)

    def is_past(self, record: Record) -> bool:
        """Whether the mapping is past a record, or retention has ended it."""
        return record.number not in self._ahead

    def settle(self, record: Record) -> None:
        """Move past a record."""
        self._ahead.pop(record.number, None)

    def first_ahead(self, number: int) -> int:
        """The lowest number that the mapping is not past, at most `number`."""
        return min(number, next(iter(self._ahead), number))

    def hold(self, records: Iterable[Record]) -> None:
        """An invoke works on records."""
        self._in_flight.update(record.number for record in records)

    def release(self, records: Iterable[Record]) -> None:
        """The invoke is over."""
        self._in_flight.difference_update(record.number for record in records)

    def expire(self, record: Record) -> None:
        """The retention of a record is over. An invoke that works on it may still succeed: see `drop_if_over`."""
        if not self.is_past(record) and record.number not in self._in_flight:
            self._drop(record)

    def drop_if_over(self, record: Record) -> bool:
        """Whether a record is not to be tried again: retention has ended it, or the mapping began anew behind it.

        Decides it for one that was in flight when that happened.
        """
        if record.number not in self._ahead:
            return True
        if self._partition.is_too_old(record):
            self._drop(record)
        elif record.number < self._missed_below:
            self._skip(record, "STR-START-5")
        else:
            return False
        return True

    def _drop(self, record: Record) -> None:
        self._partition.note_expired(record, self._mapping)
        self.settle(record)
