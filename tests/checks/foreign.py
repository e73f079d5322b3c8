"""Programs as other people write them, and what has to be found in them.

`cfn_lint_alone` is what the schemas of cfn-lint find in the same program without our checks.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from delivery_lab.checks.cloudformation import cloudformation_findings
from delivery_lab.checks.finding import Finding
from delivery_lab.checks.registry import CHECKS, find_all
from delivery_lab.program.engine import evaluate
from delivery_lab.program.graph import Graph
from delivery_lab.program.project import read_project
from delivery_lab.stack.stack import Stack
from tests.checks.world import write_project


@dataclass(frozen=True)
class Program:
    name: str
    program: str
    expected: frozenset[str] = frozenset()
    cfn_lint_alone: frozenset[str] = frozenset()
    files: dict[str, str] = field(default_factory=dict)


def found(*ids: str) -> frozenset[str]:
    return frozenset(ids)


def assert_found(program: Program, folder: Path) -> None:
    """What is expected is found in a program, nothing else, and every finding says all it has to say."""
    project = read_project(write_project(folder / "shop", program.program, program.files))

    graph = evaluate(project, "prod")
    stack = Stack.of(graph)
    findings = find_all(stack)
    alone = {finding.check for finding in cloudformation_findings(stack)}

    assert {f"{finding.check} {finding.severity}" for finding in findings} == program.expected
    assert alone == program.cfn_lint_alone
    assert alone <= {schema for check in CHECKS.values() for schema in check.same_as}
    assert not [problem for finding in findings for problem in _unclear(finding, graph)]


def _unclear(finding: Finding, graph: Graph) -> Iterator[str]:
    """What a finding fails to say."""
    names = {resource.name for resource in graph.resources.values()}
    if not finding.resources or not set(finding.resources) <= names:
        yield f"{finding.check}: resources {finding.resources}"
    if not finding.values or not finding.why.endswith(".") or not finding.fix or finding.fix.endswith("."):
        yield f"{finding.check}: values, why or fix"
    if not all(edit.urn in graph.resources for edit in finding.edits):
        yield f"{finding.check}: edits"
