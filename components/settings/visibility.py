"""The section `delivery-lab:visibility`: work that may outlast the visibility timeout.

The heartbeat, the record of work done, and a timeout that is long enough are what keeps such work from being done
twice (semantics.md A1, B5, H).
"""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, JsonValue, model_validator

from components.settings.base import Section, Violation, require
from components.settings.function import SqsWorkerSettings
from components.settings.idempotency import LONGER_THAN_A_MESSAGE_SECONDS, LONGEST_RECORD_SECONDS
from components.settings.pipeline import PipelineSettings
from components.settings.queue import (
    MAXIMUM_VISIBILITY_TIMEOUT_SECONDS,
    retention_violation,
    visibility_violation,
    with_visibility_default,
)

IdempotencyMode = Literal["check-then-put", "conditional", "unconditional", "powertools", "none"]

_DEFAULT_EVERY_SECONDS = 3


class HeartbeatSettings(Section):
    """A thread of the worker that extends the visibility of the message while it is worked on.

    `extendToSeconds` left out is twice `everySeconds`, so that one extension may fail without the message coming
    back. `failing` makes every extension fail, which is an experiment and nothing to leave on.
    """

    enabled: bool = Field(False, description="whether the worker extends the visibility of its message")
    every_seconds: int = Field(
        _DEFAULT_EVERY_SECONDS, ge=1, le=MAXIMUM_VISIBILITY_TIMEOUT_SECONDS, description="time between two extensions"
    )
    extend_to_seconds: int = Field(
        2 * _DEFAULT_EVERY_SECONDS,
        ge=1,
        le=MAXIMUM_VISIBILITY_TIMEOUT_SECONDS,
        description="VisibilityTimeout of ChangeMessageVisibility",
    )
    failing: bool = Field(False, description="whether every extension fails")

    @model_validator(mode="before")
    @classmethod
    def _extension_follows_the_period(cls, raw: JsonValue) -> JsonValue:
        if isinstance(raw, dict) and "extendToSeconds" not in raw:
            every = raw.get("everySeconds")
            if type(every) is int and 0 < every <= MAXIMUM_VISIBILITY_TIMEOUT_SECONDS // 2:
                return {**raw, "extendToSeconds": 2 * every}
        return raw

    @model_validator(mode="after")
    def _an_extension_lasts_until_the_next(self) -> Self:
        require(self._period_violation(), self._failing_violation())
        return self

    def _period_violation(self) -> Violation | None:
        if self.extend_to_seconds > self.every_seconds:
            return None
        return Violation(
            ("extendToSeconds",),
            self.extend_to_seconds,
            f"must be above everySeconds ({self.every_seconds}), or the message is visible between two extensions",
            f"set it to {2 * self.every_seconds} (twice everySeconds), or leave it out",
        )

    def _failing_violation(self) -> Violation | None:
        if self.enabled or not self.failing:
            return None
        return Violation(
            ("failing",),
            True,
            "a heartbeat that is not enabled cannot fail",
            "set enabled to true as well, or failing to false",
        )


class IdempotencySettings(Section):
    """How the worker keeps a record of what it has done.

    `none` keeps no record, and no table is created. The default of `expiresAfterSeconds`, 30 days, is longer than a
    message can live: 14 days, and as much again after a redrive from the dead-letter queue.
    """

    mode: IdempotencyMode = Field("powertools", description="how the record of work done is kept")
    expires_after_seconds: int = Field(
        LONGER_THAN_A_MESSAGE_SECONDS,
        ge=1,
        le=LONGEST_RECORD_SECONDS,
        description="how long a record of work done counts",
    )


class IdempotentWorkerSettings(SqsWorkerSettings):
    """A worker for messages that take long. It takes them one at a time unless told otherwise.

    With a heartbeat it always does. All messages of a batch stay in the queue until the invoke ends, but the heartbeat
    holds the one that is worked on: those before it are visible when their last extension ends, whatever the queue's
    visibility timeout.
    """

    batch_size: int = Field(1, ge=1, le=10_000, description="BatchSize of an SQS event source mapping")
    heartbeat: HeartbeatSettings = Field(default_factory=HeartbeatSettings)
    idempotency: IdempotencySettings = Field(default_factory=IdempotencySettings)

    @model_validator(mode="after")
    def _a_heartbeat_holds_one_message(self) -> Self:
        if self.heartbeat.enabled and self.batch_size > 1:
            require(
                Violation(
                    ("batchSize",),
                    self.batch_size,
                    "must be 1 with heartbeat.enabled: the heartbeat holds the message that is worked on, and the "
                    "others of its batch are visible again before the invoke ends",
                    "set it to 1, or heartbeat.enabled to false",
                )
            )
        return self


class VisibilitySettings(PipelineSettings):
    """Everything about one pipeline with long work.

    `allowShortVisibility` permits a visibility timeout below the function's timeout. AWS refuses to create a mapping
    then, so the queue begins with a timeout that AWS accepts and is lowered once the mapping exists.
    """

    worker: IdempotentWorkerSettings = Field(default_factory=IdempotentWorkerSettings)
    allow_short_visibility: bool = Field(
        False, description="whether the visibility timeout may be below the function's timeout"
    )

    @property
    def is_short(self) -> bool:
        """Whether the visibility timeout has to be lowered behind AWS's back."""
        return self.queue.visibility_timeout_seconds < self.worker.timeout_seconds

    @model_validator(mode="before")
    @classmethod
    def _visibility_follows_the_function(cls, raw: JsonValue) -> JsonValue:
        return with_visibility_default(raw, IdempotentWorkerSettings)

    @model_validator(mode="after")
    def _parts_fit_together(self) -> Self:
        require(self._short_visibility_violation(), retention_violation(self.queue, self.dead_letter_queue))
        return self

    def _short_visibility_violation(self) -> Violation | None:
        if self.allow_short_visibility:
            return None
        worker = self.worker
        found = visibility_violation(self.queue, worker.timeout_seconds, worker.maximum_batching_window_seconds)
        if found is None:
            return None
        on_purpose = "allowShortVisibility: true lowers it on purpose, after the mapping has been created"
        return Violation(found.path, found.value, found.message, f"{found.fix}; {on_purpose}")
