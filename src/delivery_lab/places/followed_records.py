"""Records of streams in somebody's account: known by the sequence numbers that Kinesis answered with.

Nobody says how far a mapping is. A record is done where a function said so in the log contract. What became of one that
it never said so of (discarded, skipped, or still waiting) is told only where the on-failure queue leaves no doubt.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from delivery_lab.events import (
    Actor,
    BatchInvoked,
    Event,
    PartitionedKind,
    RecordAppended,
    RecordsCheckpointed,
    RecordsDiscarded,
)
from delivery_lab.model.mapping.destinations import RETRIES_EXHAUSTED
from delivery_lab.model.mapping.stream import StreamMappingConfig

SILENT_RECORDS = "no function said in the log contract what it did with a record, and nothing else says who read it"
PARTLY = "records that an invoke held and said nothing of are not seen"
NOT_SEEN = "how far a mapping is, is not seen"
_SLOT = 0
_ENDINGS = ("lost", "deadLettered", "healthyDeadLettered", "processedDeadLettered", "expired", "remaining")


class SaidOfRecords(Protocol):
    """What functions said, and who writes down what cannot be told."""

    def processed_at(self, function: str, message: str) -> int | None:
        """When a function last said that it has done the work of a record."""

    def deliveries(self, function: str, message: str) -> int:
        """How many invokes of a function said something of a record."""

    def cannot_tell(self, why: str, *figures: str) -> None:
        """Name figures as unknown."""


@dataclass(frozen=True, slots=True)
class FollowedStream:
    """A stream that was sent to, as one mapping reads it.

    Attributes:
        stream: name of the stream.
        config: the mapping.
        records: what was sent, by id.
        target: name of its on-failure destination, None without one.
        reports: by how many messages that queue grew; None where it is no queue, or others discard to it too.
    """

    stream: str
    config: StreamMappingConfig
    records: dict[str, RecordAppended]
    target: str | None
    reports: int | None

    @property
    def mapping(self) -> str:
        """Name of the mapping."""
        return self.config.name

    @property
    def function(self) -> str:
        """Name of the function that gets its records."""
        return self.config.function

    def holds(self, message: str) -> bool:
        """Whether a record was sent to it."""
        return message in self.records

    def handed(self, at: int, invoke: str, counts: Sequence[tuple[str, int]], _by: Actor) -> Iterator[Event]:
        """The batch of which an invoke said something."""
        messages = tuple(message for message, _ in counts)
        partition = self.records[messages[0]].partition
        yield BatchInvoked(at, None, self.mapping, self.stream, self.function, invoke, messages, partition, _SLOT)

    def ended(self, said: SaidOfRecords, ended_at: int) -> Iterator[Event]:
        """How far the mapping came with each record; to be asked when all functions are."""
        said.cannot_tell(PARTLY, "deliveries")
        said.cannot_tell(NOT_SEEN, "blocked", "lag", "watch")
        records = list(self.records)
        if records and not any(said.deliveries(self.function, record) for record in records):
            endings = (f"messages.{each}" for each in ("processed", *_ENDINGS))
            said.cannot_tell(SILENT_RECORDS, "effects", "latencySeconds", "ordering", *endings)
            return
        undone = []
        for record in records:
            at = said.processed_at(self.function, record)
            if at is None:
                undone.append(record)
            else:
                sent = self.records[record]
                yield RecordsCheckpointed(at, None, *_where(sent), (record,), self.mapping, _SLOT)
        yield from self._given_up(said, undone, ended_at)

    def _given_up(self, said: SaidOfRecords, undone: list[str], ended_at: int) -> Iterator[Event]:
        if self.reports == len(undone) and self._are_exhausted(said, undone):
            for record in undone:
                sent = self.records[record]
                where = (*_where(sent), (record,), self.mapping, _SLOT)
                yield RecordsDiscarded(ended_at, None, *where, RETRIES_EXHAUSTED, self.target)
        elif undone or self.reports or (self.reports is None and self.target is not None):
            said.cannot_tell(self._doubt(len(undone)), *(f"messages.{each}" for each in _ENDINGS))

    def _are_exhausted(self, said: SaidOfRecords, undone: list[str]) -> bool:
        """Whether these records, and no others, used up their attempts, one in a batch."""
        attempts = self.config.maximum_retry_attempts + 1
        if self.config.batch_size != 1 or attempts == 0 or self.config.maximum_record_age_seconds >= 0:
            return False
        tried = [record for record in self.records if said.deliveries(self.function, record) >= attempts]
        return set(tried) == set(undone)

    def _doubt(self, undone: int) -> str:
        text = f"functions did not say of {undone} of {len(self.records)} records that they have done them"
        if self.reports:
            size = self.config.batch_size
            each = "one record each" if size == 1 else f"1 to {size} records each"
            text += f", and the on-failure queue got {self.reports} reports of {each}"
        elif self.reports == 0:
            text += ", and the on-failure queue got no report"
        elif self.target is not None:
            text += ", and what the on-failure destination got is not seen"
        return f"{text}: which were discarded, skipped or wait is not seen"


def _where(sent: RecordAppended) -> tuple[PartitionedKind, str, str]:
    return sent.source_kind, sent.source, sent.partition
