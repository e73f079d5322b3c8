"""Settings of a mapping that reads an ordered log: a shard of a stream or a partition of a topic (semantics.md F, G).

Both are read in order, one batch at a time, and both stop at a record that cannot be processed. What ends such a stop
is the same for both, and stands here.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from components.settings.base import RuleError, Violation, require
from components.settings.function import MappingSettings
from components.settings.queue import DeadLetterQueueSettings

ENDLESS = -1
"""AWS's word for: as often, or as long, as the source keeps the record."""

SHORTEST_AGE_LIMIT_SECONDS = 60
LONGEST_AGE_LIMIT_SECONDS = 604_800

StartingPosition = Literal["TRIM_HORIZON", "LATEST", "AT_TIMESTAMP"]


class OrderedWorkerSettings(MappingSettings):
    """A function and the mapping that feeds it from an ordered log.

    The defaults keep a record that cannot be processed from holding up the ones behind it for long: it is cut out of
    its batch, tried six times in all, and put aside. AWS's own defaults try it until it expires.

    `onRecordError` says what the function does with failed records: `report` returns them as batchItemFailures,
    `raise` fails the whole invoke.
    """

    batch_size: int = Field(100, ge=1, le=10_000, description="BatchSize of an event source mapping")
    starting_position: StartingPosition = Field(
        "TRIM_HORIZON", description="StartingPosition of an event source mapping"
    )
    starting_position_timestamp: str | None = Field(
        None, description="StartingPositionTimestamp of an event source mapping, such as 2025-12-31T08:00:00Z"
    )
    maximum_retry_attempts: int = Field(
        5, ge=ENDLESS, le=10_000, description="MaximumRetryAttempts of an event source mapping, -1 for no limit"
    )
    maximum_record_age_seconds: int = Field(
        ENDLESS,
        ge=ENDLESS,
        le=LONGEST_AGE_LIMIT_SECONDS,
        description="MaximumRecordAgeInSeconds of an event source mapping, -1 for no limit",
    )
    bisect_batch_on_function_error: bool = Field(
        True, description="BisectBatchOnFunctionError of an event source mapping"
    )
    report_batch_item_failures: bool = Field(
        True, description="ReportBatchItemFailures in FunctionResponseTypes of an event source mapping"
    )
    on_record_error: Literal["report", "raise"] = Field(
        "report", description="what the function does with records that failed"
    )

    @field_validator("maximum_record_age_seconds")
    @classmethod
    def _ages_between_are_refused(cls, seconds: int) -> int:
        if ENDLESS < seconds < SHORTEST_AGE_LIMIT_SECONDS:
            raise RuleError(
                Violation(
                    (),
                    seconds,
                    f"must be -1 (no limit) or from {SHORTEST_AGE_LIMIT_SECONDS} to {LONGEST_AGE_LIMIT_SECONDS} "
                    "(MaximumRecordAgeInSeconds of an event source mapping)",
                    f"set it to {SHORTEST_AGE_LIMIT_SECONDS} or more, or to {ENDLESS}",
                )
            )
        return seconds

    @model_validator(mode="after")
    def _a_timestamp_goes_with_its_position(self) -> Self:
        require(self._timestamp_violation())
        return self

    def _timestamp_violation(self) -> Violation | None:
        path, timestamp = ("startingPositionTimestamp",), self.starting_position_timestamp
        if self.starting_position != "AT_TIMESTAMP":
            if timestamp is None:
                return None
            return Violation(
                path,
                timestamp,
                f"goes with startingPosition AT_TIMESTAMP alone, which is {self.starting_position} here",
                "remove it, or set startingPosition to AT_TIMESTAMP",
            )
        if timestamp is not None and _is_instant(timestamp):
            return None
        return Violation(
            path,
            timestamp,
            "startingPosition AT_TIMESTAMP needs an instant with its offset from UTC",
            'write it in quotes, such as "2025-12-31T08:00:00Z"',
        )


def _is_instant(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False


def unused_queue_violation(
    settings_given: set[str], on_failure: str, queue: DeadLetterQueueSettings, reader: str = "worker"
) -> Violation | None:
    """A section that describes a dead-letter queue which nothing is sent to.

    Args:
        settings_given: names of the section's fields that the stack file sets.
        on_failure: kind of destination.
        queue: what the section says about the queue.
        reader: key of the part that reads the source.
    """
    if on_failure == "sqs" or "dead_letter_queue" not in settings_given:
        return None
    return Violation(
        ("deadLetterQueue",),
        queue.effective(),
        f"there is no dead-letter queue when {reader}.onFailure is {on_failure}",
        f"remove deadLetterQueue, or set {reader}.onFailure to sqs",
    )


def unused_section_violation(settings_given: set[str], field: str, because: str, fix: str) -> Violation | None:
    """A part of a section that is set and has no meaning there; `field` is the field's name and, as is, its key."""
    return Violation((field,), None, because, fix) if field in settings_given else None
