"""CloudWatch alarms."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from delivery_lab.stack.reading import Inputs, listed
from delivery_lab.stack.resource import StackResource


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric that an alarm watches.

    Attributes:
        namespace: such as `AWS/Lambda`.
        name: such as `IteratorAge`.
        dimensions: by name.
    """

    namespace: str
    name: str
    dimensions: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm(StackResource):
    """A metric alarm.

    Attributes:
        metrics: what it watches, as far as it is known.
    """

    metrics: tuple[Metric, ...]


def alarm(inputs: Inputs) -> Alarm:
    """An alarm of its inputs."""
    return Alarm(**inputs.identity(), metrics=tuple(_metrics(inputs)))


def _metrics(inputs: Inputs) -> Iterator[Metric]:
    entries = [entry for entry in listed(inputs.raw("metricQueries")) if isinstance(entry, Mapping)]
    for held in (inputs.resource.inputs, *(entry.get("metric") for entry in entries)):
        if not isinstance(held, Mapping):
            continue
        namespace, name, dimensions = held.get("namespace"), held.get("metricName"), held.get("dimensions")
        if isinstance(namespace, str) and isinstance(name, str) and isinstance(dimensions, Mapping):
            yield Metric(namespace, name, dimensions)
