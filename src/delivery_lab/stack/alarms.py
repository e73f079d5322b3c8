"""CloudWatch alarms."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from delivery_lab.stack.reading import Inputs, listed
from delivery_lab.stack.resource import StackResource
from delivery_lab.stack.settings import Setting

_NAMING = {"AWS/SQS": "QueueName", "AWS/Lambda": "FunctionName"}
"""What a namespace names a queue or function by."""

_PLACES = {"QueueName": 5, "FunctionName": 6}
"""Where the name is among the parts of an ARN."""


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

    @property
    def no_name(self) -> tuple[str, str, str] | None:
        """The dimension that has an ARN or URL where CloudWatch has a name, what it has, and the name (CW-NAME-1)."""
        dimension = _NAMING.get(self.namespace)
        given = self.dimensions.get(dimension or "")
        if dimension is None or not isinstance(given, str) or not given.startswith(("arn:", "https://")):
            return None
        # arn:aws:sqs:region:account:name, arn:aws:lambda:region:account:function:name[:alias]
        parts = given.split(":") if given.startswith("arn:") else given.split("/")
        place = _PLACES[dimension] if given.startswith("arn:") else -1
        name = parts[place] if place < len(parts) else ""
        return dimension, given, name


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm(StackResource):
    """A metric alarm.

    Attributes:
        metrics: what it watches, as far as it is known.
        computed: whether it watches what queries of metrics compute, and not one metric as it is.
        period_seconds: over which each datapoint is computed; None where queries say it.
        statistic: such as `Maximum`, None for a percentile or where queries say it.
        threshold: what it compares with, None where it compares with a band.
        comparison: such as `GreaterThanThreshold`.
        evaluation_periods: how many datapoints it looks at.
        datapoints_to_alarm: how many of them have to breach, None for all.
        missing_data: `missing`, `breaching`, `notBreaching` or `ignore`.
        own_window: whether its periods are those of the wall clock, and no window that slides.
    """

    metrics: tuple[Metric, ...]
    computed: bool
    period_seconds: Setting[int | None]
    statistic: Setting[str | None]
    threshold: Setting[float | None]
    comparison: Setting[str]
    evaluation_periods: Setting[int]
    datapoints_to_alarm: Setting[int | None]
    missing_data: Setting[str]
    own_window: bool


def alarm(inputs: Inputs) -> Alarm:
    """An alarm of its inputs."""
    return Alarm(
        **inputs.identity(),
        metrics=tuple(_metrics(inputs)),
        computed=inputs.raw("metricQueries") is not None or inputs.raw("evaluationCriteria") is not None,
        period_seconds=inputs.optional_number("period"),
        statistic=inputs.optional_text("statistic"),
        threshold=inputs.optional_real("threshold"),
        comparison=inputs.text("comparisonOperator"),
        evaluation_periods=inputs.number("evaluationPeriods", default=1),
        datapoints_to_alarm=inputs.optional_number("datapointsToAlarm"),
        missing_data=inputs.text("treatMissingData", default="missing"),
        own_window=inputs.raw("evaluationWindow") is not None,
    )


def _metrics(inputs: Inputs) -> Iterator[Metric]:
    entries = [entry for entry in listed(inputs.raw("metricQueries")) if isinstance(entry, Mapping)]
    for held in (inputs.resource.inputs, *(entry.get("metric") for entry in entries)):
        if not isinstance(held, Mapping):
            continue
        namespace, name, dimensions = held.get("namespace"), held.get("metricName"), held.get("dimensions")
        if isinstance(namespace, str) and isinstance(name, str) and isinstance(dimensions, Mapping):
            yield Metric(namespace, name, dimensions)
