"""`delivery-lab replay`: a failure that `explore` has written down, once more."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from delivery_lab.cli.console import Console
from delivery_lab.cli.options import JsonOption, ProjectOption


def replay(
    console: Console,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A file delivery-lab-failure-....yaml.")],
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Run a failure again that `explore` has written down, and show what happens to the message that matters."""
    from delivery_lab.api.failures import replay as run_again
    from delivery_lab.cli.bugs import BUG
    from delivery_lab.cli.stacks import VIOLATED, load_clocks, open_lab, say_beside
    from delivery_lab.cli.views.replay import show_replay

    lab = open_lab(console, project)
    load_clocks()
    with console.working(f"replaying {file}"):
        found = run_again(lab, file)
    say_beside(console, found.file.stack, found.simulation.phases, found.simulation.notes)
    show_replay(console, found, as_json=as_json)
    if found.violations:
        raise typer.Exit(BUG)
    if found.fails:
        raise typer.Exit(VIOLATED)
