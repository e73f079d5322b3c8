"""The section `delivery-lab:batch`: producer, queue and a worker that answers per record."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Self

from pydantic import Field, JsonValue, model_validator

from components.settings.base import Violation, require
from components.settings.function import MAXIMUM_BATCH_SIZE_WITHOUT_WINDOW, BatchWorkerSettings
from components.settings.pipeline import PipelineSettings
from components.settings.queue import (
    OrderableQueueSettings,
    retention_violation,
    visibility_violation,
    with_visibility_default,
)


class BatchSettings(PipelineSettings):
    """Everything about one batch pipeline."""

    queue: OrderableQueueSettings = Field(default_factory=OrderableQueueSettings)
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
            None if self.queue.fifo else retention_violation(self.queue, self.dead_letter_queue),
            *order_violations(worker, fifo=self.queue.fifo),
        )
        return self


def order_violations(worker: BatchWorkerSettings, *, fifo: bool, key: str = "queue.fifo") -> Iterator[Violation]:
    """What a mapping of a FIFO queue cannot have (semantics.md B1), and what only a FIFO queue is asked for.

    Args:
        worker: the worker.
        fifo: whether its queue is a FIFO queue.
        key: where that is said.
    """
    if not fifo:
        if worker.keep_group_order is not None:
            message = "a standard queue has no message groups whose order could be kept"
            fix = f"set {key} to true, or remove it"
            yield Violation(("worker", "keepGroupOrder"), worker.keep_group_order, message, fix)
        return
    if worker.maximum_batching_window_seconds:
        yield Violation(
            ("worker", "maximumBatchingWindowSeconds"),
            worker.maximum_batching_window_seconds,
            "Batching window is not supported for FIFO queues (AWS refuses such an event source mapping)",
            "set it to 0, or leave it out",
        )
    if worker.batch_size > MAXIMUM_BATCH_SIZE_WITHOUT_WINDOW:
        yield Violation(
            ("worker", "batchSize"),
            worker.batch_size,
            f"a batch of a FIFO queue has {MAXIMUM_BATCH_SIZE_WITHOUT_WINDOW} messages at most (AWS refuses such "
            "an event source mapping)",
            f"set it to {MAXIMUM_BATCH_SIZE_WITHOUT_WINDOW} or less",
        )
