"""The section `delivery-lab:stream`: a Kinesis stream, or the stream of a DynamoDB table, and its worker."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from components.settings.alarms import AlarmSettings
from components.settings.base import Section, Violation, require
from components.settings.ordered import OrderedWorkerSettings, unused_queue_violation, unused_section_violation
from components.settings.queue import DeadLetterQueueSettings

StreamSource = Literal["kinesis", "dynamodb"]

TABLE_STREAM_RETENTION_HOURS = 24
"""How long the stream of a table keeps its records; it cannot be changed (semantics.md F)."""


class KinesisSettings(Section):
    """A data stream whose capacity is its number of shards."""

    shards: int = Field(1, ge=1, le=10_000, description="ShardCount of a Kinesis data stream")
    retention_hours: int = Field(24, ge=24, le=8760, description="RetentionPeriodHours of a Kinesis data stream")


class TableSettings(Section):
    """A table whose changes are the stream. The worker reads the new image, so the stream has to carry it."""

    stream_view_type: Literal["NEW_IMAGE", "NEW_AND_OLD_IMAGES"] = Field(
        "NEW_AND_OLD_IMAGES", description="StreamViewType of a DynamoDB table"
    )


class StreamWorkerSettings(OrderedWorkerSettings):
    """A function and the Kinesis or DynamoDB mapping that feeds it."""

    maximum_batching_window_seconds: int = Field(
        0, ge=0, le=300, description="MaximumBatchingWindowInSeconds of an event source mapping"
    )
    parallelization_factor: int = Field(
        1, ge=1, le=10, description="ParallelizationFactor of an event source mapping of a stream"
    )
    tumbling_window_seconds: int = Field(
        0, ge=0, le=900, description="TumblingWindowInSeconds of an event source mapping of a stream"
    )
    on_failure: Literal["sqs", "sns", "s3", "none"] = Field(
        "sqs", description="kind of DestinationConfig.OnFailure of an event source mapping"
    )


class StreamSettings(Section):
    """Everything about one stream and its worker."""

    source: StreamSource = Field("kinesis", description="kind of stream")
    kinesis: KinesisSettings = Field(default_factory=KinesisSettings)
    table: TableSettings = Field(default_factory=TableSettings)
    worker: StreamWorkerSettings = Field(default_factory=StreamWorkerSettings)
    dead_letter_queue: DeadLetterQueueSettings = Field(default_factory=DeadLetterQueueSettings)
    alarms: AlarmSettings = Field(default_factory=AlarmSettings)

    @property
    def retention_seconds(self) -> int:
        """How long the source keeps a record."""
        hours = self.kinesis.retention_hours if self.source == "kinesis" else TABLE_STREAM_RETENTION_HOURS
        return hours * 3600

    @model_validator(mode="after")
    def _parts_fit_together(self) -> Self:
        given = self.model_fields_set
        other = "table" if self.source == "kinesis" else "kinesis"
        require(
            unused_section_violation(
                given, other, f"has no meaning when source is {self.source}", f"remove {other}, or change source"
            ),
            self._position_violation(),
            unused_queue_violation(given, self.worker.on_failure, self.dead_letter_queue),
        )
        return self

    def _position_violation(self) -> Violation | None:
        if self.source == "kinesis" or self.worker.starting_position != "AT_TIMESTAMP":
            return None
        return Violation(
            ("worker", "startingPosition"),
            "AT_TIMESTAMP",
            "a DynamoDB stream is read from TRIM_HORIZON or LATEST (AWS refuses such an event source mapping)",
            "set it to TRIM_HORIZON or LATEST",
        )
