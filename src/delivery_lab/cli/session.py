"""From the words of a command to runs: project, stack, settings, workload, seed."""

from __future__ import annotations

import fnmatch
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from delivery_lab.cli.console import Console
from delivery_lab.errors import StackNotFoundError
from delivery_lab.model.randomness import DEFAULT_SEED
from delivery_lab.program.engine import evaluate
from delivery_lab.program.graph import Graph
from delivery_lab.program.project import Project, find_project, read_project
from delivery_lab.results.conclusion import conclusion
from delivery_lab.results.outcome import Outcome, Reading, outcome_of
from delivery_lab.rules.alternatives import other_readings, read_assumptions
from delivery_lab.rules.assumptions import DEFAULTS, Assumptions
from delivery_lab.simulation.run import Run
from delivery_lab.simulation.simulate import simulate
from delivery_lab.simulation.workload import Workload
from delivery_lab.simulation.workload_files import default_workload, read_body, read_workload
from delivery_lab.stack.stack import Stack

_PATTERN = re.compile(r"[*?\[]")


@dataclass(frozen=True, slots=True)
class Result:
    """A stack that was run.

    Attributes:
        graph: its resources.
        run: everything that happened.
        outcome: the counts.
        real_seconds: how long the simulation took, on a real clock.
    """

    graph: Graph
    run: Run
    outcome: Outcome
    real_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Session:
    """What the options of one command say.

    Attributes:
        project: the Pulumi project.
        console: where messages go.
        overrides: `--set` texts.
        workload_file: `--workload`, or None for the stack's default.
        body: `--body` texts.
        seed: the seed.
        assumptions: what `--assume` says.
    """

    project: Project
    console: Console
    overrides: tuple[str, ...] = ()
    workload_file: Path | None = None
    body: tuple[str, ...] = ()
    seed: int = DEFAULT_SEED
    assumptions: Assumptions = DEFAULTS

    @classmethod
    def open(
        cls,
        console: Console,
        project_dir: Path | None,
        overrides: Sequence[str] | None = None,
        workload_file: Path | None = None,
        body: Sequence[str] | None = None,
        seed: int = DEFAULT_SEED,
        assume: Sequence[str] | None = None,
    ) -> Session:
        """Find the project: the folder given, else the nearest one from here upwards.

        Raises:
            ProjectError: there is none.
            UsageError: `--assume` names no rule, or no reading of it.
        """
        assumptions = read_assumptions(assume or ())
        project = find_project(Path.cwd()) if project_dir is None else read_project(project_dir)
        return cls(project, console, tuple(overrides or ()), workload_file, tuple(body or ()), seed, assumptions)

    def stack_names(self, words: Sequence[str] | None = None) -> list[str]:
        """The stacks that some words mean, each once: names, or patterns such as `sync-*`. No word means all stacks.

        Raises:
            StackNotFoundError: there is no stack of that name, or none that matches a pattern.
        """
        known = [stack.name for stack in self.project.stacks()]
        if not words:
            return known
        found: dict[str, None] = {}
        for word in words:
            matches = fnmatch.filter(known, word)
            if not matches and _PATTERN.search(word):
                raise StackNotFoundError(f"no stack matches '{word}'\n  stacks: {', '.join(known) or 'none'}")
            found |= dict.fromkeys(matches or [self.project.stack(word).name])
        return list(found)

    def workload(self, stack: str) -> Workload:
        """The workload for a stack.

        Raises:
            WorkloadError: there is none, or it is malformed.
        """
        if self.workload_file is not None:
            workload = read_workload(self.workload_file)
        else:
            workload = default_workload(self.project.root / "workloads", stack)
        return workload.with_body(read_body(self.body))

    def graph(self, stack: str) -> Graph:
        """The resources of a stack, with the overrides of the command."""
        return evaluate(self.project, stack, self.overrides)

    def run(self, stack: str, workload: Workload | None = None) -> Result:
        """Run one stack in the simulation.

        Raises:
            LabError: it cannot be run.
        """
        self.project.stack(stack)  # a wrong name is said before a missing workload
        chosen = workload or self.workload(stack)
        with self.console.working(f"simulating {stack}"):
            graph = self.graph(stack)
            begun = time.perf_counter()
            run = simulate(Stack.of(graph), self.project.root, chosen, self.seed, self.assumptions)
            real_seconds = time.perf_counter() - begun
            outcome = outcome_of(run)
        for note in (*graph.warnings, *run.notes):
            self.console.message(f"note: {stack}: {note}")
        return Result(graph, run, outcome, real_seconds)

    def outcome(self, stack: str) -> Outcome:
        """The counts of one run, without the events.

        Raises:
            LabError: it cannot be run.
        """
        return self.run(stack).outcome

    def with_readings(self, result: Result) -> Result:
        """Try the other readings of the rules that a run leaned on, where they have some to try.

        Raises:
            LabError: it cannot be run that way.
        """
        said = conclusion(result.outcome)
        readings = []
        with self.console.working("trying the other readings of what the run leaned on"):
            for rule, value, assumptions in other_readings(result.run.rules, self.assumptions):
                other = simulate(Stack.of(result.graph), self.project.root, result.run.workload, self.seed, assumptions)
                says = conclusion(outcome_of(other))
                readings.append(Reading(rule=rule, value=value, conclusion=says, changes=says != said))
        model = result.outcome.model.model_copy(update={"readings": tuple(readings)})
        return replace(result, outcome=result.outcome.model_copy(update={"model": model}))
