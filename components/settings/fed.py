"""What the sections have in common whose queue something else feeds: the queue, its dead-letter queue and a worker."""

from __future__ import annotations

from typing import Self

from pydantic import Field, JsonValue, model_validator

from components.settings.alarms import AlarmSettings
from components.settings.base import Section, require
from components.settings.function import BatchWorkerSettings
from components.settings.queue import (
    DeadLetterQueueSettings,
    QueueSettings,
    retention_violation,
    visibility_violation,
    with_visibility_default,
)


class FedQueueSettings(Section):
    """A standard queue that is fed, and the worker that reads it."""

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
