"""Golden files: what every variant comes to with its own workload and the default seed, and what is found in it.

`python -m tests.golden_files` writes them anew. Whoever changes results on purpose commits the difference of these
files with a line why; whoever moves code proves with them that nothing was lost.
"""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path
from typing import Any

from delivery_lab.api.alarmed import with_alarms
from delivery_lab.api.costing import with_cost
from delivery_lab.checks.finding import Finding
from delivery_lab.cost.prices import default_prices
from delivery_lab.results.outcome import outcome_of
from tests.lab_support import findings, project, run, stack_of, workload

FOLDER = Path(__file__).resolve().parent / "golden"
LONGEST_LIST = 40


def variants() -> list[str]:
    """Names of all our stacks."""
    return [stack.name for stack in project().stacks()]


def path_of(stack: str) -> Path:
    """The golden file of a stack."""
    return FOLDER / f"{stack}.json"


def golden(stack: str) -> str:
    """The outcome of a stack as its golden file holds it."""
    done = run(stack)
    built = stack_of(stack)
    priced = with_cost(outcome_of(done), done, built, workload(stack), default_prices())
    content = json.loads(with_alarms(priced, done, built).as_json())
    del content["intervals"], content["expectations"]  # a single run has none
    return json.dumps(_shortened(content), indent=1, ensure_ascii=True) + "\n"


def findings_path() -> Path:
    """The golden file of what the checks find in our stacks."""
    return FOLDER / "findings.jsonl"


def golden_findings() -> str:
    """What the checks find in all stacks, a line each."""
    return "".join(_line(stack, finding) for stack in variants() for finding in findings(stack))


def _line(stack: str, finding: Finding) -> str:
    content = {
        "stack": stack,
        "check": finding.check,
        "severity": finding.severity.value,
        "resources": list(finding.resources),
        "values": dict(finding.values),
        "why": finding.why,
        "fix": finding.fix,
        "source": finding.source,
        "edits": [[edit.urn, list(edit.path), edit.value] for edit in finding.edits],
    }
    return json.dumps(content, default=repr) + "\n"


def _shortened(value: Any) -> Any:
    """A long list of plain values stands as its length, its ends and the hash of all of it."""
    if isinstance(value, dict):
        return {key: _shortened(inner) for key, inner in value.items()}
    if not isinstance(value, list):
        return value
    if len(value) > LONGEST_LIST and not any(isinstance(item, dict | list) for item in value):
        digest = hashlib.sha256(json.dumps(value).encode()).hexdigest()
        return {"length": len(value), "first": value[0], "last": value[-1], "sha256": digest}
    return [_shortened(item) for item in value]


def main() -> int:
    """Write the golden files of all variants."""
    FOLDER.mkdir(exist_ok=True)
    for stale in FOLDER.glob("*.json"):
        stale.unlink()
    for stack in variants():
        path_of(stack).write_text(golden(stack), encoding="utf-8")
    findings_path().write_text(golden_findings(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
