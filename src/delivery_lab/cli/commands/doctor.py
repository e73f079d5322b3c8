"""`delivery-lab doctor`: what is here, what is missing, and what for."""

from __future__ import annotations

import json
from dataclasses import asdict

import typer

from delivery_lab.cli.console import Console
from delivery_lab.cli.options import JsonOption


def doctor(console: Console, as_json: JsonOption = False) -> None:
    """Say which versions are here, and what is missing for what."""
    from delivery_lab.api.installation import parts
    from delivery_lab.cli.layout import described
    from delivery_lab.json_names import json_name

    found = list(parts())
    if as_json:
        for part in found:
            console.data(json.dumps({json_name(name): value for name, value in asdict(part).items()}))
    else:
        rows = [(part.name, f"{part.found or 'missing'}: {part.needed_for}") for part in found]
        console.table(described(("part", "what is here, and what it is for"), rows, console.width))
    for part in found:
        if part.found is None:
            console.message(f"note: {part.name} is missing, needed for {part.needed_for}\n  fix: {part.fix}")
    if any(part.required and part.found is None for part in found):
        raise typer.Exit(1)
