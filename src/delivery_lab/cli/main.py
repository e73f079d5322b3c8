"""The command `delivery-lab`: its commands and its exit codes.

Exit codes: 0 fine, 1 the run failed, 2 wrong usage or settings, 5 a rule or threshold was violated,
130 interrupted. What a command needs is imported when it runs: `--help`, `--version`, `explain` and the completion of
the shell answer at once.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import Annotated

import typer

from delivery_lab.cli.command import add
from delivery_lab.cli.commands import (
    calibrate,
    check,
    cost,
    diff,
    doctor,
    explain,
    explore,
    init,
    listing,
    redrive,
    replay,
    report,
    run,
    schema,
)
from delivery_lab.cli.console import Console, give_up_output, write_any_text
from delivery_lab.cli.interrupts import INTERRUPTED, ended, noticed
from delivery_lab.errors import LabError, UsageError

WIDEST_HELP = 100

app = typer.Typer(
    help="Tells what an AWS Lambda queue configuration will do to its messages, before it is deployed.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"max_content_width": WIDEST_HELP},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        from delivery_lab.cli.versions import versions

        typer.echo(versions())
        raise typer.Exit


@app.callback()
def _root(
    version_wanted: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the versions and exit.")
    ] = False,
) -> None:
    """Tells what an AWS Lambda queue configuration will do to its messages, before it is deployed."""


COMMANDS: Mapping[str, Callable[..., None]] = {
    "list": listing.list_stacks,
    "run": run.run,
    "diff": diff.diff,
    "explain": explain.explain,
    "check": check.check,
    "explore": explore.explore,
    "replay": replay.replay,
    "redrive": redrive.redrive,
    "calibrate": calibrate.calibrate,
    "cost": cost.cost,
    "report": report.report,
    "schema": schema.schema,
    "init": init.init,
    "doctor": doctor.doctor,
}
for _name, _function in COMMANDS.items():
    add(app, _name, _function)


def main(arguments: list[str] | None = None) -> int:
    """Run the command and return its exit code.

    Args:
        arguments: the words behind `delivery-lab`, by default those of the process.
    """
    words = sys.argv[1:] if arguments is None else arguments
    write_any_text()
    try:
        with noticed():
            code = app(words, prog_name="delivery-lab", standalone_mode=False, obj=words)
    except LabError as error:
        Console().error(str(error))
        return error.exit_code
    except typer.TyperException as error:
        known = f"{words[0]} " if words and words[0] in COMMANDS else ""
        Console().error(f"{error.format_message()}\n  see: delivery-lab {known}--help")
        return UsageError.exit_code
    except typer.Abort:
        code = INTERRUPTED
    except BrokenPipeError:
        # The reader of our output went away, as `head` does: nobody is left to tell.
        give_up_output()
        return 1
    if code == INTERRUPTED:
        code, said = ended()
        Console().message(said)
    return code if isinstance(code, int) else 0
