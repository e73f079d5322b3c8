"""The log contract: one JSON object a line, with the same fields in every function.

| field | meaning |
| --- | --- |
| `event` | `queued`, `started`, `processed`, `failed`, `duplicate`, `heartbeat`, `heartbeat_failed` |
| `id` | the business id from the message's body; absent where the body has none that can be read |
| `message_id` | SQS message id, `shard:sequenceNumber`, `topic-partition:offset`, or an invoke's request id |
| `receive_count` | how often SQS has delivered the message, this delivery included; absent for streams and invokes |
| `error_type`, `retryable` | with `failed` and `heartbeat_failed` |

Outcomes are counted from these lines, so each stands exactly where the thing it names has just happened:
`processed` means that the work has been done, whatever becomes of the records kept about it afterwards.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Literal, Protocol

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from shared.aws_errors import error_code, is_transient
from shared.errors import FunctionError

Event = Literal["queued", "started", "processed", "failed", "duplicate", "heartbeat", "heartbeat_failed"]
Detected = Literal["before_work", "after_work"]


class Delivered(Protocol):
    """What the lines of the contract say about a delivery, wherever it came from."""

    @property
    def message_id(self) -> str:
        """The source's own name for the message or record."""

    @property
    def receive_count(self) -> int | None:
        """Deliveries so far, this one included; None where the source does not count them."""


@dataclass(frozen=True, slots=True)
class RecordDelivery:
    """One delivery of a record of a stream or topic.

    Attributes:
        message_id: where the record stands in its source, the same for every delivery of it.
        receive_count: neither Kinesis nor DynamoDB nor Kafka counts deliveries.
    """

    message_id: str
    receive_count: None = None


@dataclass(frozen=True, slots=True)
class Delivery:
    """One delivery of an SQS message to a function.

    Attributes:
        message_id: SQS's id of the message, the same for every delivery of it.
        receipt_handle: how SQS identifies this delivery.
        receive_count: deliveries of the message so far, this one included; approximate, as SQS says.
        received_at: Unix time in seconds at which the message was received, or the latest it can have been.
    """

    message_id: str
    receipt_handle: str
    receive_count: int
    received_at: float

    @classmethod
    def of(cls, record: SQSRecord) -> Delivery:
        """What a record of an SQS event says about its delivery."""
        attributes = record.raw_event.get("attributes", {})
        receive_count = int(attributes.get("ApproximateReceiveCount", 1))
        first_ms = attributes.get("ApproximateFirstReceiveTimestamp")
        # SQS tells when a message was received first. For a later delivery nobody tells when it was received,
        # so now, the latest instant it can have been, has to do.
        known = receive_count == 1 and first_ms is not None
        return cls(
            message_id=record.message_id,
            receipt_handle=record.receipt_handle,
            receive_count=receive_count,
            received_at=int(first_ms) / 1000 if known else time.time(),
        )


class Traceable(Protocol):
    """What a line of the log says about what was delivered."""

    @property
    def message_id(self) -> str:
        """Its id, the same for every delivery."""

    @property
    def receive_count(self) -> int | None:
        """How often it has been delivered, None where nobody counts."""


@dataclass(frozen=True, slots=True)
class Invoked:
    """One invoke of a function with an event of its own, asynchronous or not.

    Attributes:
        message_id: the request id.
        receive_count: always None: Lambda tells no function which attempt it is.
    """

    message_id: str
    receive_count: None = None


def is_retryable(error: Exception) -> bool:
    """Whether another delivery of the same message can go better.

    Only an invalid message never can. A table that is missing, a call that was throttled, a bug
    in the code: all of these are fixed elsewhere, and the message is then processed after all.
    """
    return error.retryable if isinstance(error, FunctionError) else True


def new_logger() -> Logger:
    """The logger of a function, with the service name and level of Powertools' environment variables.

    Two lines are written for each message, so what a line does not need is switched off: `location` would
    name a helper in this file, and the text of a message is never JSON to be parsed.
    """
    return Logger(location=None, json_deserializer=str, utc=True)


class EventLog:
    """Writes the lines of the log contract."""

    def __init__(self, logger: Logger) -> None:
        self._logger = logger

    def queued(self, business_id: str, message_id: str) -> None:
        """SQS has accepted a message."""
        self._logger.info("queued", extra={"event": "queued", "id": business_id, "message_id": message_id})

    def started(self, business_id: str, delivery: Delivered) -> None:
        """The work on a delivery begins."""
        self._logger.info("started", extra=_fields("started", business_id, delivery))

    def processed(self, business_id: str, delivery: Delivered) -> None:
        """The work on a delivery is done: its effect has happened."""
        self._logger.info("processed", extra=_fields("processed", business_id, delivery))

    def duplicate(self, business_id: str, delivery: Delivered, *, detected: Detected) -> None:
        """Another delivery has done the work; found out before this one did it too, or only afterwards."""
        self._logger.info("duplicate", extra=_fields("duplicate", business_id, delivery) | {"detected": detected})

    def failed(self, business_id: str | None, delivery: Delivered, error: Exception) -> None:
        """A delivery failed. An error that nobody expected is logged with its traceback."""
        about = {"error_type": error_code(error), "retryable": is_retryable(error), "error": str(error)}
        unexpected = not isinstance(error, FunctionError)
        self._logger.info(
            "failed", extra=_fields("failed", business_id, delivery) | about, exc_info=error if unexpected else None
        )

    def heartbeat(self, business_id: str, delivery: Delivered, extended_to_seconds: int) -> None:
        """The message stays hidden for so many seconds from now."""
        fields = _fields("heartbeat", business_id, delivery)
        self._logger.info("heartbeat", extra=fields | {"extended_to_seconds": extended_to_seconds})

    def heartbeat_failed(self, business_id: str, delivery: Delivered, error: Exception) -> None:
        """The message could not be kept hidden; `retryable`: whether the next attempt may succeed."""
        about = {"error_type": error_code(error), "retryable": is_transient(error), "error": str(error)}
        self._logger.info("heartbeat_failed", extra=_fields("heartbeat_failed", business_id, delivery) | about)


def _fields(event: Event, business_id: str | None, delivery: Delivered) -> dict[str, object]:
    return {
        "event": event,
        "id": business_id,
        "message_id": delivery.message_id,
        "receive_count": delivery.receive_count,
    }
