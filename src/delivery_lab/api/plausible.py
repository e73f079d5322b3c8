"""A run over the plausible values of what it assumes."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from delivery_lab.events import Run
from delivery_lab.results.intervals import intervals_of
from delivery_lab.results.outcome import Outcome, outcome_of
from delivery_lab.rules.alternatives import plausible_of
from delivery_lab.rules.assumptions import Assumptions

Tried = Mapping[tuple[str, str], Outcome]
"""Outcomes by rule and the value that was assumed for it."""


def outcome_with_intervals(run: Run, again: Callable[[Assumptions], Run]) -> tuple[Outcome, Tried]:
    """Count a run; where it leans on an assumption with a plausible range, run both ends of the range too.

    Args:
        run: the run with the values that the model assumes.
        again: runs the same with other assumptions.

    Raises:
        LabError: it cannot be run that way.
    """
    outcome = outcome_of(run)
    tried: dict[tuple[str, str], Outcome] = {}
    for rule, value, assumptions in plausible_of(run.rules, run.assumptions):
        tried[rule, value] = outcome_of(again(assumptions))
    intervals = intervals_of(outcome, [(rule, other) for (rule, _), other in tried.items()])
    return outcome.model_copy(update={"intervals": intervals}), tried
