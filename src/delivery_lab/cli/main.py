"""The command `delivery-lab`: its options, its exit codes, and nothing else.

Exit codes: 0 fine, 1 the run failed, 2 wrong usage or settings, 5 a rule or threshold was violated,
130 interrupted.
"""

from __future__ import annotations

import os
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer

from delivery_lab.cli import check, redrive, views
from delivery_lab.cli.console import Console, give_up_output
from delivery_lab.cli.interrupts import noticed
from delivery_lab.cli.session import Session
from delivery_lab.cli.workers import Failure, for_each
from delivery_lab.compare.comparison import compare
from delivery_lab.errors import LabError, UsageError
from delivery_lab.model.randomness import DEFAULT_SEED
from delivery_lab.results.outcome import MODEL_VERSION, Outcome
from delivery_lab.rules import RULES, find

INTERRUPTED = 130

app = typer.Typer(
    help="Tells what an AWS Lambda queue configuration will do to its messages, before it is deployed.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

ProjectOption = Annotated[
    Path | None,
    typer.Option("--project", metavar="DIR", help="A Pulumi Python project; the one around this folder by default."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, one object a line.")]
SetOption = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="PATH=VALUE", help="Override a setting, such as batch.worker.batchSize=1."),
]
WorkloadOption = Annotated[
    Path | None, typer.Option("--workload", metavar="FILE", help="What to send; the stack's own by default.")
]
BodyOption = Annotated[
    list[str] | None,
    typer.Option("--body", metavar="FIELD=VALUE", help="Set a field of the workload's bodies, such as count=25."),
]
SeedOption = Annotated[int, typer.Option("--seed", help="Decides everything that is left to chance.")]


AssumeOption = Annotated[
    list[str] | None,
    typer.Option("--assume", metavar="RULE=VALUE", help="Read a rule otherwise, such as SQS-STALE-2=keep."),
]
QUICK_SECONDS = 1.0


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"delivery-lab {version('delivery-lab')} (model {MODEL_VERSION})")
        raise typer.Exit


@app.callback()
def _root(
    version_wanted: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the versions and exit.")
    ] = False,
) -> None:
    """Tells what an AWS Lambda queue configuration will do to its messages, before it is deployed."""


@app.command("list")
def list_variants(project: ProjectOption = None, as_json: JsonOption = False) -> None:
    """List the variants and what each is about."""
    console = Console()
    session = Session.open(console, project)
    views.show_stacks(console, session.project.stacks(), as_json=as_json)


@app.command()
def run(
    stacks: Annotated[
        list[str] | None, typer.Argument(metavar="STACK...", help="Stacks to run, or patterns such as 'sync-*'.")
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Run every stack of the project.")] = False,
    overrides: SetOption = None,
    workload: WorkloadOption = None,
    body: BodyOption = None,
    seed: SeedOption = DEFAULT_SEED,
    project: ProjectOption = None,
    as_json: JsonOption = False,
    logs: Annotated[bool, typer.Option("--logs", help="Print what handlers wrote besides the log contract.")] = False,
    assume: AssumeOption = None,
    readings: Annotated[
        bool | None,
        typer.Option(
            "--readings/--no-readings",
            help="Try the other readings of rules it leaned on. By default for one stack, if quick; not in JSON.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Run variants in virtual time and say what becomes of the messages."""
    console = Console()
    session = Session.open(console, project, overrides, workload, body, seed, assume)
    if every == bool(stacks):
        known = ", ".join(session.stack_names()) or "none"
        raise UsageError(f"name the stacks to run, or say --all (stacks: {known})")
    names = session.stack_names(stacks)
    if len(names) == 1:
        result = session.run(names[0])
        quick = result.real_seconds < QUICK_SECONDS and not as_json
        if quick if readings is None else readings:
            result = session.with_readings(result)
        views.show_run(console, result, as_json=as_json, logs=logs)
        return
    if readings:
        raise UsageError("--readings goes with one stack: each reading is another run of it")
    found = dict(for_each(session.outcome, names, console, "simulating"))
    views.show_runs(console, [one for one in found.values() if isinstance(one, Outcome)], as_json=as_json)
    failures = {name: one for name, one in found.items() if isinstance(one, Failure)}
    for name, failure in failures.items():
        console.error(f"{name}: {failure.message}")
    if failures:
        raise typer.Exit(max(failure.exit_code for failure in failures.values()))


@app.command()
def diff(
    before: Annotated[str, typer.Argument(metavar="A", help="The stack to start from.")],
    after: Annotated[str, typer.Argument(metavar="B", help="The stack to compare it with.")],
    overrides: SetOption = None,
    workload: WorkloadOption = None,
    body: BodyOption = None,
    seed: SeedOption = DEFAULT_SEED,
    project: ProjectOption = None,
    as_json: JsonOption = False,
    assume: AssumeOption = None,
) -> None:
    """Compare two variants: settings, resources, and behaviour under the same workload (that of A)."""
    console = Console()
    session = Session.open(console, project, overrides, workload, body, seed, assume)
    for name in (before, after):
        session.project.stack(name)
    same = session.workload(before)
    first, second = session.run(before, same), session.run(after, same)
    comparison = compare((first.graph, first.outcome), (second.graph, second.outcome))
    views.show_comparison(console, first, second, comparison, as_json=as_json)


@app.command()
def explain(
    rule: Annotated[
        str | None, typer.Argument(metavar="RULE", help="Id such as SQS-DLQ-1 or CHK-VT-1; none lists all rules.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Print a rule of behaviour, its source and its status; or what a check looks for."""
    console = Console()
    if rule is None:
        views.show_rules(console, list(RULES.values()), as_json=as_json)
    elif check.is_check(rule):
        check.show_check(console, rule, as_json=as_json)
    else:
        views.show_rule(console, find(rule), as_json=as_json)


check.register(app)
redrive.register(app)


def _command(arguments: list[str] | None) -> str:
    """The command that was meant, followed by a space; "" if it is none."""
    known = {command.name or command.callback.__name__ for command in app.registered_commands if command.callback}
    given = next(iter(sys.argv[1:] if arguments is None else arguments), "")
    return f"{given} " if given in known else ""


def main(arguments: list[str] | None = None) -> int:
    """Run the command and return its exit code.

    Args:
        arguments: the words behind `delivery-lab`, by default those of the process.
    """
    if sys.stdout is None:  # closed by whoever started the command: nobody wants to hear
        sys.stdout = Path(os.devnull).open("w")  # noqa: SIM115 - for the rest of the process
    try:
        with noticed():
            code = app(arguments, prog_name="delivery-lab", standalone_mode=False)
    except LabError as error:
        Console().error(str(error))
        return error.exit_code
    except typer.TyperException as error:
        Console().error(f"{error.format_message()}\n  see: delivery-lab {_command(arguments)}--help")
        return UsageError.exit_code
    except typer.Abort:
        code = INTERRUPTED
    except BrokenPipeError:
        # The reader of our output went away, as `head` does: nobody is left to tell.
        give_up_output()
        return 1
    if code == INTERRUPTED:
        Console().message("interrupted; nothing was left behind")
    return code if isinstance(code, int) else 0
