"""Findings as SARIF 2.1.0, the format that code reviews take from static analysers.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
"""

from __future__ import annotations

import gzip
import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from delivery_lab.checks.check import Check
from delivery_lab.checks.finding import Finding
from delivery_lab.checks.registry import CHECKS
from delivery_lab.rules import RULES

MOST_RESULTS = 5_000
"""So many results of a file GitHub shows, those of the highest severity.

https://docs.github.com/en/code-security/code-scanning/troubleshooting-sarif-uploads/results-exceed-limit
"""

MOST_BYTES = 10_000_000
"""So large GitHub takes a file, compressed by gzip.

https://docs.github.com/en/code-security/code-scanning/troubleshooting-sarif-uploads/file-too-large
"""

_LEFT_OUT = "results-left-out"

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


_Found = tuple[Finding, dict[str, Any]]
"""A finding, and its result."""


@dataclass(frozen=True, slots=True)
class CheckedStack:
    """What was found in one stack.

    Attributes:
        name: the stack.
        uri: its stack file as a URI, relative to where the command runs.
        findings: what was found.
        lines: the line of the stack file that decides a value of a finding, by the finding's position.
    """

    name: str
    uri: str
    findings: tuple[Finding, ...]
    lines: Mapping[int, int] = field(default_factory=dict)


def sarif(
    stacks: Sequence[CheckedStack],
    version: str,
    failures: Mapping[str, str] | None = None,
    checks: Mapping[str, Check] = CHECKS,
) -> dict[str, Any]:
    """One SARIF log with one run, of the worst results where there are more than GitHub shows or takes.

    Args:
        stacks: what was checked.
        version: version of the lab.
        failures: why stacks could not be checked, by name.
        checks: the checks that ran, by id.
    """
    ids = sorted({*checks, *(finding.check for stack in stacks for finding in stack.findings)})
    first = {finding.check: finding for stack in stacks for finding in stack.findings}
    driver = {
        "name": "delivery-lab",
        "semanticVersion": version,
        "rules": [_rule(check_id, checks.get(check_id), first.get(check_id)) for check_id in ids],
    }
    seen: Counter[str] = Counter()
    results = [
        (finding, _result(stack, position, ids.index(finding.check), seen))
        for stack in stacks
        for position, finding in enumerate(stack.findings)
    ]
    # Without these a review would take a stack that could not be checked for one without findings.
    told = [{"level": "error", "message": {"text": f"{name}: {why}"}} for name, why in (failures or {}).items()]
    return _fitting(driver, results, told)


def text_of(log: Mapping[str, Any]) -> str:
    """A log as it is written."""
    return json.dumps(log, indent=2, default=repr)


def left_out(log: Mapping[str, Any]) -> str | None:
    """What a log says about results that are not in it, None where all are."""
    told = log["runs"][0]["invocations"][0].get("toolExecutionNotifications", ())
    notes = [one["message"]["text"] for one in told if one.get("descriptor", {}).get("id") == _LEFT_OUT]
    return notes[0] if notes else None


def _fitting(driver: object, results: Sequence[_Found], told: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The log with as many results as it may have, the worst; they stand in their own order."""
    ranked = sorted(range(len(results)), key=lambda place: _rank(results[place][0]))

    def log(count: int) -> dict[str, Any]:
        kept = [results[place][1] for place in sorted(ranked[:count])]
        gone = [results[place][0].severity.value for place in ranked[count:]]
        return _log(driver, kept, [*told, *_note(gone, len(results))])

    most = min(MOST_RESULTS, len(results))
    if _bytes(log(most)) > MOST_BYTES:
        # The most that fit, between a number that does and one that does not.
        fits = 0
        while most - fits > 1:
            middle = (fits + most) // 2
            fits, most = (middle, most) if _bytes(log(middle)) <= MOST_BYTES else (fits, middle)
        most = fits
    return log(most)


def _rank(finding: Finding) -> tuple[bool, int]:
    return finding.accepted is not None, -finding.severity.rank


def _note(gone: Sequence[str], of: int) -> list[dict[str, Any]]:
    if not gone:
        return []
    kinds = ", ".join(f"{count:,} of severity {kind}" for kind, count in Counter(gone).items())
    text = (
        f"{len(gone):,} of {of:,} results are left out, those of the lowest severity and those that are accepted first "
        f"({kinds}): GitHub shows {MOST_RESULTS:,} results, and takes {MOST_BYTES // 1_000_000} MB"
    )
    return [{"level": "warning", "descriptor": {"id": _LEFT_OUT}, "message": {"text": text}}]


def _bytes(log: Mapping[str, Any]) -> int:
    return len(gzip.compress(text_of(log).encode(), mtime=0))


def _log(driver: object, results: Sequence[dict[str, Any]], told: Sequence[dict[str, Any]]) -> dict[str, Any]:
    invocation: dict[str, Any] = {"executionSuccessful": all(one["level"] != "error" for one in told)}
    if told:
        invocation["toolExecutionNotifications"] = list(told)
    run = {
        "tool": {"driver": driver},
        "invocations": [invocation],
        "columnKind": "unicodeCodePoints",
        "results": list(results),
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def source_address(source: str) -> str:
    """The address behind a source, "" if there is none: that of the rule, or the source itself."""
    text = RULES[source].source if source in RULES else source
    return next((word.rstrip(";,:.)") for word in text.split() if word.startswith("https://")), "")


def _rule(check_id: str, check: Check | None, example: Finding | None) -> dict[str, Any]:
    if check is not None:
        title, help_text, source, level = check.title, f"{check.why} {check.fix}", check.source, check.severity.value
    else:
        assert example is not None  # an id that is in no table comes from a finding
        schema = check_id.partition("CFN-")[2]
        title = f"cfn-lint {schema}: a value that AWS refuses or advises against" if schema else "Unused acceptance"
        help_text, source, level = f"For example: {example.why}", example.source, example.severity.value
    rule: dict[str, Any] = {
        "id": check_id,
        "shortDescription": {"text": title},
        "fullDescription": {"text": help_text},
        "help": {"text": f"{help_text} Source: {source}"},
        "defaultConfiguration": {"level": level},
    }
    address = source_address(source)
    return {**rule, "helpUri": address} if address else rule


def _result(stack: CheckedStack, position: int, rule_index: int, seen: Counter[str]) -> dict[str, Any]:
    finding = stack.findings[position]
    identity = "\x1f".join((finding.check, stack.name, *finding.resources, *sorted(finding.values)))
    seen[identity] += 1
    if seen[identity] > 1:  # such as two statements of one policy
        identity += f"\x1f{seen[identity]}"
    result: dict[str, Any] = {
        "ruleId": finding.check,
        "ruleIndex": rule_index,
        "level": finding.severity.value,
        "message": {"text": f"{stack.name}: {', '.join(finding.resources)}: {finding.why} Fix: {finding.fix}."},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": stack.uri},
                    "region": {"startLine": stack.lines.get(position, 1)},
                },
                "logicalLocations": [{"name": name, "kind": "resource"} for name in finding.resources],
            }
        ],
        "partialFingerprints": {"deliveryLab/v1": hashlib.sha256(identity.encode()).hexdigest()},
    }
    # On all results or on none; it is the stack file itself, to which the result points, that accepts.
    accepted = finding.accepted
    result["suppressions"] = [] if accepted is None else [{"kind": "inSource", "justification": accepted}]
    return result
