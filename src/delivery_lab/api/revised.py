"""A stack in two revisions of its project: whether it is the same, and what differs if not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from delivery_lab.api.asked import Asked, has_workload
from delivery_lab.api.difference import Difference
from delivery_lab.api.explored import Exploration, PairedExploration, explore_seeds
from delivery_lab.api.inputs import RunOptions
from delivery_lab.api.project_file import read_project_file
from delivery_lab.api.revisions import Checkout
from delivery_lab.api.simulated import Simulation
from delivery_lab.compare.fingerprints import fingerprints, with_contents
from delivery_lab.errors import StackNotFoundError
from delivery_lab.explore.sample import Sample
from delivery_lab.program.graph import Graph


class Standing(StrEnum):
    """What became of a stack between two revisions."""

    SAME = "same"
    """Its resources with their code are the same, and so is what is sent to it and expected of it."""
    CHANGED = "changed"
    ONLY_BEFORE = "onlyBefore"
    ONLY_AFTER = "onlyAfter"


@dataclass(frozen=True, slots=True)
class Between:
    """Two revisions of a project.

    Attributes:
        before: the revision to start from.
        after: the revision to compare it with.
        options: as for a run. A workload that is given is that of both; else each revision has its own.
    """

    before: Checkout
    after: Checkout
    options: RunOptions

    def stack_names(self, words: Sequence[str]) -> list[str]:
        """The stacks that some words mean in either revision.

        Args:
            words: names or patterns; none means all stacks.

        Raises:
            StackNotFoundError: there is no such stack in any of the two.
        """
        found: dict[str, None] = {}
        sides = [one for one in (self.before, self.after) if one.has_project]
        for word in [[word] for word in words] or [[]]:
            missing = []
            for one in sides:
                try:
                    with one.used():
                        found |= dict.fromkeys(one.lab.stack_names(word))
                except StackNotFoundError as error:
                    missing.append(error)
            if len(missing) == len(sides):
                raise missing[-1]
        return list(found)

    def standing(self, stack: str) -> Standing:
        """What became of a stack.

        Raises:
            LabError: its program cannot be evaluated in one of the revisions, or what is sent to it cannot be read.
        """
        there = [self._has(one, stack) for one in (self.before, self.after)]
        if not all(there):
            return Standing.ONLY_BEFORE if there[0] else Standing.ONLY_AFTER
        first, second = (self._made_of(one, stack) for one in (self.before, self.after))
        return Standing.SAME if first == second else Standing.CHANGED

    def own_workloads(self, stack: str) -> bool:
        """Whether each revision is sent something else."""
        first, second = (_sent(self._asked(one, stack)) for one in (self.before, self.after))
        return first != second

    def difference(self, stack: str) -> Difference:
        """Run a stack in both revisions, and compare it.

        Raises:
            LabError: it cannot be run in one of them.
        """
        first, second = self._run(self.before, stack), self._run(self.after, stack)
        return Difference.of(
            first,
            second,
            graphs=(with_contents(first.graph, self.before.folder), with_contents(second.graph, self.after.folder)),
            revisions=(self.before.revision, self.after.revision),
        )

    def explored(self, stack: str, seeds: int, on_sample: Callable[[Sample], None]) -> PairedExploration:
        """Run a stack with many seeds in both revisions, and say which differences are real.

        Args:
            stack: name of the stack.
            seeds: how many.
            on_sample: is told of each run.

        Raises:
            LabError: it cannot be run in one of them.
        """
        options: RunOptions = {**self.options, "prices": None}  # many runs are compared by what becomes of messages
        with self.before.used():
            found = explore_seeds(self.before.lab, stack, options, seeds, None, on_sample, ranges=False)
            first = found.whole()
        with self.after.used():
            second = explore_seeds(self.after.lab, stack, options, first.runs, None, on_sample, ranges=False)
        return PairedExploration.of(first, second)

    def judged(self, stack: str) -> Simulation | None:
        """Run a stack that only the second revision has, and hold it to what is expected of it.

        Returns:
            The run, whose outcome has its expectations; None where nothing is expected.

        Raises:
            LabError: it cannot be run.
        """
        return self._run(self.after, stack) if self._expects(stack) else None

    def judged_often(self, stack: str, seeds: int, on_sample: Callable[[Sample], None]) -> Exploration | None:
        """The same with many seeds.

        Args:
            stack: name of the stack.
            seeds: how many.
            on_sample: is told of each run.

        Raises:
            LabError: it cannot be run.
        """
        if not self._expects(stack):
            return None
        options: RunOptions = {**self.options, "prices": None}
        with self.after.used():
            return explore_seeds(self.after.lab, stack, options, seeds, None, on_sample, ranges=False).whole()

    def _expects(self, stack: str) -> bool:
        """Whether something is expected of a stack of the second revision."""
        project = self.after.lab.project
        with self.after.used():
            file, _ = read_project_file(project)
            there = has_workload(project.root, file, stack, self.options.get("workload"))
        return there and bool(self._asked(self.after, stack).expectations)

    def _has(self, one: Checkout, stack: str) -> bool:
        if not one.has_project:
            return False
        known = one.lab.stacks()
        return not known or any(found.name == stack for found in known)

    def _asked(self, one: Checkout, stack: str) -> Asked:
        with one.used():
            return one.lab.asked(stack, self.options, judges=True, bills=True)

    def _made_of(self, one: Checkout, stack: str) -> tuple[dict[str, str], str, tuple[str, ...]]:
        asked = self._asked(one, stack)
        with one.used():
            graph, _ = asked.deployed(self._graph(one, asked))
            return fingerprints(graph, one.folder), _sent(asked), asked.expectations

    def _graph(self, one: Checkout, asked: Asked) -> Graph:
        return one.lab.graph(asked.call.stack, asked.call.overrides, asked.program)

    def _run(self, one: Checkout, stack: str) -> Simulation:
        with one.used():
            return one.lab.run(stack, **self.options)


def _sent(asked: Asked) -> str:
    """What is sent, and what happens meanwhile: all that a run depends on besides its stack."""
    file = asked.file.model_dump_json(include={"functions", "external"})
    return f"{asked.workload.model_dump_json(exclude={'expect', 'description', 'stacks'})} {file} {asked.call.seed}"
