"""`delivery-lab report`: runs of variants as one HTML file, with pictures."""

from __future__ import annotations

from collections.abc import Callable
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

FEW = 5
"""So many stacks are not many: the fixes of their findings are tried without being asked for."""


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
    compare: Annotated[
        tuple[str, str] | None,
        typer.Option(
            "--compare", metavar="A B", help="Report on two stacks and what differs, under the workload of A."
        ),
    ] = None,
    quantify: Annotated[
        bool | None,
        typer.Option(
            "--quantify/--no-quantify",
            help="Try the fix of each finding, and say what it is worth. By default for few stacks.",
            show_default=False,
        ),
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
    from delivery_lab.api.writing import refuse_unwritable
    from delivery_lab.cli.stacks import load_clocks, open_lab

    lab = open_lab(console, project, state)
    if seeds is not None and seeds < 1:
        raise UsageError(f"{seeds} seeds cannot be run: at least 1")
    options = run_options(overrides, workload, body, seed, assume, answers, expect, faults)
    options["prices"] = prices
    load_clocks()
    refuse_unwritable(output)
    if compare is not None:
        if stacks or every:
            raise UsageError("--compare names its two stacks: leave others and --all out")
        _two(console, lab, compare, options, seeds, output, quantify=quantify is not False)
        return
    every = every or (state is not None and not stacks)  # a state has one stack
    if every == bool(stacks):
        known = ", ".join(lab.stack_names()) or "none"
        raise UsageError(f"name the stacks to report on, or say --all or --compare A B (stacks: {known})")
    names = lab.stack_names(stacks or ())
    if not names:
        raise UsageError(f"{lab.project.root} has no stack file, so --all is none; name a stack: its config is empty")
    tries = len(names) <= FEW if quantify is None else quantify
    _many(console, lab, names, partial(chapter_of_many, console, lab, options, seeds, tries), output)


def _two(
    console: Console,
    lab: Lab,
    stacks: tuple[str, str],
    options: RunOptions,
    seeds: int | None,
    output: Path,
    *,
    quantify: bool,
) -> None:
    from delivery_lab.api.reporting import compared, write_report

    with console.working(f"simulating {' and '.join(stacks)}"):
        contrast, chapters = compared(lab, *stacks, options, seeds, quantify=quantify)
    write_report(output, chapters, " against ".join(side.name for side in contrast.sides), contrast)
    console.data(str(output))


def _many(console: Console, lab: Lab, names: list[str], work: Callable[[str], Chapter], output: Path) -> None:
    from delivery_lab.api.parts import preload
    from delivery_lab.api.reporting import Failed, write_report
    from delivery_lab.cli.stacks import end_with
    from delivery_lab.cli.workers import Failure, for_each

    preload(checks=True)
    failures: dict[str, Failure] = {}
    chapters: list[Chapter | Failed] = []
    for name, found in for_each(work, names, console, "simulating", lab.project.root):
        if isinstance(found, Failure):
            failures[name] = found
            chapters.append(Failed(name, found.message))
        else:
            chapters.append(found)
    title = names[0] if len(names) == 1 else f"{len(names)} variants of {lab.project.name}"
    write_report(output, chapters, title)
    console.data(str(output))
    end_with(console, failures, names)


def chapter_of_many(
    console: Console, lab: Lab, options: RunOptions, seeds: int | None, quantify: bool, stack: str
) -> Chapter:
    """A stack's part of a report, maybe made in a process of its own.

    Raises:
        LabError: it cannot be run.
    """
    from delivery_lab.api.reporting import reported

    with console.working(f"simulating {stack}"):
        return reported(lab, stack, options, seeds, quantify=quantify)
