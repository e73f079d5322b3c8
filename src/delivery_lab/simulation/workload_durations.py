"""Lengths of time in a workload: a number of seconds, or a distribution that they are drawn from."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, model_validator

from delivery_lab.model.distributions import Constant, Distribution, Lognormal, Percentiles, Uniform
from delivery_lab.simulation.workload_part import WorkloadPart

LONGEST_SECONDS = 10 * 365 * 86_400
"""Nothing that the lab models takes longer: ten times the longest retention of a stream."""

Seconds = Annotated[float, Field(ge=0, le=LONGEST_SECONDS)]


class LognormalSeconds(WorkloadPart):
    """A lognormal distribution by what people measure of it."""

    median: float = Field(gt=0, le=LONGEST_SECONDS)
    """Half of them take longer, in seconds."""
    p99: float = Field(gt=0, le=LONGEST_SECONDS)
    """One in a hundred takes longer, in seconds."""

    @model_validator(mode="after")
    def _rises(self) -> LognormalSeconds:
        if self.p99 < self.median:
            raise ValueError(f"p99 is {self.p99:g}, less than the median {self.median:g}")
        return self


def _with_names(value: Any) -> Any:
    """Percentiles may be written as numbers, 99, or as they are called, p99."""
    if not isinstance(value, dict):
        return value
    return {f"p{key}" if isinstance(key, int | float) else key: inner for key, inner in value.items()}


class DrawnSeconds(WorkloadPart):
    """Seconds that are drawn: one of `uniform`, `lognormal` and `percentiles`."""

    uniform: tuple[Seconds, Seconds] | None = Field(default=None, strict=False)
    """The shortest and the longest; what is between them is equally likely."""
    lognormal: LognormalSeconds | None = None
    """Many short ones and a long tail."""
    percentiles: Annotated[dict[str, Seconds], BeforeValidator(_with_names)] | None = Field(default=None, min_length=1)
    """Seconds by percentile as they were measured, such as `{p50: 0.2, p90: 0.8, p99: 3}`; evenly between them."""

    @model_validator(mode="after")
    def _one(self) -> DrawnSeconds:
        given = self.model_fields_set
        if len(given) != 1:
            raise ValueError(f"name exactly one of uniform, lognormal and percentiles, not {len(given)} of them")
        if self.uniform is not None and self.uniform[0] > self.uniform[1]:
            raise ValueError(f"uniform goes from the shortest to the longest, not from {self.uniform[0]:g} down")
        if self.percentiles is not None:
            points = _points(self.percentiles)
            if any(later < earlier for (_, earlier), (_, later) in pairwise(points)):
                raise ValueError("a higher percentile cannot take less time than a lower one")
        return self

    @property
    def distribution(self) -> Distribution:
        """What they are drawn from."""
        if self.uniform is not None:
            return Uniform(*self.uniform)
        if self.lognormal is not None:
            return Lognormal(self.lognormal.median, self.lognormal.p99)
        assert self.percentiles is not None
        return Percentiles(_points(self.percentiles))


def _points(percentiles: dict[str, float]) -> list[tuple[float, float]]:
    points = []
    for name, seconds in percentiles.items():
        try:
            percentile = float(name.removeprefix("p"))
        except ValueError:
            percentile = -1
        if not 0 <= percentile <= 100:
            raise ValueError(f"{name} is no percentile: p0 to p100, such as p99 or p99.9")
        points.append((percentile, seconds))
    return sorted(points)


Duration = Seconds | DrawnSeconds
"""A number of seconds, or what they are drawn from."""


def distribution_of(duration: float | DrawnSeconds) -> Distribution:
    """What the seconds are drawn from; a number is always the same."""
    return duration.distribution if isinstance(duration, DrawnSeconds) else Constant(duration)
