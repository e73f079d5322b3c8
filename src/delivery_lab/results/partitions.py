"""How long shards and partitions were blocked, each by a batch that failed and has to be tried again."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import ClassVar, assert_never, get_args

from delivery_lab.events import (
    AttemptsRepeated,
    BatchResult,
    BatchRetryScheduled,
    BatchSplit,
    Event,
    RecordAppended,
    RecordExpired,
    RecordFiltered,
    RecordsCheckpointed,
    RecordsDiscarded,
    RecordSkipped,
    RecordsRewound,
    Run,
    reader_of,
)
from delivery_lab.events.instants import in_seconds, seconds
from delivery_lab.events.union import AnyPartitionEvent
from delivery_lab.results.figures import Blocked


@dataclass(slots=True)
class _Partition:
    """A partition as one mapping polls it."""

    source: str
    name: str
    mapping: str
    waiting: int = 0
    held: dict[int, tuple[str, ...]] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    since: int = 0
    blocked: int = 0
    behind: int = 0
    intervals: list[tuple[int, int]] = field(default_factory=list)

    def hold(self, slot: int, records: tuple[str, ...], now: int) -> None:
        """The batch of a slot has to be tried again."""
        if self.held.get(slot) is records:  # once more
            return
        if not self.held:
            self.since = now
        self.held[slot] = records
        self.look_behind()

    def release(self, slot: int, now: int) -> None:
        """A slot moves on."""
        if self.held.pop(slot, None) is not None and not self.held:
            self.blocked += now - self.since
            self.intervals.append((self.since, now))

    def lose(self, record: str, now: int) -> None:
        """A record is skipped, filtered out or has expired."""
        self.waiting -= 1
        self.gone.add(record)
        for slot, batch in list(self.held.items()):
            if self.gone.issuperset(batch):
                self.release(slot, now)

    def begin_anew(self, waiting: int, now: int) -> None:
        """The mapping was created again, and so many records are before it."""
        self.waiting = waiting
        self.gone.clear()
        for slot in list(self.held):
            self.release(slot, now)

    def look_behind(self) -> None:
        """Keep the most records that ever waited behind batches that have to be tried again."""
        if self.held:
            self.behind = max(self.behind, self.waiting - sum(len(records) for records in self.held.values()))


def blocked_partitions(run: Run) -> list[Blocked]:
    """All shards and partitions of the run that mappings poll, in the order of their names."""
    return reader_of(run, BlockedReader, lambda: BlockedReader(run)).blocked(seconds(run.virtual_seconds))


def blocked_intervals(run: Run) -> dict[tuple[str, str, str], tuple[tuple[float, float], ...]]:
    """From when to when each was blocked, in virtual seconds, by source, shard or partition, and mapping."""
    reader = reader_of(run, BlockedReader, lambda: BlockedReader(run))
    reader.blocked(seconds(run.virtual_seconds))
    return reader.intervals()


class BlockedReader:
    """Follows the shards and partitions that mappings poll.

    Args:
        run: the run.
    """

    reads: ClassVar[tuple[type[Event], ...]] = (*get_args(AnyPartitionEvent), BatchRetryScheduled, BatchResult)

    def __init__(self, run: Run) -> None:
        self._states = [
            _Partition(polled.source, partition, polled.mapping)
            for polled in run.polled
            for partition in polled.partitions
        ]
        self._readers: defaultdict[tuple[str, str], list[_Partition]] = defaultdict(list)
        for state in self._states:
            self._readers[state.source, state.name].append(state)

    def read(self, event: Event) -> None:
        """Take an event of a shard or partition."""
        if isinstance(event, AnyPartitionEvent):
            for state in self._readers.get((event.source, event.partition), ()):
                _move(state, event)
        elif isinstance(event, BatchRetryScheduled | BatchResult) and event.partition is not None:
            for state in self._readers.get((event.source, event.partition), ()):
                _hold(state, event)

    def read_again(self, repeated: AttemptsRepeated) -> None:
        """Take attempts that were told again: each holds what the first of them holds."""
        self.read(repeated.result)
        self.read(repeated.scheduled)

    def blocked(self, end: int) -> list[Blocked]:
        """All of them, at the end of the run, in the order of their names."""
        return _told(self._states, end)

    def intervals(self) -> dict[tuple[str, str, str], tuple[tuple[float, float], ...]]:
        """From when to when each was blocked, once `blocked` has ended what the run left open."""
        return {
            (state.source, state.name, state.mapping): tuple(
                (in_seconds(start), in_seconds(end)) for start, end in state.intervals
            )
            for state in self._states
        }


def _told(states: list[_Partition], end: int) -> list[Blocked]:
    for state in states:
        for slot in list(state.held):
            state.release(slot, end)
    return [
        Blocked(
            source=state.source,
            log=state.name,
            mapping=state.mapping,
            seconds=in_seconds(state.blocked),
            records_behind=max(0, state.behind),
        )
        for state in sorted(states, key=lambda state: (state.name, state.source, state.mapping))
    ]


def _move(state: _Partition, event: AnyPartitionEvent) -> None:
    match event:
        case RecordAppended():
            state.waiting += 1
            state.look_behind()
        case RecordExpired() | RecordSkipped() | RecordFiltered():
            if event.mapping in (None, state.mapping):
                state.lose(event.record, event.instant_us)
        case RecordsCheckpointed() | RecordsDiscarded():
            if event.mapping == state.mapping and event.records:
                state.waiting -= len(event.records)
                state.release(event.slot, event.instant_us)
        case RecordsRewound():
            if event.mapping == state.mapping:
                state.begin_anew(len(event.records), event.instant_us)
        case BatchSplit():
            pass  # both parts wait as the whole did
        case _:
            assert_never(event)


def _hold(state: _Partition, event: BatchRetryScheduled | BatchResult) -> None:
    records = event.failed if isinstance(event, BatchResult) else event.messages
    if event.mapping == state.mapping and event.slot is not None and records:
        state.hold(event.slot, records, event.instant_us)
