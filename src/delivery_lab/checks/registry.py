"""All checks, in one table, and the one way to run them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from delivery_lab.checks import (
    asynchronous,
    batching,
    concurrency,
    dead_letters,
    handling,
    idempotency,
    invoking,
    kafka,
    ordering,
    security,
    sources,
    streams,
    visibility,
)
from delivery_lab.checks.check import Check
from delivery_lab.checks.finding import Finding
from delivery_lab.checks.topology import Topology
from delivery_lab.program.graph import Graph

_THEMES = (
    visibility,
    dead_letters,
    concurrency,
    batching,
    handling,
    ordering,
    idempotency,
    streams,
    kafka,
    sources,
    asynchronous,
    invoking,
    security,
)


def _collect() -> Mapping[str, Check]:
    checks: dict[str, Check] = {}
    for theme in _THEMES:
        for check in theme.CHECKS:
            assert check.id not in checks, check.id
            checks[check.id] = check
    return MappingProxyType(checks)


CHECKS = _collect()

SAME_AS: Mapping[str, str] = MappingProxyType(
    {
        "CFN-E3505": "CHK-VT-1",
        "CFN-E3502": "CHK-DLQ-4",
        "CFN-E3634": "CHK-KIND-1",
        "CFN-E3705": "CHK-BATCH-3",
    }
)
"""Findings of cfn-lint's schemas that a check of ours says as well, with the values and the fix."""


def find_all(graph: Graph) -> tuple[Finding, ...]:
    """Run every check over a graph.

    Args:
        graph: resource graph of any Pulumi program.

    Returns:
        What was found, the worst first; nothing is marked as accepted yet.
    """
    from delivery_lab.checks.cloudformation import cloudformation_findings  # its schemas take a while to load

    topology = Topology.of(graph)
    ours = [finding for check in CHECKS.values() for finding in check.findings(topology)]
    said = {(finding.check, name) for finding in ours for name in finding.resources}
    theirs = [
        found
        for found in cloudformation_findings(graph)
        if said.isdisjoint((SAME_AS.get(found.check, ""), name) for name in found.resources)
    ]
    return tuple(sorted([*ours, *theirs], key=lambda finding: -finding.severity.rank))
