"""`delivery-lab redrive STACK`: what happens when the dead-letter queue of a run is moved back."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from delivery_lab.cli.console import Console
from delivery_lab.cli.session import Session
from delivery_lab.durations import rounded
from delivery_lab.model.randomness import DEFAULT_SEED
from delivery_lab.model.sqs.redrive import MOST_MESSAGES_PER_SECOND
from delivery_lab.program.engine import evaluate
from delivery_lab.results.outcome import Messages
from delivery_lab.results.redrive import RedriveOutcome, redrive_conclusion, redrive_outcome
from delivery_lab.results.timeline import shortened, timeline
from delivery_lab.simulation.run import Run
from delivery_lab.simulation.simulate import Redrive, simulate_redrive
from delivery_lab.stack.stack import Stack


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("redrive")(redrive)


def redrive(
    stack: Annotated[str, typer.Argument(metavar="STACK", help="The stack to run.")],
    fix: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="PATH=VALUE", help="A fix: set before the redrive, not before the workload."),
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
            min=1,
            max=MOST_MESSAGES_PER_SECOND,
            help=f"Messages a second, 1 to {MOST_MESSAGES_PER_SECOND}; SQS chooses by default.",
        ),
    ] = None,
    workload: Annotated[
        Path | None, typer.Option("--workload", metavar="FILE", help="What to send; the stack's own by default.")
    ] = None,
    body: Annotated[
        list[str] | None,
        typer.Option("--body", metavar="FIELD=VALUE", help="Set a field of the workload's bodies."),
    ] = None,
    seed: Annotated[int, typer.Option("--seed", help="Decides everything that is left to chance.")] = DEFAULT_SEED,
    project: Annotated[
        Path | None, typer.Option("--project", metavar="DIR", help="A Pulumi Python project; the one around here.")
    ] = None,
    assume: Annotated[
        list[str] | None, typer.Option("--assume", metavar="RULE=VALUE", help="Read a rule otherwise, as in `run`.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Run a variant, then move its dead-letter queue back and say what becomes of those messages."""
    console = Console()
    session = Session.open(console, project, (), workload, body, seed, assume)
    outcome, run = run_redrive(session, stack, fix or (), queue or (), rate)
    if as_json:
        console.data(outcome.as_json())
        return
    _show(console, outcome, run)


def run_redrive(
    session: Session, stack: str, fix: Sequence[str], queues: Sequence[str], rate: int | None
) -> tuple[RedriveOutcome, Run]:
    """Run a stack and redrive it.

    Args:
        session: the command's session.
        stack: name of the stack.
        fix: settings to change before the redrive.
        queues: dead-letter queues, none for all.
        rate: messages a second, or None.

    Raises:
        LabError: it cannot be run, or there is nothing that could be redriven.
    """
    session.project.stack(stack)
    workload = session.workload(stack)
    with session.console.working(f"simulating {stack}"):
        deployed = Stack.of(session.graph(stack))
        fixed = Stack.of(evaluate(session.project, stack, tuple(fix))) if fix else None
        plan = Redrive(fixed, tuple(queues), rate)
        before, after = simulate_redrive(
            deployed, session.project.root, workload, session.seed, plan, session.assumptions
        )
    return redrive_outcome(before, after, tuple(fix)), after


def _show(console: Console, outcome: RedriveOutcome, run: Run) -> None:
    fix = f" after {', '.join(outcome.fix)}" if outcome.fix else ""
    console.heading(f"{outcome.stack}: redrive{fix}, workload {outcome.workload}, seed {outcome.seed}")
    console.data(f"before       {_messages(outcome.before)}")
    console.data("")
    lines = timeline(run)
    began = next((n for n, line in enumerate(lines) if line.rule == "RDR-SOURCE-1"), len(lines))
    for line in shortened(lines[began:]):
        console.data(line)
    done = outcome.redrive
    console.data("")
    console.data(
        f"redrive      moved {done.moved}, processed {done.processed}, back in the dead-letter queue "
        f"{done.back_in_dead_letter_queue}, lost {done.lost}, duplicated effects {done.duplicated_effects}, "
        f"took {rounded(done.virtual_seconds)}"
    )
    console.data(f"after        {_messages(outcome.after)}")
    console.data("")
    console.heading(redrive_conclusion(outcome))


def _messages(messages: Messages) -> str:
    return (
        f"sent {messages.sent}, processed {messages.processed}, dead-lettered {messages.dead_lettered}, "
        f"lost {messages.lost}, expired {messages.expired}, remaining {messages.remaining}"
    )
