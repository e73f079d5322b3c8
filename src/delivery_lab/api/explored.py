"""Many seeds of a variant: how often, how bad, with which seed, and how much of it AWS does not document."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from delivery_lab.api.asked import Asked
from delivery_lab.api.case import Case, case_of, with_only
from delivery_lab.api.expected import read_expectations
from delivery_lab.api.inputs import RunOptions
from delivery_lab.api.lab import Lab
from delivery_lab.api.seeded_runs import SeededRuns
from delivery_lab.api.shipping import sampled
from delivery_lab.api.simulated import Call
from delivery_lab.compare.worsening import HARMFUL
from delivery_lab.errors import UsageError
from delivery_lab.expectations.expectation import Expectation
from delivery_lab.explore.columns import Columns
from delivery_lab.explore.pairs import Pair, pairs
from delivery_lab.explore.sample import Sample
from delivery_lab.explore.spread import Share, Spread, share_of, spread_of
from delivery_lab.json_names import plain
from delivery_lab.results.named_figures import plain_names
from delivery_lab.rules.alternatives import plausible_of
from delivery_lab.simulation.workload import Workload

DEFAULT_SEEDS = 1_000
MOST_SEEDS = 10_000_000
LAST_SEED = 2**63 - 1
"""Seeds are kept in 8 bytes each."""
MOST_FOR_ASSUMPTIONS = 100
"""So many of the seeds are run with each end of a plausible range too."""


@dataclass(frozen=True, slots=True)
class AssumedRange:
    """Between which values the median of a figure lies over the ends of plausible ranges of assumptions."""

    low: float
    high: float
    assumptions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class HeldShare:
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
        asked: what was asked for; its seed is the first one.
        columns: the runs.
        expectations: what was expected.
        others: the same for the first seeds with ends of plausible ranges of assumptions, by `RULE=VALUE`.
        interrupted: whether it was ended before all seeds were run.
    """

    asked: Asked
    columns: Columns
    expectations: tuple[Expectation, ...]
    others: Mapping[str, Columns]
    interrupted: bool = False

    @property
    def call(self) -> Call:
        """What the caller said."""
        return self.asked.call

    @property
    def stack(self) -> str:
        """Name of the stack."""
        return self.call.stack

    @property
    def workload(self) -> Workload:
        """What was sent."""
        return self.asked.workload

    @property
    def runs(self) -> int:
        """How many seeds were run."""
        return len(self.columns)

    def whole(self) -> Exploration:
        """This, for whoever has no use for a part of the seeds.

        Raises:
            KeyboardInterrupt: the user has ended it before all were run.
        """
        if self.interrupted:
            raise KeyboardInterrupt
        return self

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

    def kept(self) -> tuple[HeldShare, ...]:
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
            found.append(HeldShare(expectation.text, share, next(failing, None), others))
        return tuple(found)

    def failing_case(self) -> Case | None:
        """A run to write down: one that breaks an invariant, else one that fails an expectation; None without."""
        if self.violations:
            return case_of(self.asked, self.violations[0].seed)
        for number, one in enumerate(self.kept()):
            if one.first_failing is not None:
                return with_only(case_of(self.asked, one.first_failing.seed), one.text)
            for assumed in one.with_assumptions:
                failing = (each for each in self.others[assumed].failing if not each.verdicts[number].holds)
                found = next(failing, None)
                if found is not None:
                    return with_only(case_of(self.asked, found.seed, assumed), one.text)
        return None

    @property
    def violations(self) -> tuple[Sample, ...]:
        """The first runs that break an invariant; there is none unless the lab is wrong."""
        return tuple(self.columns.broken)

    @property
    def violated(self) -> tuple[tuple[Sequence[str], str], ...]:
        """What the first of them breaks, and the command that runs it again; nothing where there is none."""
        return tuple((one.violations, self.call.with_seed(one.seed).command()) for one in self.violations[:1])

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


@dataclass(frozen=True, slots=True)
class PairedExploration:
    """Two variants that were run with the same workload and seeds.

    Attributes:
        before: the first.
        after: the second.
        pairs: each figure of both, and whether the difference is real.
    """

    before: Exploration
    after: Exploration
    pairs: tuple[Pair, ...]

    @classmethod
    def of(cls, before: Exploration, after: Exploration) -> PairedExploration:
        """Pair the seeds that both were run with."""
        return cls(before, after, pairs(before.columns.beginning(after.runs), after.columns))

    @property
    def worse(self) -> tuple[str, ...]:
        """What got worse and is no chance, each in a few words."""
        figures = (
            f"{pair.name} went up"
            for pair in self.pairs
            if pair.real and pair.name in HARMFUL and pair.after.value > pair.before.value
        )
        shares = {one.text: one.share.share for one in self.before.kept()}
        less = (f"{one.text} holds less often" for one in self.after.kept() if one.share.share < shares[one.text])
        return (*figures, *less)

    def as_json(self) -> dict[str, Any]:
        """The part `seeds` of `diff --seeds N --json`."""
        return {
            "before": self.before.as_json(),
            "after": self.after.as_json(),
            "pairs": [plain(pair) for pair in self.pairs],
            "worse": list(self.worse),
        }


def _put(content: dict[str, Any], name: str, value: Any) -> None:
    *groups, last = name.split(".")
    for group in groups:
        content = content.setdefault(group, {})
    content[last] = value


def explore_seeds(
    lab: Lab,
    stack: str,
    options: RunOptions,
    seeds: int = DEFAULT_SEEDS,
    processes: int | None = None,
    on_sample: Callable[[Sample], None] = lambda _: None,
    *,
    ranges: bool = True,
    cluster: str | None = None,
) -> Exploration:
    """Run a variant with many seeds: from the first one upwards.

    Args:
        lab: the project.
        stack: name of the stack.
        options: as for a run; `seed` is the first one.
        seeds: how many.
        processes: how many processes; one for each core by default.
        on_sample: is told of each run, in the order of the seeds.
        ranges: whether to run the first seeds with ends of plausible ranges of assumptions too.
        cluster: address of the scheduler of a Dask cluster whose workers run the seeds; by default this machine does.

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
    asked = lab.asked(stack, options, judges=True)
    expectations = read_expectations(asked.expectations)
    first, count = asked.call.seed, len(expectations)
    if first + seeds - 1 > LAST_SEED:
        raise UsageError(f"{seeds} seeds from {first} on cannot be run: the last one may be {LAST_SEED}")
    opening = SeededRuns(lab, asked, expectations)
    columns, others, interrupted = Columns(count), dict[str, Columns](), False
    try:
        for sample in sampled(opening, range(first, first + seeds), processes, cluster):
            columns.add(sample)
            on_sample(sample)
        for rule, value, assumptions in plausible_of(sorted(columns.rules), asked.assumptions) if ranges else ():
            found = others[f"{rule}={value}"] = Columns(count)
            other = SeededRuns(lab, replace(asked, assumptions=assumptions), expectations)
            for sample in sampled(other, range(first, first + min(seeds, MOST_FOR_ASSUMPTIONS)), processes, cluster):
                found.add(sample)
    except KeyboardInterrupt:
        if not len(columns):
            raise
        interrupted = True
        others = {assumed: found for assumed, found in others.items() if len(found)}
    return Exploration(asked, columns, expectations, others, interrupted)


def explore_pairs(
    lab: Lab,
    before: str,
    after: str,
    options: RunOptions,
    seeds: int = DEFAULT_SEEDS,
    processes: int | None = None,
    on_sample: Callable[[Sample], None] = lambda _: None,
    *,
    base: Lab | None = None,
) -> PairedExploration:
    """Run two variants with the same workload and the same seeds, and say which differences are real.

    Args:
        lab: the project.
        before: the stack to start from; its workload is the default.
        after: the stack to compare it with.
        options: as for a run; `seed` is the first one.
        seeds: how many.
        processes: how many processes; one for each core by default.
        on_sample: is told of each run.
        base: whose `before` is, such as a `Lab.of_state`; by default the same project's.

    Raises:
        UsageError: the number of seeds is out of range.
        LabError: one of them cannot be run.
    """
    start = base or lab
    start.project.stack(before)
    lab.project.stack(after)
    # What a state is sent by default is what the program is: nothing in a state says it.
    options = {**options, "workload": (lab if base else start).workload(before, options.get("workload"))}
    first = explore_seeds(start, before, options, seeds, processes, on_sample, ranges=False).whole()
    second = explore_seeds(lab, after, options, first.runs, processes, on_sample, ranges=False)
    return PairedExploration.of(first, second)
