"""What a check finds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from delivery_lab.stack.settings import Setting


class Severity(StrEnum):
    """How much a finding matters."""

    ERROR = "error"
    """AWS refuses it, or messages are lost or dead-lettered although healthy."""
    WARNING = "warning"
    """Messages can be lost, delayed or processed twice under load or failure."""
    NOTE = "note"
    """Worth a look; nothing is wrong by itself."""

    @property
    def rank(self) -> int:
        """Higher is worse."""
        return {"error": 2, "warning": 1, "note": 0}[self.value]


@dataclass(frozen=True, slots=True)
class Edit:
    """A change of one input of one resource, which mends a finding.

    Attributes:
        urn: the resource.
        path: path of the input, such as `("scalingConfig", "maximumConcurrency")`.
        value: value to set; None removes the input.
    """

    urn: str
    path: tuple[str, ...]
    value: Any

    @classmethod
    def of(cls, setting: Setting[object], value: object) -> Edit:
        """The edit that gives a setting another value."""
        return cls(setting.origin.urn, setting.origin.path, value)

    @classmethod
    def of_variable(cls, urn: str, name: str, value: str) -> Edit:
        """The edit that gives an environment variable of a function another value."""
        return cls(urn, ("environment", "variables", name), value)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a check found.

    Attributes:
        check: id of the check, such as `CHK-VT-1`.
        severity: how much it matters.
        resources: logical names of the resources concerned, the one to change first.
        values: the values that make it so, by `resource.input`.
        why: why it matters, in one sentence.
        fix: what to change, with the value to set, in one sentence.
        source: rule id of `delivery_lab.rules` or address of the documentation.
        edits: the fix as edits of the graph, where it can be tried out in a simulation.
        accepted: the reason given in the stack file for accepting it, None if it is not accepted.
    """

    check: str
    severity: Severity
    resources: tuple[str, ...]
    values: Mapping[str, Any]
    why: str
    fix: str
    source: str
    edits: tuple[Edit, ...] = ()
    accepted: str | None = field(default=None)
