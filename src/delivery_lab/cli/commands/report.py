"""`delivery-lab report`: runs of variants as one HTML file, with pictures."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from delivery_lab.cli.console import Console
from delivery_lab.cli.options import (
    AnswersOption,
    AnyStacks,
    AssumeOption,
    BodyOption,
    ExpectOption,
    FaultsOption,
    PricesOption,
    ProjectOption,
    SeedOption,
    SetOption,
    StateOption,
    WorkloadOption,
    run_options,
)
from delivery_lab.errors import UsageError

if TYPE_CHECKING:
    from delivery_lab import Lab
    from delivery_lab.api.inputs import RunOptions
    from delivery_lab.api.reporting import Chapter


def report(
    console: Console,
    stacks: AnyStacks = None,
    every: Annotated[bool, typer.Option("--all", help="Report on every stack of the project.")] = False,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="The HTML file to write.")] = Path(
        "report.html"
    ),
    seeds: Annotated[
        int | None,
        typer.Option("--seeds", metavar="N", help="Run N seeds besides, and say between which values figures lie."),
    ] = None,
    overrides: SetOption = None,
    workload: WorkloadOption = None,
    body: BodyOption = None,
    seed: SeedOption = None,
    assume: AssumeOption = None,
    answers: AnswersOption = None,
    expect: ExpectOption = None,
    faults: FaultsOption = None,
    prices: PricesOption = None,
    state: StateOption = None,
    project: ProjectOption = None,
) -> None:
    """Show runs in one HTML file: conclusion, figures, the picture of the run, the life of each message."""
    from delivery_lab.api.parts import preload
    from delivery_lab.api.reporting import Failed, write_report
    from delivery_lab.cli.stacks import end_with, load_clocks, open_lab
    from delivery_lab.cli.workers import Failure, for_each

    lab = open_lab(console, project, state)
    every = every or (state is not None and not stacks)  # a state has one stack
    if every == bool(stacks):
        raise UsageError(
            f"name the stacks to report on, or say --all (stacks: {', '.join(lab.stack_names()) or 'none'})"
        )
    names = lab.stack_names(stacks or ())
    if not names:
        raise UsageError(f"{lab.project.root} has no stack file, so --all is none; name a stack: its config is empty")
    if seeds is not None and seeds < 1:
        raise UsageError(f"{seeds} seeds cannot be run: at least 1")
    options = run_options(overrides, workload, body, seed, assume, answers, expect, faults)
    options["prices"] = prices
    load_clocks()
    preload()
    failures: dict[str, Failure] = {}
    chapters: list[Chapter | Failed] = []
    for name, found in for_each(partial(chapter_of_many, console, lab, options, seeds), names, console, "simulating"):
        if isinstance(found, Failure):
            failures[name] = found
            chapters.append(Failed(name, found.message))
        else:
            chapters.append(found)
    title = names[0] if len(names) == 1 else f"{len(names)} variants of {lab.project.name}"
    write_report(output, chapters, title)
    console.data(str(output))
    end_with(console, failures, names)


def chapter_of_many(console: Console, lab: Lab, options: RunOptions, seeds: int | None, stack: str) -> Chapter:
    """A stack's part of a report, maybe made in a process of its own.

    Raises:
        LabError: it cannot be run.
    """
    from delivery_lab.api.reporting import reported

    with console.working(f"simulating {stack}"):
        return reported(lab, stack, options, seeds)
