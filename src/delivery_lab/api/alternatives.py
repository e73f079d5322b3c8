"""What each alternative assumption of a run comes to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from delivery_lab.api.reading import simulate_and_read
from delivery_lab.api.simulated import Simulation
from delivery_lab.results.conclusion import conclusion
from delivery_lab.results.outcome import AlternativeConclusion, Outcome, outcome_of
from delivery_lab.rules.alternatives import alternatives_of
from delivery_lab.stack.stack import Stack


def outcomes_with_alternatives(simulation: Simulation, root: Path) -> Iterator[tuple[str, str, Outcome]]:
    """Each alternative assumption of the rules that a simulation relies on: rule, value, and what it comes to.

    Args:
        simulation: the simulation.
        root: folder of the project.

    Raises:
        LabError: it cannot be run that way.
    """
    run, stack = simulation.run, Stack.of(simulation.graph)
    for rule, value, assumptions in alternatives_of(simulation.outcome.model.assumptions, run.assumptions):
        other = simulation.tried.get((rule, value))
        if other is None:
            other = outcome_of(simulate_and_read(stack, root, simulation.workload, run.seed, assumptions))
        yield rule, value, other


def with_alternatives(simulation: Simulation, root: Path) -> Simulation:
    """Run a simulation again with each alternative assumption of the rules that it relies on.

    Args:
        simulation: the simulation.
        root: folder of the project.

    Returns:
        The same simulation, whose outcome says in `model.readings` what each comes to.

    Raises:
        LabError: it cannot be run that way.
    """
    alternatives = []
    point = conclusion(simulation.outcome.model_copy(update={"intervals": {}, "alarms": ()}))
    for rule, value, other in outcomes_with_alternatives(simulation, root):
        says = conclusion(other)
        changes = says != point
        alternatives.append(AlternativeConclusion(rule=rule, value=value, conclusion=says, changes=changes))
    model = simulation.outcome.model.model_copy(update={"readings": tuple(alternatives)})
    return replace(simulation, outcome=simulation.outcome.model_copy(update={"model": model}))
