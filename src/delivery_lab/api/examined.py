"""What the checks of a stack answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any
from urllib.parse import quote

from delivery_lab._version import __version__
from delivery_lab.api.places import StackFilePlace, first_lines
from delivery_lab.api.quantify import Effect
from delivery_lab.api.timing import Phase
from delivery_lab.checks.check import Check
from delivery_lab.checks.finding import Finding
from delivery_lab.checks.registry import CHECKS, load_checks
from delivery_lab.checks.sarif import CheckedStack, left_out, sarif, text_of
from delivery_lab.json_names import json_name, plain
from delivery_lab.results.outcome import SCHEMA_VERSION

__all__ = ["Examination", "as_sarif", "checks_with", "left_out", "text_of"]

_INTERNAL = ("edits",)
"""Attributes of a finding that are not part of its JSON: how a fix is tried in the graph."""


@dataclass(frozen=True, slots=True)
class Examination:
    """A stack that was checked.

    Attributes:
        stack: name of the stack.
        file: its stack file; the project file where it has none.
        findings: what was found, the worst first.
        effects: what the fix of a finding changes, by the finding's position; empty where that was not asked for.
        places: where the stack file decides values of a finding, by the finding's position and the name of the value.
        notes: what a reader of the result should know: warnings of the program, checks that were left out.
        phases: how long each part of the work took on a real clock.
    """

    stack: str
    file: Path
    findings: tuple[Finding, ...]
    effects: Mapping[int, Effect] = field(default_factory=dict)
    places: Mapping[int, Mapping[str, StackFilePlace]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    phases: tuple[Phase, ...] = ()

    def as_json(self) -> Iterator[dict[str, Any]]:
        """The findings as the objects of `check --json`."""
        for index, finding in enumerate(self.findings):
            entry: dict[str, Any] = {"schemaVersion": SCHEMA_VERSION, "stack": self.stack, **plain(finding)}
            for name in _INTERNAL:
                del entry[name]
            entry["places"] = plain(self.places.get(index, {}))
            effect = self.effects.get(index)
            if effect is not None:
                entry["effect"] = {json_name(one.name): plain(getattr(effect, one.name)) for one in fields(effect)}
            yield entry


def checks_with(own: str | Path | None) -> Mapping[str, Check]:
    """The lab's checks by id, and those of a file of one's own.

    Args:
        own: a Python file that defines checks, None for no others.

    Raises:
        UsageError: the file is not there, or defines no check that could be used.
    """
    return CHECKS if own is None else {**CHECKS, **load_checks(Path(own))}


def as_sarif(
    examinations: Sequence[Examination],
    failures: Mapping[str, str] | None = None,
    *,
    checks: str | Path | None = None,
) -> dict[str, Any]:
    """Findings as one SARIF log, for code reviews: the worst where there are more than GitHub shows or takes.

    Args:
        examinations: the stacks that were checked.
        failures: why stacks could not be checked, by name.
        checks: the file of one's own checks that ran too.

    Raises:
        UsageError: the file of checks cannot be used.
    """
    found = [
        CheckedStack(stack.stack, _uri(stack.file), stack.findings, first_lines(stack.places)) for stack in examinations
    ]
    return sarif(found, __version__, failures, checks_with(checks))


def _uri(file: Path) -> str:
    """The stack file as code reviews want it: relative to the current folder, if it is below it."""
    try:
        return quote(file.relative_to(Path.cwd().resolve()).as_posix())
    except ValueError:
        return file.as_uri()
