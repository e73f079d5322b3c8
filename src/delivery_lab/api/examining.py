"""Checking one stack: its findings, those that its workload shows, and what their fixes change."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from delivery_lab.api.examined import Examination, checks_with
from delivery_lab.api.places import places_of
from delivery_lab.api.plausible import outcome_with_intervals
from delivery_lab.api.quantify import Effect, Quantifier
from delivery_lab.api.timing import Phase, timed
from delivery_lab.checks.acceptance import apply_acceptances, project_acceptances, read_acceptances
from delivery_lab.checks.catalog.filters import DeafFilter, DeafSubscription
from delivery_lab.checks.check import Check
from delivery_lab.checks.finding import Finding
from delivery_lab.checks.registry import find_all, worst_first
from delivery_lab.errors import LabError
from delivery_lab.program.graph import Graph
from delivery_lab.program.project import Project
from delivery_lab.stack.stack import Stack
from delivery_lab.stack.topics import Subscription

if TYPE_CHECKING:
    from delivery_lab.api.asked import Asked
    from delivery_lab.api.project_file import ProjectFile
    from delivery_lab.events import Run
    from delivery_lab.results.outcome import Outcome
    from delivery_lab.rules.assumptions import Assumptions
    from delivery_lab.simulation.workload import Workload

_WITHOUT_VALUES = (
    "value ranges of resources are not checked: that needs the extra `check` (pip install 'delivery-lab[check]')"
)

Checks = str | Path | None
"""A file of one's own checks."""


def examine(
    project: Project,
    file: tuple[ProjectFile, str],
    stack: str,
    program: tuple[str, Callable[[], Graph]],
    asked: Callable[[], Asked],
    *,
    quantify: bool,
    checks: Checks,
    account_concurrency: int | None = None,
    cached: bool = False,
) -> Examination:
    """Check a stack of a project; see `Lab.examine`.

    Args:
        project: the project.
        file: the project's file, and what it is called in messages.
        stack: name of the stack.
        program: name of the phase in which the graph is made, and what makes it.
        asked: what a run would be asked for; raises where the stack has no workload.
        quantify: whether to simulate the stack as it is and with each fix.
        checks: a file of one's own checks.
        account_concurrency: concurrent executions of the account, if not AWS's default.
        cached: whether what cfn-lint says may come from the user's cache folder.
    """
    values = importlib.util.find_spec("cfnlint") is not None
    known = checks_with(checks)
    phases: list[Phase] = []
    phase, graph_of = program
    with timed(phase, phases):
        graph = graph_of()
    with timed("checks", phases):
        said, origin = file
        accepted = (*read_acceptances(graph.config, known), *project_acceptances(said.accept, origin, known))
        if not values:
            accepted = tuple(one for one in accepted if not one.of_values)
        read = Stack.of(graph, account_concurrency)
        found = find_all(read, known, values=values, cached=cached)
        trial = _Trial.of(project.root, graph, asked, simulates=quantify) if quantify or _filters(read) else None
        shown = trial.findings(known) if trial is not None else ()
        tried = trial is not None and trial.workload is not None
        findings = apply_acceptances(worst_first([*found, *shown]), accepted, with_workload=tried)
    effects: dict[int, Effect] = {}
    if quantify and findings and trial is not None:
        with timed("quantify", phases):
            effects = trial.effects(findings)
    notes = (*graph.warnings, *_not_modelled(read), *(() if values else (_WITHOUT_VALUES,)))
    held = project.stack(stack)
    stack_file = held.path if held.exists else project.file
    places = places_of(graph, findings, project.label(stack_file))
    return Examination(stack, stack_file, findings, effects, places, notes, tuple(phases))


def _not_modelled(stack: Stack) -> Iterator[str]:
    """What ends each run of a stack, and no check looks at: that there is no finding says nothing of it."""
    from delivery_lab.simulation.refused_stacks import stack_problems

    for problem in stack_problems(stack):
        yield f"not modelled, so that no check looks at what it does: {problem}"


def _filters(stack: Stack) -> bool:
    """Whether anything in a stack lets only some messages through."""
    mappings = any(mapping.filters.known for mapping in stack.mappings)
    return mappings or any(each.filter_policy.known for each in stack.all(Subscription))


@dataclass(frozen=True, slots=True)
class _Trial:
    """The workload of a stack, tried on it.

    Attributes:
        graph: the resources, with those of other stacks.
        workload: what is sent, None where the stack has no workload.
        seed: of the run.
        quantifier: simulates the stack with fixes; None where nothing is simulated.
        reason: why nothing can be tried.
    """

    graph: Graph
    workload: Workload | None
    seed: int = 0
    quantifier: Quantifier | None = None
    reason: str = ""

    @classmethod
    def of(cls, root: Path, graph: Graph, asked: Callable[[], Asked], *, simulates: bool) -> _Trial:
        """What can be tried."""
        from delivery_lab.simulation.simulate import simulate

        try:
            wanted = asked()
            whole, workload = wanted.deployed(graph)
        except LabError as error:
            return cls(graph, None, reason=str(error).partition("\n")[0])

        def run(changed: Graph) -> Outcome:
            def once(assumed: Assumptions) -> Run:
                return simulate(Stack.of(changed), root, workload, wanted.call.seed, assumed)

            return outcome_with_intervals(once(wanted.assumptions), once)[0]

        return cls(whole, workload, wanted.call.seed, Quantifier(whole, run) if simulates else None)

    def findings(self, known: Mapping[str, Check]) -> Sequence[Finding]:
        """Filters that let nothing of the workload through: by its run where there is one, else by what it sends."""
        if self.workload is None:
            return ()
        stack, found = Stack.of(self.graph), list[Finding]()
        for check in known.values():
            if isinstance(check, DeafFilter):
                sent = self._filtered_out(stack, self.workload)
                found.extend(check.findings_in_workload(stack, sent, self.workload.name))
            elif isinstance(check, DeafSubscription):
                found.extend(self._deaf_subscriptions(check, stack, self.workload))
        return found

    def _deaf_subscriptions(self, check: DeafSubscription, stack: Stack, workload: Workload) -> Iterator[Finding]:
        from delivery_lab.simulation.let_by import let_by

        try:
            found = let_by(stack, workload, self.seed)
        except LabError:
            return  # a run says what is wrong with the workload
        published = {urn: each.messages for urn, each in found.items()}
        elsewhere = {urn: (each.scope, each.elsewhere) for urn, each in found.items()}
        yield from check.findings_in_workload(stack, published, elsewhere, workload.name)

    def _filtered_out(self, stack: Stack, workload: Workload) -> Mapping[str, int]:
        """By URN of a mapping whose filter takes none of them: how many messages are meant for it."""
        from delivery_lab.simulation.filtered import filtered_out

        outcome = None if self.quantifier is None else self.quantifier.baseline()
        if outcome is not None:
            counts = {each.name: each.messages for each in outcome.consumers if each.name != each.source}
            deaf = {name: counted.sent for name, counted in counts.items() if 0 < counted.sent == counted.filtered}
            return {mapping.urn: deaf[mapping.label] for mapping in stack.mappings if mapping.label in deaf}
        try:
            return filtered_out(stack, workload, self.seed)
        except LabError:
            return {}  # a run says what is wrong with the workload

    def effects(self, findings: Sequence[Finding]) -> dict[int, Effect]:
        """What each finding's fix changes, by the finding's position."""
        if self.quantifier is None:
            return {index: Effect(f"not simulated: {self.reason}") for index, f in enumerate(findings) if f.edits}
        found = {index: self.quantifier.effect(finding) for index, finding in enumerate(findings)}
        return {index: effect for index, effect in found.items() if effect is not None}
