"""When an alarm goes off: what CloudWatch makes of the datapoints that it has when it looks (CW-ALARM-1)."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from delivery_lab.alarms.samples import MINUTE_US, MetricSample
from delivery_lab.events.instants import MICROSECONDS_PER_SECOND

COMPARISONS: Mapping[str, Callable[[float, float], bool]] = {
    "GreaterThanOrEqualToThreshold": operator.ge,
    "GreaterThanThreshold": operator.gt,
    "LessThanThreshold": operator.lt,
    "LessThanOrEqualToThreshold": operator.le,
}
STATISTICS = ("SampleCount", "Average", "Sum", "Minimum", "Maximum")
MISSING_DATA = ("missing", "ignore", "breaching", "notBreaching")

_FURTHER_BACK = 2
"""How many datapoints more than it evaluates an alarm looks for (CW-ALARM-2)."""

_LOOKS_A_PERIOD = 60
"""A period of hours is looked at so many times, not each minute: what differs is shorter than a sixtieth of it."""


@dataclass(frozen=True, slots=True)
class AlarmCondition:
    """When an alarm goes off.

    Attributes:
        statistic: one of `STATISTICS`.
        period_us: over which each datapoint is computed, in microseconds; whole minutes.
        comparison: one of `COMPARISONS`.
        threshold: what a datapoint is compared with.
        evaluation_periods: how many datapoints are looked at.
        datapoints_to_alarm: how many of them have to breach.
        missing_data: one of `MISSING_DATA`: what stands for a datapoint that is not there.
    """

    statistic: str
    period_us: int
    comparison: str
    threshold: float
    evaluation_periods: int
    datapoints_to_alarm: int
    missing_data: str

    @property
    def datapoints(self) -> int:
        """How many datapoints are looked for (CW-ALARM-2)."""
        return self.evaluation_periods + _FURTHER_BACK

    @property
    def range_us(self) -> int:
        """How far back it looks; so long after the end of a run it can still go off because of it."""
        return self.datapoints * self.period_us

    def breached_by(self, value: float) -> bool:
        """Whether a datapoint of this value breaches."""
        return COMPARISONS[self.comparison](value, self.threshold)

    def is_met(self, points: Sequence[bool | None]) -> bool:
        """Whether an alarm goes off that sees these datapoints (CW-ALARM-1).

        Args:
            points: whether each breaches, None where it is missing; `datapoints` of them, the newest first.
        """
        there = [point for point in points if point is not None]
        latest = there[: self.evaluation_periods]
        filled = self.evaluation_periods - len(latest)
        breaching = sum(latest) + (filled if self.missing_data == "breaching" else 0)
        if breaching >= self.datapoints_to_alarm:
            return True
        if not filled or self.missing_data != "missing" or not there or not all(there):
            return False
        # Nothing but breaches, and the first of them so long ago that all there could be since then would be enough.
        oldest = max(age for age, point in enumerate(points, 1) if point is not None)
        return oldest >= self.datapoints_to_alarm


@dataclass(slots=True)
class Tally:
    """Samples, as far as a statistic needs them."""

    count: int = 0
    total: float = 0.0
    least: float = float("inf")
    most: float = float("-inf")

    def add(self, value: float) -> None:
        """Take a sample."""
        self.count += 1
        self.total += value
        self.least = min(self.least, value)
        self.most = max(self.most, value)

    def join(self, other: Tally) -> None:
        """Take the samples of another."""
        self.count += other.count
        self.total += other.total
        self.least = min(self.least, other.least)
        self.most = max(self.most, other.most)

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


class Evaluation:
    """An alarm while a run goes on: CloudWatch looks each minute, at what it knows, in windows that slide (CW-ALARM-3).

    Args:
        condition: when it goes off.

    Attributes:
        at_us: when it goes off for the first time, None as long as it has not.
        missed: whether it was never shown a sample that breaches by itself, because the sample was known so late that
            CloudWatch may look at its minute no more.
    """

    def __init__(self, condition: AlarmCondition) -> None:
        self._condition = condition
        self._minutes: dict[int, Tally] = {}
        self._period = condition.period_us // MINUTE_US
        self._step = max(1, self._period // _LOOKS_A_PERIOD)
        self._range = condition.range_us // MINUTE_US
        self._next = self._step  # the minute at whose beginning CloudWatch looks next
        self.at_us: int | None = None
        self.missed = False

    def take(self, sample: MetricSample) -> None:
        """Take a sample; they come in the order in which CloudWatch knows them."""
        if self.at_us is not None:
            return
        self.up_to(sample.known_us - 1)
        minute = sample.at_us // MINUTE_US
        if minute < self._next - self._range:
            self.missed = self.missed or self._breaches_alone(sample.value)
            return
        self._minutes.setdefault(minute, Tally()).add(sample.value)

    def up_to(self, until_us: int) -> None:
        """Let CloudWatch look until an instant, with what it knows."""
        last = until_us // MINUTE_US
        while self.at_us is None and self._next <= last:
            if not self._minutes and self._condition.missing_data != "breaching":
                self._next += max(0, (last - self._next) // self._step) * self._step + self._step
                return
            if self._condition.is_met(self._points()):
                self.at_us = self._next * MINUTE_US
            self._next += self._step
            for minute in [each for each in self._minutes if each < self._next - self._range]:
                del self._minutes[minute]

    def _points(self) -> list[bool | None]:
        condition = self._condition
        found = [Tally() for _ in range(condition.datapoints)]
        for minute, tally in self._minutes.items():
            age = (self._next - 1 - minute) // self._period
            if 0 <= age < len(found):
                found[age].join(tally)
        return [condition.breached_by(each.value(condition.statistic)) if each.count else None for each in found]

    def _breaches_alone(self, value: float) -> bool:
        if self._condition.statistic in ("Sum", "SampleCount"):
            return value != 0  # together with others it may
        return self._condition.breached_by(value)


def microseconds(seconds: int) -> int:
    """A whole number of seconds."""
    return seconds * MICROSECONDS_PER_SECOND
