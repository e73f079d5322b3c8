"""Where the result of an asynchronous invoke goes: destinations and dead-letter queues (semantics.md D)."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any

from delivery_lab.errors import DeploymentRefusedError, NotModelledError
from delivery_lab.events import Journal
from delivery_lab.function_names import LATEST_VERSION, qualifier_in
from delivery_lab.limits.destinations import SNS_MESSAGE
from delivery_lab.limits.eventbridge import ENTRY_BYTES
from delivery_lab.limits.functions import ASYNCHRONOUS_PAYLOAD
from delivery_lab.model.clock import EPOCH, Scheduler
from delivery_lab.model.functions import Lambda
from delivery_lab.model.invokes import InvokeResult
from delivery_lab.model.json_reading import read_json
from delivery_lab.model.loops import Lineage
from delivery_lab.model.sqs.queue import SqsQueue
from delivery_lab.model.targets import Sink, Sinks
from delivery_lab.model.tracing import carried

_ERROR_MESSAGE_BYTES = 1_024


class Condition(StrEnum):
    """Why a record was sent."""

    SUCCESS = "Success"
    RETRIES_EXHAUSTED = "RetriesExhausted"
    EVENT_AGE_EXCEEDED = "EventAgeExceeded"
    ZERO_RESERVED_CONCURRENCY = "ZeroReservedConcurrency"
    """The function has a reserved concurrency of 0 and was never invoked (ASY-ZERO-1)."""


class DestinationRole(StrEnum):
    """What an ARN is named as in the configuration of a function."""

    ON_SUCCESS = "on-success"
    ON_FAILURE = "on-failure"
    DEAD_LETTER = "dead-letter"


@dataclass(frozen=True, slots=True)
class Ended:
    """An event that has ended.

    Attributes:
        request_id: the event's id.
        function_arn: unqualified ARN of the function.
        payload: the event as JSON text.
        condition: how it ended.
        invoke_count: how often the function was invoked with it.
        result: the last answer, None where the function never ran.
        lineage: what a function that gets the record inherits.
        qualifier: the version or alias by which it was invoked.
        version: the version that it is.
        follow_up: whether its record only tells how it ended, at a place where no work goes on.
    """

    request_id: str
    function_arn: str
    payload: str
    condition: Condition
    invoke_count: int
    result: InvokeResult | None
    lineage: Lineage
    qualifier: str = LATEST_VERSION
    version: str = LATEST_VERSION
    follow_up: bool = False


Invoke = Callable[[str, str, Lineage, str, bool], object]


class Destinations:
    """Delivers records of ended events.

    Args:
        queues: the account's queues by name.
        sinks: its topics, buses and buckets.
        functions: the Lambda service.
        invoke: invokes a function asynchronously with a record, and is told whether that is a follow-up.
        scheduler: the run's clock.
        journal: where events are written.
    """

    def __init__(
        self,
        queues: Mapping[str, SqsQueue],
        sinks: Sinks,
        functions: Lambda,
        invoke: Invoke,
        *,
        scheduler: Scheduler,
        journal: Journal,
    ) -> None:
        self._queues = queues
        self._sinks = sinks
        self._functions = functions
        self._invoke = invoke
        self._scheduler = scheduler
        self._journal = journal

    def name_of(self, arn: str) -> str | None:
        """The logical name of a destination, None where the account has nothing of that ARN."""
        queue, sink, function = self._queue(arn), self._sinks.at(arn), self._function(arn)
        return queue.name if queue else sink.name if sink else function

    def check(self, resource: str, arn: str, role: DestinationRole) -> None:
        """Refuse a destination that does not exist, or that cannot be one (DST-TARGET-1).

        Raises:
            DeploymentRefusedError: AWS would refuse it.
        """
        if self.name_of(arn) is None:
            why = "it names nothing in this account"
            fix = "create the queue, topic, event bus, bucket or function in the same stack, or correct the ARN"
        elif (queue := self._queue(arn)) is not None and queue.fifo:
            why, fix = "it is a FIFO queue", "name a standard queue"
        elif role is DestinationRole.DEAD_LETTER and arn.split(":")[2] not in ("sqs", "sns"):
            why, fix = "it is neither a queue nor a topic", "name one, or use an on-failure destination"
        elif role is DestinationRole.ON_SUCCESS and arn.split(":")[2] == "s3":
            why, fix = "buckets are for failures only", "name a queue, topic, event bus or function"
        else:
            return
        what = "dead-letter target" if role is DestinationRole.DEAD_LETTER else f"{role} destination"
        raise DeploymentRefusedError(
            resource,
            "InvalidParameterValueException",
            f"The {what} ARN {arn} is invalid: {why}",
            rule="DST-TARGET-1",
            fix=fix,
        )

    def deliver(self, arn: str, ended: Ended) -> bool:
        """Send the record of an event to a destination.

        Returns:
            Whether it arrived. A record that is too large even without its payloads is dropped (DST-SIZE-1), and one
            for a function that its chain has run through too often (ASY-LOOP-1).
        """
        record = fitting(record_of(ended, self._scheduler.now), self._limit_bytes(arn), self._journal)
        if record is None:
            return False
        queue, sink, function = self._queue(arn), self._sinks.at(arn), self._function(arn)
        if queue is not None:
            self._journal.rely_on("DST-RECORD-1")
            trace = ended.result.trace if ended.result is not None else ""
            header = trace or self._functions.traces.header(ended.function_arn.rsplit(":", 1)[-1])
            queue.send(record, system_attributes=dict(carried(header)), lineage=ended.lineage)
        elif function is not None:
            if self._functions.loops.stops(function, ended.lineage):
                self._journal.rely_on("ASY-LOOP-1")
                return False
            self._journal.rely_on("DST-RECORD-1")
            self._invoke(function, record, ended.lineage, qualifier_in(arn), ended.follow_up)
        elif sink is not None:
            self._sinks.put(sink, self._wrapped(sink, record, ended), "DST-RECORD-1", follow_up=ended.follow_up)
        return True

    def dead_letter(self, arn: str, ended: Ended) -> bool:
        """Send an event to the function's dead-letter queue: the event itself, and attributes about its error.

        Returns:
            Whether it arrived.
        """
        self._journal.rely_on("DST-DLQ-1")
        queue, sink = self._queue(arn), self._sinks.at(arn)
        if queue is not None:
            if len(ended.payload.encode()) > queue.attributes.maximum_message_bytes:
                return False
            queue.send(ended.payload, attributes=error_attributes(ended), lineage=ended.lineage)
        elif sink is not None:
            if len(ended.payload.encode()) > SNS_MESSAGE.maximum:
                return False
            self._sinks.put(sink, ended.payload, "DST-DLQ-1", error_attributes(ended))
        return True

    def _limit_bytes(self, arn: str) -> int:
        queue = self._queue(arn)
        if queue is not None:
            return queue.attributes.maximum_message_bytes
        if self._function(arn) is not None:
            return ASYNCHRONOUS_PAYLOAD.maximum
        service = arn.split(":")[2]
        return {"sns": SNS_MESSAGE.maximum, "events": ENTRY_BYTES.maximum}.get(service, 2**40)

    def _wrapped(self, sink: Sink, record: str, ended: Ended) -> str:
        """What arrives at a topic, a bus or a bucket."""
        service = sink.arn.split(":")[2]
        if service == "events":
            how = "Success" if ended.condition is Condition.SUCCESS else "Failure"
            event = {
                "source": "lambda",
                "detail-type": f"Lambda Function Invocation Result - {how}",
                "resources": [f"{ended.function_arn}:{ended.qualifier}", sink.arn],
                "detail": json.loads(record),
            }
            return json.dumps(event)
        if service == "s3":
            moment = EPOCH + timedelta(microseconds=self._scheduler.now)
            name = ended.function_arn.rsplit(":", 1)[-1]
            key = f"aws/lambda/async/{name}/{moment:%Y/%m/%d/%Y-%m-%dT%H.%M.%S}-{ended.request_id}"
            return json.dumps({"key": key, "body": record})
        return record

    def _queue(self, arn: str) -> SqsQueue | None:
        return next((queue for queue in self._queues.values() if queue.arn == arn), None)

    def _function(self, arn: str) -> str | None:
        functions = self._functions
        unqualified = ":".join(arn.split(":")[:7])
        return next((name for name in functions.names if functions.configuration(name).arn == unqualified), None)


def record_of(ended: Ended, now: int) -> dict[str, Any]:
    """The record of an event (DST-RECORD-1).

    Raises:
        NotModelledError: the function's response is no JSON.
    """
    record: dict[str, Any] = {
        "version": "1.0",
        "timestamp": _iso(now),
        "requestContext": {
            "requestId": ended.request_id,
            "functionArn": f"{ended.function_arn}:{ended.qualifier}",
            "condition": str(ended.condition),
            "approximateInvokeCount": ended.invoke_count,
        },
        "requestPayload": json.loads(ended.payload),
    }
    if ended.result is not None:
        record["responseContext"] = {"statusCode": 200, "executedVersion": ended.version}
        if ended.result.error is not None:
            record["responseContext"]["functionError"] = "Unhandled"
        record["responsePayload"] = _response_of(ended, ended.result)
    return record


def _response_of(ended: Ended, result: InvokeResult) -> Any:
    try:
        return read_json(result.payload)
    except ValueError as error:
        name = ended.function_arn.rpartition(":")[2]
        raise NotModelledError(
            f"{name} answers an event with what is no JSON: {error}; what the record of its destination has in its "
            "place is not known (LAM-RESPONSE-1, DST-RECORD-1)\n"
            "  nearest: return a value that JSON has: no NaN, no Infinity, no bytes"
        ) from None


def fitting(record: Mapping[str, Any], limit_bytes: int, journal: Journal) -> str | None:
    """The record as text, without its payloads where it would be too large, None where it still is (DST-SIZE-1)."""
    text = json.dumps(record)
    if len(text.encode()) <= limit_bytes:
        return text
    journal.rely_on("DST-SIZE-1")
    slim = {name: value for name, value in record.items() if name not in ("requestPayload", "responsePayload")}
    text = json.dumps(slim)
    return text if len(text.encode()) <= limit_bytes else None


def error_attributes(ended: Ended) -> dict[str, Any]:
    """Attributes of a message in a function's dead-letter queue (DST-DLQ-1)."""
    message = "The event was not processed before its maximum age."
    status = 429
    if ended.result is not None:
        answer = json.loads(ended.result.payload)
        message = str(answer.get("errorMessage", "")) if isinstance(answer, dict) else ""
        status = 200
    short = message.encode()[:_ERROR_MESSAGE_BYTES].decode(errors="ignore") or "unknown"
    return {
        "RequestID": {"DataType": "String", "StringValue": ended.request_id},
        "ErrorCode": {"DataType": "Number", "StringValue": str(status)},
        "ErrorMessage": {"DataType": "String", "StringValue": short},
    }


def _iso(instant: int) -> str:
    moment = EPOCH + timedelta(microseconds=instant)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"
