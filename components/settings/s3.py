"""The section `delivery-lab:s3`: a bucket that tells a queue of its objects, and the worker of the queue."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, JsonValue, model_validator

from components.settings.alarms import AlarmSettings
from components.settings.base import Section, Violation, require
from components.settings.function import SqsWorkerSettings
from components.settings.idempotency import BatchIdempotencySettings
from components.settings.queue import (
    DeadLetterQueueSettings,
    QueueSettings,
    retention_violation,
    visibility_violation,
    with_visibility_default,
)

ObjectEvent = Literal[
    "s3:ObjectCreated:*",
    "s3:ObjectCreated:Put",
    "s3:ObjectCreated:Post",
    "s3:ObjectCreated:Copy",
    "s3:ObjectCreated:CompleteMultipartUpload",
]
"""Events of objects that are there to be read afterwards."""


class NotificationSettings(Section):
    """Of which objects the bucket tells the queue. A queue that S3 tells of objects is a standard queue."""

    events: tuple[ObjectEvent, ...] = Field(
        ("s3:ObjectCreated:*",), strict=False, min_length=1, description="Events of an S3 bucket notification"
    )
    prefix: str = Field("", max_length=1024, description="how keys begin that the queue is told of")
    suffix: str = Field("", max_length=1024, description="how keys end that the queue is told of")


class ObjectWorkerSettings(SqsWorkerSettings):
    """The worker of the queue, which reads each object that it is told of.

    S3 sends a test event when notifications are configured: `testEvent` says whether the function passes over it, or
    needs records in each message and fails. Keys arrive URL-encoded: without `decodeKeys` the function looks for
    objects by what arrives, and does not find `a b.json`. `onRecordError` says what it does with failed records:
    `report` returns them as batchItemFailures, `raise` fails the whole invoke.
    """

    test_event: Literal["skip", "fail"] = Field("skip", description="what the function does with S3's test event")
    decode_keys: bool = Field(True, description="whether the function decodes the keys of objects")
    on_record_error: Literal["report", "raise"] = Field(
        "report", description="what the function does with records that failed"
    )
    idempotency: BatchIdempotencySettings = Field(default_factory=BatchIdempotencySettings)


class S3Settings(Section):
    """Everything about one bucket and the queue that it feeds."""

    notification: NotificationSettings = Field(default_factory=NotificationSettings)
    queue: QueueSettings = Field(default_factory=QueueSettings)
    dead_letter_queue: DeadLetterQueueSettings = Field(default_factory=DeadLetterQueueSettings)
    worker: ObjectWorkerSettings = Field(default_factory=ObjectWorkerSettings)
    alarms: AlarmSettings = Field(default_factory=AlarmSettings)

    @model_validator(mode="before")
    @classmethod
    def _visibility_follows_the_function(cls, raw: JsonValue) -> JsonValue:
        return with_visibility_default(raw, ObjectWorkerSettings)

    @model_validator(mode="after")
    def _parts_fit_together(self) -> Self:
        worker = self.worker
        require(
            visibility_violation(self.queue, worker.timeout_seconds, worker.maximum_batching_window_seconds),
            retention_violation(self.queue, self.dead_letter_queue),
            self._events_violation(),
        )
        return self

    def _events_violation(self) -> Violation | None:
        """One event twice in a configuration: S3 refuses it."""
        events = self.notification.events
        everything = "s3:ObjectCreated:*"
        if len(set(events)) == len(events) and (everything not in events or len(events) == 1):
            return None
        message = "events overlap (S3 refuses such a notification)"
        return Violation(("notification", "events"), list(events), message, f"name each once, or {everything} alone")
