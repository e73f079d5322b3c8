"""What a check is: a small class that says what it looks for, and looks."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from delivery_lab.checks.finding import Edit, Finding, Severity
from delivery_lab.stack.settings import Setting

if TYPE_CHECKING:
    from delivery_lab.stack.stack import Stack


@dataclass(frozen=True, slots=True)
class Found:
    """What one check found once; `Finding` without what the check itself says.

    Attributes:
        resources: logical names of the resources concerned, the one to change first.
        values: the values that make it so, by `resource.input`.
        why: why it matters here, in one sentence.
        fix: what to change, with the value to set, in one sentence without a full stop.
        edits: the fix as edits of the graph.
        source: where it is said, "" for the check's own source.
        severity: how much it matters here, None for the check's own severity.
    """

    resources: tuple[str, ...]
    values: Mapping[str, Any]
    why: str
    fix: str
    edits: tuple[Edit, ...] = ()
    source: str = ""
    severity: Severity | None = None


class Check(ABC):
    """One check. A subclass sets the attributes and defines `find`; it needs to be entered nowhere.

    A subclass without `find` is a base for others and is no check itself.

    Attributes:
        id: family, subject and number, such as `CHK-VT-1`; an id is never used again for something else.
        title: what it finds, in a few words.
        severity: the worst that its findings have.
        why: why it matters, in one sentence.
        fix: what to do, in one sentence.
        source: rule id of `delivery_lab.rules` or address of the documentation.
        same_as: ids of findings of cfn-lint's schemas, such as `CFN-E3505`, which this check says with the values and
            the fix; where it finds something in a resource, they are left out.
    """

    id: ClassVar[str]
    title: ClassVar[str]
    severity: ClassVar[Severity]
    why: ClassVar[str]
    fix: ClassVar[str]
    source: ClassVar[str]
    same_as: ClassVar[tuple[str, ...]] = ()

    @abstractmethod
    def find(self, stack: Stack) -> Iterator[Found]:
        """Look at a stack.

        Args:
            stack: the stack.

        Yields:
            What was found, in the order of the stack. What is not known before deployment is never found wrong.
        """

    def findings(self, stack: Stack) -> Iterator[Finding]:
        """Look, and say what was found under the check's id."""
        yield from map(self.finding_of, self.find(stack))

    def finding_of(self, found: Found) -> Finding:
        """What was found, under the check's id."""
        return Finding(
            check=self.id,
            severity=found.severity or self.severity,
            resources=found.resources,
            values=found.values,
            why=found.why,
            fix=found.fix,
            source=found.source or self.source,
            edits=found.edits,
        )


def values_of(*settings: Setting[object]) -> dict[str, Any]:
    """What settings are, by `resource.input`, as `Found.values` has them."""
    return {str(setting.origin): setting.value for setting in settings}
