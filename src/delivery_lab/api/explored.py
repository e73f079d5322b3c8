"""Many seeds of a variant: how often, how bad, with which seed, and how much of it AWS does not document."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from delivery_lab.api.expected import read_expectations
from delivery_lab.api.inputs import RunOptions
from delivery_lab.api.lab import Lab
from delivery_lab.api.simulated import Call
from delivery_lab.errors import UsageError
from delivery_lab.expectations.expectation import Expectation
from delivery_lab.explore.columns import Columns
from delivery_lab.explore.sample import Sample, sample_of
from delivery_lab.explore.spread import Share, Spread, share_of, spread_of
from delivery_lab.explore.workers import Sampling, samples
from delivery_lab.results.named_figures import plain_names
from delivery_lab.rules.alternatives import plausible_of
from delivery_lab.rules.assumptions import Assumptions
from delivery_lab.simulation.simulate import simulate
from delivery_lab.simulation.workload import Workload
from delivery_lab.stack.stack import Stack

DEFAULT_SEEDS = 1_000
MOST_SEEDS = 10_000_000
MOST_FOR_ASSUMPTIONS = 100
"""So many of the seeds are run with each end of a plausible range too."""


@dataclass(frozen=True, slots=True)
class AssumedRange:
    """Between which values the median of a figure lies over the ends of plausible ranges of assumptions."""

    low: float
    high: float
    assumptions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Kept:
    """How often an expectation holds.

    Attributes:
        text: the expectation.
        share: in how many runs it holds.
        first_failing: the first run of which it does not.
        with_assumptions: how often it holds with ends of plausible ranges (`RULE=VALUE`), where that differs.
    """

    text: str
    share: Share
    first_failing: Sample | None
    with_assumptions: Mapping[str, Share] = field(default_factory=dict)

    @property
    def holds(self) -> bool:
        """Whether it holds in every run, with every end of every plausible range."""
        return self.share.count == self.share.runs and not self.with_assumptions


@dataclass(frozen=True, slots=True)
class Exploration:
    """A variant that was run with many seeds.

    Attributes:
        stack: its name.
        workload: what was sent.
        call: what was asked for; its seed is the first one.
        columns: the runs.
        expectations: what was expected.
        others: the same for the first seeds with ends of plausible ranges of assumptions, by `RULE=VALUE`.
        interrupted: whether it was ended before all seeds were run.
    """

    stack: str
    workload: Workload
    call: Call
    columns: Columns
    expectations: tuple[Expectation, ...]
    others: Mapping[str, Columns]
    interrupted: bool = False

    @property
    def runs(self) -> int:
        """How many seeds were run."""
        return len(self.columns)

    def spreads(self) -> dict[str, Spread]:
        """How each figure is spread, by JSON name; figures that no run knows are left out."""
        seeds = self.columns.seeds
        found = ((name, spread_of(name, self.columns.column(name), seeds)) for name in plain_names())
        return {name: spread for name, spread in found if spread is not None}

    def assumed_ranges(self) -> dict[str, AssumedRange]:
        """The figures whose median depends on an assumption with a plausible range, by JSON name."""
        found: dict[str, AssumedRange] = {}
        count = min(len(self.columns), *(len(other) for other in self.others.values())) if self.others else 0
        for name in plain_names() if count else ():
            own = spread_of(name, self.columns.column(name)[:count], self.columns.seeds[:count])
            medians: dict[str, float] = {}
            for assumed, columns in self.others.items():
                spread = spread_of(name, columns.column(name)[:count], columns.seeds[:count])
                if own is not None and spread is not None and spread.median != own.median:
                    medians[assumed] = spread.median
            if own is not None and medians:
                values = (own.median, *medians.values())
                found[name] = AssumedRange(min(values), max(values), tuple(medians))
        return found

    def kept(self) -> tuple[Kept, ...]:
        """How often each expectation holds, in their order."""
        found = []
        for number, expectation in enumerate(self.expectations):
            failing = (sample for sample in self.columns.failing if not sample.verdicts[number].holds)
            others = {
                assumed: share_of(columns.held[number], len(columns))
                for assumed, columns in self.others.items()
                if columns.held[number] < len(columns) and self.columns.held[number] == self.runs
            }
            share = share_of(self.columns.held[number], self.runs)
            found.append(Kept(expectation.text, share, next(failing, None), others))
        return tuple(found)

    @property
    def violations(self) -> tuple[Sample, ...]:
        """The first runs that break an invariant; there is none unless the lab is wrong."""
        return tuple(self.columns.broken)

    def as_json(self) -> dict[str, Any]:
        """The summary of `explore --json`: the figures under the names of an outcome, each with how it is spread."""
        content: dict[str, Any] = {
            "kind": "summary",
            "stack": self.stack,
            "workload": self.workload.name,
            "firstSeed": self.call.seed,
            "runs": self.runs,
            "interrupted": self.interrupted,
        }
        ranges = self.assumed_ranges()
        for name, spread in self.spreads().items():
            told: dict[str, Any] = {
                "median": spread.median,
                "p5": spread.p5,
                "p95": spread.p95,
                "worst": spread.worst,
                "worstSeed": spread.worst_seed,
            }
            if spread.unknown:
                told["unknown"] = spread.unknown
            if name in ranges:
                over = ranges[name]
                told["assumed"] = {"low": over.low, "high": over.high, "assumptions": list(over.assumptions)}
            _put(content, name, told)
        content["expectations"] = [
            {
                "text": one.text,
                "holds": one.holds,
                "share": one.share.share,
                "low": one.share.low,
                "high": one.share.high,
                "firstFailingSeed": None if one.first_failing is None else one.first_failing.seed,
                "withAssumptions": {assumed: share.share for assumed, share in one.with_assumptions.items()},
            }
            for one in self.kept()
        ]
        content["violations"] = [{"seed": one.seed, "violations": list(one.violations)} for one in self.violations]
        return content


def _put(content: dict[str, Any], name: str, value: Any) -> None:
    *groups, last = name.split(".")
    for group in groups:
        content = content.setdefault(group, {})
    content[last] = value


@dataclass(frozen=True, slots=True)
class SeededRuns:
    """Makes a process ready to run seeds of one variant: the program is evaluated once in each."""

    lab: Lab
    stack: str
    overrides: tuple[str, ...]
    workload: Workload
    assumptions: Assumptions
    expectations: tuple[Expectation, ...]

    def __call__(self) -> Sampling:
        """What runs a seed."""
        stack = Stack.of(self.lab.graph(self.stack, self.overrides))
        root = self.lab.project.root

        def sampling(seed: int) -> Sample:
            return sample_of(simulate(stack, root, self.workload, seed, self.assumptions), self.expectations)

        return sampling


def explore(
    lab: Lab,
    stack: str,
    options: RunOptions,
    seeds: int = DEFAULT_SEEDS,
    processes: int | None = None,
    on_sample: Callable[[Sample], None] = lambda sample: None,
) -> Exploration:
    """Run a variant with many seeds: from the first one upwards.

    Args:
        lab: the project.
        stack: name of the stack.
        options: as for a run; `seed` is the first one.
        seeds: how many.
        processes: how many processes; one for each core by default.
        on_sample: is told of each run, in the order of the seeds.

    Returns:
        What is there when all have run, or when the user interrupts.

    Raises:
        UsageError: the number of seeds is out of range.
        LabError: it cannot be run.
    """
    if not 1 <= seeds <= MOST_SEEDS:
        raise UsageError(f"{seeds} seeds cannot be run: at least 1, at most {MOST_SEEDS}")
    if processes is not None and processes < 1:
        raise UsageError(f"{processes} processes cannot run anything: at least 1")
    call, workload, assumptions = lab.asked(stack, options, judges=True)
    expectations = read_expectations((*workload.expect, *call.expect))
    opening = SeededRuns(lab, stack, call.overrides, workload, assumptions, expectations)
    columns, others = Columns(len(expectations)), dict[str, Columns]()
    interrupted = False
    try:
        for sample in samples(opening, range(call.seed, call.seed + seeds), processes):
            columns.add(sample)
            on_sample(sample)
        for assumed, other in _plausible(opening, call.seed):
            found = others[assumed] = Columns(len(expectations))
            for sample in samples(other, range(call.seed, call.seed + min(seeds, MOST_FOR_ASSUMPTIONS)), processes):
                found.add(sample)
    except KeyboardInterrupt:
        interrupted = True
        others = {assumed: found for assumed, found in others.items() if len(found)}
    if not len(columns):
        raise KeyboardInterrupt
    return Exploration(stack, workload, call, columns, expectations, others, interrupted)


def _plausible(opening: SeededRuns, seed: int) -> Iterator[tuple[str, SeededRuns]]:
    """The same runs with each end of the plausible ranges that the first one relies on."""
    stack = Stack.of(opening.lab.graph(opening.stack, opening.overrides))
    run = simulate(stack, opening.lab.project.root, opening.workload, seed, opening.assumptions)
    for rule, value, assumptions in plausible_of(run.rules, opening.assumptions):
        changed = SeededRuns(
            opening.lab, opening.stack, opening.overrides, opening.workload, assumptions, opening.expectations
        )
        yield f"{rule}={value}", changed
