"""Settings of a queue and of its dead-letter queue. Bounds: semantics.md A1 to A4 (SetQueueAttributes)."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, JsonValue, model_validator

from components.settings.base import Section, Violation, require

MAXIMUM_RETENTION_SECONDS = 1_209_600
MAXIMUM_VISIBILITY_TIMEOUT_SECONDS = 43_200


class QueueSettings(Section):
    """A standard queue that a Lambda function reads.

    The default of `visibilityTimeoutSeconds` is AWS's own; the section that knows the function replaces it with
    what AWS advises for an event source (`recommended_visibility_timeout_seconds`).
    """

    visibility_timeout_seconds: int = Field(
        30, ge=0, le=MAXIMUM_VISIBILITY_TIMEOUT_SECONDS, description="VisibilityTimeout of an SQS queue"
    )
    max_receive_count: int = Field(5, ge=1, le=1000, description="maxReceiveCount of an SQS redrive policy")
    retention_seconds: int = Field(
        345_600, ge=60, le=MAXIMUM_RETENTION_SECONDS, description="MessageRetentionPeriod of an SQS queue"
    )
    delay_seconds: int = Field(0, ge=0, le=900, description="DelaySeconds of an SQS queue")
    receive_wait_time_seconds: int = Field(20, ge=0, le=20, description="ReceiveMessageWaitTimeSeconds of an SQS queue")
    maximum_message_bytes: int = Field(
        1_048_576, ge=1024, le=1_048_576, description="MaximumMessageSize of an SQS queue"
    )


class OrderableQueueSettings(QueueSettings):
    """A queue that may be FIFO; its dead-letter queue is then one as well, as AWS demands (semantics.md A2, A5).

    The keys that only a FIFO queue has are refused on a standard queue, where SQS does not know them.
    """

    fifo: bool = Field(False, description="FifoQueue of an SQS queue")
    content_based_deduplication: bool | None = Field(None, description="ContentBasedDeduplication of an SQS FIFO queue")
    deduplication_scope: Literal["queue", "messageGroup"] | None = Field(
        None, description="DeduplicationScope of an SQS FIFO queue"
    )
    fifo_throughput_limit: Literal["perQueue", "perMessageGroupId"] | None = Field(
        None, description="FifoThroughputLimit of an SQS FIFO queue"
    )

    @model_validator(mode="after")
    def _fifo_keys_fit_together(self) -> Self:
        require(*self._keys_of_fifo_only(), self._throughput_violation())
        return self

    def _keys_of_fifo_only(self) -> list[Violation]:
        if self.fifo:
            return []
        names = ("content_based_deduplication", "deduplication_scope", "fifo_throughput_limit")
        return [
            Violation(
                (alias,),
                getattr(self, name),
                f"Unknown Attribute {alias[0].upper()}{alias[1:]} (SQS refuses it on a standard queue)",
                "set fifo to true as well, or remove it",
            )
            for name in names
            if getattr(self, name) is not None and (alias := type(self).model_fields[name].alias)
        ]

    def _throughput_violation(self) -> Violation | None:
        if self.fifo_throughput_limit != "perMessageGroupId" or self.deduplication_scope == "messageGroup":
            return None
        return Violation(
            ("fifoThroughputLimit",),
            self.fifo_throughput_limit,
            "the value perMessageGroupId is allowed only when the value of deduplicationScope is messageGroup",
            "set deduplicationScope to messageGroup, or fifoThroughputLimit to perQueue",
        )


class DeadLetterQueueSettings(Section):
    """The queue that takes what was received too often."""

    retention_seconds: int = Field(
        MAXIMUM_RETENTION_SECONDS, ge=60, le=MAXIMUM_RETENTION_SECONDS,
        description="MessageRetentionPeriod of an SQS queue",
    )  # fmt: skip


def recommended_visibility_timeout_seconds(timeout_seconds: int, maximum_batching_window_seconds: int) -> int:
    """Six function timeouts and the batching window: room for throttled invokes to be tried again (semantics.md B4)."""
    return 6 * timeout_seconds + maximum_batching_window_seconds


def visibility_violation(queue: QueueSettings, timeout_seconds: int, window_seconds: int) -> Violation | None:
    """The check that AWS makes when a mapping is created or updated, in AWS's words (semantics.md B5)."""
    visibility_seconds = queue.visibility_timeout_seconds
    if visibility_seconds >= timeout_seconds:
        return None
    advised = recommended_visibility_timeout_seconds(timeout_seconds, window_seconds)
    return Violation(
        ("queue", "visibilityTimeoutSeconds"),
        visibility_seconds,
        f"Queue visibility timeout: {visibility_seconds} seconds is less than Function timeout: {timeout_seconds} "
        "seconds (AWS refuses such an event source mapping)",
        f"set it to {timeout_seconds} or more; {advised} (6 x timeout + batching window) is what AWS advises and "
        "the default when the key is left out",
    )


def retention_violation(queue: QueueSettings, dead_letter_queue: DeadLetterQueueSettings) -> Violation | None:
    """A message keeps its age when it moves, so a DLQ must keep messages longer than their source (A3)."""
    if dead_letter_queue.retention_seconds == MAXIMUM_RETENTION_SECONDS:
        return None
    if dead_letter_queue.retention_seconds > queue.retention_seconds:
        return None
    return Violation(
        ("deadLetterQueue", "retentionSeconds"),
        dead_letter_queue.retention_seconds,
        f"must be above the retention of the source queue ({queue.retention_seconds} s): a message keeps its age "
        "when it moves to the dead-letter queue, and would expire there early",
        f"leave it out ({MAXIMUM_RETENTION_SECONDS}, 14 days), or set it above {queue.retention_seconds}",
    )


def with_visibility_default(raw: JsonValue, worker_model: type[Section]) -> JsonValue:
    """Fill in the visibility timeout that AWS advises where the section leaves it out.

    Only sound values are calculated with; whatever else is there is left for the fields' own validation to refuse.
    """
    if not isinstance(raw, dict):
        return raw
    queue = raw.get("queue", {})
    worker = raw.get("worker", {})
    if not isinstance(queue, dict) or not isinstance(worker, dict) or "visibilityTimeoutSeconds" in queue:
        return raw
    fields = worker_model.model_fields
    timeout = worker.get("timeoutSeconds", fields["timeout_seconds"].default)
    window = worker.get("maximumBatchingWindowSeconds", fields["maximum_batching_window_seconds"].default)
    if type(timeout) is not int or type(window) is not int:
        return raw
    advised = recommended_visibility_timeout_seconds(timeout, window)
    if not 0 <= advised <= MAXIMUM_VISIBILITY_TIMEOUT_SECONDS:
        return raw
    return {**raw, "queue": {**queue, "visibilityTimeoutSeconds": advised}}
