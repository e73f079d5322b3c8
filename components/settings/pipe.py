"""The section `delivery-lab:pipe`: a Kinesis stream, a pipe that feeds a queue with its records, and a worker."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from components.settings.base import Section, Violation, require
from components.settings.fed import FedQueueSettings
from components.settings.stream import KinesisSettings

ENDLESS = -1


class QueuePipeSettings(Section):
    """What becomes of a record that the queue does not take.

    AWS tries such a record again until it expires, and nothing behind it in its shard is handed on meanwhile. Here the
    retries end and what is left is kept, unless a setting says otherwise.
    """

    batch_size: int = Field(10, ge=1, le=10, description="BatchSize of a pipe whose target is a queue")
    maximum_retry_attempts: int = Field(3, ge=ENDLESS, le=10_000, description="MaximumRetryAttempts of a pipe")
    maximum_record_age_seconds: int = Field(
        ENDLESS, ge=ENDLESS, le=604_800, description="MaximumRecordAgeInSeconds of a pipe"
    )
    on_partial_batch_item_failure: Literal["AUTOMATIC_BISECT", "none"] = Field(
        "AUTOMATIC_BISECT", description="OnPartialBatchItemFailure of a pipe, none to leave it out"
    )
    dead_letter_queue: bool = Field(True, description="whether the pipe has a DeadLetterConfig with a queue of its own")

    @model_validator(mode="after")
    def _age_is_in_bounds(self) -> Self:
        if ENDLESS < self.maximum_record_age_seconds < 60:
            require(
                Violation(
                    ("maximumRecordAgeSeconds",),
                    self.maximum_record_age_seconds,
                    "is neither -1 nor from 60 to 604,800",
                    "set it to -1, or to 60 or more",
                )
            )
        return self


class PipeSettings(FedQueueSettings):
    """Everything about one stream, the pipe that reads it and the queue that it feeds."""

    kinesis: KinesisSettings = Field(default_factory=KinesisSettings)
    pipe: QueuePipeSettings = Field(default_factory=QueuePipeSettings)
