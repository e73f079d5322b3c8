"""What the alarms of a stack make of a run."""

from __future__ import annotations

from delivery_lab.alarms.noticed import alarms_of
from delivery_lab.events import Run
from delivery_lab.results.outcome import Outcome
from delivery_lab.stack.stack import Stack


def with_alarms(outcome: Outcome, run: Run, stack: Stack) -> Outcome:
    """An outcome that says which alarms of the stack go off."""
    return outcome.model_copy(update={"alarms": alarms_of(run, stack, outcome.first_harm_seconds)})
