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
    PROJECT = "project"


def schema(
    console: Console,
    of: Annotated[
        SchemaOf, typer.Argument(metavar="workload|stack|project", help="The kind of file.", show_default=False)
    ],
    project: ProjectOption = None,
) -> None:
    """Print the JSON Schema of workloads, of the stack files of a project, or of `delivery-lab.yaml`."""
    from delivery_lab.api.schema import project_file_schema, stack_schema, workload_schema
    from delivery_lab.cli.stacks import open_lab

    if of is SchemaOf.WORKLOAD:
        found = workload_schema()
    elif of is SchemaOf.PROJECT:
        found = project_file_schema()
    else:
        stack = stack_schema(open_lab(console, project).project)
        found = stack.schema
        for note in stack.notes:
            console.message(f"note: {note}")
    console.data(json.dumps(found, indent=2, ensure_ascii=False))
