"""`delivery-lab list`: the variants of a project."""

from __future__ import annotations

import json

from delivery_lab.cli.console import Console
from delivery_lab.cli.options import JsonOption, ProjectOption


def list_stacks(console: Console, project: ProjectOption = None, as_json: JsonOption = False) -> None:
    """List the variants and what each is about."""
    from delivery_lab.cli.layout import described
    from delivery_lab.cli.stacks import open_lab

    lab = open_lab(console, project)
    stacks = lab.stacks()
    if not stacks:
        console.message(
            f"note: {lab.project.name} has no stack file; any name is a stack with an empty config, such as dev in "
            "delivery-lab check dev"
        )
    if as_json:
        for stack in stacks:
            console.data(json.dumps({"stack": stack.name, "description": stack.description, "file": str(stack.path)}))
        return
    rows = [(stack.name, stack.description) for stack in stacks]
    console.table(described(("variant", "what it is about"), rows, console.width))
