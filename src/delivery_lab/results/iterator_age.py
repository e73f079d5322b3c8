"""`IteratorAge`: how old the last record of each batch is when the function gets it (CW-AGE-2)."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass
from typing import ClassVar

from delivery_lab.events import AttemptsRepeated, BatchInvoked, Event, RecordAppended, Run, reader_of

THRESHOLD_MS = 30_000
"""What an alarm should watch for: no record of a mapping that works is so old."""


class BatchAges:
    """Tells the age of batches.

    Args:
        mappings: names of the mappings of streams whose batches are wanted.
    """

    reads: ClassVar[tuple[type[Event], ...]] = (RecordAppended, BatchInvoked)

    def __init__(self, mappings: Set[str]) -> None:
        self._mappings = mappings
        self._appended_us: dict[str, int] = {}

    def age_us(self, event: Event) -> int | None:
        """Of a batch that is handed to a function, in microseconds; None for other events and records of others."""
        if isinstance(event, RecordAppended):
            self._appended_us[event.record] = event.instant_us
        elif isinstance(event, BatchInvoked) and event.mapping in self._mappings:
            appended_us = self._appended_us.get(event.messages[-1])
            return None if appended_us is None else event.instant_us - appended_us
        return None


@dataclass(slots=True)
class HighestAge:
    """Of the batches of one mapping.

    Attributes:
        peak_ms: the highest age, in milliseconds; 0 where nothing was sent.
        passed_us: when a batch was older than `THRESHOLD_MS` for the first time, None: none was.
    """

    peak_ms: int = 0
    passed_us: int | None = None

    def take(self, age_us: int, at_us: int) -> None:
        """Take the age of a batch."""
        self.peak_ms = max(self.peak_ms, round(age_us / 1000))
        if self.passed_us is None and age_us > THRESHOLD_MS * 1000:
            self.passed_us = at_us


class AgeReader:
    """Keeps the highest age of each mapping of a function that reads a stream of Kinesis or DynamoDB.

    Args:
        run: the run, whose polled sources are known.
    """

    reads: ClassVar[tuple[type[Event], ...]] = BatchAges.reads

    def __init__(self, run: Run) -> None:
        self.highest = {
            polled.mapping: HighestAge() for polled in run.polled if polled.kind != "kafka" and not polled.piped
        }
        self._ages = BatchAges(self.highest.keys())

    def read(self, event: Event) -> None:
        """Take an event."""
        age_us = self._ages.age_us(event)
        if age_us is not None and isinstance(event, BatchInvoked):
            self.highest[event.mapping].take(age_us, event.instant_us)

    def read_again(self, repeated: AttemptsRepeated) -> None:
        """Take attempts that were told again."""
        if repeated.invoked.mapping in self.highest:
            for event in repeated.events((BatchInvoked,)):
                self.read(event)


def highest_ages(run: Run) -> dict[str, HighestAge]:
    """The highest `IteratorAge` of a run, by the name of the mapping."""
    return reader_of(run, AgeReader, lambda: AgeReader(run)).highest
