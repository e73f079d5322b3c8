"""A Pulumi project that is opened once and asked many times."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Unpack

from delivery_lab.api.graphs import Graphs
from delivery_lab.api.inputs import Assumed, Overrides, RunOptions, assumption_texts, texts
from delivery_lab.api.timing import Phase, timed, timed_handlers
from delivery_lab.errors import StackNotFoundError, UsageError
from delivery_lab.program.project import Project, StackFile, find_project, read_project

if TYPE_CHECKING:
    from delivery_lab.api.asked import Asked
    from delivery_lab.api.difference import Difference
    from delivery_lab.api.examined import Examination
    from delivery_lab.api.project_file import ProjectFile
    from delivery_lab.api.redriven import RedriveSimulation
    from delivery_lab.api.simulated import Simulation
    from delivery_lab.checks.finding import Finding
    from delivery_lab.events import Run
    from delivery_lab.program.answers import ProgramAnswers
    from delivery_lab.program.graph import Graph
    from delivery_lab.results.cost_figures import Cost
    from delivery_lab.results.outcome import Outcome
    from delivery_lab.rules.assumptions import Assumptions
    from delivery_lab.simulation.workload import Workload

_PATTERN = re.compile(r"[*?\[]")

# What a method needs is imported when it is called: opening a project and listing its stacks needs neither Pulumi's
# SDK nor the model.


@dataclass(frozen=True)
class Lab:
    """A Pulumi project with the Python runtime, opened.

    The program of a stack is evaluated once for each set of overrides, so a change of the project's files is noticed
    only by a `Lab` that is opened afterwards. Methods take the options of `RunOptions` by name.

    Attributes:
        project: the project.
        on_run: is told of every run, None for nobody.
        cached: whether graphs come from the user's cache folder where nothing that the program reads has changed, and
            what cfn-lint says of a stack where its template has not.
    """

    project: Project
    on_run: Callable[[Simulation], None] | None = field(default=None, repr=False, compare=False)
    cached: bool = False

    @classmethod
    def open(
        cls, project: str | Path | None = None, on_run: Callable[[Simulation], None] | None = None, cached: bool = False
    ) -> Lab:
        """Open a project.

        Args:
            project: its folder; by default the nearest one from the current folder upwards.
            on_run, cached: as the attributes.

        Raises:
            ProjectError: there is none.
            StackFileError: its project file is malformed.
        """
        found = find_project(Path.cwd()) if project is None else read_project(Path(project))
        return cls(found, on_run, cached)

    @classmethod
    def of_state(cls, state: str | Path, project: str | Path | None = None) -> Lab:
        """Open what is deployed: a file of `pulumi stack export` or `pulumi preview --json`.

        Paths of code start in the project's folder, by default in that of the file.

        Raises:
            StackFileError: the file is no state.
        """
        from delivery_lab.program.state import project_of_state

        return cls(project_of_state(Path(state), None if project is None else Path(project)))

    def __reduce__(self) -> tuple[type[Lab], tuple[Project, None, bool]]:
        """In another process it is the same project with nothing evaluated yet, and nobody who is told."""
        return Lab, (self.project, None, self.cached)

    # -- stacks -------------------------------------------------------------------------------------------------

    def stacks(self) -> tuple[StackFile, ...]:
        """The stacks that have a file, by name."""
        return self.project.stacks()

    def stack_names(self, words: Sequence[str] = ()) -> list[str]:
        """The stacks that some words mean, each once.

        Args:
            words: names, or patterns such as `sync-*`; none means all stacks.

        Raises:
            StackNotFoundError: there is no stack of that name, or none that matches a pattern.
        """
        known = [stack.name for stack in self.stacks()]
        if not words:
            return known
        found: dict[str, None] = {}
        for word in words:
            matches = fnmatch.filter(known, word)
            if not matches and _PATTERN.search(word):
                raise StackNotFoundError(f"no stack matches '{word}'\n  stacks: {', '.join(known) or 'none'}")
            found |= dict.fromkeys(matches or [self.project.stack(word).name])
        return list(found)

    @cached_property
    def _file(self) -> tuple[ProjectFile, str]:
        """What the project says to the lab, and where."""
        from delivery_lab.api.project_file import read_project_file

        return read_project_file(self.project)

    @cached_property
    def _graphs(self) -> Graphs:
        return Graphs(self.project, self.cached)

    def graph(self, stack: str, overrides: Overrides | None = None, answers: ProgramAnswers | None = None) -> Graph:
        """The resources of a stack.

        Args:
            stack: name of the stack.
            overrides: settings to change.
            answers: what the program gets from the outside; by default what `delivery-lab.yaml` says.

        Raises:
            LabError: the program cannot be evaluated for it.
        """
        from delivery_lab.api.asked import answers_for_checks

        told = answers_for_checks(*self._file, None) if answers is None else answers
        return self._graphs.of(stack, texts(overrides, "--set"), told)

    def workload(self, stack: str, given: Workload | str | Path | None = None) -> Workload:
        """The workload of a stack.

        Args:
            stack: name of the stack.
            given: a workload, or a file: relative to the current folder, else to the project's. By default that of
                `delivery-lab.yaml`, else the one in the project's folder `workloads` that names the stack.

        Raises:
            WorkloadError: there is none, or it is malformed.
        """
        from delivery_lab.api.asked import workload_of

        return workload_of(self.project.root, self._file[0], stack, given)

    # -- runs ---------------------------------------------------------------------------------------------------

    def simulate(self, stack: str, **options: Unpack[RunOptions]) -> Outcome:
        """Run a stack in virtual time, and count what becomes of the messages.

        Raises:
            LabError: it cannot be run; the message says why.
        """
        return self.run(stack, **options).outcome

    def run(self, stack: str, **options: Unpack[RunOptions]) -> Simulation:
        """Run a stack in virtual time; what happened is kept unless it is very much (`Simulation.kept`).

        Where the run leans on an assumption with a plausible range, it is run with both ends of the range too.

        Raises:
            LabError: it cannot be run; the message says why.
        """
        from delivery_lab.api.alarmed import with_alarms
        from delivery_lab.api.costing import prices_of, with_cost
        from delivery_lab.api.expected import judged, read_expectations
        from delivery_lab.api.plausible import outcome_with_intervals
        from delivery_lab.api.reading import simulate_and_read
        from delivery_lab.api.simulated import Simulation
        from delivery_lab.stack.stack import Stack

        asked = self.asked(stack, options, judges=True, bills=True)
        prices = prices_of(asked.call.prices)
        call, phases = asked.call, list[Phase]()
        expectations = read_expectations(asked.expectations)
        with timed(self._graphs.phase(stack, call.overrides, asked.program), phases):
            graph, workload = asked.deployed(self.graph(stack, call.overrides, asked.program))
        with timed("simulation", phases) as lap, timed_handlers(phases):
            deployed, built = partial(lap, "deployment"), Stack.of(graph)
            run = simulate_and_read(built, self.project.root, workload, call.seed, asked.assumptions, deployed)

        def again(other: Assumptions) -> Run:
            return simulate_and_read(built, self.project.root, workload, call.seed, other, checks=False)

        with timed("outcome", phases):
            outcome, tried = outcome_with_intervals(run, again)
            outcome = judged(
                with_alarms(with_cost(outcome, run, built, workload, prices), run, built), expectations, tried
            )
        found = Simulation(outcome, graph, workload, run, call, tuple(phases), tried)
        if self.on_run is not None:
            self.on_run(found)
        return found

    def expect(self, stack: str, *expectations: str, **options: Unpack[RunOptions]) -> Outcome:
        """Run a stack and hold it to what is expected, here and by its workload.

        Raises:
            ExpectationError: something does not hold; the message has the actual values.
            LabError: it cannot be run.
        """
        from delivery_lab.api.expected import demand

        options["expect"] = (*(options.get("expect") or ()), *expectations)
        simulation = self.run(stack, **options)
        demand(simulation.outcome, simulation.replay, simulation.violations)
        return simulation.outcome

    def try_alternatives(self, simulation: Simulation) -> Simulation:
        """Run a simulation again with each alternative assumption of the rules that it relies on.

        Returns:
            The same simulation, whose outcome says in `model.readings` what each comes to.
        """
        from delivery_lab.api.alternatives import with_alternatives

        return with_alternatives(simulation, self.project.root)

    def diff(self, before: str, after: str, base: Lab | None = None, **options: Unpack[RunOptions]) -> Difference:
        """Compare two stacks: settings, resources, and behaviour under the same workload (by default that of `before`).

        Args:
            before: the stack to start from.
            after: the stack to compare it with.
            base: whose `before` is, such as a `Lab.of_state`; by default this one's. `overrides` change no state here.
            options: as for `run`.

        Raises:
            LabError: one of them cannot be run.
        """
        from delivery_lab.api.difference import Difference

        start = base or self
        start.project.stack(before)
        self.project.stack(after)
        options = {**options, "workload": (self if base else start).workload(before, options.get("workload"))}
        own: RunOptions = {**options, "overrides": None} if start.project.state is not None else options
        first, second = start.run(before, **own), self.run(after, **options)
        return Difference.of(first, second)

    def redrive(
        self,
        stack: str,
        *,
        fix: Overrides | None = None,
        queues: Sequence[str] = (),
        messages_per_second: int | None = None,
        **options: Unpack[RunOptions],
    ) -> RedriveSimulation:
        """Run a stack, then move its dead-letter queues back and go on.

        Args:
            stack: name of the stack.
            fix: settings to change before the redrive.
            queues: names of the dead-letter queues; all by default.
            messages_per_second: how fast, 1 to 500; SQS chooses by default.
            options: as for `run`.

        Raises:
            LabError: it cannot be run, or there is nothing that could be moved back.
        """
        from delivery_lab.api.redriven import RedriveSimulation, graph_with_fix
        from delivery_lab.results.redrive import redrive_outcome
        from delivery_lab.simulation.simulate import RedriveRequest, simulate_redrive
        from delivery_lab.stack.stack import Stack

        asked = self.asked(stack, options)
        call, changes = asked.call, texts(fix, "--fix")

        def deployed(overrides: Sequence[str]) -> Graph:
            return asked.deployed(self.graph(stack, overrides, asked.program))[0]

        graph, workload = asked.deployed(self.graph(stack, call.overrides, asked.program))
        fixed = Stack.of(graph_with_fix(deployed, call.overrides, changes)) if changes else None
        plan = RedriveRequest(fixed, tuple(queues), messages_per_second)
        before, after = simulate_redrive(
            Stack.of(graph), self.project.root, workload, call.seed, plan, asked.assumptions
        )
        return RedriveSimulation(redrive_outcome(before, after, changes), after)

    def cost(
        self,
        stack: str,
        overrides: Overrides | None = None,
        *,
        prices: str | Path | None = None,
        assume: Assumed | None = None,
        free_tier: bool = False,
    ) -> Cost:
        """What a month costs in which nothing is sent to a stack; `simulate` says what a run costs.

        Args:
            stack: name of the stack.
            overrides: settings to change.
            prices: a price list; that of the package by default.
            assume: rules to assume otherwise than the model does.
            free_tier: whether what is free every month is taken off.

        Raises:
            LabError: the program cannot be evaluated for it, or the price list cannot be read.
        """
        from delivery_lab.api.costing import idle_cost

        return idle_cost(self.graph(stack, overrides), prices, assumption_texts(assume), free_tier=free_tier)

    # -- checks -------------------------------------------------------------------------------------------------

    def check(
        self, stack: str, overrides: Overrides | None = None, *, checks: str | Path | None = None
    ) -> tuple[Finding, ...]:
        """What is dangerous in a stack, the worst first; findings that it accepts say so.

        Args:
            stack: name of the stack.
            overrides: settings to change.
            checks: a Python file with checks of one's own, which run too.

        Raises:
            LabError: the program cannot be evaluated for it, or the file of checks cannot be used.
        """
        return self.examine(stack, checks=checks, overrides=overrides).findings

    def examine(
        self,
        stack: str,
        *,
        quantify: bool = False,
        checks: str | Path | None = None,
        account_concurrency: int | None = None,
        **options: Unpack[RunOptions],
    ) -> Examination:
        """Check a stack, and keep everything that a reader of the findings should know.

        Args:
            stack: name of the stack.
            quantify: whether to simulate the stack as it is and with each fix.
            checks: a Python file with checks of one's own, which run too.
            account_concurrency: concurrent executions of the account, if not AWS's default.
            options: as for `run`; all but `overrides` and `answers` are about `quantify`.

        Raises:
            LabError: the program cannot be evaluated for it, or the file of checks cannot be used.
        """
        from delivery_lab.api.asked import answers_for_checks
        from delivery_lab.api.examining import examine

        told, overrides = answers_for_checks(*self._file, options.get("answers")), options.get("overrides")
        phase = self._graphs.phase(stack, texts(overrides, "--set"), told)
        program, asked = (phase, partial(self.graph, stack, overrides, told)), partial(self.asked, stack, options)
        return examine(
            self.project,
            self._file,
            stack,
            program,
            asked,
            quantify=quantify,
            checks=checks,
            account_concurrency=account_concurrency,
            cached=self.cached,
        )

    # -- what methods share -------------------------------------------------------------------------------------

    def asked(self, stack: str, options: RunOptions, *, judges: bool = False, bills: bool = False) -> Asked:
        """What the options of a run say, with the workload and the project's file.

        Args:
            stack: name of the stack.
            options: what the caller says.
            judges: whether it is a run that can be held to expectations.
            bills: whether it is a run whose cost is computed.

        Raises:
            UsageError: one of them is malformed, or there is no such stack or workload.
        """
        from delivery_lab.api.asked import asked

        self.project.stack(stack)  # a wrong name is said before a missing workload
        if options.get("expect") and not judges:
            raise UsageError("expectations go with a run or a comparison of runs: leave `expect` out")
        if options.get("prices") and not bills:
            raise UsageError("prices go with a run, a comparison of two runs, or `cost`: leave `prices` out")
        workload = self.workload(stack, options.get("workload"))
        return asked(self.project.root, stack, options, workload, *self._file)
