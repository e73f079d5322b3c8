"""What is read of a deployed stack in somebody's account: mappings, logs and metrics."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Literal

from botocore.exceptions import BotoCoreError, ClientError

from delivery_lab.live.aws import Aws
from delivery_lab.live.clock import RealClock
from delivery_lab.live.errors import PlaceError, place_error
from delivery_lab.model.clock import in_seconds
from delivery_lab.places.known import KnownStack
from delivery_lab.places.logs import FunctionLog, read_log
from delivery_lab.places.seen import log_group
from delivery_lab.stack.functions import Function

_MARGIN_SECONDS = 5.0
METRIC_PERIOD_SECONDS = 60
_POLLING = ("Enabled", "Enabling", "Updating")


class AccountReader:
    """Reads what there is to be read of a stack; nothing is changed.

    Args:
        aws: the account and region.
        known: the stack.
        clock: turns times into instants.

    Raises:
        PlaceError: a function is not there.
    """

    def __init__(self, aws: Aws, known: KnownStack, clock: RealClock) -> None:
        self._aws, self._known, self._clock = aws, known, clock
        self._groups = {
            function.label: log_group(aws.client("lambda"), known.physical_name(function))
            for function in known.stack.functions
        }

    def check_polled(self, mapping: str, source: str, arn: str, polling: tuple[str, ...] = _POLLING) -> None:
        """Refuse a source that nobody polls.

        Args:
            mapping: name of the mapping that should.
            source: name of the source.
            arn: its ARN.
            polling: states in which a mapping polls, or soon will.

        Raises:
            PlaceError: its mappings are in other states, or it has none.
        """
        states = [one["State"] for one in self._mappings_of(source, arn)]
        if not any(state in polling for state in states):
            raise PlaceError(
                f"{mapping} does not poll {source} (its state: {', '.join(states) or 'it is gone'})\n"
                "  fix: enable it, or deploy the stack"
            )

    def _mappings_of(self, name: str, arn: str) -> Iterator[dict[str, Any]]:
        """All mappings of a source, whatever page they are on."""
        page: dict[str, str] = {}
        while True:
            try:
                answer = self._aws.client("lambda").list_event_source_mappings(EventSourceArn=arn, **page)
            except (BotoCoreError, ClientError) as error:
                raise place_error(f"ListEventSourceMappings of {name}", error) from error
            yield from answer["EventSourceMappings"]
            if not answer.get("NextMarker"):
                return
            page = {"Marker": answer["NextMarker"]}

    def logs(self) -> dict[str, FunctionLog]:
        """The logs of all functions since the run began, by name."""
        since_ms = int((self._clock.epoch - _MARGIN_SECONDS) * 1000)
        client = self._aws.client("logs")
        return {
            function.label: read_log(client, self._groups[function.label], function.label, self._clock, since_ms)
            for function in self._known.stack.functions
        }

    def throttles(self, function: Function) -> int:
        """How often Lambda refused to invoke a function: of whole minutes, so of others' invokes too."""
        return int(sum(self._metric(function, "Throttles", "Sum")))

    def errors(self, function: Function) -> int:
        """How many invokes of a function failed: of whole minutes, so others' too."""
        return int(sum(self._metric(function, "Errors", "Sum")))

    def dropped(self, function: Function) -> int:
        """How many asynchronous events of a function Lambda gave up: of whole minutes, so others' too.

        Source: https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html (AsyncEventsDropped)
        """
        return int(sum(self._metric(function, "AsyncEventsDropped", "Sum")))

    def iterator_age_seconds(self, function: Function) -> float | None:
        """The greatest age of the last record of a batch, of whole minutes; None where no batch was handed over."""
        ages = self._metric(function, "IteratorAge", "Maximum")
        return max(ages) / 1000 if ages else None

    def _metric(self, function: Function, metric: str, statistic: Literal["Sum", "Maximum"]) -> list[float]:
        epoch = self._clock.epoch
        try:
            answer: dict[str, Any] = self._aws.client("cloudwatch").get_metric_statistics(
                Namespace="AWS/Lambda",
                MetricName=metric,
                Dimensions=[{"Name": "FunctionName", "Value": self._known.physical_name(function)}],
                StartTime=datetime.fromtimestamp(epoch - METRIC_PERIOD_SECONDS, UTC),
                EndTime=datetime.fromtimestamp(epoch + in_seconds(self._clock.now()) + METRIC_PERIOD_SECONDS, UTC),
                Period=METRIC_PERIOD_SECONDS,
                Statistics=[statistic],
            )
        except (BotoCoreError, ClientError) as error:
            raise place_error(f"GetMetricStatistics of {function.label}", error) from error
        return [point[statistic] for point in answer["Datapoints"]]
