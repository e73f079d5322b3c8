"""How far mappings of streams and topics are behind, as CloudWatch shows it of their function."""

from __future__ import annotations

from collections.abc import Iterator

from delivery_lab.alarms.samples import MINUTE_US, MetricSample, Take
from delivery_lab.events import Event, Run
from delivery_lab.events.instants import in_seconds
from delivery_lab.results.fates import Fate
from delivery_lab.results.following import read_events
from delivery_lab.results.iterator_age import BatchAges
from delivery_lab.results.lag import fates_by_mapping

ITERATOR_AGE = "IteratorAge"
OFFSET_LAG = "OffsetLag"

READ: tuple[type[Event], ...] = BatchAges.reads
"""What tells how old records are when a function gets them."""


class AgeSampler:
    """`IteratorAge`: how old the last record of each batch is when the function gets it, in milliseconds (CW-AGE-2).

    Args:
        mappings: names of the mappings of the function that read streams of Kinesis or DynamoDB.
        take: gets the samples.
    """

    def __init__(self, mappings: frozenset[str], take: Take) -> None:
        self._ages = BatchAges(mappings)
        self._take = take

    def read(self, event: Event) -> None:
        """Take an event."""
        age_us = self._ages.age_us(event)
        if age_us is not None:
            self._take(MetricSample(event.instant_us, age_us / 1000, event.instant_us))

    def finish(self, end_us: int) -> None:
        """Nothing is shown where no batch is sent."""


def lag_samples(run: Run, mappings: frozenset[str], until_us: int) -> Iterator[MetricSample]:
    """`OffsetLag`: how many records are not passed, a sample for each mapping at the end of each minute (CW-SAMPLE-1).

    Args:
        run: the run.
        mappings: names of the mappings of the function.
        until_us: until when samples are wanted.
    """
    wanted = {polled.mapping for polled in run.polled if polled.kind == "kafka"} & mappings
    if not wanted:
        return
    found = fates_by_mapping(run, read_events(run).fates)
    changes = {mapping: _changes(found[mapping]) for mapping in sorted(wanted)}
    waiting, index = dict.fromkeys(changes, 0), dict.fromkeys(changes, 0)
    for minute_us in range(MINUTE_US, until_us + 1, MINUTE_US):
        now = in_seconds(minute_us)
        for mapping, steps in changes.items():
            while index[mapping] < len(steps) and steps[index[mapping]][0] < now:
                waiting[mapping] += steps[index[mapping]][1]
                index[mapping] += 1
            yield MetricSample(minute_us - 1, waiting[mapping], minute_us)


def _changes(fates: list[Fate]) -> list[tuple[float, int]]:
    """When there is a record more or less to be passed, in order."""
    changes = [(fate.sent_at, 1) for fate in fates]
    changes += [(fate.left_at, -1) for fate in fates if fate.left_at is not None]
    return sorted(changes)
