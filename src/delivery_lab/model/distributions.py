"""How long something takes that a workload describes: lengths of time drawn from a distribution."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol

_P99 = 2.3263478740408408
"""By how many standard deviations the 99th percentile of a normal distribution is above its median."""


class Distribution(Protocol):
    """A distribution of lengths of time."""

    def draw_seconds(self, chance: random.Random) -> float:
        """The next length, in seconds."""


@dataclass(frozen=True, slots=True)
class Constant:
    """Always the same.

    Attributes:
        seconds: the length.
    """

    seconds: float

    def draw_seconds(self, chance: random.Random) -> float:
        """The length; nothing is drawn."""
        return self.seconds


@dataclass(frozen=True, slots=True)
class Uniform:
    """Every length between two is as likely as any other.

    Attributes:
        low_seconds: the shortest.
        high_seconds: the longest.
    """

    low_seconds: float
    high_seconds: float

    def draw_seconds(self, chance: random.Random) -> float:
        """A length between the two."""
        return chance.uniform(self.low_seconds, self.high_seconds)


@dataclass(frozen=True, slots=True)
class Lognormal:
    """The logarithm of the length has a normal distribution: many short ones, and a long tail.

    Attributes:
        median_seconds: half of them are longer.
        p99_seconds: one in a hundred is longer.
    """

    median_seconds: float
    p99_seconds: float

    def draw_seconds(self, chance: random.Random) -> float:
        """A length of any size above 0."""
        deviation = math.log(self.p99_seconds / self.median_seconds) / _P99
        return self.median_seconds * math.exp(deviation * chance.gauss())


@dataclass(frozen=True, slots=True)
class Percentiles:
    """Lengths as they were measured; between two percentiles they are spread evenly.

    Attributes:
        points: pairs of a percentile from 0 to 100 and its seconds, both rising. What is below the first percentile
            takes as long as the first says, what is above the last as long as the last.
    """

    points: Sequence[tuple[float, float]]

    def draw_seconds(self, chance: random.Random) -> float:
        """A length between the first and the last."""
        percentile = chance.random() * 100
        if percentile <= self.points[0][0]:
            return self.points[0][1]
        for (low, shorter), (high, longer) in pairwise(self.points):
            if percentile <= high:
                return shorter + (longer - shorter) * (percentile - low) / (high - low)
        return self.points[-1][1]
