"""`delivery-lab check`: static rules over stacks, for people, for programs and for code reviews."""

from __future__ import annotations

from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from delivery_lab.cli.console import Console
from delivery_lab.cli.options import (
    AnswersOption,
    AnyStacks,
    AssumeOption,
    BodyOption,
    JsonOption,
    OutputFormat,
    ProjectOption,
    SeedOption,
    SetOption,
    StateOption,
    WorkloadOption,
    output_format,
    run_options,
)
from delivery_lab.errors import UsageError

if TYPE_CHECKING:
    from delivery_lab import Finding


class FailOn(StrEnum):
    """From which severity on findings fail the command."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"
    NEVER = "never"

    def fails(self, finding: Finding) -> bool:
        """Whether a finding fails the command."""
        from delivery_lab import Severity

        if self is FailOn.NEVER or finding.accepted is not None:
            return False
        return finding.severity.rank >= Severity(self.value).rank


def check(
    console: Console,
    stacks: AnyStacks = None,
    overrides: SetOption = None,
    quantify: Annotated[
        bool, typer.Option("--quantify", help="Simulate the stack as it is and with each fix, and say what changes.")
    ] = False,
    workload: WorkloadOption = None,
    body: BodyOption = None,
    seed: SeedOption = None,
    assume: AssumeOption = None,
    answers: AnswersOption = None,
    fail_on: Annotated[
        FailOn, typer.Option("--fail-on", help="Severity from which on a finding makes the exit code 5.")
    ] = FailOn.ERROR,
    chosen: Annotated[
        Literal["text", "json", "sarif", "markdown"],
        typer.Option("--format", help="How to print what was found; markdown is a comment of a pull request."),
    ] = "text",
    checks: Annotated[
        Path | None, typer.Option("--checks", metavar="FILE", help="A Python file with checks of your own to run too.")
    ] = None,
    account_concurrency: Annotated[
        int | None,
        typer.Option(
            "--account-concurrency", metavar="N", min=1, help="Concurrent executions of the account: 1000 by default."
        ),
    ] = None,
    state: StateOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Find what is dangerous in stacks, and say why and what to set instead."""
    from delivery_lab.cli.comments.findings import comment_of_findings
    from delivery_lab.cli.stacks import VIOLATED, check_of_many, each_of_many, end_with, open_lab
    from delivery_lab.cli.views.findings import show_findings, show_sarif

    output = output_format(chosen, as_json=as_json)
    if not quantify:
        _refuse_without_quantify({"--workload": workload, "--body": body, "--assume": assume})
    elif account_concurrency:
        raise UsageError(
            "--account-concurrency and --quantify exclude each other: what is simulated has the `account` of its "
            "workload"
        )
    lab = open_lab(console, project, state)
    names = lab.stack_names(stacks or ())
    if not names:
        raise UsageError(
            f"{lab.project.root} has no stack file, so there is no stack to list; name one, such as dev: "
            "its config is empty"
        )
    options = run_options(overrides, workload, body, seed, assume, answers)
    work = partial(
        check_of_many, console, lab, options, quantify=quantify, checks=checks, account_concurrency=account_concurrency
    )
    checked, failures = each_of_many(console, lab, work, names, "checking", checks=True)
    reasons = {name: failure.message for name, failure in failures.items()}
    if output is OutputFormat.SARIF:
        show_sarif(console, list(checked.values()), reasons, checks)
    elif output is OutputFormat.MARKDOWN:
        console.data(comment_of_findings(list(checked.values()), reasons))
    else:
        show_findings(console, list(checked.values()), as_json=output is OutputFormat.JSON)
    end_with(console, failures, names)
    if any(fail_on.fails(finding) for one in checked.values() for finding in one.findings):
        raise typer.Exit(VIOLATED)


def _refuse_without_quantify(given: dict[str, object]) -> None:
    for option, value in given.items():
        if value:
            raise UsageError(f"{option} goes with --quantify: without it nothing is simulated")
