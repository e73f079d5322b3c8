"""Pipes of EventBridge: what they read, what they hand on, and to whom."""

from __future__ import annotations

from dataclasses import dataclass

from delivery_lab.limits.mappings import (
    PARALLELIZATION_FACTOR,
    RECORD_AGE,
    RETRY_ATTEMPTS,
    SQS_BATCH_SIZE,
    SQS_WINDOW,
)
from delivery_lab.limits.pipes import STREAM_BATCH
from delivery_lab.program.graph import UNKNOWN
from delivery_lab.stack.permissions import READING, forbids
from delivery_lab.stack.queues import Queue
from delivery_lab.stack.reading import Inputs, has_unknown, listed
from delivery_lab.stack.resource import StackResource
from delivery_lab.stack.roles import Role
from delivery_lab.stack.settings import Setting
from delivery_lab.stack.streams import Stream, Table

SourceOfPipe = Queue | Stream | Table
"""What a pipe of the model reads."""
PUTS_RECORDS = ("kinesis:PutRecord", "kinesis:PutRecords")
"""A pipe puts several records at once; AWS does not say for which of the two it asks (PIPE-ROLE-1)."""
BISECT = "AUTOMATIC_BISECT"
_QUEUE = "sqsQueueParameters"
_STREAMS = ("kinesisStreamParameters", "dynamodbStreamParameters")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pipe(StackResource):
    """A pipe.

    Attributes:
        physical_name: AWS's name of it.
        role_arn: the role that it does everything with.
        source_arn: ARN of what it reads.
        target_arn: ARN of what gets it.
        state: `RUNNING` or `STOPPED`.
        filters: its filter patterns as texts; what matches none of them is let by.
        topic: of a Kafka cluster, None where it reads none.
        batch_size: records in a batch at most.
        window_seconds: the batching window.
        starting_position: of a stream, None where it is left out.
        starting_position_timestamp: for `AT_TIMESTAMP`.
        parallelization_factor: batches of one shard at once.
        maximum_retry_attempts: of a stream, -1 for no limit.
        maximum_record_age_seconds: of a stream, -1 for no limit.
        on_partial_failure: `AUTOMATIC_BISECT`, None without.
        dead_letter_arn: takes what it discards of a stream, None without.
        template: input template of the target, None without.
        invocation: how a function is invoked, None where it is left out.
        group: message group for a queue, or a path to it; None without.
        deduplication: deduplication id for a queue, or a path to it; None without.
        partition_key: for a stream, or a path to it; None without.
        source: of the event for a bus, None without.
        detail_type: of the event for a bus, None without.
    """

    physical_name: str | None
    role_arn: Setting[str | None]
    source_arn: Setting[str]
    target_arn: Setting[str]
    state: Setting[str]
    filters: Setting[tuple[str, ...]]
    topic: Setting[str | None]
    batch_size: Setting[int]
    window_seconds: Setting[int]
    starting_position: Setting[str | None]
    starting_position_timestamp: Setting[str | None]
    parallelization_factor: Setting[int]
    maximum_retry_attempts: Setting[int]
    maximum_record_age_seconds: Setting[int]
    on_partial_failure: Setting[str | None]
    dead_letter_arn: Setting[str | None]
    template: Setting[str | None]
    invocation: Setting[str | None]
    group: Setting[str | None]
    deduplication: Setting[str | None]
    partition_key: Setting[str | None]
    source: Setting[str | None]
    detail_type: Setting[str | None]

    @property
    def is_stopped(self) -> bool:
        """Whether it surely reads nothing."""
        return self.state.known == "STOPPED"

    @property
    def unknown(self) -> list[str]:
        """Inputs that decide what happens, and are known only after deployment."""
        settings: tuple[Setting[object], ...] = (
            self.filters,
            self.batch_size,
            self.window_seconds,
            self.starting_position,
            self.starting_position_timestamp,
            self.parallelization_factor,
            self.maximum_retry_attempts,
            self.maximum_record_age_seconds,
            self.on_partial_failure,
            self.dead_letter_arn,
            self.template,
            self.invocation,
            self.group,
            self.deduplication,
            self.partition_key,
            self.source,
            self.detail_type,
        )
        return [setting.origin.input for setting in settings if not setting.is_known]


def pipe(inputs: Inputs) -> Pipe:
    """A pipe of its inputs."""
    block = next((each for each in (_QUEUE, *_STREAMS) if inputs.raw("sourceParameters", each)), _QUEUE)
    of_queue = block == _QUEUE

    def of_source(name: str, default: int) -> Setting[int]:
        return inputs.number("sourceParameters", block, name, default=default)

    def told(name: str) -> Setting[str | None]:
        return inputs.optional_text("sourceParameters", block, name)

    def of_target(*path: str) -> Setting[str | None]:
        return inputs.optional_text("targetParameters", *path)

    return Pipe(
        **inputs.identity(),
        physical_name=inputs.output("name"),
        role_arn=inputs.optional_text("roleArn"),
        source_arn=inputs.text("source"),
        target_arn=inputs.text("target"),
        state=inputs.text("desiredState", default="RUNNING"),
        filters=_filters(inputs),
        topic=inputs.optional_text("sourceParameters", "managedStreamingKafkaParameters", "topicName"),
        batch_size=of_source("batchSize", SQS_BATCH_SIZE.default if of_queue else STREAM_BATCH),
        window_seconds=of_source("maximumBatchingWindowInSeconds", SQS_WINDOW.default),
        starting_position=told("startingPosition"),
        starting_position_timestamp=told("startingPositionTimestamp"),
        parallelization_factor=of_source("parallelizationFactor", PARALLELIZATION_FACTOR.default),
        maximum_retry_attempts=of_source("maximumRetryAttempts", RETRY_ATTEMPTS.default),
        maximum_record_age_seconds=of_source("maximumRecordAgeInSeconds", RECORD_AGE.default),
        on_partial_failure=told("onPartialBatchItemFailure"),
        dead_letter_arn=inputs.optional_text("sourceParameters", block, "deadLetterConfig", "arn"),
        template=of_target("inputTemplate"),
        invocation=of_target("lambdaFunctionParameters", "invocationType"),
        group=of_target("sqsQueueParameters", "messageGroupId"),
        deduplication=of_target("sqsQueueParameters", "messageDeduplicationId"),
        partition_key=of_target("kinesisStreamParameters", "partitionKey"),
        source=of_target("eventbridgeEventBusParameters", "source"),
        detail_type=of_target("eventbridgeEventBusParameters", "detailType"),
    )


def _filters(inputs: Inputs) -> Setting[tuple[str, ...]]:
    path = ("sourceParameters", "filterCriteria", "filters")
    value = inputs.raw(*path)
    if has_unknown(value):
        return Setting(UNKNOWN, inputs.origin(*path))
    patterns = tuple(str(each.get("pattern", "")) for each in listed(value) if isinstance(each, dict))
    return Setting(patterns, inputs.origin(*path), given=value is not None)


def forbidden_reading(role: Role, source: SourceOfPipe, arn: str) -> list[str]:
    """The actions of reading that the role of a pipe surely does not allow (PIPE-ROLE-2).

    Args:
        role: the role.
        source: what is read.
        arn: the ARN by which the pipe names it.
    """
    return [action for action in READING[type(source)] if forbids(role, action, arn)]
