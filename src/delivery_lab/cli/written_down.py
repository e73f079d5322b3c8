"""Failures that commands write down, and violated invariants, which end them with exit code 1."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from delivery_lab.cli.bugs import BUG
from delivery_lab.cli.console import Console
from delivery_lab.errors import LabError

if TYPE_CHECKING:
    from delivery_lab import Lab, Simulation
    from delivery_lab.api.case import Case
    from delivery_lab.api.inputs import RunOptions


def say_violated(console: Console, violations: Sequence[str]) -> None:
    """Say which invariant is violated first."""
    for text in violations[:1]:
        console.error(f"an invariant is violated, which is a bug of Delivery Lab itself: {text}")


def end_if_violated(console: Console, found: Iterable[tuple[Sequence[str], str]]) -> None:
    """End a command of several runs if one of them violates an invariant.

    Args:
        console: where to.
        found: of each run what it violates, and the command that runs it alone and writes it down.

    Raises:
        typer.Exit: one does.
    """
    broken = [(violations, command) for violations, command in found if violations]
    for violations, command in broken:
        say_violated(console, violations)
        console.message(f"  again: {command}")
    if broken:
        raise typer.Exit(BUG)


def end_run_if_violated(console: Console, lab: Lab, simulation: Simulation, options: RunOptions) -> None:
    """Write a run down that violates an invariant, into the current folder, and end the command.

    Args:
        console: where to.
        lab: the project.
        simulation: the run.
        options: what was asked for.

    Raises:
        typer.Exit: it violates one.
    """
    if not (violations := simulation.violations):
        return
    from delivery_lab.api.case import case_of

    say_violated(console, violations)
    asked = lab.asked(simulation.outcome.stack, options, judges=True, bills=True)
    write_down(console, lab, case_of(asked, simulation.outcome.seed), Path(), shrink=False)
    raise typer.Exit(BUG)


def write_down(console: Console, lab: Lab, case: Case, folder: Path, *, shrink: bool) -> None:
    """Write a failure down, and say how it is run again; where it cannot be written, that is said and no more."""
    from delivery_lab.api.failure_file import write_failure
    from delivery_lab.api.failures import failure_of
    from delivery_lab.api.smallest import smallest_case

    notes: tuple[str, ...] = ()
    try:
        with console.working("looking for the smallest case that fails"):
            smallest = smallest_case(lab, case) if shrink else None
        if smallest is not None:
            case, notes = smallest.case, smallest.notes
            console.message(f"the smallest case that fails has {smallest.words} ({smallest.tries} were tried)")
        for note in notes:
            console.message(f"  {note}.")
        path = write_failure(failure_of(lab, case, notes), folder)
    except LabError as error:
        console.message(f"note: the failure is not written down: {error}")
        return
    console.message(f"the failure is written down: delivery-lab replay {path}")
