"""Dynamic resources: created by Python code of the program's own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from delivery_lab.program.graph import DYNAMIC_PROVIDER
from delivery_lab.stack.reading import Inputs
from delivery_lab.stack.resource import StackResource
from delivery_lab.stack.settings import Setting


@dataclass(frozen=True, slots=True, kw_only=True)
class DynamicResource(StackResource):
    """A dynamic resource.

    Attributes:
        provider: its pickled provider, as text.
        inputs: what the provider gets.
        queue_url: URL of the queue that it changes, "" where it names none.
        visibility_seconds: the visibility timeout that it sets, None where it sets none.
    """

    provider: Setting[str]
    inputs: Mapping[str, Any]
    queue_url: Setting[str]
    visibility_seconds: Setting[int] | None


def dynamic_resource(inputs: Inputs) -> DynamicResource:
    """A dynamic resource of its inputs."""
    given = {name: value for name, value in inputs.resource.inputs.items() if name != DYNAMIC_PROVIDER}
    return DynamicResource(
        **inputs.identity(),
        provider=inputs.text(DYNAMIC_PROVIDER),
        inputs=given,
        queue_url=inputs.text("queueUrl"),
        visibility_seconds=None
        if given.get("visibilityTimeoutSeconds") is None
        else inputs.number("visibilityTimeoutSeconds", default=0),
    )
