"""`delivery-lab diff`: two variants side by side."""

from __future__ import annotations

from typing import Annotated

import typer

from delivery_lab.cli.completion import stacks
from delivery_lab.cli.console import Console
from delivery_lab.cli.options import (
    AnswersOption,
    AssumeOption,
    BodyOption,
    JsonOption,
    ProjectOption,
    SeedOption,
    SetOption,
    WorkloadOption,
)


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
    unchanged: Annotated[
        bool, typer.Option("--unchanged", help="Print the figures that are the same, too; JSON always has them.")
    ] = False,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Compare two variants: settings, resources, and behaviour under the same workload (that of A)."""
    from delivery_lab.cli.stacks import open_lab, say_beside
    from delivery_lab.cli.views.comparison import show_difference

    lab = open_lab(console, project)
    with console.working(f"simulating {before} and {after}"):
        difference = lab.diff(
            before, after, overrides=overrides, workload=workload, body=body, seed=seed, assume=assume, answers=answers
        )
    for simulation in (difference.before, difference.after):
        say_beside(console, simulation.outcome.stack, simulation.phases, simulation.notes)
    show_difference(console, difference, as_json=as_json, unchanged=unchanged)
