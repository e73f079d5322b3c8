"""Faults that a workload injects for a while: throttles, errors and delays of functions and services.

Everything here is the user's own scenario, never AWS's behaviour (SIM-FAULT-1): how callers react to it is the model's.
"""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from delivery_lab.events import Journal
from delivery_lab.model.api_errors import services
from delivery_lab.model.clock import Scheduler, in_seconds, seconds
from delivery_lab.model.occasions import ALWAYS, Occasion
from delivery_lab.model.payloads import Payload, text_of
from delivery_lab.model.randomness import RandomStreams
from delivery_lab.model.runtime import AwsError


class FaultKind(StrEnum):
    """What happens."""

    THROTTLE = "throttle"
    ERROR = "error"
    FAILURE = "failure"
    LATENCY = "latency"
    DUPLICATE = "duplicate"
    COLD_START = "coldStart"
    CRASH = "crash"
    TIMEOUT = "timeout"
    PAUSE = "pause"
    LOST_RECEIVE = "lostReceive"
    CODE_REPLACED = "codeReplaced"
    LATE_CLOCK = "lateClock"
    RECREATED = "recreated"


REFUSALS = (FaultKind.THROTTLE, FaultKind.ERROR)
"""Kinds by which a call is answered with an error."""
APART = (FaultKind.PAUSE, FaultKind.CODE_REPLACED, FaultKind.LATE_CLOCK, FaultKind.RECREATED)
"""Kinds of functions that happen to what is around an invoke, and not to the invoke itself."""
_SHORTEST_SECONDS = 0.001
"""Code that ends in the middle of its work has run for at least so long, and a message is not repeated sooner."""
_LONGEST_REPETITION_SECONDS = 60
"""A message that is handed on twice is so within a minute, where the workload says no time."""


@dataclass(frozen=True, slots=True)
class InjectedFault:
    """One fault that a workload injects.

    Attributes:
        kind: what happens.
        occasion: when, how often and for whom.
        function: name of the function that it happens to, or None.
        service: service that it happens to, or None; without function and service it happens to `queue_url`.
        operation: the operation, None for all.
        queue_url: URL of the queue, None for all.
        feeder: name of the topic, bucket, bus, schedule or pipe that it happens to, or of one of its feeds.
        delay: microseconds, for `LATENCY`, `PAUSE`, `LATE_CLOCK` and `RECREATED`; for `CRASH`, `TIMEOUT` and
            `DUPLICATE` after how long, 0 where it is drawn.
        preset: whether it comes from `standard` or `harsh`, whose shares are the lab's (SIM-FAULT-2).
        number: its place in the workload, from 1 on.
    """

    kind: FaultKind
    occasion: Occasion = ALWAYS
    function: str | None = None
    service: str | None = None
    operation: str | None = None
    queue_url: str | None = None
    feeder: str | None = None
    delay: int = 0
    preset: bool = False
    number: int = 0

    def concerns(self, ids: Iterable[str]) -> bool:
        """Whether one of some business ids is among those that it is limited to."""
        return self.occasion.ids is None or not self.occasion.ids.isdisjoint(ids)


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
        numbered = [(number, replace(fault, number=number)) for number, fault in enumerate(faults, 1)]
        self._of_functions = [(n, fault) for n, fault in numbered if fault.function is not None]
        self._of_services = [(n, fault) for n, fault in numbered if fault.service is not None]
        self._of_queues = [(n, fault) for n, fault in numbered if fault.queue_url is not None and fault.service is None]
        self._of_feeders = [(n, fault) for n, fault in numbered if fault.feeder is not None]
        self._apart = [(n, fault) for n, fault in self._of_functions if fault.kind in APART]
        self._of_invokes = [(n, fault) for n, fault in self._of_functions if fault.kind not in APART]
        self._receives = [(n, fault) for n, fault in self._of_queues if fault.kind is FaultKind.LOST_RECEIVE]
        self.are_none = not numbered
        self._happened: set[int] = set()
        self._once: set[tuple[int, str]] = set()
        self._asked_for = [n for n, fault in numbered if not fault.preset]
        handing_over = (*self._of_functions, *self._of_feeders)
        self.duplicates = any(fault.kind is FaultKind.DUPLICATE for _, fault in handing_over)
        self._scheduler = scheduler
        self._streams = streams
        self._journal = journal

    def of_function(self, function: str, payload: Payload, *, duplicating: bool = False) -> InjectedFault | None:
        """The fault that happens to an invoke of this instant.

        Args:
            function: name of the function.
            payload: the event.
            duplicating: look for duplication of events, else for everything but that.
        """
        for number, fault in self._of_invokes:
            if fault.function != function:
                continue
            if (fault.kind is FaultKind.DUPLICATE) == duplicating and fault.concerns(ids_of(text_of(payload))):
                # Code that has ended before is neither killed nor stopped: what happens to it is noted then.
                later = fault.kind in (FaultKind.CRASH, FaultKind.TIMEOUT)
                if self._is_drawn(number, fault) if later else self._happens(number, fault):
                    return fault
        return None

    def instant_in_work(self, fault: InjectedFault, timeout_us: int) -> int:
        """After how many microseconds of its work code is killed or stops: all scales of time are equally likely.

        Args:
            fault: a `CRASH` or `TIMEOUT`.
            timeout_us: the function's timeout.
        """
        return self._delay_of(fault, in_seconds(timeout_us))

    def _delay_of(self, fault: InjectedFault, longest_seconds: float) -> int:
        """Its delay, drawn where it has none: all scales of time are equally likely."""
        if fault.delay:
            return fault.delay
        drawn = self._streams.stream("fault", str(fault.number), "instant").uniform(
            math.log(_SHORTEST_SECONDS), math.log(longest_seconds)
        )
        return seconds(math.exp(drawn))

    def lateness(self, feeder: str, feed: str, sent: str) -> int:
        """How many microseconds later than it could a feed hands a message on.

        Args:
            feeder: name of the topic, bucket, bus or schedule.
            feed: name of the subscription, notification or target.
            sent: what was sent, or the name that it has.
        """
        fault = self._of_feeder(FaultKind.LATENCY, (feeder, feed), sent)
        return 0 if fault is None else fault.delay

    def repetition(self, feeder: str, feed: str, sent: str) -> int | None:
        """After how many microseconds a feed hands on once more what its target has taken; None where it does not.

        Args:
            feeder: name of the topic, bucket, bus or schedule.
            feed: name of the subscription, notification or target.
            sent: what was sent, or the name that it has.
        """
        fault = self._of_feeder(FaultKind.DUPLICATE, (feeder, feed), sent)
        return None if fault is None else self._delay_of(fault, _LONGEST_REPETITION_SECONDS)

    def _of_feeder(self, kind: FaultKind, names: tuple[str, str], sent: str) -> InjectedFault | None:
        for number, fault in self._of_feeders:
            named = fault.kind is kind and fault.feeder in names
            if named and self._is_about(fault, sent) and self._happens(number, fault):
                return fault
        return None

    @staticmethod
    def _is_about(fault: InjectedFault, sent: str) -> bool:
        return fault.occasion.ids is None or sent in fault.occasion.ids or fault.concerns(_ids_in([{"body": sent}]))

    def of_pipe(self, pipe: str, payload: str) -> bool:
        """Whether a pipe hands a batch over twice.

        Args:
            pipe: name of the pipe; that of a mapping is never one.
            payload: the records as its poller has them, as JSON text.
        """
        return any(
            fault.kind is FaultKind.DUPLICATE
            and fault.feeder == pipe
            and fault.concerns(ids_of(payload))
            and self._happens(number, fault)
            for number, fault in self._of_feeders
        )

    def pause_of_pollers(self, function: str) -> int:
        """For how many microseconds the pollers of a function's mappings stop now; 0 where they do not."""
        return self._delay(FaultKind.PAUSE, function)

    def lateness_of_clock(self, function: str) -> int:
        """By how many microseconds the clock of an environment of a function is late that begins now (SIM-CLOCK-1)."""
        return self._delay(FaultKind.LATE_CLOCK, function)

    def replaces_code(self, function: str) -> bool:
        """Whether the code of a function has been replaced since its last invoke; a fault does so once (LAM-CODE-1)."""
        return any(
            self._happens_once(number, fault, FaultKind.CODE_REPLACED, function) for number, fault in self._apart
        )

    def recreates(self, function: str, mapping: str) -> int:
        """For how many microseconds a mapping is not there, since it is deleted and created; once for each mapping.

        Args:
            function: name of its function.
            mapping: name of the mapping.
        """
        for number, fault in self._apart:
            if self._happens_once(number, fault, FaultKind.RECREATED, function, mapping):
                return fault.delay
        return 0

    def _happens_once(self, number: int, fault: InjectedFault, kind: FaultKind, function: str, whom: str = "") -> bool:
        if (fault.kind, fault.function) != (kind, function) or (number, whom) in self._once:
            return False
        if not self._happens(number, fault):
            return False
        self._once.add((number, whom))
        return True

    def _delay(self, kind: FaultKind, function: str) -> int:
        for number, fault in self._apart:
            if (fault.kind, fault.function) == (kind, function) and self._happens(number, fault):
                return fault.delay
        return 0

    def loses_receive(self, queue_url: str) -> bool:
        """Whether the answer to a receive of a poller or a handler is lost, after SQS has counted it."""
        return any(fault.queue_url == queue_url and self._happens(number, fault) for number, fault in self._receives)

    def of_queue(self, queue_url: str, body: str) -> bool:
        """Whether a queue delivers a message twice, as a standard queue may (SIM-ONCE-1).

        Args:
            queue_url: URL of the queue.
            body: the message's text.
        """
        return any(
            fault.kind is FaultKind.DUPLICATE
            and fault.queue_url == queue_url
            and fault.concerns(_ids_in([{"body": body}]))
            and self._happens(number, fault)
            for number, fault in self._of_queues
        )

    @property
    def idle(self) -> list[int]:
        """The numbers of the faults that never happened, counted from 1 as the workload lists them.

        Those of `standard` and `harsh` are left out: they are meant for whatever there is.
        """
        return [number for number in self._asked_for if number not in self._happened]

    def of_poller(self, operation: str, queue_url: str) -> InjectedFault | None:
        """The fault that happens to a call that a mapping makes itself, if one names that operation.

        Args:
            operation: `DeleteMessage`; Lambda deletes in batches, so `DeleteMessageBatch` names the same.
            queue_url: URL of the queue.
        """
        for number, fault in self._of_services:
            named = fault.operation in (operation, f"{operation}Batch")
            refuses = fault.kind in REFUSALS
            if named and refuses and fault.queue_url in (None, queue_url) and self._happens(number, fault):
                return fault
        return None

    def of_feed(self, service: str, operation: str, queue_url: str = "") -> InjectedFault | None:
        """The fault that happens to a call by which a topic, bucket or bus hands something on, or a mapping reads.

        Args:
            service: the service as boto3 names it.
            operation: such as `SendMessage` or `GetRecords`; only a fault that names it happens to such calls.
            queue_url: URL of the queue.
        """
        for number, fault in self._of_services:
            named = (fault.service, fault.operation) == (service, operation) and fault.kind in REFUSALS
            if named and fault.queue_url in (None, queue_url) and self._happens(number, fault):
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

    def note(self, fault: InjectedFault) -> None:
        """A fault has happened."""
        self._journal.rely_on("SIM-FAULT-1")
        if fault.preset:
            self._journal.rely_on("SIM-FAULT-2")
        self._happened.add(fault.number)

    def _is_drawn(self, number: int, fault: InjectedFault) -> bool:
        return fault.occasion.happens(self._scheduler.now, self._streams, "fault", str(number))

    def _happens(self, number: int, fault: InjectedFault) -> bool:
        if not self._is_drawn(number, fault):
            return False
        self.note(fault)
        return True


def _queue_name(url: object) -> str:
    """The name that ends a queue's URL, for which it may stand in a call."""
    return str(url).rpartition("/")[2]


def error_of(service: str, kind: FaultKind) -> AwsError:
    """What a service answers when it throttles or fails."""
    if kind is not FaultKind.THROTTLE:
        return services.FAILED[service].error()
    details = {"Reason": "CallerRateLimitExceeded"} if service == "lambda" else None
    return services.THROTTLED[service].error(details=details)


def ids_of(payload: str) -> Iterator[str]:
    """Business ids of an event: its own `id`, and those of its records."""
    event = json.loads(payload)
    if isinstance(event, dict) and "id" in event:
        yield str(event["id"])
    yield from _ids_in(records_of(event))


def _ids_in(records: Iterable[Any]) -> Iterator[str]:
    """Business ids of records: the `id` of what was sent."""
    for record in records:
        try:
            content = content_of(record)
        except (ValueError, KeyError, TypeError):
            continue
        if isinstance(content, dict) and "id" in content:
            yield str(content["id"])


def records_of(event: Any) -> Iterator[Any]:
    """Records of queues and streams stand under `Records`, those of Kafka under `records` by partition."""
    if isinstance(event, list):  # a pipe's event (PIPE-EVENT-1)
        yield from event
    if not isinstance(event, dict):
        return
    if isinstance(event.get("Records"), list):
        yield from event["Records"]
    if isinstance(event.get("records"), dict):
        for records in event["records"].values():
            yield from records


def content_of(record: Mapping[str, Any]) -> Any:
    """What was sent: the body of a message, the data of a stream's record, the value of a topic's, the new item."""
    if "kinesis" in record:
        return json.loads(base64.b64decode(record["kinesis"]["data"]))
    if "kinesisSchemaVersion" in record:
        return json.loads(base64.b64decode(record["data"]))
    if "dynamodb" in record:
        images = record["dynamodb"]
        item = images.get("NewImage") or images.get("OldImage") or images["Keys"]
        # An attribute is an object of its type and its value, such as {"S": "job-1"}.
        return {name: next(iter(value.values())) for name, value in item.items()}
    return json.loads(base64.b64decode(record["value"]) if "value" in record else record["body"])
