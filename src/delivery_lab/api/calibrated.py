"""Prediction beside observation: many simulations of a stack, and one run of it in a real place."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Unpack

from delivery_lab._version import MODEL_VERSION
from delivery_lab.api.alternatives import outcomes_with_alternatives
from delivery_lab.api.inputs import RunOptions, assumption_texts
from delivery_lab.api.on_aws import AwsOptions, run_on_aws
from delivery_lab.api.own_mappings import run_on_own_mappings
from delivery_lab.api.placed import run_on_emulator
from delivery_lab.api.simulated import Simulation
from delivery_lab.api.writing import write_file
from delivery_lab.errors import UsageError
from delivery_lab.events import FunctionConfigured, InvokeEnded, InvokeStarted, MappingConfigured, QueueConfigured
from delivery_lab.expectations.expressions import Number
from delivery_lab.model.clock import in_seconds
from delivery_lab.model.randomness import RandomStreams
from delivery_lab.places.local import LONGEST_SECONDS
from delivery_lab.results.named_figures import plain_figure, plain_figures, plain_names
from delivery_lab.results.outcome import Outcome
from delivery_lab.rules.times import RANGES, drawn_times

if TYPE_CHECKING:
    from delivery_lab.api.lab import Lab

SEEDS = 20
MOST_SEEDS = 1000
_JUDGED = ("messages.", "deliveries.", "effects.", "invocations.", "ordering.")
_TIMES = ("latencySeconds.", "virtualSeconds")
_TIME_OF_MACHINE = "a time of this machine, which says nothing about Lambda"
_TIME_OF_CODE = "what code computes takes time there, and none in a simulation (LAM-DURATION-1)"

Verdict = Literal["inside", "outside", "not judged"]


@dataclass(frozen=True, slots=True)
class CalibratedFigure:
    """One figure.

    Attributes:
        name: its name in JSON, such as `messages.lost`.
        low: the least that a simulation came to.
        high: the most.
        observed: what the real place came to, None where it cannot tell.
        verdict: whether the observed value lies between.
        why: why it is not judged, "" where it is.
        assumptions: `RULE=VALUE` with which the simulation would have come to it, where it is outside.
    """

    name: str
    low: Number
    high: Number
    observed: Number | None
    verdict: Verdict
    why: str = ""
    assumptions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Calibration:
    """A stack in simulations and in a real place.

    Attributes:
        stack: name of the stack.
        place: where it ran.
        seeds: how many simulations there were.
        speed: how many times faster the clocks of the place ran.
        figures: each figure that one of the two sides knows.
        observed: the run in the real place.
        own_mappings: a second run there, polled by the emulator's own mappings; None where that was not asked for.
        late_seconds: by how much the place was late, which the drawn times take into account.
    """

    stack: str
    place: str
    seeds: int
    speed: float
    figures: tuple[CalibratedFigure, ...]
    observed: Simulation
    own_mappings: Simulation | None = None
    late_seconds: float = 0.0

    def beside(self, figure: CalibratedFigure) -> Number | None:
        """What the emulator's own mappings came to; None where that is not known, or was not asked for."""
        if self.own_mappings is None or _why_not(figure.name, self.own_mappings.outcome):
            return None
        return plain_figure(self.own_mappings.outcome, figure.name)

    @property
    def outside(self) -> tuple[CalibratedFigure, ...]:
        """The figures that are outside of what was predicted."""
        return tuple(figure for figure in self.figures if figure.verdict == "outside")

    @property
    def equal(self) -> bool:
        """Whether every judged figure is the one value that all simulations came to."""
        judged = [figure for figure in self.figures if figure.verdict != "not judged"]
        return all(figure.low == figure.high == figure.observed for figure in judged)

    def as_json(self) -> str:
        """What can be sent to others: no names, bodies, ids or accounts, only figures and settings."""
        content = {
            "schemaVersion": 1,
            "model": MODEL_VERSION,
            "place": self.place,
            "speed": self.speed,
            "seeds": self.seeds,
            "lateSeconds": round(self.late_seconds, 3),
            "settings": settings_of(self.observed),
            "figures": [_figure_json(figure) | self._beside_json(figure) for figure in self.figures],
        }
        return json.dumps(content, indent=2)

    def _beside_json(self, figure: CalibratedFigure) -> dict[str, Any]:
        return {} if self.own_mappings is None else {"ownMappings": self.beside(figure)}

    def write(self, path: Path) -> None:
        """Write the file that can be sent to others.

        Raises:
            LabError: it cannot be written.
        """
        write_file(path, self.as_json() + "\n")


def _figure_json(figure: CalibratedFigure) -> dict[str, Any]:
    return {
        "name": figure.name,
        "predicted": [figure.low, figure.high],
        "observed": figure.observed,
        "verdict": figure.verdict,
        "why": figure.why,
        "assumptions": list(figure.assumptions),
    }


def settings_of(simulation: Simulation) -> list[dict[str, Any]]:
    """The settings of queues, functions and mappings, without their names."""
    found: list[dict[str, Any]] = []
    for event in simulation.run.events:
        match event:
            case QueueConfigured():
                found.append(
                    {
                        "kind": "queue",
                        "fifo": event.fifo,
                        "visibilityTimeoutSeconds": event.visibility_timeout_seconds,
                        "maxReceiveCount": event.max_receive_count,
                    }
                )
            case FunctionConfigured():
                found.append(
                    {
                        "kind": "function",
                        "timeoutSeconds": event.timeout_seconds,
                        "reservedConcurrency": event.reserved_concurrency,
                    }
                )
            case MappingConfigured():
                found.append({"kind": "mapping", "source": event.source_kind, "batchSize": event.batch_size})
            case _:
                pass
    return found


def calibrate_on_emulator(
    lab: Lab,
    stack: str,
    *,
    seeds: int = SEEDS,
    speed: float = 1.0,
    longest_seconds: float = LONGEST_SECONDS,
    own_mappings: bool = False,
    **options: Unpack[RunOptions],
) -> Calibration:
    """Simulate a stack with many seeds, run it on the emulator, and put both side by side.

    Args:
        lab: the project.
        stack: name of the stack.
        seeds: how many simulations.
        speed, longest_seconds: as for `run_on_emulator`.
        own_mappings: run it a second time, polled by the emulator's own mappings.
        options: as for `Lab.run`, but for `prices`; the seed is the first of the seeds.

    Raises:
        LabError: it cannot be run on one of the two sides.
    """
    _check_seeds(seeds)
    beside = None
    if own_mappings:  # what it refuses is refused before anything is started
        beside = run_on_own_mappings(lab, stack, speed=speed, longest_seconds=longest_seconds, **options)
    observed = run_on_emulator(lab, stack, speed=speed, longest_seconds=longest_seconds, **options)
    return _calibrated(lab, stack, observed, seeds, speed, options, beside)


def calibrate_on_aws(
    lab: Lab,
    stack: str,
    *,
    seeds: int = SEEDS,
    options: RunOptions | None = None,
    **there: Unpack[AwsOptions],
) -> Calibration:
    """Simulate a deployed stack with many seeds, run it where it is deployed, and put both side by side.

    Args:
        lab: the project, opened by its state.
        stack: name of the stack.
        seeds: how many simulations.
        options: as for `Lab.run`, but for `prices`; the seed is the first of the seeds.
        there: as for `run_on_aws`.

    Raises:
        LabError: it cannot be run on one of the two sides.
    """
    _check_seeds(seeds)
    told: RunOptions = {} if options is None else options
    return _calibrated(lab, stack, run_on_aws(lab, stack, **there, **told), seeds, 1.0, told)


def _check_seeds(seeds: int) -> None:
    if not 1 <= seeds <= MOST_SEEDS:
        raise UsageError(f"--seeds {seeds}: from 1 to {MOST_SEEDS}")


def _calibrated(
    lab: Lab,
    stack: str,
    observed: Simulation,
    seeds: int,
    speed: float,
    options: RunOptions,
    beside: Simulation | None = None,
) -> Calibration:
    first = observed.call.seed
    simulations = [lab.run(stack, **_seeded(options, first, 0, 0.0))]
    late = max(0.0, observed.run.late_seconds, _longest(observed) - _longest(simulations[0]))
    simulations += [lab.run(stack, **_seeded(options, first, number, late)) for number in range(1, seeds)]
    figures = tuple(_compared(simulations, observed.outcome, lab.project.root))
    return Calibration(stack, observed.outcome.place, seeds, speed, figures, observed, beside, late)


def _longest(simulation: Simulation) -> float:
    """How many seconds the longest invoke took."""
    began: dict[tuple[str, int], int] = {}
    longest = 0
    for event in simulation.whole_run().events:
        if isinstance(event, InvokeStarted):
            began[event.invoke, event.environment] = event.instant_us
        elif isinstance(event, InvokeEnded) and (event.invoke, event.environment) in began:
            longest = max(longest, event.instant_us - began[event.invoke, event.environment])
    return in_seconds(longest)


def _seeded(options: RunOptions, first: int, number: int, late_seconds: float) -> RunOptions:
    """The options of one simulation: the first has the times that the model takes, each other one times of its own."""
    if number == 0:
        return {**options, "seed": first}
    chances = RandomStreams(first + number)
    drawn = drawn_times({rule: chances.stream("time", rule).random() for rule in RANGES}, late_seconds)
    # Of several for one rule the last counts: what somebody assumes stays.
    return {**options, "seed": first + number, "assume": (*drawn, *assumption_texts(options.get("assume")))}


def _compared(simulations: Sequence[Simulation], observed: Outcome, root: Path) -> Iterator[CalibratedFigure]:
    spans = spans_of([simulation.outcome for simulation in simulations])
    seen = dict(zip(plain_names(), plain_figures(observed), strict=True))
    others: dict[str, Outcome] = {}
    for name, (low, high) in spans.items():
        value, why = seen[name], _why_not(name, observed)
        if why or value is None:
            yield CalibratedFigure(name, low, high, value, "not judged", why or "this place cannot tell")
        elif low <= value <= high:
            yield CalibratedFigure(name, low, high, value, "inside")
        else:
            tried = outcomes_with_alternatives(simulations[0], root)
            others = others or {f"{rule}={alternative}": other for rule, alternative, other in tried}
            would = tuple(told for told, other in others.items() if plain_figure(other, name) == value)
            yield CalibratedFigure(name, low, high, value, "outside", assumptions=would)


def _why_not(name: str, observed: Outcome) -> str:
    """Why a figure is not judged, "" where it is."""
    if name.startswith(_TIMES):
        return _TIME_OF_MACHINE if observed.place == "local" else _TIME_OF_CODE
    return observed.why_unknown(name)


def spans_of(outcomes: Iterable[Outcome]) -> dict[str, tuple[Number, Number]]:
    """Between which values each figure lies in some simulations, plausible ranges of assumptions included.

    Args:
        outcomes: the simulations.

    Returns:
        By name, in the order of the outcome; without figures that are not known in one of them.
    """
    values: dict[str, list[Number | None]] = {}
    for outcome in outcomes:
        for name, value in zip(plain_names(), plain_figures(outcome), strict=True):
            if name.startswith((*_JUDGED, *_TIMES)):
                span = outcome.intervals.get(name)
                values.setdefault(name, []).extend((value,) if span is None else (value, span.low, span.high))
    known = {name: [each for each in found if each is not None] for name, found in values.items()}
    return {name: (min(found), max(found)) for name, found in known.items() if len(found) == len(values[name])}
