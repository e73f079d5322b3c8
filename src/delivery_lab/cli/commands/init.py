"""`delivery-lab init`: a first workload of a stack."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from delivery_lab.cli.console import Console
from delivery_lab.cli.options import AnswersOption, OneStack, ProjectOption, SetOption
from delivery_lab.errors import UsageError


def init(
    console: Console,
    stack: OneStack,
    file: Annotated[
        Path | None,
        typer.Option("--to", metavar="FILE", help="Where to write it; workloads/STACK.yaml of the project by default."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite the file if it is there.")] = False,
    overrides: SetOption = None,
    answers: AnswersOption = None,
    project: ProjectOption = None,
) -> None:
    """Write a first workload of a stack: one message for each source."""
    from delivery_lab.api.first_workload import workload_of
    from delivery_lab.api.writing import write_file
    from delivery_lab.cli.stacks import open_lab

    lab = open_lab(console, project)
    place = file or lab.project.root / "workloads" / f"{stack.replace('/', '-')}.yaml"
    if place.exists() and not force:
        raise UsageError(f"{place} is there already\n  fix: say --force to overwrite it, or --to FILE")
    text, problem = workload_of(lab, stack, overrides, answers)
    write_file(place, text, make_folder=True)
    if problem is None:
        there = "" if project is None else f" --project {shlex.quote(str(project))}"
        tried = f"delivery-lab run {stack} --workload {shlex.quote(str(place))}{there}"
        console.message(f"wrote {place}; try it with: {tried}")
    else:
        console.message(f"wrote {place}; a run of it ends with an error until what that says is done:\n{problem}")
