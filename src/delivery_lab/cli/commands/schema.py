"""`delivery-lab schema`: JSON Schemas, with which editors complete and check the files that people write."""

from __future__ import annotations

import json
from enum import StrEnum
from typing import Annotated

import typer

from delivery_lab.cli.console import Console
from delivery_lab.cli.options import ProjectOption


class SchemaOf(StrEnum):
    """The files that have a schema."""

    WORKLOAD = "workload"
    STACK = "stack"


def schema(
    console: Console,
    of: Annotated[SchemaOf, typer.Argument(metavar="workload|stack", help="The kind of file.", show_default=False)],
    project: ProjectOption = None,
) -> None:
    """Print the JSON Schema of workloads, or of the stack files of a project."""
    from delivery_lab.api.schema import stack_schema, workload_schema
    from delivery_lab.cli.stacks import open_lab

    if of is SchemaOf.WORKLOAD:
        found = workload_schema()
    else:
        stack = stack_schema(open_lab(console, project).project)
        found = stack.schema
        for note in stack.notes:
            console.message(f"note: {note}")
    console.data(json.dumps(found, indent=2, ensure_ascii=False))
