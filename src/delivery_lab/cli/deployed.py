"""Runs on AWS by the command: what would be asked, and the question before others' queues get messages."""

from __future__ import annotations

import sys
from functools import partial
from typing import TYPE_CHECKING

import typer

from delivery_lab.cli.console import Console
from delivery_lab.cli.placing import PlaceOptions
from delivery_lab.cli.stacks import say_beside

if TYPE_CHECKING:
    from delivery_lab import Lab, Simulation
    from delivery_lab.api.inputs import RunOptions


def say_plan(console: Console, lab: Lab, name: str, options: RunOptions) -> None:
    """Print the calls that a run would make."""
    from delivery_lab.api.on_aws import plan_on_aws

    for line in plan_on_aws(lab, name, **options):
        console.text(line)


def run_deployed(console: Console, lab: Lab, name: str, options: RunOptions, where: PlaceOptions) -> Simulation:
    """Run a stack where it is deployed."""
    from delivery_lab.api.on_aws import run_on_aws

    allow = partial(allowed, yes=where.yes)
    with console.working(f"running {name} on AWS"):
        found = run_on_aws(lab, name, allow=allow, longest_seconds=where.longest_seconds, **options)
    say_beside(console, name, found.phases, found.notes)
    return found


def allowed(question: str, *, yes: bool) -> bool:
    """The answer to a question; without a terminal nobody is asked, and nothing is allowed."""
    return yes or (sys.stdin.isatty() and typer.confirm(question, err=True))
