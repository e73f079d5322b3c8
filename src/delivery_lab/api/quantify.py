"""What a finding costs: the stack's workload simulated as the stack is, and with the finding's edits."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from delivery_lab.checks.edits import edited
from delivery_lab.checks.finding import Edit, Finding
from delivery_lab.errors import DeploymentRefusedError, LabError
from delivery_lab.program.graph import Graph
from delivery_lab.results.conclusion import conclusion
from delivery_lab.results.outcome import Outcome

Simulate = Callable[[Graph], Outcome]
"""Runs the stack's workload over a graph, with the same seed each time."""

_FIGURES: Mapping[str, str] = {
    "lost": "messages.lost",
    "healthy dead-lettered": "messages.healthyDeadLettered",
    "dead-lettered": "messages.deadLettered",
    "expired": "messages.expired",
    "remaining": "messages.remaining",
    "duplicated effects": "effects.duplicated",
    "overlapping deliveries": "deliveries.overlapping",
    "duplicate deliveries": "deliveries.duplicates",
    "processed out of order": "ordering.violations",
    "throttled invokes": "invocations.throttled",
}
"""Dotted JSON names of the figures, by the words for them."""

_COUNTING_MESSAGES = frozenset({"lost", "healthy dead-lettered", "dead-lettered", "expired", "remaining"})


@dataclass(frozen=True, slots=True)
class Effect:
    """What the fix of a finding changes.

    Attributes:
        text: one line for people.
        before: figures of the stack as it is; empty where it could not be simulated.
        after: the same figures with the fix.
        tried: what was changed for it, by `resource.input`: a fix may say more than a simulation can try, such as to
            make a queue; None is an input that was removed.
        before_intervals: between which values a figure of `before` lies, for those that depend on an assumption with a
            plausible range.
        after_intervals: the same of `after`.
    """

    text: str
    before: Mapping[str, int] = field(default_factory=dict)
    after: Mapping[str, int] = field(default_factory=dict)
    tried: Mapping[str, Any] = field(default_factory=dict)
    before_intervals: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    after_intervals: Mapping[str, tuple[float, float]] = field(default_factory=dict)


@dataclass(slots=True)
class Quantifier:
    """Quantifies the findings of one stack.

    Attributes:
        graph: the stack as it is.
        simulate: how to run its workload.
    """

    graph: Graph
    simulate: Simulate
    _baseline: Outcome | LabError | None = None

    def effect(self, finding: Finding) -> Effect | None:
        """What the fix changes; None where no setting alone mends the finding."""
        if not finding.edits:
            return None
        before = self._before()
        if isinstance(before, LabError) and not isinstance(before, DeploymentRefusedError):
            return Effect(f"not simulated: {_first_line(before)}")
        tried = {".".join((self.graph.resources[edit.urn].name, *edit.path)): edit.value for edit in finding.edits}
        return replace(self._with(finding.edits, before), tried=tried)

    def baseline(self) -> Outcome | None:
        """What becomes of the messages as the stack is; None where it cannot be simulated."""
        before = self._before()
        return None if isinstance(before, LabError) else before

    def _with(self, edits: Sequence[Edit], before: Outcome | DeploymentRefusedError) -> Effect:
        try:
            after = self.simulate(edited(self.graph, edits))
        except DeploymentRefusedError as error:
            return Effect(f"not simulated: with this fix alone, {_first_line(error)}")
        except LabError as error:
            return Effect(f"not simulated with the fix: {_first_line(error)}")
        if isinstance(before, DeploymentRefusedError):
            return Effect(f"as it is, AWS refuses the stack; with the fix: {conclusion(after)}", after=_figures(after))
        return _compared(before, after)

    def _before(self) -> Outcome | LabError:
        if self._baseline is None:
            try:
                self._baseline = self.simulate(self.graph)
            except LabError as error:
                self._baseline = error
        return self._baseline


def _figures(outcome: Outcome) -> dict[str, int]:
    content = outcome.model_dump(by_alias=True)
    paths = {name: path.split(".") for name, path in _FIGURES.items()}
    figures = {name: content[group][figure] for name, (group, figure) in paths.items()}
    return {name: value for name, value in figures.items() if value is not None}


def _intervals(outcome: Outcome) -> dict[str, tuple[float, float]]:
    found = {name: outcome.intervals.get(path) for name, path in _FIGURES.items()}
    return {name: (one.low, one.high) for name, one in found.items() if one is not None}


def _compared(before: Outcome, after: Outcome) -> Effect:
    old, new = _figures(before), _figures(after)
    ranges = _intervals(before), _intervals(after)
    sent = before.messages.sent
    of_messages = f" of {sent} message{'' if sent == 1 else 's'}"
    changes = [
        f"{name} {_shown(name, old, ranges[0])} -> {_shown(name, new, ranges[1])}"
        f"{of_messages if name in _COUNTING_MESSAGES else ''}"
        for name in _FIGURES
        if name in old and name in new and (old[name] != new[name] or any(name in some for some in ranges))
    ]
    same = f"every count stays as it is, with {sent} message{'' if sent == 1 else 's'}"
    return Effect(", ".join(changes) or same, old, new, before_intervals=ranges[0], after_intervals=ranges[1])


def _shown(name: str, figures: Mapping[str, int], ranges: Mapping[str, tuple[float, float]]) -> str:
    between = ranges.get(name)
    return f"{figures[name]}" if between is None else f"{figures[name]} ({between[0]} to {between[1]})"


def _first_line(error: LabError) -> str:
    lines = str(error).splitlines()
    # A refusal of the model has its reasons on the lines below.
    return " ".join(line.strip() for line in lines[:2]) if lines and lines[0].endswith(":") else lines[0]
