"""The section `delivery-lab:apigateway`: a REST API that sends to a queue itself, and the worker of the queue."""

from __future__ import annotations

from typing import Self

from pydantic import Field, JsonValue, model_validator

from components.settings.alarms import AlarmSettings
from components.settings.api import ApiSettings
from components.settings.base import Section, require
from components.settings.function import BatchWorkerSettings
from components.settings.queue import (
    DeadLetterQueueSettings,
    QueueSettings,
    retention_violation,
    visibility_violation,
    with_visibility_default,
)


class QueueApiSettings(ApiSettings):
    """The API, which makes a message of each request with a mapping template.

    The template writes a form for SQS, so that the body has to be encoded in it: without `encodeBody` SQS decodes what
    was never encoded, and a body with `+`, `%` or `&` arrives as another one. Without `tellErrors` the caller is told
    of a success whatever SQS has answered.
    """

    encode_body: bool = Field(True, description="whether the mapping template encodes the body")
    tell_errors: bool = Field(True, description="whether the caller is told that SQS has not taken a message")


class GatewaySettings(Section):
    """Everything about one API and the queue that it feeds."""

    api: QueueApiSettings = Field(default_factory=QueueApiSettings)
    queue: QueueSettings = Field(default_factory=QueueSettings)
    dead_letter_queue: DeadLetterQueueSettings = Field(default_factory=DeadLetterQueueSettings)
    worker: BatchWorkerSettings = Field(default_factory=BatchWorkerSettings)
    alarms: AlarmSettings = Field(default_factory=AlarmSettings)

    @model_validator(mode="before")
    @classmethod
    def _visibility_follows_the_function(cls, raw: JsonValue) -> JsonValue:
        return with_visibility_default(raw, BatchWorkerSettings)

    @model_validator(mode="after")
    def _parts_fit_together(self) -> Self:
        worker = self.worker
        require(
            visibility_violation(self.queue, worker.timeout_seconds, worker.maximum_batching_window_seconds),
            retention_violation(self.queue, self.dead_letter_queue),
        )
        return self
