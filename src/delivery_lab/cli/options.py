"""The options and arguments of all commands, each defined once: the same word means the same everywhere."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from delivery_lab.api.parts import DEFAULT_SEED
from delivery_lab.cli.completion import assumptions, rules_and_checks, stacks
from delivery_lab.errors import UsageError

if TYPE_CHECKING:
    from delivery_lab.api.inputs import RunOptions

AnyStacks = Annotated[
    list[str] | None,
    typer.Argument(metavar="STACK", help="Stacks, or patterns such as 'sync-*'.", autocompletion=stacks),
]
OneStack = Annotated[str, typer.Argument(metavar="STACK", help="The stack to run.", autocompletion=stacks)]
RuleOrCheck = Annotated[
    str | None,
    typer.Argument(
        metavar="RULE",
        help="Id such as SQS-DLQ-1 or CHK-VT-1; without one all rules are listed.",
        autocompletion=rules_and_checks,
    ),
]

ProjectOption = Annotated[
    Path | None,
    typer.Option("--project", metavar="DIR", help="A Pulumi Python project; the one around this folder by default."),
]
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
SeedOption = Annotated[
    int | None,
    typer.Option(
        "--seed", min=0, metavar="N", help=f"Decides everything that is left to chance; by default {DEFAULT_SEED}."
    ),
]
AnswersOption = Annotated[
    Path | None,
    typer.Option(
        "--answers", metavar="FILE", help="What the program and calls of handlers get from the outside: answers."
    ),
]
AssumeOption = Annotated[
    list[str] | None,
    typer.Option(
        "--assume",
        metavar="RULE=VALUE",
        help="Take an alternative of a rule, such as SQS-STALE-2=keep.",
        autocompletion=assumptions,
    ),
]
FaultsOption = Annotated[
    str | None,
    typer.Option("--faults", metavar="NAME", help="What happens besides: standard, harsh, or a file of faults."),
]
ExpectOption = Annotated[
    list[str] | None,
    typer.Option(
        "--expect", metavar="EXPECTATION", help="What has to hold, such as 'messages.lost == 0'; else exit 5."
    ),
]
PricesOption = Annotated[
    Path | None,
    typer.Option("--prices", metavar="FILE", help="A price list for the cost; that of the package by default."),
]
ProcessesOption = Annotated[
    int | None,
    typer.Option("--processes", metavar="N", help="Run in so many processes; one for each core by default."),
]
StateOption = Annotated[
    Path | None,
    typer.Option(
        "--state", metavar="FILE", help="What is deployed: a file of pulumi stack export, or of pulumi preview --json."
    ),
]
PlaceOption = Annotated[
    str,
    typer.Option(
        "--on",
        metavar="PLACE",
        help="Where: simulation; local, the emulator of AWS on this machine; aws, what the --state says is deployed.",
    ),
]
SpeedOption = Annotated[
    float | None,
    typer.Option(
        "--speed", metavar="N", help="With --on local: let all clocks there run N times as fast.", show_default=False
    ),
]
LongestOption = Annotated[
    float | None,
    typer.Option(
        "--for",
        metavar="SECONDS",
        min=1,
        help="With --on local or aws: end a run that is not drained by then; by default after an hour.",
        show_default=False,
    ),
]
YesOption = Annotated[
    bool, typer.Option("--yes", help="With --on aws: send also to what this project did not make, without a question.")
]
DryRunOption = Annotated[
    bool, typer.Option("--dry-run", help="With --on aws: print the calls that would be made, and make none.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, one object a line.")]
VerboseOption = Annotated[
    bool, typer.Option("--verbose", "-v", help="Say on standard error what is done, and how long it takes.")
]
NoCacheOption = Annotated[
    bool,
    typer.Option(
        "--no-cache", help="Evaluate the program, and check values, even if nothing that they depend on has changed."
    ),
]
ProgramTimeoutOption = Annotated[
    float | None,
    typer.Option(
        "--program-timeout",
        min=0.1,
        max=86_400,
        metavar="SECONDS",
        help="How long the program may take on a real clock; 300 by default.",
    ),
]
DebugOption = Annotated[bool, typer.Option("--debug", help="Print a traceback with an error.")]


class OutputFormat(StrEnum):
    """How results are printed. Each command has some of them."""

    TEXT = "text"
    JSON = "json"
    MARKDOWN = "markdown"
    """The comment of a pull request."""
    JUNIT = "junit"
    """Expectations as test cases."""
    SARIF = "sarif"
    """Findings for code reviews."""


def output_format(chosen: str, *, as_json: bool) -> OutputFormat:
    """The format that `--format` and `--json` say together.

    Raises:
        UsageError: they contradict each other.
    """
    wanted = OutputFormat(chosen)
    if as_json and wanted not in (OutputFormat.TEXT, OutputFormat.JSON):
        raise UsageError(f"--json and --format {wanted} exclude each other: leave one out")
    return OutputFormat.JSON if as_json else wanted


def run_options(
    overrides: Sequence[str] | None,
    workload: Path | None,
    body: Sequence[str] | None,
    seed: int | None,
    assume: Sequence[str] | None,
    answers: Path | None,
    expect: Sequence[str] | None = None,
    faults: str | None = None,
) -> RunOptions:
    """What the options of a command say of a run, as the API takes it."""
    found: RunOptions = {
        "overrides": overrides,
        "workload": workload,
        "body": body,
        "seed": seed,
        "assume": assume,
        "answers": answers,
        "expect": expect,
        "faults": faults,
    }
    return found
