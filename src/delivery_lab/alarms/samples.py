"""What CloudWatch gets to see: values with the time that they are stamped with, and the time at which they arrive."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, Protocol

from delivery_lab.events import Event

MINUTE_US = 60_000_000


class MetricSample(NamedTuple):
    """One value of a metric.

    Attributes:
        at_us: the instant that CloudWatch stamps it with.
        value: the value, in the unit of the metric.
        known_us: when CloudWatch has it. An invoke is stamped with its start, and known when it ends.
    """

    at_us: int
    value: float
    known_us: int


def counted(at_us: int, known_us: int | None = None) -> MetricSample:
    """Something that is counted happened."""
    return MetricSample(at_us, 1.0, at_us if known_us is None else known_us)


Take = Callable[[MetricSample], None]
"""Gets samples one by one."""


class Sampler(Protocol):
    """Makes the samples of one metric of events."""

    def read(self, event: Event) -> None:
        """Take an event, in the order of the run."""

    def finish(self, end_us: int) -> None:
        """The run is over; samples are wanted up to an instant."""
