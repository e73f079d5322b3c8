"""Faults that a workload injects for a while: throttles, errors and delays of functions and services.

Everything here is the user's own scenario, never AWS's behaviour (SIM-FAULT-1): how callers react to it is the model's.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from delivery_lab.events import Journal
from delivery_lab.model.clock import Scheduler
from delivery_lab.model.randomness import RandomStreams
from delivery_lab.model.runtime import AwsError


class FaultKind(StrEnum):
    """What happens."""

    THROTTLE = "throttle"
    ERROR = "error"
    FAILURE = "failure"
    LATENCY = "latency"
    DUPLICATE = "duplicate"


@dataclass(frozen=True, slots=True)
class InjectedFault:
    """One fault that a workload injects.

    Attributes:
        kind: what happens.
        start: instant from which on.
        end: first instant at which it is over, None for never.
        function: name of the function that it happens to, or None.
        service: service that it happens to, or None.
        operation: the operation, None for all.
        queue_url: URL of the queue, None for all.
        share: share of the calls, above 0 and up to 1.
        ids: business ids that it is limited to, None for all.
        delay: microseconds, for `LATENCY`.
    """

    kind: FaultKind
    start: int = 0
    end: int | None = None
    function: str | None = None
    service: str | None = None
    operation: str | None = None
    queue_url: str | None = None
    share: float = 1.0
    ids: frozenset[str] | None = None
    delay: int = 0

    def holds(self, instant: int) -> bool:
        """Whether it is going on."""
        return self.start <= instant and (self.end is None or instant < self.end)


# What AWS answers: throttling error and internal error of each service, with their HTTP status.
_ANSWERS: Mapping[str, tuple[tuple[str, int], tuple[str, int]]] = {
    "dynamodb": (("ProvisionedThroughputExceededException", 400), ("InternalServerError", 500)),
    "events": (("ThrottlingException", 400), ("InternalException", 500)),
    "lambda": (("TooManyRequestsException", 429), ("ServiceException", 500)),
    "s3": (("SlowDown", 503), ("InternalError", 500)),
    "sns": (("Throttled", 429), ("InternalError", 500)),
    "sqs": (("RequestThrottled", 403), ("InternalFailure", 500)),
}


class Faults:
    """The faults of one run.

    Args:
        faults: all of them; of several that hold at once the first one counts.
        scheduler: the run's clock.
        streams: the run's chance, which decides about shares.
        journal: where it is noted that a fault happened.
    """

    def __init__(
        self, faults: Sequence[InjectedFault], scheduler: Scheduler, streams: RandomStreams, journal: Journal
    ) -> None:
        self._of_functions = [(n, fault) for n, fault in enumerate(faults, 1) if fault.function is not None]
        self._of_services = [(n, fault) for n, fault in enumerate(faults, 1) if fault.service is not None]
        self._scheduler = scheduler
        self._streams = streams
        self._journal = journal

    def of_function(self, function: str, payload: str, *, duplicating: bool = False) -> InjectedFault | None:
        """The fault that happens to an invoke of this instant.

        Args:
            function: name of the function.
            payload: the event as JSON text.
            duplicating: look for duplication of events, else for everything but that.
        """
        for number, fault in self._of_functions:
            if fault.function != function or (fault.kind is FaultKind.DUPLICATE) != duplicating:
                continue
            if fault.ids is not None and fault.ids.isdisjoint(_ids_of(payload)):
                continue
            if self._happens(number, fault):
                return fault
        return None

    def of_call(self, service: str, operation: str, parameters: Mapping[str, Any]) -> InjectedFault | None:
        """The fault that happens to an API call of this instant."""
        for number, fault in self._of_services:
            matches = (
                fault.service == service
                and fault.operation in (None, operation)
                and (fault.queue_url is None or _queue_name(fault.queue_url) == _queue_name(parameters.get("QueueUrl")))
            )
            if matches and self._happens(number, fault):
                return fault
        return None

    def _happens(self, number: int, fault: InjectedFault) -> bool:
        if not fault.holds(self._scheduler.now):
            return False
        if fault.share < 1 and self._streams.stream("fault", str(number)).random() >= fault.share:
            return False
        self._journal.rely_on("SIM-FAULT-1")
        return True


def _queue_name(url: object) -> str:
    """The name that ends a queue's URL, for which it may stand in a call."""
    return str(url).rpartition("/")[2]


def error_of(service: str, kind: FaultKind) -> AwsError:
    """What a service answers when it throttles or fails."""
    throttle, internal = _ANSWERS[service]
    if kind is FaultKind.THROTTLE:
        details = {"Reason": "CallerRateLimitExceeded", "Type": "User"} if service == "lambda" else None
        return AwsError(throttle[0], "Rate exceeded", throttle[1], details)
    return AwsError(internal[0], "An internal error occurred", internal[1])


def _ids_of(payload: str) -> Iterator[str]:
    """Business ids of an event: its own `id`, and those of its records."""
    event = json.loads(payload)
    if not isinstance(event, dict):
        return
    yield str(event.get("id"))
    for record in _records_of(event):
        try:
            content = _content_of(record)
        except (ValueError, KeyError, TypeError):
            continue
        if isinstance(content, dict) and "id" in content:
            yield str(content["id"])


def _records_of(event: Mapping[str, Any]) -> Iterator[Any]:
    """Records of queues and streams stand under `Records`, those of Kafka under `records` by partition."""
    if isinstance(event.get("Records"), list):
        yield from event["Records"]
    if isinstance(event.get("records"), dict):
        for records in event["records"].values():
            yield from records


def _content_of(record: Mapping[str, Any]) -> Any:
    """What was sent: the body of a message, the data of a stream's record, the value of a topic's, the new item."""
    if "kinesis" in record:
        return json.loads(base64.b64decode(record["kinesis"]["data"]))
    if "dynamodb" in record:
        images = record["dynamodb"]
        item = images.get("NewImage") or images.get("OldImage") or images["Keys"]
        # An attribute is an object of its type and its value, such as {"S": "job-1"}.
        return {name: next(iter(value.values())) for name, value in item.items()}
    return json.loads(base64.b64decode(record["value"]) if "value" in record else record["body"])
