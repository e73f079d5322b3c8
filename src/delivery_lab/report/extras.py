"""What a report shows besides the run: the stack with its findings, shards and alarms, what the result relies on."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from delivery_lab.checks.finding import Finding
from delivery_lab.durations import rounded
from delivery_lab.events import Run
from delivery_lab.report.architecture import Architecture, architecture_of
from delivery_lab.report.blueprint import draw_architecture
from delivery_lab.report.picture import NARROW, WIDE
from delivery_lab.results.outcome import Outcome
from delivery_lab.results.partitions import blocked_intervals
from delivery_lab.rules import RULES
from delivery_lab.stack.stack import Stack

_MOODS = {"error": "bad", "warning": "warn", "note": "soft"}
MOST_INTERVALS = 4


@dataclass(frozen=True, slots=True)
class WhatWasFound:
    """The findings of a stack.

    Attributes:
        findings: the worst first.
        worth: what the fix of a finding changes, by its position.
    """

    findings: Sequence[Finding]
    worth: Mapping[int, str]


def extras_of(run: Run, stack: Stack, outcome: Outcome, found: WhatWasFound) -> dict[str, Mapping[str, Any]]:
    """The rest of a chapter, by the names of the templates that show it.

    Args:
        run: the run.
        stack: what was run.
        outcome: its figures, with the alternatives that were tried.
        found: what checks say of the stack.
    """
    return {
        "architecture.html": _architecture(architecture_of(run, stack), found),
        "watching.html": _watching(run, outcome),
        "relies.html": _relies(outcome),
    }


def _architecture(plan: Architecture, found: WhatWasFound) -> dict[str, Any]:
    badges: dict[str, list[tuple[int, str]]] = {}
    for number, finding in enumerate(found.findings, 1):
        severity = finding.severity.value if finding.accepted is None else "accepted"
        concerned = (node for name in finding.resources for node in plan.nodes if name in (*node.names, node.name))
        node = next(concerned, None)
        if node is not None:
            badges.setdefault(node.name, []).append((number, severity))
    return {
        "wide": draw_architecture(plan, WIDE, badges),
        "narrow": draw_architecture(plan, NARROW, badges),
        "findings": [_finding(finding, found.worth.get(place, "")) for place, finding in enumerate(found.findings)],
    }


def _finding(finding: Finding, worth: str) -> dict[str, Any]:
    return {
        "check": finding.check,
        "severity": finding.severity.value,
        "mood": _MOODS[finding.severity.value],
        "resources": finding.resources,
        "values": [f"{name} = {_shown(value)}" for name, value in finding.values.items()],
        "why": finding.why,
        "fix": finding.fix,
        "worth": worth,
        "source": finding.source,
        "accepted": finding.accepted,
    }


def _shown(value: Any) -> str:
    return "unset" if value is None else json.dumps(value, default=str)


def _watching(run: Run, outcome: Outcome) -> dict[str, Any]:
    intervals = blocked_intervals(run)
    return {
        "partitions": [
            {
                "log": one.log,
                "mapping": one.mapping,
                "seconds": one.seconds,
                "records_behind": one.records_behind,
                "when": _told(intervals.get((one.source, one.log, one.mapping), ())),
            }
            for one in outcome.blocked
        ],
        "watched": [watched.text for watched in outcome.watch],
        "alarms": [f"{alarm.told}." for alarm in outcome.alarms],
    }


def _told(intervals: Sequence[tuple[float, float]]) -> str:
    told = [f"{rounded(start)} to {rounded(end)}" for start, end in intervals[:MOST_INTERVALS]]
    more = len(intervals) - len(told)
    return ", ".join(told) + (f", and {more:,} more times" if more > 0 else "")


def _relies(outcome: Outcome) -> dict[str, Any]:
    readings = outcome.model.readings
    return {
        "rules": [RULES[rule] for rule in outcome.model.assumptions],
        "tried": bool(readings),
        "untried": readings is None,
        "changes": [reading for reading in readings or () if reading.changes],
        "same": [f"{reading.rule}={reading.value}" for reading in readings or () if not reading.changes],
    }
