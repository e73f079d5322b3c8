"""What CloudWatch gets to see: values with the time that they are stamped with, and the time at which they arrive."""

from __future__ import annotations

from typing import NamedTuple

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
