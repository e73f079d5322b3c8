"""What each component of the package takes. Settings of our own stacks, and what takes the place of their other parts.

Bounds and defaults are those of `components.settings`: nothing here says them again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated, Literal, Self, TypeVar

from pydantic import Field, JsonValue, ValidationError, model_validator

from components.package.code import CodeArguments, of_our_function
from components.settings import (
    AlarmSettings,
    BatchWorkerSettings,
    DeadLetterQueueSettings,
    FunctionSettings,
    IdempotentWorkerSettings,
    KafkaConsumerSettings,
    KafkaSettings,
    KinesisSettings,
    MskSettings,
    OrderableQueueSettings,
    QueueSettings,
    SelfManagedKafkaSettings,
    StreamSettings,
    StreamWorkerSettings,
    TableSettings,
    TopicDefaultsSettings,
    VisibilitySettings,
)
from components.settings.base import Late, RuleError, Section, Violation, require
from components.settings.batch import order_violations
from components.settings.function import SqsWindowSeconds, TimeoutSeconds
from components.settings.kafka import Partitions, TopicName
from components.settings.queue import (
    MAXIMUM_VISIBILITY_TIMEOUT_SECONDS,
    retention_violation,
    visibility_violation,
    with_visibility_default,
)
from components.settings.stream import StreamSource

_ARN = r"^arn:aws[a-z-]*:"
FIFO_SUFFIX = ".fifo"
Kept = TypeVar("Kept", bound=Section)
_OF_OUR_BATCH_WORKER = ("on_record_error", "keep_group_order", "retry", "idempotency")
_OF_OUR_ORDERED_WORKER = ("on_record_error",)


class QueueWithDlqArguments(Section):
    """Arguments of `QueueWithDlq`."""

    queue: OrderableQueueSettings = Field(default_factory=OrderableQueueSettings, description="the source queue")
    dead_letter_queue: DeadLetterQueueSettings = Field(
        default_factory=DeadLetterQueueSettings, description="the queue that takes what was received too often"
    )
    function_timeout_seconds: TimeoutSeconds = Field(
        FunctionSettings.model_fields["timeout_seconds"].default,
        description="Timeout of the Lambda function that reads the queue",
    )
    maximum_batching_window_seconds: SqsWindowSeconds = Field(
        BatchWorkerSettings.model_fields["maximum_batching_window_seconds"].default,
        description="MaximumBatchingWindowInSeconds of the mapping that reads the queue",
    )
    alarms: AlarmSettings = Field(default_factory=AlarmSettings, description="alarms of the two queues")

    @model_validator(mode="before")
    @classmethod
    def _visibility_follows_the_function(cls, raw: JsonValue) -> JsonValue:
        if not isinstance(raw, dict):
            return raw
        reader = {
            "timeoutSeconds": raw.get("functionTimeoutSeconds", cls.model_fields["function_timeout_seconds"].default),
            "maximumBatchingWindowSeconds": raw.get("maximumBatchingWindowSeconds", 0),
        }
        section = {"worker": reader, **({"queue": raw["queue"]} if "queue" in raw else {})}
        filled = with_visibility_default(section, BatchWorkerSettings)
        return {**raw, "queue": filled["queue"]} if isinstance(filled, dict) and "queue" in filled else raw

    @model_validator(mode="after")
    def _parts_fit_together(self) -> Self:
        require(
            visibility_violation(self.queue, self.function_timeout_seconds, self.maximum_batching_window_seconds),
            None if self.queue.fifo else retention_violation(self.queue, self.dead_letter_queue),
        )
        return self


class BatchWorkerArguments(CodeArguments):
    """Arguments of `BatchWorker`."""

    queue_arn: Annotated[str, Late("arn:aws:sqs:us-east-1:123456789012:later")] = Field(
        pattern=_ARN + r"sqs:[a-z0-9-]+:\d{12}:[A-Za-z0-9_-]{1,80}(\.fifo)?$", description="ARN of the queue to read"
    )
    queue_url: Annotated[str, Late("https://later")] = Field(
        pattern=r"^https?://", description="URL of the queue to read"
    )
    queue_visibility_timeout_seconds: Annotated[int | None, Late(None)] = Field(
        None,
        ge=0,
        le=MAXIMUM_VISIBILITY_TIMEOUT_SECONDS,
        description="VisibilityTimeout that the queue has, to be compared with the function",
    )
    fifo: bool = Field(False, description="whether the queue to read is a FIFO queue")
    worker: BatchWorkerSettings = Field(
        default_factory=BatchWorkerSettings, description="the function and the mapping that feeds it"
    )
    alarms: AlarmSettings = Field(default_factory=AlarmSettings, description="alarms of the function")

    @model_validator(mode="after")
    def _parts_fit_together(self) -> Self:
        require(
            visibility_of_a_queue_violation(self, self.queue_visibility_timeout_seconds),
            *order_violations(self.worker, fifo=self.fifo, key="fifo"),
            *self._of_our_function(),
        )
        return self

    def _of_our_function(self) -> Iterator[Violation]:
        if self.code is not None:
            yield from of_our_function(self.worker, _OF_OUR_BATCH_WORKER, "worker")


class IdempotentWorkerArguments(CodeArguments):
    """Arguments of `IdempotentWorker`."""

    queue: QueueSettings = Field(default_factory=QueueSettings, description="the source queue")
    dead_letter_queue: DeadLetterQueueSettings = Field(
        default_factory=DeadLetterQueueSettings, description="the queue that takes what was received too often"
    )
    worker: IdempotentWorkerSettings = Field(
        default_factory=IdempotentWorkerSettings, description="the function and the mapping that feeds it"
    )
    alarms: AlarmSettings = Field(default_factory=AlarmSettings, description="alarms of queues and function")

    @model_validator(mode="before")
    @classmethod
    def _visibility_follows_the_function(cls, raw: JsonValue) -> JsonValue:
        return with_visibility_default(raw, IdempotentWorkerSettings)

    @model_validator(mode="after")
    def _parts_fit_together(self) -> Self:
        worker = self.worker
        require(
            visibility_violation(self.queue, worker.timeout_seconds, worker.maximum_batching_window_seconds),
            retention_violation(self.queue, self.dead_letter_queue),
        )
        return self

    def section(self) -> VisibilitySettings:
        """The same as the section of our own stacks."""
        return VisibilitySettings.model_validate(
            {"queue": self.queue, "deadLetterQueue": self.dead_letter_queue, "worker": self.worker}
        )


class StreamWorkerArguments(CodeArguments):
    """Arguments of `StreamWorker`."""

    source: StreamSource = Field("kinesis", description="kind of stream")
    kinesis: KinesisSettings = Field(default_factory=KinesisSettings, description="the Kinesis stream")
    table: TableSettings = Field(default_factory=TableSettings, description="the table whose changes are the stream")
    worker: StreamWorkerSettings = Field(
        default_factory=StreamWorkerSettings, description="the function and the mapping that feeds it"
    )
    dead_letter_queue: DeadLetterQueueSettings = Field(
        default_factory=DeadLetterQueueSettings, description="the queue that is told of discarded records"
    )
    alarms: AlarmSettings = Field(default_factory=AlarmSettings, description="alarms of function and queue")

    @model_validator(mode="after")
    def _parts_fit_together(self) -> Self:
        self.section()
        if self.code is not None:
            require(*of_our_function(self.worker, _OF_OUR_ORDERED_WORKER, "worker"))
        return self

    def section(self) -> StreamSettings:
        """The same as the section of our own stacks, whose rules it has to keep."""
        return _kept(StreamSettings, _given(self, StreamSettings))


class KafkaConsumerArguments(CodeArguments):
    """Arguments of `KafkaConsumer`."""

    cluster_arn: Annotated[str | None, Late("arn:aws:kafka:us-east-1:123456789012:cluster/later/1")] = Field(
        None, pattern=_ARN + r"kafka:[a-z0-9-]+:\d{12}:cluster/.+$", description="ARN of an MSK cluster to read from"
    )
    self_managed: SelfManagedKafkaSettings | None = Field(None, description="a Kafka of one's own to read from")
    topic_name: TopicName = Field(description="name of the Kafka topic to read")
    topic_partitions: Partitions = Field(
        TopicDefaultsSettings.model_fields["partitions"].default,
        description="number of partitions of that topic, for the threshold of the alarm on its lag",
    )
    consumer: KafkaConsumerSettings = Field(
        default_factory=KafkaConsumerSettings, description="the function and the mapping that feeds it"
    )
    dead_letter_queue: DeadLetterQueueSettings = Field(
        default_factory=DeadLetterQueueSettings, description="the queue that is told of discarded records"
    )
    alarms: AlarmSettings = Field(default_factory=AlarmSettings, description="alarms of function and queue")

    @model_validator(mode="after")
    def _parts_fit_together(self) -> Self:
        require(self._source_violation())
        self.section()
        if self.code is not None:
            require(*of_our_function(self.consumer, _OF_OUR_ORDERED_WORKER, "consumer"))
        return self

    def _source_violation(self) -> Violation | None:
        if (self.cluster_arn is None) != (self.self_managed is None):
            return None
        because = "a consumer reads from one of the two: an MSK cluster, or a Kafka of one's own"
        fix = "give clusterArn or selfManaged" if self.cluster_arn is None else "remove clusterArn, or selfManaged"
        return Violation(("clusterArn",), self.cluster_arn, because, fix)

    def section(self) -> KafkaSettings:
        """The same as the section of our own stacks, whose rules it has to keep."""
        topic: dict[str, object] = {"name": self.topic_name}
        if self.self_managed is None:
            topic["partitions"] = self.topic_partitions
        return _kept(KafkaSettings, {**_given(self, KafkaSettings), "topic": topic})


class MskClusterArguments(MskSettings):
    """Arguments of `MskCluster`."""

    topic_defaults: TopicDefaultsSettings = Field(
        default_factory=TopicDefaultsSettings, description="what a topic has of which nothing else is said"
    )
    services: tuple[Literal["lambda", "sts", "sqs", "sns", "s3"], ...] = Field(
        ("sqs",), strict=False, max_length=5, description="AWS services that pollers reach from inside the network"
    )


ARGUMENTS: dict[str, type[Section]] = {
    "QueueWithDlq": QueueWithDlqArguments,
    "BatchWorker": BatchWorkerArguments,
    "IdempotentWorker": IdempotentWorkerArguments,
    "StreamWorker": StreamWorkerArguments,
    "KafkaConsumer": KafkaConsumerArguments,
    "MskCluster": MskClusterArguments,
}
"""Components of the package by name."""


def visibility_of_a_queue_violation(arguments: BatchWorkerArguments, seconds: int | None) -> Violation | None:
    """AWS's check of a queue that is there already, where its visibility timeout is told.

    Args:
        arguments: the worker.
        seconds: the queue's visibility timeout, None where it is not told.
    """
    if seconds is None:
        return None
    worker = arguments.worker
    queue = QueueSettings.model_validate({"visibilityTimeoutSeconds": seconds})
    found = visibility_violation(queue, worker.timeout_seconds, worker.maximum_batching_window_seconds)
    if found is None:
        return None
    fix = f"set the visibility timeout of the queue to {worker.timeout_seconds} or more, or worker.timeoutSeconds lower"
    return Violation(("queueVisibilityTimeoutSeconds",), seconds, found.message, fix)


def _kept(model: type[Kept], parts: dict[str, object]) -> Kept:
    """A section of our own stacks, made of parts that are right by themselves; its rules across them are kept.

    Raises:
        RuleError: one is not, with the same keys.
    """
    try:
        return model.model_validate(parts)
    except ValidationError as error:
        found = [
            Violation((*map(str, details["loc"]), *violation.path), violation.value, violation.message, violation.fix)
            for details in error.errors(include_url=False)
            for violation in _broken_rules(details.get("ctx", {}).get("error"))
        ]
        raise RuleError(*found) from error


def _broken_rules(cause: object) -> Sequence[Violation]:
    return cause.violations if isinstance(cause, RuleError) else ()


def _given(arguments: Section, section: type[Section]) -> dict[str, object]:
    """The arguments that were given and that a section of our own stacks has as well, by its keys."""
    return {
        str(field.alias): getattr(arguments, name)
        for name, field in section.model_fields.items()
        if name in arguments.model_fields_set
    }
