"""`delivery-lab diff`: two variants side by side."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

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
    run_options,
)

if TYPE_CHECKING:
    from delivery_lab import Difference
    from delivery_lab.api.explored import PairedExploration


class FailDiffOn(StrEnum):
    """What makes the exit code 5."""

    EXPECTATIONS = "expectations"
    """An expectation does not hold for B."""
    WORSE = "worse"
    """More is lost, healthy dead-lettered, expired or done twice than with A, or an expectation no longer holds."""
    NEVER = "never"

    def fails(self, difference: Difference) -> bool:
        """Whether a comparison fails the command."""
        if self is FailDiffOn.WORSE:
            return bool(difference.worse)
        return self is FailDiffOn.EXPECTATIONS and not all(one.holds for one in difference.after.outcome.expectations)

    def fails_often(self, found: PairedExploration) -> bool:
        """Whether a comparison over many seeds fails the command."""
        if self is FailDiffOn.WORSE:
            return bool(found.worse)
        return self is FailDiffOn.EXPECTATIONS and not all(one.holds for one in found.after.kept())


def diff(
    console: Console,
    before: Annotated[str, typer.Argument(metavar="A", help="The stack to start from.", autocompletion=stacks)],
    after: Annotated[str, typer.Argument(metavar="B", help="The stack to compare it with.", autocompletion=stacks)],
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
    as_json: JsonOption = False,
) -> None:
    """Compare two variants: settings, resources, and behaviour under the same workload (that of A)."""
    from delivery_lab.api.explored import explore_pairs
    from delivery_lab.cli.progress import INTERRUPTED, RunsProgress
    from delivery_lab.cli.stacks import VIOLATED, open_lab, say_beside
    from delivery_lab.cli.views.comparison import show_difference
    from delivery_lab.cli.views.exploration import show_pairs

    lab = open_lab(console, project)
    options = run_options(overrides, workload, body, seed, assume, answers, expect, faults)
    options["prices"] = prices
    with console.working(f"simulating {before} and {after}"):
        base = None if state is None else open_lab(console, project, state)
        difference = lab.diff(before, after, base=base, **options)
    for simulation in (difference.before, difference.after):
        say_beside(console, simulation.outcome.stack, simulation.phases, simulation.notes)
    if seeds is None:
        show_difference(console, difference, as_json=as_json, unchanged=unchanged)
        failed = fail_on.fails(difference)
    else:
        options["prices"] = None  # many runs are compared by what becomes of messages
        progress = RunsProgress(console, f"{before} and {after}", 2 * seeds)
        found = explore_pairs(lab, before, after, options, seeds, on_sample=progress.one_more, base=base)
        show_pairs(console, difference, found, as_json=as_json)
        if found.after.interrupted:
            raise typer.Exit(INTERRUPTED)
        failed = fail_on.fails_often(found)
    if failed:
        raise typer.Exit(VIOLATED)
