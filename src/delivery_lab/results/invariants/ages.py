"""Records of partitions: no older than their retention and the maximum age of the mapping allow."""

from __future__ import annotations

from delivery_lab.events import (
    AttemptsRepeated,
    BatchInvoked,
    Event,
    MappingConfigured,
    RecordAppended,
    RecordExpired,
    RecordsDiscarded,
)
from delivery_lab.events.instants import in_seconds, seconds
from delivery_lab.results.invariants.invariant import History, Invariant


class RecordAges(Invariant):
    """A mapping delivers no record that is too old, and gives none up that is not."""

    id = "INV-RETENTION-2"
    description = (
        "A record is not delivered after the retention period of its source or at an age above the mapping's maximum, "
        "and is not ended for its age before."
    )
    reads = (MappingConfigured, RecordAppended, RecordExpired, RecordsDiscarded, BatchInvoked)

    def __init__(self, history: History) -> None:
        super().__init__(history)
        self._retention = {name: seconds(value) for name, value in history.retention_seconds.items()}
        self._maximum_age: dict[str, int] = {}
        self._appended_at: dict[tuple[str, str], int] = {}

    def read(self, event: Event) -> None:
        """Follow the age of records."""
        match event:
            case MappingConfigured():
                if event.maximum_record_age_seconds >= 0:
                    self._maximum_age[event.mapping] = seconds(event.maximum_record_age_seconds)
            case RecordAppended():
                self._appended_at[event.source, event.record] = event.instant_us
            case BatchInvoked():
                if event.partition is not None:
                    self._delivered(event)
            case RecordExpired():
                self._expired(event)
            case RecordsDiscarded(condition="RecordAgeExceeded"):
                self._discarded(event)

    def read_again(self, repeated: AttemptsRepeated) -> None:
        """The records are oldest in the last of the attempts: where they may be delivered then, all is well."""
        invoked, latest = repeated.invoked, max(attempt.started_us for attempt in repeated.attempts)
        shortest = min((limit for limit, _ in self._limits(invoked)), default=None)
        if invoked.partition is not None and shortest is not None:
            oldest = min(self._appended_at.get((invoked.source, record), latest) for record in invoked.messages)
            if latest - oldest > shortest:
                super().read_again(repeated)

    def _expired(self, event: RecordExpired) -> None:
        retention = self._retention.get(event.source)
        if retention is not None and self._age(event, event.record) < retention:
            self._broken(event.instant_us, f"{event.record} expires in {event.source} before its retention is over")

    def _discarded(self, event: RecordsDiscarded) -> None:
        limit = self._maximum_age.get(event.mapping)
        for record in event.records:
            if limit is not None and self._age(event, record) <= limit:
                self._broken(event.instant_us, f"{event.mapping} discards {record} as too old, which it is not")

    def _limits(self, event: BatchInvoked) -> list[tuple[int, str]]:
        """Ages above which its records are not delivered, and what says so."""
        return [
            (limit, what)
            for limit, what in (
                (self._retention.get(event.source), f"the retention of {event.source}"),
                (self._maximum_age.get(event.mapping), "its maximum record age"),
            )
            if limit is not None
        ]

    def _delivered(self, event: BatchInvoked) -> None:
        limits = self._limits(event)
        for record in event.messages if limits else ():
            age = self._age(event, record)
            for limit, what in limits:
                if age > limit:
                    self._broken(
                        event.instant_us,
                        f"{event.mapping} delivers {record} at the age of {in_seconds(age)} s, and {what} is "
                        f"{in_seconds(limit)} s",
                    )

    def _age(self, event: BatchInvoked | RecordExpired | RecordsDiscarded, record: str) -> int:
        return event.instant_us - self._appended_at.get((event.source, record), event.instant_us)
