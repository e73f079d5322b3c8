"""Findings that a stack accepts on purpose, each with a reason.

    config:
      delivery-lab:accept:
        CHK-DLQ-2: the experiment is about a single receive
        CHK-VT-2:jobs: the function never runs for longer than 2 s

A key is the id of a check, or the id and the logical name of one of the resources concerned.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from delivery_lab.checks.finding import Finding, Severity
from delivery_lab.checks.registry import CHECKS
from delivery_lab.errors import StackFileError
from delivery_lab.program.keys import ACCEPT_KEY

OF_WORKLOADS = frozenset({"CHK-FEED-8"})
"""Checks that find something with a workload only."""
UNUSED = "CHK-ACCEPT-1"
_SCHEMA_CHECK = re.compile(r"CFN-[EWI]\d{4}")


@dataclass(frozen=True, slots=True)
class Acceptance:
    """One entry.

    Attributes:
        check: id of the check.
        resource: logical name of a resource, "" for all.
        reason: why it is accepted.
        of_project: whether it is said for all stacks of a project, of which not every one has such a finding.
    """

    check: str
    resource: str
    reason: str
    of_project: bool = False

    @property
    def key(self) -> str:
        """The entry's key in the stack file."""
        return f"{self.check}:{self.resource}" if self.resource else self.check

    @property
    def of_values(self) -> bool:
        """Whether it is about the value of a resource, which only cfn-lint checks."""
        return _SCHEMA_CHECK.fullmatch(self.check) is not None

    def covers(self, finding: Finding) -> bool:
        """Whether it accepts a finding."""
        return self.check == finding.check and (not self.resource or self.resource in finding.resources)


def read_acceptances(config: Mapping[str, Any], checks: Collection[str] = CHECKS) -> tuple[Acceptance, ...]:
    """Read what a stack accepts.

    Args:
        config: the configuration of a graph.
        checks: ids of the checks that there are.

    Raises:
        StackFileError: the block is malformed, an id is unknown, or a reason is missing.
    """
    entries = config.get(ACCEPT_KEY)
    if entries is None:
        return ()
    if not isinstance(entries, Mapping):
        raise StackFileError(
            f"{ACCEPT_KEY} has to map ids of checks to reasons, found {entries!r}\n"
            "  fix: write one line for each, such as `CHK-DLQ-2: why it is wanted`"
        )
    return tuple(_acceptance(ACCEPT_KEY, str(key), reason, checks) for key, reason in entries.items())


def project_acceptances(
    entries: Mapping[str, str], origin: str, checks: Collection[str] = CHECKS
) -> tuple[Acceptance, ...]:
    """What a project accepts in all of its stacks.

    Args:
        entries: reasons by the id of a check, or id and resource.
        origin: where it is said, for messages.
        checks: ids of the checks that there are.

    Raises:
        StackFileError: an id is unknown, or a reason is missing.
    """
    found = (_acceptance(f"{origin}: accept", key, reason, checks) for key, reason in entries.items())
    return tuple(replace(each, of_project=True) for each in found)


def _acceptance(where: str, key: str, reason: Any, checks: Collection[str]) -> Acceptance:
    check, _, resource = key.partition(":")
    if check not in checks and not _SCHEMA_CHECK.fullmatch(check):
        near = difflib.get_close_matches(check.upper(), checks, n=1, cutoff=0.5)
        hint = f"did you mean {near[0]}?" if near else "docs/checks.md lists them all"
        raise StackFileError(f"{where} names {check}, which is no check: {hint}")
    if not isinstance(reason, str) or not reason.strip():
        raise StackFileError(
            f"{where} gives no reason for {key}, found {reason!r}\n  fix: say in a few words why it is accepted"
        )
    return Acceptance(check, resource, reason.strip())


def apply_acceptances(
    findings: Sequence[Finding], acceptances: Sequence[Acceptance], *, with_workload: bool = False
) -> tuple[Finding, ...]:
    """Mark what is accepted, and note acceptances that accept nothing.

    Args:
        findings: what was found.
        acceptances: what is accepted.
        with_workload: whether a workload was looked at: some checks find nothing without one.
    """
    marked = []
    used: set[Acceptance] = set()
    for finding in findings:
        found = [acceptance for acceptance in acceptances if acceptance.covers(finding)]
        used.update(found)
        # The entry that names the resource says it more precisely.
        chosen = max(found, key=lambda acceptance: bool(acceptance.resource), default=None)
        marked.append(finding if chosen is None else replace(finding, accepted=chosen.reason))
    unseen = frozenset() if with_workload else OF_WORKLOADS
    left = (each for each in acceptances if each not in used and not each.of_project and each.check not in unseen)
    marked.extend(map(_unused, left))
    return tuple(marked)


def _unused(acceptance: Acceptance) -> Finding:
    about = (acceptance.resource,) if acceptance.resource else ()
    return Finding(
        check=UNUSED,
        severity=Severity.NOTE,
        resources=about,
        values={f"{ACCEPT_KEY}.{acceptance.key}": acceptance.reason},
        why=f"The stack accepts {acceptance.key}, but nothing of the kind was found.",
        fix=f"remove {acceptance.key} from {ACCEPT_KEY}",
        source="docs/checks.md",
    )
