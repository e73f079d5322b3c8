"""When an alarm goes off: the statistic of each period, and how many of the last ones breach (CW-ALARM-1)."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from delivery_lab.alarms.samples import MetricSample
from delivery_lab.events.instants import MICROSECONDS_PER_SECOND

COMPARISONS: Mapping[str, Callable[[float, float], bool]] = {
    "GreaterThanOrEqualToThreshold": operator.ge,
    "GreaterThanThreshold": operator.gt,
    "LessThanThreshold": operator.lt,
    "LessThanOrEqualToThreshold": operator.le,
}
STATISTICS = ("SampleCount", "Average", "Sum", "Minimum", "Maximum")


@dataclass(frozen=True, slots=True)
class AlarmCondition:
    """When an alarm goes off.

    Attributes:
        statistic: one of `STATISTICS`.
        period_us: over which each datapoint is computed, in microseconds.
        comparison: one of `COMPARISONS`.
        threshold: what a datapoint is compared with.
        evaluation_periods: how many datapoints are looked at.
        datapoints_to_alarm: how many of them have to breach.
        missing_breaches: whether a period without data counts as a breach.
    """

    statistic: str
    period_us: int
    comparison: str
    threshold: float
    evaluation_periods: int
    datapoints_to_alarm: int
    missing_breaches: bool

    @property
    def until_us(self) -> int:
        """How long after the end of a run it can still go off because of it."""
        return (self.evaluation_periods + 1) * self.period_us


@dataclass(slots=True)
class Period:
    """The samples of one period, as far as a statistic needs them."""

    count: int = 0
    total: float = 0.0
    least: float = float("inf")
    most: float = float("-inf")
    known_us: int = 0

    def add(self, sample: MetricSample) -> None:
        """Take a sample."""
        self.count += 1
        self.total += sample.value
        self.least = min(self.least, sample.value)
        self.most = max(self.most, sample.value)
        self.known_us = max(self.known_us, sample.known_us)

    def value(self, statistic: str) -> float:
        """The value of one of `STATISTICS`."""
        match statistic:
            case "SampleCount":
                return self.count
            case "Average":
                return self.total / self.count
            case "Sum":
                return self.total
            case "Minimum":
                return self.least
        return self.most


@dataclass(slots=True)
class Periods:
    """The samples of a metric by period: those of the clock, from the beginning of the run on.

    Attributes:
        period_us: how long one is.
        of: by number, those that have samples.
    """

    period_us: int
    of: dict[int, Period] = field(default_factory=dict)

    def add(self, sample: MetricSample) -> None:
        """Take a sample."""
        number = sample.at_us // self.period_us
        if number not in self.of:
            self.of[number] = Period()
        self.of[number].add(sample)


def goes_off_in(periods: Periods, condition: AlarmCondition, end_us: int) -> int | None:
    """The instant at which an alarm goes off for the first time, None where it does not.

    A period is looked at when it is over, or when the last of its samples is known, whichever is later.

    Args:
        periods: what CloudWatch has of the metric.
        condition: when the alarm goes off.
        end_us: until when to look.
    """
    breaches = COMPARISONS[condition.comparison]
    breaching: dict[int, int] = {}
    for number in range(end_us // condition.period_us + 1):
        period = periods.of.get(number)
        over_us = (number + 1) * condition.period_us
        if period is None:
            if condition.missing_breaches:
                breaching[number] = over_us
        elif breaches(period.value(condition.statistic), condition.threshold):
            breaching[number] = max(over_us, period.known_us)
        recent = [known for other, known in breaching.items() if other > number - condition.evaluation_periods]
        if len(recent) >= condition.datapoints_to_alarm:
            return max(sorted(recent)[: condition.datapoints_to_alarm])
        breaching.pop(number - condition.evaluation_periods + 1, None)
    return None


def microseconds(seconds: int) -> int:
    """A whole number of seconds."""
    return seconds * MICROSECONDS_PER_SECOND
