"""All checks, and the one way to run them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from delivery_lab.checks import catalog
from delivery_lab.checks.check import Check
from delivery_lab.checks.discovery import discover, load
from delivery_lab.checks.finding import Finding
from delivery_lab.errors import UsageError

if TYPE_CHECKING:
    from delivery_lab.stack.stack import Stack

CHECKS = discover(catalog)
"""All checks by id, in the order in which findings of the same severity are shown."""


def load_checks(path: Path) -> Mapping[str, Check]:
    """The checks of a Python file of one's own, to try them together with ours.

        checks = {**CHECKS, **load_checks(Path("my_checks.py"))}
        findings = find_all(Stack.of(graph), checks)

    Args:
        path: the file; every class in it that derives from `Check` and has `find` is a check.

    Returns:
        The file's checks by id.

    Raises:
        UsageError: there is no such file, it raises, it has no check, a check does not say what it has to, or an id is
            there twice or is one of ours.
    """
    own = load(path)
    for check_id in own:
        if check_id in CHECKS or check_id.startswith("CFN-"):
            raise UsageError(
                f"{path} defines {check_id}, which is an id of the lab: choose another, such as OWN-{check_id}"
            )
    return own


def find_all(
    stack: Stack, checks: Mapping[str, Check] = CHECKS, *, values: bool = True, cached: bool = False
) -> tuple[Finding, ...]:
    """Run checks, and cfn-lint's schemas, over a stack.

    Args:
        stack: the stack of any Pulumi program.
        checks: the checks by id.
        values: whether to check the value ranges of resources too, which needs cfn-lint.
        cached: whether what cfn-lint says may come from the user's cache folder.

    Returns:
        What was found, the worst first; nothing is marked as accepted yet.
    """
    ours = [finding for check in checks.values() for finding in check.findings(stack)]
    said = {(schema, name) for found in ours for schema in checks[found.check].same_as for name in found.resources}
    theirs = [
        found
        for found in (_of_values(stack, cached) if values else ())
        if said.isdisjoint((found.check, name) for name in found.resources)
    ]
    return worst_first([*ours, *theirs])


def worst_first(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Findings in the order in which they are shown."""
    return tuple(sorted(findings, key=lambda finding: -finding.severity.rank))


def _of_values(stack: Stack, cached: bool) -> Sequence[Finding]:
    from delivery_lab.checks.cloudformation import cloudformation_findings  # its schemas take a while to load

    return cloudformation_findings(stack, cached=cached)
