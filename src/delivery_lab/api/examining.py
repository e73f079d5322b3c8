"""Checking one stack: its findings, those that its workload shows, and what their fixes change."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from delivery_lab.api.examined import Examination, checks_with
from delivery_lab.api.inputs import Overrides, RunOptions
from delivery_lab.api.places import places_of
from delivery_lab.api.plausible import outcome_with_intervals
from delivery_lab.api.quantify import Effect, Quantifier
from delivery_lab.api.timing import Phase, timed
from delivery_lab.checks.acceptance import apply_acceptances, read_acceptances
from delivery_lab.checks.catalog.filters import DeafFilter
from delivery_lab.checks.check import Check
from delivery_lab.checks.finding import Finding
from delivery_lab.checks.registry import find_all, worst_first
from delivery_lab.errors import LabError
from delivery_lab.program.graph import Graph
from delivery_lab.program.project import Project
from delivery_lab.stack.stack import Stack

if TYPE_CHECKING:
    from delivery_lab.api.simulated import Call
    from delivery_lab.events import Run
    from delivery_lab.results.outcome import Outcome
    from delivery_lab.rules.assumptions import Assumptions
    from delivery_lab.simulation.workload import Workload

_WITHOUT_VALUES = (
    "value ranges of resources are not checked: that needs the extra `check` (pip install 'delivery-lab[check]')"
)

GraphOf = Callable[[str, "Overrides | None"], Graph]
"""The resources of a stack with settings changed."""

Checks = str | Path | None
"""A file of one's own checks."""

Asked = Callable[[], "tuple[Call, Workload, Assumptions]"]
"""What the options of a run say; raises where the stack has no workload."""


def examine(
    project: Project,
    graph_of: GraphOf,
    stack: str,
    asked: Asked,
    options: RunOptions,
    *,
    quantify: bool,
    checks: Checks,
) -> Examination:
    """Check a stack of a project; see `Lab.examine`."""
    values = importlib.util.find_spec("cfnlint") is not None
    known = checks_with(checks)
    phases: list[Phase] = []
    with timed("program", phases):
        graph = graph_of(stack, options.get("overrides"))
    asking: tuple[Call, Workload, Assumptions] | LabError
    try:
        asking = asked()
    except LabError as error:
        asking = error
    quantifier = None
    if quantify and not isinstance(asking, LabError):
        quantifier = Quantifier(graph, _simulation(project.root, *asking))
    with timed("checks", phases):
        accepted = read_acceptances(graph.config, known)
        if not values:
            accepted = tuple(one for one in accepted if not one.of_values)
        found = find_all(Stack.of(graph), known, values=values)
        shown = () if isinstance(asking, LabError) else _shown_by_workload(graph, known, asking, quantifier)
        findings = apply_acceptances(worst_first([*found, *shown]), accepted)
    effects: dict[int, Effect] = {}
    if quantify and findings:
        with timed("quantify", phases):
            effects = _effects(findings, quantifier, asking)
    notes = graph.warnings if values else (*graph.warnings, _WITHOUT_VALUES)
    held = project.stack(stack)
    file = held.path if held.exists else project.file
    places = places_of(graph, findings, project.label(file))
    return Examination(stack, file, findings, effects, places, notes, tuple(phases))


def _simulation(root: Path, call: Call, workload: Workload, assumptions: Assumptions) -> Callable[[Graph], Outcome]:
    from delivery_lab.simulation.simulate import simulate

    def run(changed: Graph) -> Outcome:
        def once(assumed: Assumptions) -> Run:
            return simulate(Stack.of(changed), root, workload, call.seed, assumed)

        return outcome_with_intervals(once(assumptions), once)[0]

    return run


def _shown_by_workload(
    graph: Graph,
    known: Mapping[str, Check],
    asking: tuple[Call, Workload, Assumptions],
    quantifier: Quantifier | None,
) -> Sequence[Finding]:
    """Filters that let nothing of the workload through: by its run where there is one, else by what it sends."""
    check, stack = known.get(DeafFilter.id), Stack.of(graph)
    if not isinstance(check, DeafFilter) or not any(mapping.filters.known for mapping in stack.mappings):
        return ()
    call, workload, _ = asking
    outcome = None if quantifier is None else quantifier.baseline()
    if outcome is not None:
        of_consumers = {each.name: each.messages for each in outcome.consumers if each.name != each.source}
        sent = {
            mapping.urn: of_consumers[mapping.label].sent
            for mapping in stack.mappings
            if mapping.label in of_consumers
            and 0 < of_consumers[mapping.label].sent == of_consumers[mapping.label].filtered
        }
    else:
        from delivery_lab.simulation.filtered import filtered_out

        try:
            sent = filtered_out(stack, workload, call.seed)
        except LabError:
            return ()  # a run says what is wrong with the workload
    return tuple(check.findings_in_workload(stack, sent, workload.name))


def _effects(
    findings: Sequence[Finding],
    quantifier: Quantifier | None,
    asking: tuple[Call, Workload, Assumptions] | LabError,
) -> dict[int, Effect]:
    """What each finding's fix changes, by the finding's position."""
    if quantifier is None:
        reason = str(asking).partition("\n")[0]
        return {index: Effect(f"not simulated: {reason}") for index, f in enumerate(findings) if f.edits}
    found = {index: quantifier.effect(finding) for index, finding in enumerate(findings)}
    return {index: effect for index, effect in found.items() if effect is not None}
