"""How far mappings of streams and topics are behind, as CloudWatch shows it of the function (CW-SAMPLE-1)."""

from __future__ import annotations

from collections.abc import Iterator

from delivery_lab.alarms.samples import MINUTE_US, MetricSample
from delivery_lab.events import Run
from delivery_lab.events.instants import in_seconds
from delivery_lab.results.fates import Fate
from delivery_lab.results.following import read_events
from delivery_lab.results.lag import fates_by_mapping

LAGS = ("IteratorAge", "OffsetLag")
"""What is computed: age of the oldest record that is not passed, in milliseconds, and how many there are."""

_MILLISECONDS = 1000


def lag_samples(run: Run, mappings: frozenset[str], metric: str, until_us: int) -> Iterator[MetricSample]:
    """A sample for each mapping at the end of each minute.

    Args:
        run: the run.
        mappings: names of the mappings of the function.
        metric: one of `LAGS`.
        until_us: until when samples are wanted.
    """
    kinds = {"OffsetLag": ("kafka",), "IteratorAge": ("kinesis", "dynamodb")}[metric]
    wanted = {polled.mapping for polled in run.polled if polled.kind in kinds} & mappings
    if not wanted:
        return
    found = fates_by_mapping(run, read_events(run).fates)
    for mapping in sorted(wanted):
        yield from _samples(found[mapping], metric, until_us)


def _samples(fates: list[Fate], metric: str, until_us: int) -> Iterator[MetricSample]:
    changes = [(fate.sent_at, 0, number) for number, fate in enumerate(fates)]
    changes += [(fate.left_at, 1, number) for number, fate in enumerate(fates) if fate.left_at is not None]
    changes.sort()
    waiting: dict[int, float] = {}
    index = 0
    for minute_us in range(MINUTE_US, until_us + 1, MINUTE_US):
        now = in_seconds(minute_us)
        while index < len(changes) and changes[index][0] < now:
            _, leaves, number = changes[index]
            if leaves:
                waiting.pop(number, None)
            else:
                waiting[number] = fates[number].sent_at
            index += 1
        age = now - next(iter(waiting.values()), now)
        value = len(waiting) if metric == "OffsetLag" else round(age * _MILLISECONDS)
        yield MetricSample(minute_us - 1, value, minute_us)
