"""What is written down of a run of which something does not hold, and how it is run again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from delivery_lab.api.case import Case
from delivery_lab.api.expected import read_expectations
from delivery_lab.api.failure_file import SCHEMA_VERSION, FailureFile, Versions, read_failure, versions_here
from delivery_lab.compare.fingerprints import changed, fingerprints
from delivery_lab.results.matters import message_that_matters
from delivery_lab.results.named_figures import plain_figures, plain_names
from delivery_lab.results.timeline import Line, timeline

if TYPE_CHECKING:
    from delivery_lab.api.lab import Lab
    from delivery_lab.api.simulated import Simulation


@dataclass(frozen=True, slots=True)
class Replay:
    """A failure that was run again.

    Attributes:
        file: what was written down.
        simulation: the run.
        message: id of the message whose story shows the failure, None where no message does.
        violations: invariants that the run breaks, in words.
        changes: what is not as it was when the file was written, each in a few words.
    """

    file: FailureFile
    simulation: Simulation
    message: str | None
    violations: tuple[str, ...]
    changes: tuple[str, ...]

    @property
    def same_trace(self) -> bool:
        """Whether everything happened as it did then."""
        return self.simulation.outcome.trace_hash == self.file.trace_hash

    @property
    def fails(self) -> bool:
        """Whether what failed then fails now, too."""
        if self.file.kind == "invariant":
            return bool(self.violations)
        return not all(one.holds for one in self.simulation.outcome.expectations)

    @property
    def figures(self) -> tuple[tuple[str, float | None, float | None], ...]:
        """The figures that are not what they were: name, value then, value now."""
        now = _figures_of(self.simulation)
        names = dict.fromkeys((*self.file.figures, *now))
        both = ((name, self.file.figures.get(name, 0), now.get(name, 0)) for name in names)
        return tuple(one for one in both if one[1] != one[2])

    @property
    def rules(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Rules that only this run relies on, and rules that only the former one did."""
        then, now = self.file.rules, self.simulation.run.rules
        return tuple(rule for rule in now if rule not in then), tuple(rule for rule in then if rule not in now)

    def timeline(self) -> Sequence[Line]:
        """What happened to the message that matters; everything where there is none."""
        return timeline(self.simulation.run, self.message)

    def as_json(self) -> dict[str, Any]:
        """The object of `replay --json`."""
        new, gone = self.rules
        return {
            "stack": self.file.stack,
            "seed": self.file.seed,
            "fails": self.fails,
            "sameTrace": self.same_trace,
            "traceHash": self.simulation.outcome.trace_hash,
            "changes": list(self.changes),
            "figures": {name: {"then": then, "now": now} for name, then, now in self.figures},
            "rules": {"new": list(new), "gone": list(gone)},
            "expectations": [
                {"text": one.text, "actual": one.actual, "holds": one.holds}
                for one in self.simulation.outcome.expectations
            ],
            "violations": list(self.violations),
            "message": self.message,
            "timeline": [{"seconds": line.seconds, "text": line.text, "rule": line.rule} for line in self.timeline()],
        }


def failure_of(lab: Lab, case: Case, notes: Sequence[str] = ()) -> FailureFile:
    """Run a case and write down what there is to know of it.

    Args:
        lab: the project.
        case: a run of which something does not hold.
        notes: what was found out about it.

    Raises:
        LabError: it cannot be run.
    """
    simulation = lab.run(case.stack, **case.options())
    violations = simulation.violations
    failed = [f"{one.text} ({one.told})" for one in simulation.outcome.expectations if not one.holds]
    return FailureFile(
        schema_version=SCHEMA_VERSION,
        kind="invariant" if violations else "expectation",
        failed=[*violations[:1], *failed] or ["it does not fail any more"],
        stack=case.stack,
        overrides=list(case.overrides),
        seed=case.seed,
        assume=list(case.assume),
        expect=list(case.expect),
        workload=case.workload,
        trace_hash=simulation.outcome.trace_hash,
        figures=_figures_of(simulation),
        rules=[str(rule) for rule in simulation.run.rules],
        notes=list(notes),
        versions=versions_here(),
        resources=fingerprints(simulation.graph, lab.project.root),
    )


def replay(lab: Lab, path: Path) -> Replay:
    """Run a failure again.

    Args:
        lab: the project that it is about.
        path: the file.

    Raises:
        UsageError: the file cannot be read, or the project has no such stack.
        LabError: it cannot be run.
    """
    file = read_failure(path)
    case = file.case(path)
    simulation = lab.run(case.stack, **case.options())
    changes = (
        *_other_versions(file.versions, versions_here()),
        *changed(file.resources, fingerprints(simulation.graph, lab.project.root)),
    )
    return Replay(file, simulation, _message(case, simulation), simulation.violations, changes)


def _message(case: Case, simulation: Simulation) -> str | None:
    """The message that shows the first expectation that fails; of one that holds now, the message it is about."""
    failing = [one.text for one in simulation.outcome.expectations if not one.holds]
    for expectation in read_expectations(failing or case.expect):
        for name in expectation.names():
            found = message_that_matters(simulation.run, str(name))
            if found is not None:
                return found
    return None


def _figures_of(simulation: Simulation) -> dict[str, float | int | None]:
    values = zip(plain_names(), plain_figures(simulation.outcome), strict=True)
    return {name: value for name, value in values if value != 0}


def _other_versions(then: Versions, now: Versions) -> Iterator[str]:
    both: Mapping[str, tuple[str | None, str | None]] = {
        "Delivery Lab": (then.delivery_lab, now.delivery_lab),
        "the model": (then.model, now.model),
        "Python": (then.python, now.python),
        **{name: (then.packages.get(name), now.packages.get(name)) for name in {**then.packages, **now.packages}},
    }
    for name, (was, is_now) in both.items():
        if was != is_now:
            yield f"{name} was {was or 'not installed'} and is {is_now or 'not installed'}"
