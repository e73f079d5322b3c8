"""What the comparison of two stacks answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from delivery_lab.api.simulated import Simulation
from delivery_lab.compare.comparison import Change, Comparison, Figure, compare
from delivery_lab.compare.worsening import worsened
from delivery_lab.json_names import json_path
from delivery_lab.program.graph import Graph
from delivery_lab.results.outcome import SCHEMA_VERSION

_COMMIT_DIGITS = 7


@dataclass(frozen=True, slots=True)
class Revision:
    """A commit.

    Attributes:
        name: what the user calls it.
        commit: its hash.
    """

    name: str
    commit: str

    def __str__(self) -> str:
        short = self.commit[:_COMMIT_DIGITS]
        return short if self.commit.startswith(self.name) else f"{self.name} ({short})"


@dataclass(frozen=True, slots=True)
class Difference:
    """Two stacks under the same workload.

    Attributes:
        before: the run of the first.
        after: the run of the second.
        comparison: settings, resources and figures side by side.
        revisions: of a stack that is compared with itself, the two revisions of its project; else None.
    """

    before: Simulation
    after: Simulation
    comparison: Comparison
    revisions: tuple[Revision, Revision] | None = None

    @property
    def names(self) -> tuple[str, str]:
        """What the two are called: their stacks, or the stack in its revisions."""
        before, after = self.before.outcome.stack, self.after.outcome.stack
        if self.revisions is None:
            return before, after
        return f"{before} of {self.revisions[0]}", f"{after} of {self.revisions[1]}"

    @classmethod
    def of(
        cls,
        before: Simulation,
        after: Simulation,
        *,
        graphs: tuple[Graph, Graph] | None = None,
        revisions: tuple[Revision, Revision] | None = None,
    ) -> Difference:
        """Compare two runs.

        Args:
            before: the run of the first.
            after: the run of the second.
            graphs: what is compared of their stacks; by default the graphs that they were run with.
            revisions: as the attribute.
        """
        first, second = graphs or (before.graph, after.graph)
        each = (before.each_message(), after.each_message())
        comparison = compare((first, before.outcome), (second, after.outcome), messages=each)
        return cls(before, after, comparison, revisions)

    @property
    def nothing_differs(self) -> bool:
        """Whether settings, resources and behaviour are the same."""
        return self.comparison.nothing_differs

    @property
    def figures(self) -> tuple[Figure, ...]:
        """The figures that differ, such as `messages.lost`."""
        return tuple(figure for figure in self.comparison.figures if figure.differs)

    @property
    def worse(self) -> tuple[str, ...]:
        """What got worse, each in a few words: more lost, dead-lettered though healthy, expired or done twice."""
        return worsened(self.before.outcome, self.after.outcome)

    def figure(self, name: str) -> Figure:
        """One figure of both outcomes.

        Args:
            name: its path, as attributes (`messages.dead_lettered`) or as in JSON (`messages.deadLettered`).

        Raises:
            KeyError: there is no such figure.
        """
        wanted = json_path(name)
        for found in self.comparison.figures:
            if found.name == wanted:
                return found
        known = ", ".join(found.name for found in self.comparison.figures)
        raise KeyError(f"there is no figure {name} (there are: {known})")

    def as_json(self) -> dict[str, Any]:
        """The object of `diff --json`."""
        outcome, comparison = self.before.outcome, self.comparison
        between = {} if self.revisions is None else {"revisions": revisions_as_json(*self.revisions)}
        return {
            "schemaVersion": SCHEMA_VERSION,
            "before": outcome.stack,
            "after": self.after.outcome.stack,
            **between,
            "workload": outcome.workload,
            "seed": outcome.seed,
            "assumed": outcome.model.assumed,
            "settings": [_change(item) for item in comparison.settings],
            "resources": _resources(comparison),
            "behaviour": {figure.name: [figure.before, figure.after] for figure in comparison.figures},
            "messages": {"compared": comparison.messages_compared, "differing": comparison.messages_differing},
            "nothingDiffers": comparison.nothing_differs,
            "expectations": {
                "before": [one.model_dump(by_alias=True) for one in outcome.expectations],
                "after": [one.model_dump(by_alias=True) for one in self.after.outcome.expectations],
            },
            "worse": list(self.worse),
        }


def revisions_as_json(before: Revision, after: Revision) -> dict[str, dict[str, str]]:
    """Two revisions as JSON has them."""
    return {side: {"name": one.name, "commit": one.commit} for side, one in (("before", before), ("after", after))}


def _change(item: Change) -> dict[str, Any]:
    told = {"sign": item.sign, "what": item.what.strip(), "before": item.before, "after": item.after}
    return {**told, "keptWhenUpdated": True} if item.kept else told


def _resources(comparison: Comparison) -> list[dict[str, Any]]:
    resources: list[dict[str, Any]] = []
    for item in comparison.resources:
        if item.what.startswith(" "):
            resources[-1]["changes"].append(_change(item))
        else:
            resources.append({"sign": item.sign, "what": item.what, "changes": []})
    return resources
