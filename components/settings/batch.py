"""The section `delivery-lab:batch`: producer, queue and a worker that answers per record."""

from __future__ import annotations

from typing import Self

from pydantic import Field, JsonValue, model_validator

from components.settings.api import ApiSettings
from components.settings.base import Section, require
from components.settings.function import BatchWorkerSettings, ProducerSettings
from components.settings.queue import (
    DeadLetterQueueSettings,
    QueueSettings,
    retention_violation,
    visibility_violation,
    with_visibility_default,
)


class BatchSettings(Section):
    """Everything about one batch pipeline; each part has defaults that are safe in production."""

    queue: QueueSettings = Field(default_factory=QueueSettings)
    dead_letter_queue: DeadLetterQueueSettings = Field(default_factory=DeadLetterQueueSettings)
    producer: ProducerSettings = Field(default_factory=ProducerSettings)
    worker: BatchWorkerSettings = Field(default_factory=BatchWorkerSettings)
    api: ApiSettings = Field(default_factory=ApiSettings)

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
