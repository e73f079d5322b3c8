"""The section `delivery-lab:batch`: producer, queue and a worker that answers per record."""

from __future__ import annotations

from typing import Self

from pydantic import Field, JsonValue, model_validator

from components.settings.base import require
from components.settings.function import BatchWorkerSettings
from components.settings.pipeline import PipelineSettings
from components.settings.queue import retention_violation, visibility_violation, with_visibility_default


class BatchSettings(PipelineSettings):
    """Everything about one batch pipeline."""

    worker: BatchWorkerSettings = Field(default_factory=BatchWorkerSettings)

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
