"""What others measured on AWS, beside what the model says: one file of `calibration/` is one observation."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field

from delivery_lab.events import InvokeRefused, InvokeStarted
from delivery_lab.limits.queues import RECEIVE_WAIT
from delivery_lab.model.clock import seconds
from delivery_lab.model.faults import FaultKind, InjectedFault
from delivery_lab.rules.alternatives import ALTERNATIVES
from delivery_lab.rules.assumptions import DEFAULTS, Assumptions
from scripts.calibration_pollers import PollersCase, run_pollers
from scripts.calibration_slots import SlotsCase, run_slots
from scripts.calibration_world import SENDER, CalibrationWorld, QueueCase, run_queue, run_record

FOLDER = Path(__file__).resolve().parent.parent / "calibration"
SEEDS = range(100)


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class QueueModel(_Part):
    """A queue with a backlog, on the model of queues, mappings and functions; figures are those of `QueueRun`."""

    kind: Literal["queue"]
    figure: Literal["dead_lettered", "first_dead_letter_seconds", "throttles_a_minute", "throttles_in_five_minutes"]
    case: dict[str, int | float | None]

    def predictions(self, assumptions: Assumptions, changed: Mapping[str, float]) -> list[float]:
        """What the model says."""
        settings: dict[str, Any] = {**self.case, **changed}
        return [float(getattr(run_queue(QueueCase(**settings), assumptions), self.figure))]


class PollersModel(_Part):
    """The pollers of a mapping by themselves; figures are those of `PollersRun`."""

    kind: Literal["pollers"]
    figure: Literal["throughput", "concurrency", "growth_per_minute", "at_once"]
    case: dict[str, int | float]

    def predictions(self, assumptions: Assumptions, changed: Mapping[str, float]) -> list[float]:
        """What the model says."""
        settings: dict[str, Any] = {**self.case, **changed}
        return [float(getattr(run_pollers(PollersCase(**settings), assumptions), self.figure))]


class SlotsModel(_Part):
    """Batches of a function that starts something for each message while slots are free; figures are of `SlotsRun`."""

    kind: Literal["slots"]
    figure: Literal["executions_per_upload", "timed_out_share"]
    case: dict[str, int | float]

    def predictions(self, assumptions: Assumptions, changed: Mapping[str, float]) -> list[float]:
        """What the model says."""
        settings: dict[str, Any] = {**self.case, **changed}
        return [float(getattr(run_slots(SlotsCase(**settings), assumptions), self.figure))]


class RecordModel(_Part):
    """A record of a stream that always fails: how often a function is invoked with it before it is too old."""

    kind: Literal["record"]
    maximum_age_seconds: int

    def predictions(self, assumptions: Assumptions, changed: Mapping[str, float]) -> list[float]:
        """What the model says, for many seeds."""
        return [run_record(self.maximum_age_seconds, assumptions, seed) for seed in SEEDS]


class EventModel(_Part):
    """An asynchronous event that is throttled for a time: at which second it succeeds, if that is the try looked at."""

    kind: Literal["event"]
    throttled_seconds: float
    tries: int

    def predictions(self, assumptions: Assumptions, changed: Mapping[str, float]) -> list[float]:
        """What the model says, for many seeds."""
        found = []
        for seed in SEEDS:
            world = CalibrationWorld(assumptions, 0.1, seed)
            world.function(5, None)
            end = seconds(self.throttled_seconds)
            world.account.inject_faults([InjectedFault(FaultKind.THROTTLE, end=end, function="worker")])
            world.account.events.accept("worker", "{}", by=SENDER)
            world.scheduler.run()
            if len(world.times_of(InvokeRefused)) == self.tries - 1:
                found.append(world.times_of(InvokeStarted)[0])
        return found


class IdleModel(_Part):
    """The empty receives a minute of a queue that a mapping polls: so many pollers, each with long polls."""

    kind: Literal["idle"]

    def predictions(self, assumptions: Assumptions, changed: Mapping[str, float]) -> list[float]:
        """What the model's constants come to."""
        return [assumptions.least_pollers * 60 / RECEIVE_WAIT.maximum]


class Measured(_Part):
    """What was seen: a value, or between which values.

    Attributes:
        low: the least.
        high: the most; the same for one value.
        text: in words.
    """

    low: float
    high: float
    text: str


class Observation(_Part):
    """One published observation.

    Attributes:
        title: what it is about.
        sources: addresses, or where it is said.
        configuration: of AWS, in words.
        workload: what was sent, in words.
        observed: what was seen.
        unit: of the figure.
        fitted: whether the model was fitted to it.
        not_given: what the publication does not say.
        note: what follows for the model where it is known to differ, else "".
        rules: ids of the rules whose alternatives the prediction is tried with.
        vary: ends of plausible values for settings of the case that are not given.
        model: how the prediction is made.
    """

    title: str
    sources: tuple[str, ...]
    configuration: str
    workload: str
    observed: Measured
    unit: str
    fitted: bool
    not_given: tuple[str, ...] = ()
    note: str = ""
    rules: tuple[str, ...] = ()
    vary: dict[str, tuple[int | float, int | float]] = {}
    model: Annotated[
        QueueModel | PollersModel | SlotsModel | RecordModel | EventModel | IdleModel, Field(discriminator="kind")
    ]


@dataclass(frozen=True, slots=True)
class Compared:
    """An observation and its prediction.

    Attributes:
        name: name of the file without its end.
        observation: the observation.
        predicted: what the model says with what it assumes.
        low: the least over the plausible values, one moved at a time.
        high: the most.
    """

    name: str
    observation: Observation
    predicted: float
    low: float
    high: float

    @property
    def observed(self) -> float:
        """The value that was seen, or the middle between two."""
        return (self.observation.observed.low + self.observation.observed.high) / 2

    @property
    def ratio(self) -> float:
        """Predicted, of observed."""
        return self.predicted / self.observed

    @property
    def error(self) -> float:
        """By how much the prediction is off, as a share of what was seen."""
        return abs(self.predicted - self.observed) / self.observed

    @property
    def inside(self) -> bool:
        """Whether what was seen and what is predicted have values in common."""
        return self.observation.observed.low <= self.high and self.low <= self.observation.observed.high


def observations() -> Iterator[tuple[str, Observation]]:
    """The observations by name, in the order of their names.

    Raises:
        pydantic.ValidationError: a file has a key that is none, or lacks one.
    """
    for path in sorted(FOLDER.glob("*.yaml")):
        yield path.stem, Observation.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))


def compared(name: str, observation: Observation) -> Compared:
    """The prediction for an observation."""
    found = observation.model.predictions(DEFAULTS, {})
    seen = list(found)
    for rule in observation.rules:
        alternative = ALTERNATIVES[rule]
        for value in alternative.values:
            seen += observation.model.predictions(alternative.set(DEFAULTS, value), {})
    for setting, ends in observation.vary.items():
        for end in ends:
            seen += observation.model.predictions(DEFAULTS, {setting: end})
    return Compared(name, observation, statistics.median(found), min(seen), max(seen))
