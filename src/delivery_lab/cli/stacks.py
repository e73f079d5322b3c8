"""What commands do with one stack or with many: run it, check it, and say beside the data what happened."""

from __future__ import annotations

import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, TypeVar

import typer

from delivery_lab.api.parts import preload
from delivery_lab.api.timing import HANDLERS
from delivery_lab.cli.console import Console
from delivery_lab.cli.workers import Failure, for_each

if TYPE_CHECKING:
    from delivery_lab import Examination, Lab, Outcome, Simulation
    from delivery_lab.api.inputs import RunOptions
    from delivery_lab.api.timing import Phase

VIOLATED = 5
"""Exit code where a finding fails the command, or something that was expected does not hold."""

T = TypeVar("T", "Ran", "Examination")

_DOING = {
    "project": "reading the project",
    "program": "evaluating the program",
    "cached program": "reading the cached graph of the program",
    "deployment": "deploying",
    "simulation": "simulating",
    "outcome": "reading results",
    "checks": "checking",
    "quantify": "simulating with the fixes",
}
"""What the phases of the API are called for people."""


@dataclass(frozen=True, slots=True)
class Ran:
    """A run among many, without its events.

    Attributes:
        outcome: the counts.
        notes: what a reader should know.
        phases: how long each part took.
        violations: invariants that it breaks.
        replay: the command that runs it again.
    """

    outcome: Outcome
    notes: tuple[str, ...]
    phases: tuple[Phase, ...]
    violations: tuple[str, ...]
    replay: str


def open_lab(console: Console, project: Path | None, state: Path | None = None) -> Lab:
    """Open the project of a command, or the state that stands for it.

    Raises:
        ProjectError: there is none.
        StackFileError: the state is none.
    """
    from delivery_lab.api.lab import Lab

    begun = time.perf_counter()
    lab = Lab.open(project, cached=console.cache) if state is None else Lab.of_state(state, project)
    if console.program_timeout_seconds is not None:
        lab = replace(lab, project=replace(lab.project, program_timeout_seconds=console.program_timeout_seconds))
    say_phase(console, lab.project.name, "project", time.perf_counter() - begun)
    return lab


def load_clocks() -> None:
    """Load the package of the virtual clocks, which loads pytest too where it finds it; no command needs that."""
    if "time_machine" in sys.modules or "pytest" in sys.modules:
        return
    modules: dict[str, ModuleType | None] = sys.modules  # type: ignore[assignment]  # None: there is no such module
    modules["pytest"] = None
    try:
        import time_machine  # noqa: F401 - for others
    finally:
        del modules["pytest"]


def say_phase(console: Console, what: str, phase: str, seconds: float) -> None:
    """Say how long a part of the work took, where that is wanted."""
    if console.verbose:
        console.message(f"{what}: {_DOING.get(phase, phase)} took {seconds:.2f} s")


def say_profile(console: Console, stack: str, phases: Iterable[Phase]) -> None:
    """Say on standard error where the time of a run went."""
    took: defaultdict[str, float] = defaultdict(float)
    for phase in phases:
        took[phase.name] += phase.seconds
    # `say_beside` leaves the time of handlers out: it is a part of other phases.
    parts = {
        "program": took["project"] + took["program"] + took["cached program"],
        "handlers": took[HANDLERS],
        "model": took["deployment"] + took["simulation"] - took[HANDLERS],
        "results": took["outcome"],
    }
    whole = sum(parts.values())
    told = (f"{name} {seconds:.2f} s ({seconds / (whole or 1):.0%})" for name, seconds in parts.items())
    console.message(f"profile: {stack} took {whole:.2f} s: {', '.join(told)}")


def say_beside(console: Console, stack: str, phases: Iterable[Phase] = (), notes: Iterable[str] = ()) -> None:
    """Say what was done for a stack, where that is wanted, and what a reader of its result should know."""
    for phase in phases:
        if phase.name != HANDLERS:
            say_phase(console, stack, phase.name, phase.seconds)
    for note in notes:
        console.message(f"note: {stack}: {note}")


def run_one(console: Console, lab: Lab, stack: str, options: RunOptions) -> Simulation:
    """Run a stack.

    Raises:
        LabError: it cannot be run.
    """
    load_clocks()
    with console.working(f"simulating {stack}"):
        simulation = lab.run(stack, **options)
    say_beside(console, stack, simulation.phases, simulation.notes)
    return simulation


def run_of_many(console: Console, lab: Lab, options: RunOptions, stack: str) -> Ran:
    """Run a stack among others, maybe in a process of its own; the caller says what is beside the data.

    Raises:
        LabError: it cannot be run.
    """
    with console.working(f"simulating {stack}"):
        simulation = lab.run(stack, **options)
    return Ran(simulation.outcome, simulation.notes, simulation.phases, simulation.violations, simulation.replay)


def check_of_many(
    console: Console,
    lab: Lab,
    options: RunOptions,
    stack: str,
    *,
    quantify: bool,
    checks: Path | None,
    account_concurrency: int | None = None,
) -> Examination:
    """Check a stack, maybe in a process of its own; the caller says what is beside the data.

    Raises:
        LabError: its program cannot be evaluated.
    """
    with console.working(f"checking {stack}"):
        return lab.examine(stack, quantify=quantify, checks=checks, account_concurrency=account_concurrency, **options)


def each_of_many(
    console: Console, lab: Lab, work: Callable[[str], T], names: Sequence[str], doing: str, *, checks: bool = False
) -> tuple[dict[str, T], dict[str, Failure]]:
    """Do something with many stacks, and say what is beside their results; a note that all have is said once.

    Args:
        console: is told.
        lab: their project.
        work: what to do with one; it and its results are picklable.
        names: the stacks.
        doing: what is done, for messages: "simulating".
        checks: whether it checks stacks.

    Returns:
        Results and failures, each by stack.
    """
    load_clocks()
    preload(checks=checks)
    results: dict[str, T] = {}
    failures: dict[str, Failure] = {}
    for name, found in for_each(work, names, console, doing, lab.project.root):
        if isinstance(found, Failure):
            failures[name] = found
        else:
            results[name] = found
            say_beside(console, name, found.phases)
    notes = Counter(note for result in results.values() for note in result.notes)
    common = [note for note, count in notes.items() if count == len(results) > 1]
    for name, result in results.items():
        say_beside(console, name, notes=[note for note in result.notes if note not in common])
    for note in common:
        console.message(f"note: {note}")
    return results, failures


def end_with(console: Console, failures: Mapping[str, Failure], names: Sequence[str]) -> None:
    """Say what failed, if anything did, and end the command with the worst exit code.

    Args:
        console: is told.
        failures: what failed, by stack.
        names: all stacks: what is wrong with every one of them is said once.

    Raises:
        typer.Exit: something failed.
    """
    messages = {failure.message: failure.traceback for failure in failures.values()}
    if len(messages) == 1 and len(failures) == len(names) > 1:
        for message, traceback in messages.items():
            console.error(f"all {len(names)} stacks: {message}", traceback)
    else:
        for name, failure in failures.items():
            console.error(f"{name}: {failure.message}", failure.traceback)
    if failures:
        raise typer.Exit(max(failure.exit_code for failure in failures.values()))


def end_unless_expected(outcomes: Iterable[Outcome]) -> None:
    """End the command if an expectation does not hold.

    Raises:
        typer.Exit: one does not.
    """
    if not all(one.holds for outcome in outcomes for one in outcome.expectations):
        raise typer.Exit(VIOLATED)
