"""Settings of Lambda functions, and of functions that an SQS mapping feeds (semantics.md B1, B2, B6, C)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, JsonValue, field_validator, model_validator
from pydantic_core import PydanticCustomError

from components.settings.base import RuleError, Section, Violation, require
from components.settings.idempotency import BatchIdempotencySettings
from components.settings.retry import RetrySettings


def _no_boolean(value: object) -> object:
    """Python takes True for 1, which is a retention of CloudWatch; `true` in a stack file is none."""
    if isinstance(value, bool):
        raise PydanticCustomError("literal_error", "must be one of the retentions")
    return value


LogRetentionDays = Literal[
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653
]  # fmt: skip

NumberOfDays = Annotated[LogRetentionDays, BeforeValidator(_no_boolean)]
TimeoutSeconds = Annotated[int, Field(ge=1, le=900)]
SqsWindowSeconds = Annotated[int, Field(ge=0, le=300)]

MAXIMUM_BATCH_SIZE_WITHOUT_WINDOW = 10
MAXIMUM_FILTER_CHARACTERS = 4096


class FunctionSettings(Section):
    """What every function has. `reservedConcurrency` left out means: shares the unreserved pool of the account."""

    timeout_seconds: TimeoutSeconds = Field(30, description="Timeout of a Lambda function")
    memory_mb: int = Field(256, ge=128, le=10_240, description="MemorySize of a Lambda function")
    reserved_concurrency: int | None = Field(
        None, ge=0, description="ReservedConcurrentExecutions of a Lambda function"
    )
    log_retention_days: NumberOfDays = Field(30, description="retentionInDays of a CloudWatch log group")


class ProducerSettings(FunctionSettings):
    """The function behind the HTTP API. An HTTP API waits 30 s for it at most, so a longer timeout would be unseen."""

    timeout_seconds: int = Field(
        29, ge=1, le=30, description="Timeout of a Lambda function behind an HTTP API, which waits 30 s at most"
    )


class ProvisionedPollersSettings(Section):
    """Provisioned mode: pollers that are always there. Each polls ten times a second and has ten invokes at once.

    Some pages of AWS name 2,000 as the highest maximum; the API reference says 10,000 (semantics.md B2).
    """

    minimum: int = Field(2, ge=2, le=200, description="ProvisionedPollerConfig.MinimumPollers of an SQS mapping")
    maximum: int = Field(200, ge=2, le=10_000, description="ProvisionedPollerConfig.MaximumPollers of an SQS mapping")

    @model_validator(mode="after")
    def _minimum_is_no_more_than_maximum(self) -> Self:
        if self.minimum > self.maximum:
            message = f"must not be above maximum ({self.maximum})"
            require(Violation(("minimum",), self.minimum, message, f"set it to {self.maximum} or less"))
        return self


class MappingSettings(FunctionSettings):
    """A function and what every kind of event source mapping has.

    `filters` are event filter patterns. What matches none of them is not delivered: a message is deleted, and a record
    of a stream or topic is skipped.
    """

    filters: tuple[dict[str, JsonValue], ...] = Field(
        (), strict=False, max_length=10, description="FilterCriteria.Filters of an event source mapping"
    )
    enabled: bool = Field(True, description="Enabled of an event source mapping")

    @field_validator("filters")
    @classmethod
    def _filters_are_patterns(cls, filters: tuple[dict[str, JsonValue], ...]) -> tuple[dict[str, JsonValue], ...]:
        violations = [
            violation for index, pattern in enumerate(filters) for violation in _pattern_violations(index, pattern)
        ]
        if violations:
            raise RuleError(*violations)
        return filters


class SqsWorkerSettings(MappingSettings):
    """A function and the SQS event source mapping that feeds it.

    `maximumConcurrency` left out means: no limit but the poller's own.
    """

    batch_size: int = Field(10, ge=1, le=10_000, description="BatchSize of an SQS event source mapping")
    maximum_batching_window_seconds: SqsWindowSeconds = Field(
        0, description="MaximumBatchingWindowInSeconds of an event source mapping"
    )
    report_batch_item_failures: bool = Field(
        True, description="ReportBatchItemFailures in FunctionResponseTypes of an event source mapping"
    )
    maximum_concurrency: int | None = Field(
        None, ge=2, le=1000, description="ScalingConfig.MaximumConcurrency of an SQS event source mapping"
    )
    provisioned_pollers: ProvisionedPollersSettings | None = Field(
        None, description="ProvisionedPollerConfig of an SQS event source mapping"
    )

    @model_validator(mode="after")
    def _one_way_to_scale(self) -> Self:
        if self.provisioned_pollers is not None and self.maximum_concurrency is not None:
            require(
                Violation(
                    ("maximumConcurrency",),
                    self.maximum_concurrency,
                    "maximum concurrency and provisioned mode cannot be used together (AWS refuses such an event "
                    "source mapping)",
                    "remove it, or provisionedPollers; provisioned pollers are limited by their maximum, with 10 "
                    "concurrent invokes each",
                )
            )
        return self

    @model_validator(mode="after")
    def _large_batches_need_a_window(self) -> Self:
        if self.batch_size > MAXIMUM_BATCH_SIZE_WITHOUT_WINDOW and self.maximum_batching_window_seconds == 0:
            require(
                Violation(
                    ("maximumBatchingWindowSeconds",),
                    0,
                    "Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10 "
                    f"(batchSize is {self.batch_size}; AWS refuses such an event source mapping)",
                    f"set it to 1 or more, or batchSize to {MAXIMUM_BATCH_SIZE_WITHOUT_WINDOW} or less "
                    "(on a FIFO queue only the latter is possible)",
                )
            )
        return self


class BatchWorkerSettings(SqsWorkerSettings):
    """The worker of the batch family.

    `onRecordError` says what the function does with failed records: `report` returns them as batchItemFailures,
    `raise` fails the whole invoke, `delete-and-raise` deletes each message whose work is done itself and then fails
    the invoke if one failed, which costs a call per message and gains nothing over `report`. On a FIFO queue the
    function leaves the rest of a message group alone after a failure, unless `keepGroupOrder` is false; on a standard
    queue there is no order to keep.
    """

    on_record_error: Literal["report", "raise", "delete-and-raise"] = Field(
        "report", description="what the function does with records that failed"
    )
    keep_group_order: bool | None = Field(
        None, description="whether the function stops at the first failure of a message group of a FIFO queue"
    )
    retry: RetrySettings = Field(default_factory=RetrySettings)
    idempotency: BatchIdempotencySettings = Field(default_factory=BatchIdempotencySettings)

    @model_validator(mode="after")
    def _what_is_to_be_retried_is_not_deleted(self) -> Self:
        if self.retry.backoff and self.on_record_error == "report" and not self.report_batch_item_failures:
            require(
                Violation(
                    ("retry", "backoff"),
                    True,
                    "needs reportBatchItemFailures: without it the mapping deletes failed messages, so none is retried",
                    "set reportBatchItemFailures to true, or onRecordError to raise",
                )
            )
        return self


def _pattern_violations(index: int, pattern: dict[str, JsonValue]) -> Iterator[Violation]:
    """What AWS refuses in an event filter pattern: nothing in it, too long, a leaf that is no array."""
    path: tuple[str, ...] = (str(index),)
    length = len(json.dumps(pattern, separators=(",", ":")))
    if length > MAXIMUM_FILTER_CHARACTERS:
        yield Violation(
            path,
            pattern,
            f"a filter pattern has {MAXIMUM_FILTER_CHARACTERS} characters at most as compact JSON, this one {length}",
            "shorten it, or split it into several patterns (a message that matches one of them is kept)",
        )
    yield from _leaf_violations(path, pattern)


def _leaf_violations(path: tuple[str, ...], value: JsonValue) -> Iterator[Violation]:
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from _leaf_violations((*path, key), inner)
    elif not (isinstance(value, list) and value):
        yield Violation(
            path,
            value,
            "an event filter pattern is an object whose leaves are arrays of the values to match",
            'write a list, such as {"body": {"kind": ["order"]}}',
        )
