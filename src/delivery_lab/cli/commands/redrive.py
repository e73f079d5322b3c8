"""`delivery-lab redrive STACK`: what happens when the dead-letter queue of a run is moved back."""

from __future__ import annotations

from typing import Annotated

import typer

from delivery_lab.api.parts import MOVE_RATE
from delivery_lab.cli.console import Console
from delivery_lab.cli.options import (
    AnswersOption,
    AssumeOption,
    BodyOption,
    JsonOption,
    OneStack,
    ProjectOption,
    SeedOption,
    SetOption,
    WorkloadOption,
)


def redrive(
    console: Console,
    stack: OneStack,
    overrides: SetOption = None,
    fix: Annotated[
        list[str] | None,
        typer.Option("--fix", metavar="PATH=VALUE", help="A setting to change and deploy before the redrive."),
    ] = None,
    queue: Annotated[
        list[str] | None,
        typer.Option("--queue", metavar="NAME", help="Dead-letter queue to move back; all of the stack by default."),
    ] = None,
    rate: Annotated[
        int | None,
        typer.Option(
            "--rate",
            metavar="N",
            min=MOVE_RATE.minimum,
            max=MOVE_RATE.maximum,
            help="Messages a second; SQS chooses by default.",
        ),
    ] = None,
    workload: WorkloadOption = None,
    body: BodyOption = None,
    seed: SeedOption = None,
    assume: AssumeOption = None,
    answers: AnswersOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Run a variant, then move its dead-letter queue back and say what becomes of those messages."""
    from delivery_lab.cli.stacks import open_lab
    from delivery_lab.cli.views.redrive import show_redrive

    if overrides and not fix:
        console.message("note: --set holds from the start of the run; what is deployed before the redrive is --fix")
    lab = open_lab(console, project)
    with console.working(f"simulating {stack}"):
        redriven = lab.redrive(
            stack,
            fix=fix,
            queues=queue or (),
            messages_per_second=rate,
            overrides=overrides,
            workload=workload,
            body=body,
            seed=seed,
            assume=assume,
            answers=answers,
        )
    show_redrive(console, redriven, as_json=as_json)
