"""`delivery-lab diff`: two variants side by side."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from delivery_lab.api.parts import BETWEEN
from delivery_lab.cli.compared import Comparing, FailDiffOn
from delivery_lab.cli.completion import stacks
from delivery_lab.cli.console import Console
from delivery_lab.cli.options import (
    AnswersOption,
    AssumeOption,
    BodyOption,
    ExpectOption,
    FaultsOption,
    JsonOption,
    PricesOption,
    ProjectOption,
    SeedOption,
    SetOption,
    WorkloadOption,
    output_format,
    run_options,
)
from delivery_lab.errors import UsageError

if TYPE_CHECKING:
    from delivery_lab import Lab
    from delivery_lab.api.inputs import RunOptions


def diff(
    console: Console,
    before: Annotated[
        str,
        typer.Argument(
            metavar="A", help="The stack to start from; or two revisions of git, REV..REV.", autocompletion=stacks
        ),
    ],
    after: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="B",
            help="The stack to compare it with; of two revisions the stacks, all that changed by default.",
            autocompletion=stacks,
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
    fail_on: Annotated[
        FailDiffOn,
        typer.Option(
            "--fail-on",
            help="What makes the exit code 5: an expectation that does not hold for B, or anything that is worse "
            "with B than with A (lost, healthy dead-lettered, expired, done twice, an expectation).",
        ),
    ] = FailDiffOn.EXPECTATIONS,
    seeds: Annotated[
        int | None,
        typer.Option("--seeds", metavar="N", help="Run both with N seeds, and say which differences are no chance."),
    ] = None,
    unchanged: Annotated[
        bool, typer.Option("--unchanged", help="Print the figures that are the same, too; JSON always has them.")
    ] = False,
    state: Annotated[
        Path | None,
        typer.Option("--state", metavar="FILE", help="What is deployed, as A: a file of pulumi stack export."),
    ] = None,
    project: ProjectOption = None,
    chosen: Annotated[
        Literal["text", "json", "markdown", "junit"],
        typer.Option("--format", help="How to print it: markdown is a comment of a pull request."),
    ] = "text",
    quiet_if_same: Annotated[
        bool, typer.Option("--quiet-if-same", help="Print nothing of a comparison in which nothing differs.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Compare two variants or two revisions: settings, resources, and behaviour under the same workload (that of A)."""
    from delivery_lab.cli.between import diff_revisions
    from delivery_lab.cli.stacks import VIOLATED, open_lab
    from delivery_lab.cli.written_down import end_if_violated

    output = output_format(chosen, as_json=as_json)
    lab = open_lab(console, project)
    options = run_options(overrides, workload, body, seed, assume, answers, expect, faults)
    options["prices"] = prices
    asked = Comparing(options, fail_on, seeds, unchanged, output, quiet_if_same)
    if BETWEEN in before:
        if state is not None:
            raise UsageError("--state goes with two stacks, and not with revisions: a state is of no revision")
        failed = diff_revisions(console, lab, before, after or (), asked)
    elif after is None or len(after) != 1:
        given = "one is" if after is None else f"{len(after) + 1} are"
        raise UsageError(
            f"diff compares two stacks, and {given} given\n"
            "  fix: name two; or two revisions, and the stacks that are compared in them: diff main..HEAD STACK"
        )
    else:
        base = None if state is None else open_lab(console, project, state)
        failed = _diff_stacks(console, lab, base, before, after[0], asked)
        words = f"{before}{BETWEEN}{after[0]}"
        asked.end(console, words, words)
    end_if_violated(console, asked.violated())
    if failed:
        raise typer.Exit(VIOLATED)


def _diff_stacks(console: Console, lab: Lab, base: Lab | None, before: str, after: str, asked: Comparing) -> bool:
    """Compare two stacks, and say whether that fails the command."""
    from delivery_lab.api.explored import explore_pairs
    from delivery_lab.cli.progress import RunsProgress
    from delivery_lab.cli.stacks import say_beside

    with console.working(f"simulating {before} and {after}"):
        difference = lab.diff(before, after, base=base, **asked.options)
    for simulation in (difference.before, difference.after):
        say_beside(console, simulation.outcome.stack, simulation.phases, simulation.notes)
    if asked.seeds is None:
        return asked.shown(console, difference)
    options: RunOptions = {**asked.options, "prices": None}  # many runs are compared by what becomes of messages
    progress = RunsProgress(console, f"{before} and {after}", 2 * asked.seeds)
    found = explore_pairs(lab, before, after, options, asked.seeds, on_sample=progress.one_more, base=base)
    return asked.shown_often(console, difference, found)
