"""What a check is: an entry of the table that `delivery_lab.checks.registry` holds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from delivery_lab.checks.finding import Edit, Finding, Severity
from delivery_lab.checks.topology import Topology


@dataclass(frozen=True, slots=True)
class Found:
    """What one check found once; `Finding` without what the check itself says.

    Attributes:
        severity: how much it matters here.
        resources: logical names of the resources concerned, the one to change first.
        values: the values that make it so, by `resource.input`.
        why: why it matters here, in one sentence.
        fix: what to change, with the value to set, in one sentence.
        edits: the fix as edits of the graph.
        source: where it is said, if that is not the check's own source.
    """

    severity: Severity
    resources: tuple[str, ...]
    values: Mapping[str, Any]
    why: str
    fix: str
    edits: tuple[Edit, ...] = ()
    source: str = field(default="")


@dataclass(frozen=True, slots=True)
class Check:
    """One check.

    Attributes:
        id: such as `CHK-VT-1`.
        title: what it finds, in a few words.
        severity: the worst that its findings have.
        why: why it matters, in one sentence.
        fix: what to do, in one sentence.
        source: rule id of `delivery_lab.rules` or address of the documentation.
        find: the function that looks.
    """

    id: str
    title: str
    severity: Severity
    why: str
    fix: str
    source: str
    find: Callable[[Topology], Iterator[Found]]

    def findings(self, topology: Topology) -> Iterator[Finding]:
        """Look, and say what was found under the check's id."""
        for found in self.find(topology):
            yield Finding(
                check=self.id,
                severity=found.severity,
                resources=found.resources,
                values=found.values,
                why=found.why,
                fix=found.fix,
                source=found.source or self.source,
                edits=found.edits,
            )
