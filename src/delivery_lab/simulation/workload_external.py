"""What a workload says of queues, streams, topics and tables of other stacks: `external`, by their ARNs."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Literal

from pydantic import Field, model_validator

from delivery_lab.limits.limit import Bound
from delivery_lab.limits.queues import DELAY, MAX_RECEIVE_COUNT, RETENTION, VISIBILITY_TIMEOUT
from delivery_lab.limits.streams import ON_DEMAND_SHARDS, RETENTION_HOURS, SHARDS
from delivery_lab.simulation.workload_part import WorkloadPart

Kind = Literal["queue", "stream", "topic", "table", "bus", "bucket"]
_OF_KIND: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "queue": frozenset(
            {
                "visibility_timeout_seconds",
                "message_retention_seconds",
                "delay_seconds",
                "content_based_deduplication",
                "dead_letter_target_arn",
                "max_receive_count",
            }
        ),
        "stream": frozenset({"shard_count", "on_demand", "retention_hours"}),
        "table": frozenset({"hash_key", "range_key", "stream_view_type"}),
    }
)
"""By kind: the settings that it has."""


def _within(bound: Bound) -> Any:
    return Field(default=None, ge=bound.minimum, le=bound.maximum)


class External(WorkloadPart):
    """A queue, stream, topic, table, bus or bucket that another stack creates; what is left out is AWS's default."""

    kind: Kind
    """What it is; it has to fit the service of the ARN."""
    visibility_timeout_seconds: int | None = _within(VISIBILITY_TIMEOUT)
    """Of a queue."""
    message_retention_seconds: int | None = _within(RETENTION)
    """Of a queue."""
    delay_seconds: int | None = _within(DELAY)
    """Of a queue."""
    content_based_deduplication: bool | None = None
    """Of a FIFO queue."""
    dead_letter_target_arn: str | None = None
    """Of a queue: its dead-letter queue, which is in this stack or is external too; goes with `maxReceiveCount`."""
    max_receive_count: int | None = _within(MAX_RECEIVE_COUNT)
    """Of a queue: receives before the next one moves a message to the dead-letter queue."""
    shard_count: int | None = Field(default=None, ge=SHARDS.minimum, le=10_000)
    """Of a stream in provisioned mode."""
    on_demand: bool | None = None
    """Of a stream: whether it is in on-demand mode, in which it begins with as many shards as AWS gives it."""
    retention_hours: int | None = _within(RETENTION_HOURS)
    """Of a stream."""
    hash_key: str | None = Field(default=None, min_length=1)
    """Of a table: its partition key, with its type where that is no text: `id`, or `id:N`."""
    range_key: str | None = Field(default=None, min_length=1)
    """Of a table: its sort key, written as the partition key is."""
    stream_view_type: Literal["KEYS_ONLY", "NEW_IMAGE", "OLD_IMAGE", "NEW_AND_OLD_IMAGES"] | None = None
    """Of a table: what records of its stream carry; without it the table has no stream."""

    @model_validator(mode="after")
    def _fits(self) -> External:
        allowed = _OF_KIND.get(self.kind, frozenset())
        for name in sorted(self.model_fields_set - {"kind"} - allowed):
            key = type(self).model_fields[name].alias or name
            raise ValueError(f"{key} is no setting of a {self.kind}")
        if (self.dead_letter_target_arn is None) != (self.max_receive_count is None):
            raise ValueError("deadLetterTargetArn and maxReceiveCount go together")
        if self.shard_count is not None and self.on_demand:
            raise ValueError(f"a stream in on-demand mode has no shardCount; it begins with {ON_DEMAND_SHARDS} shards")
        if self.kind == "table" and self.hash_key is None:
            raise ValueError("a table needs its hashKey")
        return self
