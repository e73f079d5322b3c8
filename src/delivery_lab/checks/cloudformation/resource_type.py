"""What is known of one type of resource."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from delivery_lab.checks.cloudformation.shapes import Fields


def _none(_inputs: Mapping[str, Any]) -> frozenset[str]:
    return frozenset()


@dataclass(frozen=True, slots=True)
class ResourceType:
    """One type of resource in CloudFormation's terms.

    Attributes:
        name: CloudFormation's name of the type.
        fields: where each input goes.
        defaults: properties that CloudFormation requires and that Pulumi's provider fills in.
        left_out: tells by the inputs which of them mean nothing to AWS in this combination.
    """

    name: str
    fields: Fields
    defaults: Mapping[str, Any] = field(default_factory=dict)
    left_out: Callable[[Mapping[str, Any]], frozenset[str]] = _none
