"""How findings look: as text, as JSON, as SARIF."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from delivery_lab import Examination, Finding, Severity
from delivery_lab.api.examined import as_sarif, left_out, text_of
from delivery_lab.cli.console import Console

if TYPE_CHECKING:
    from delivery_lab.api.places import StackFilePlace
    from delivery_lab.api.quantify import Effect


def show_sarif(
    console: Console, checked: Sequence[Examination], failures: Mapping[str, str], checks: Path | None
) -> None:
    """Print one SARIF document, and say beside it what is not in it.

    Args:
        console: where to.
        checked: the stacks.
        failures: why a stack could not be checked, by its name.
        checks: the file of the user's own checks that ran too.
    """
    log = as_sarif(checked, failures, checks=checks)
    console.data(text_of(log))
    missing = left_out(log)
    if missing is not None:
        console.message(f"note: {missing}")


def show_findings(console: Console, checked: Sequence[Examination], *, as_json: bool) -> None:
    """Print what was found.

    Args:
        console: where to.
        checked: the stacks.
        as_json: whether as JSON, an object a finding.
    """
    for stack in checked:
        if as_json:
            for entry in stack.as_json():
                console.data(json.dumps(entry, default=repr))
        else:
            _show_stack(console, stack)


def _show_stack(console: Console, stack: Examination) -> None:
    findings = list(enumerate(stack.findings))
    open_ones = [(index, finding) for index, finding in findings if finding.accepted is None]
    accepted = [(index, finding) for index, finding in findings if finding.accepted is not None]
    console.heading(f"{stack.stack}: {_counted(open_ones)}{f', {len(accepted)} accepted' if accepted else ''}", hang=2)
    for index, finding in open_ones:
        _show_finding(console, finding, stack.effects.get(index), stack.places.get(index, {}))
    if accepted:
        console.heading("  accepted")
        for index, finding in accepted:
            _show_finding(console, finding, stack.effects.get(index), stack.places.get(index, {}))
    if findings:
        console.data("")


def _counted(findings: Sequence[tuple[int, Finding]]) -> str:
    if not findings:
        return "no findings"
    counts = {severity: sum(f.severity is severity for _, f in findings) for severity in Severity}
    return ", ".join(f"{count} {name}{'s' if count > 1 else ''}" for name, count in counts.items() if count)


def _show_finding(
    console: Console, finding: Finding, effect: Effect | None, places: Mapping[str, StackFilePlace]
) -> None:
    console.heading(f"  {finding.severity} {finding.check} {', '.join(finding.resources)}".rstrip(), hang=4)
    lines = [
        ("", _listed(finding.values)),
        *_places(places),
        ("why", finding.why),
        ("fix", finding.fix),
        ("tried", _listed(effect.tried) if effect is not None else ""),
        ("effect", effect.text if effect is not None else ""),
        ("source", finding.source),
        ("accepted", finding.accepted or ""),
    ]
    for name, text in lines:
        if text:
            console.text(f"    {name + ': ' if name else ''}{text}", hang=6)


def _places(places: Mapping[str, StackFilePlace]) -> Iterator[tuple[str, str]]:
    """The keys of the stack file that decide values, each once."""
    for file in dict.fromkeys(place.file for place in places.values()):
        keys = (f"{place.key} (line {place.line})" for place in places.values() if place.file == file)
        yield f"set in {file}", ", ".join(dict.fromkeys(keys))


def _listed(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} = {_shown(value)}" for name, value in values.items())


def _shown(value: Any) -> str:
    return "unset" if value is None else json.dumps(value, default=repr)
