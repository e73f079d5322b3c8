"""`delivery-lab check`: static rules over stacks, for people, for programs and for code reviews."""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

import typer

from delivery_lab.api.quantify import Effect, Quantifier
from delivery_lab.checks.acceptance import apply_acceptances, read_acceptances
from delivery_lab.checks.finding import Finding, Severity
from delivery_lab.checks.registry import CHECKS, find_all
from delivery_lab.checks.sarif import CheckedStack, sarif
from delivery_lab.cli.console import Console
from delivery_lab.cli.session import Session
from delivery_lab.cli.workers import Failure, for_each
from delivery_lab.errors import LabError, UsageError
from delivery_lab.model.randomness import DEFAULT_SEED
from delivery_lab.program.graph import Graph
from delivery_lab.results.outcome import SCHEMA_VERSION, Outcome, outcome_of
from delivery_lab.simulation.simulate import simulate
from delivery_lab.stack.stack import Stack

VIOLATED = 5
"""Exit code where a finding is at or above `--fail-on`."""


class FailOn(StrEnum):
    """From which severity on findings fail the command."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"
    NEVER = "never"

    def fails(self, finding: Finding) -> bool:
        """Whether a finding fails the command."""
        if self is FailOn.NEVER or finding.accepted is not None:
            return False
        return finding.severity.rank >= Severity(self.value).rank


class OutputFormat(StrEnum):
    """How findings are printed."""

    TEXT = "text"
    JSON = "json"
    SARIF = "sarif"


@dataclass(frozen=True, slots=True)
class _Checked:
    stack: str
    file: Path
    findings: tuple[Finding, ...]
    effects: dict[int, Effect] = field(default_factory=dict)


def check(
    stacks: Annotated[
        list[str] | None,
        typer.Argument(metavar="[STACK...]", help="Stacks, or patterns such as 'sync-*'; all by default."),
    ] = None,
    overrides: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="PATH=VALUE", help="Override a setting, such as batch.worker.batchSize=1."),
    ] = None,
    quantify: Annotated[
        bool, typer.Option("--quantify", help="Simulate the stack as it is and with each fix, and say what changes.")
    ] = False,
    workload: Annotated[
        Path | None,
        typer.Option("--workload", metavar="FILE", help="What --quantify sends; the stack's own by default."),
    ] = None,
    seed: Annotated[int, typer.Option("--seed", help="Decides what is left to chance in --quantify.")] = DEFAULT_SEED,
    fail_on: Annotated[
        FailOn, typer.Option("--fail-on", help="Severity from which on a finding makes the exit code 5.")
    ] = FailOn.ERROR,
    output: Annotated[OutputFormat, typer.Option("--format", help="How to print what was found.")] = OutputFormat.TEXT,
    as_json: Annotated[bool, typer.Option("--json", help="The same as --format json: one object a line.")] = False,
    project: Annotated[
        Path | None,
        typer.Option(
            "--project", metavar="DIR", help="A Pulumi Python project; the one around this folder by default."
        ),
    ] = None,
) -> None:
    """Find what is dangerous in stacks, and say why and what to set instead."""
    if as_json and output is OutputFormat.SARIF:
        raise UsageError("--json and --format sarif exclude each other: leave one out")
    console = Console()
    session = Session.open(console, project, overrides, workload, None, seed)
    names = session.stack_names(stacks)
    if not names:
        raise UsageError(f"{session.project.root} has no stack file, so there is nothing to check")
    found = dict(for_each(partial(_check, session, quantify=quantify), names, console, "checking"))
    checked = [one for one in found.values() if isinstance(one, _Checked)]
    failures = {name: one for name, one in found.items() if isinstance(one, Failure)}
    _show(console, checked, failures, OutputFormat.JSON if as_json else output)
    for name, failure in failures.items():
        console.error(f"{name}: {failure.message}")
    if failures:
        raise typer.Exit(max(failure.exit_code for failure in failures.values()))
    if any(fail_on.fails(finding) for stack in checked for finding in stack.findings):
        raise typer.Exit(VIOLATED)


def is_check(name: str) -> bool:
    """Whether a name is meant for a check, in contrast to a rule of behaviour."""
    return name.upper().startswith("CHK-")


def show_check(console: Console, name: str, *, as_json: bool) -> None:
    """Print what a check looks for.

    Raises:
        UsageError: there is no such check; the message suggests the nearest.
    """
    found = CHECKS.get(name.upper())
    if found is None:
        near = difflib.get_close_matches(name.upper(), CHECKS, n=3)
        hint = f"did you mean {', '.join(near)}?" if near else "docs/checks.md lists them all"
        raise UsageError(f"no check has the id {name}: {hint}")
    said = {"title": found.title, "why": found.why, "fix": found.fix, "source": found.source}
    if as_json:
        console.data(json.dumps({"id": found.id, "severity": found.severity.value, **said}))
        return
    console.heading(f"{found.id} ({found.severity})")
    console.data(f"{found.title[:1].upper()}{found.title[1:]}.")
    for label in ("why", "fix", "source"):
        console.data(f"{label}: {said[label]}")


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command()(check)


def _check(session: Session, name: str, *, quantify: bool) -> _Checked:
    with session.console.working(f"checking {name}"):
        graph = session.graph(name)
        findings = apply_acceptances(find_all(Stack.of(graph)), read_acceptances(graph.config))
        effects = _effects(session, graph, findings) if quantify and findings else {}
    for note in graph.warnings:
        session.console.message(f"note: {name}: {note}")
    return _Checked(name, session.project.stack(name).path, findings, effects)


def _effects(session: Session, graph: Graph, findings: Sequence[Finding]) -> dict[int, Effect]:
    """What each finding's fix changes, by the finding's position."""
    try:
        workload = session.workload(graph.stack)
    except LabError as error:
        reason = str(error).partition("\n")[0]
        return {index: Effect(f"not simulated: {reason}") for index, f in enumerate(findings) if f.edits}

    def run(changed: Graph) -> Outcome:
        return outcome_of(simulate(changed, session.project.root, workload, session.seed))

    quantifier = Quantifier(graph, run)
    found = {index: quantifier.effect(finding) for index, finding in enumerate(findings)}
    return {index: effect for index, effect in found.items() if effect is not None}


# -- what is printed ----------------------------------------------------------------------------------------


def _show(console: Console, checked: Sequence[_Checked], failures: Mapping[str, Failure], output: OutputFormat) -> None:
    if output is OutputFormat.SARIF:
        found = [CheckedStack(stack.stack, _uri(stack.file), stack.findings) for stack in checked]
        reasons = {name: failure.message for name, failure in failures.items()}
        console.data(json.dumps(sarif(found, version("delivery-lab"), reasons), indent=2, default=repr))
        return
    for stack in checked:
        if output is OutputFormat.JSON:
            for index, finding in enumerate(stack.findings):
                console.data(json.dumps(_as_json(stack, finding, stack.effects.get(index)), default=repr))
        else:
            _show_stack(console, stack)


def _uri(file: Path) -> str:
    """The stack file as code reviews want it: relative to the folder that the command runs in, if it is below it."""
    try:
        return quote(file.relative_to(Path.cwd().resolve()).as_posix())
    except ValueError:
        return file.as_uri()


def _as_json(stack: _Checked, finding: Finding, effect: Effect | None) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "schemaVersion": SCHEMA_VERSION,
        "stack": stack.stack,
        "check": finding.check,
        "severity": finding.severity.value,
        "resources": list(finding.resources),
        "values": dict(finding.values),
        "why": finding.why,
        "fix": finding.fix,
        "source": finding.source,
        "accepted": finding.accepted,
    }
    if effect is not None:
        entry["effect"] = {
            "text": effect.text,
            "tried": dict(effect.tried),
            "before": dict(effect.before),
            "after": dict(effect.after),
        }
    return entry


def _show_stack(console: Console, stack: _Checked) -> None:
    findings = list(enumerate(stack.findings))
    open_ones = [(index, finding) for index, finding in findings if finding.accepted is None]
    accepted = [(index, finding) for index, finding in findings if finding.accepted is not None]
    console.heading(f"{stack.stack}: {_counted(open_ones)}{f', {len(accepted)} accepted' if accepted else ''}")
    for index, finding in open_ones:
        _show_finding(console, finding, stack.effects.get(index))
    if accepted:
        console.heading("  accepted")
        for index, finding in accepted:
            _show_finding(console, finding, stack.effects.get(index))
    if findings:
        console.data("")


def _counted(findings: Sequence[tuple[int, Finding]]) -> str:
    if not findings:
        return "no findings"
    counts = {severity: sum(f.severity is severity for _, f in findings) for severity in Severity}
    return ", ".join(f"{count} {name}{'s' if count > 1 else ''}" for name, count in counts.items() if count)


def _show_finding(console: Console, finding: Finding, effect: Effect | None) -> None:
    console.heading(f"  {finding.severity} {finding.check} {', '.join(finding.resources)}".rstrip())
    lines = [
        ("", _listed(finding.values)),
        ("why", finding.why),
        ("fix", finding.fix),
        ("tried", _listed(effect.tried) if effect is not None else ""),
        ("effect", effect.text if effect is not None else ""),
        ("source", finding.source),
        ("accepted", finding.accepted or ""),
    ]
    for name, text in lines:
        if text:
            console.data(f"    {name + ': ' if name else ''}{text}")


def _listed(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} = {_shown(value)}" for name, value in values.items())


def _shown(value: Any) -> str:
    return "unset" if value is None else json.dumps(value, default=repr)
