"""Where in the Pulumi program something was found that cfn-lint says about the template."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from delivery_lab.checks.cloudformation.match import Match
from delivery_lab.checks.cloudformation.shapes import Path
from delivery_lab.checks.cloudformation.template import Entry, Template
from delivery_lab.program.config import SECRET
from delivery_lab.program.graph import Resource, contains_unknown

MISSING = object()
# The inputs that a rule looks at, where it reports one that is not set.
_LOOKS_AT = {"E3502": ("fifoQueue",), "E3505": ("visibilityTimeoutSeconds",), "E3705": ("batchSize",)}


@dataclass(frozen=True, slots=True)
class Place:
    """Where something was found.

    Attributes:
        template: the template.
        entry: the resource of the template.
        path: path of the input, empty for the resource as a whole.
    """

    template: Template
    entry: Entry
    path: Path

    @property
    def resource(self) -> Resource:
        """The Pulumi resource."""
        return self.entry.resource

    @property
    def input(self) -> str:
        """The input as users write it, such as `filterCriteria.filters[0].pattern`."""
        steps = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in self.path)
        return "".join(steps).removeprefix(".")

    @property
    def where(self) -> str:
        """The input and its resource, or the resource alone."""
        return f"{self.input} of {self.resource.name}" if self.path else self.resource.name

    @property
    def value(self) -> Any:
        """The value of the input; `MISSING` when it is not set, "[secret]" when it is a secret."""
        if self.path and self.path[0] in self.resource.secret_inputs:
            return SECRET
        value: Any = self.resource.inputs if self.path else MISSING
        for step in self.path:
            value = _member(value, step)
        return value

    def name_of(self, cfn_name: str) -> str:
        """The input's name for the name of a property."""
        for table in self.entry.objects.values():
            for name, target in table.items():
                if target.path and target.path[-1] == cfn_name:
                    return name
        return cfn_name


def _member(value: Any, step: str | int) -> Any:
    if isinstance(value, Mapping):
        return value.get(step, MISSING)
    if isinstance(value, list | tuple) and isinstance(step, int) and step < len(value):
        return value[step]
    return MISSING


def locate(template: Template, match: Match) -> Place | None:
    """Find the input that a match is about; None when it is not about a resource of the stack."""
    entry = template.entries.get(match.resource)
    if entry is None:
        return None
    for length in range(len(match.path), 0, -1):
        origin = entry.origins.get(match.path[:length])
        if origin is not None:
            return Place(template, entry, origin + match.path[length:])
    return Place(template, entry, ())


def rests_on_unknown(place: Place, match: Match) -> bool:
    """Whether the finding may only be there because values are not known before deployment.

    A rule that misses something, or that compares inputs of one resource, may be wrong when one of them is unknown.
    """
    inputs = place.resource.inputs
    if place.path and place.value is not MISSING:
        return contains_unknown(place.value)
    return any(contains_unknown(inputs.get(name)) for name in _LOOKS_AT.get(match.rule, inputs))
