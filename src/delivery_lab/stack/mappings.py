"""Event source mappings, a class for each kind of source."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from delivery_lab.limits.mappings import SOURCES
from delivery_lab.resource_types import SourceKind
from delivery_lab.stack.functions import Function
from delivery_lab.stack.queues import Queue
from delivery_lab.stack.resource import StackResource
from delivery_lab.stack.settings import Setting
from delivery_lab.stack.streams import Cluster, FanOutConsumer, Stream, Table


@dataclass(frozen=True, slots=True)
class Pollers:
    """Provisioned mode.

    Attributes:
        minimum: `MinimumPollers`.
        maximum: `MaximumPollers`.
    """

    minimum: Setting[int]
    maximum: Setting[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class EventSourceMapping(StackResource):
    """What every event source mapping has.

    Attributes:
        source_arn: ARN of what it reads; "" for a Kafka of one's own.
        function_name: what names the function.
        function: the function, None if it is none of the stack or unknown.
        batch_size: records in a batch at most.
        reports: whether ReportBatchItemFailures is on.
        filters: its filter patterns as texts.
        enabled: whether it polls.
        provisioned: whether it has provisioned pollers.
        foreign: settings that AWS has for other kinds of sources only (ESM-KIND-1).
    """

    kind: ClassVar[SourceKind | None] = None

    source_arn: Setting[str]
    function_name: Setting[str]
    function: Function | None
    batch_size: Setting[int]
    reports: Setting[bool]
    filters: Setting[tuple[str, ...]]
    enabled: Setting[bool]
    provisioned: Setting[bool]
    foreign: tuple[Setting[object], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SqsMapping(EventSourceMapping):
    """The mapping of a queue.

    Attributes:
        queue: the queue, None if it is none of the stack.
        window_seconds: the batching window.
        maximum_concurrency: batches at once, None for no limit.
        pollers: provisioned mode, None without.
    """

    kind: ClassVar[SourceKind] = "sqs"
    source: ClassVar[str] = SOURCES["sqs"]

    queue: Queue | None
    window_seconds: Setting[int]
    maximum_concurrency: Setting[int | None]
    pollers: Pollers | None

    @property
    def fifo(self) -> bool | None:
        """Whether it reads a FIFO queue, None where it cannot be told."""
        if self.queue is not None:
            return self.queue.fifo.known
        arn = self.source_arn.known
        return None if arn is None else arn.endswith(".fifo")


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordMapping(EventSourceMapping):
    """What mappings of streams and of Kafka topics have besides.

    Attributes:
        starting_position: where it begins to read; None where it is left out.
        starting_position_timestamp: for `AT_TIMESTAMP`.
        maximum_retry_attempts: -1 for no limit.
        maximum_record_age_seconds: -1 for no limit.
        bisects: `bisectBatchOnFunctionError`.
        destination_arn: takes what it discards, None without.
    """

    starting_position: Setting[str | None]
    starting_position_timestamp: Setting[str | None]
    maximum_retry_attempts: Setting[int]
    maximum_record_age_seconds: Setting[int]
    bisects: Setting[bool]
    destination_arn: Setting[str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamMapping(RecordMapping):
    """What mappings of Kinesis and of DynamoDB streams have besides.

    Attributes:
        window_seconds: the batching window.
        parallelization_factor: batches of one shard at once.
        tumbling_window_seconds: 0 for none.
    """

    window_seconds: Setting[int]
    parallelization_factor: Setting[int]
    tumbling_window_seconds: Setting[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class KinesisMapping(StreamMapping):
    """The mapping of a Kinesis data stream.

    Attributes:
        stream: the stream, None if it is none of the stack.
        consumer: the enhanced fan-out consumer that it reads as, None for a mapping that shares the stream's reads.
    """

    kind: ClassVar[SourceKind] = "kinesis"
    source: ClassVar[str] = SOURCES["kinesis"]

    stream: Stream | None
    consumer: FanOutConsumer | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DynamoDbMapping(StreamMapping):
    """The mapping of a DynamoDB table's stream.

    Attributes:
        table: the table, None if it is none of the stack.
    """

    kind: ClassVar[SourceKind] = "dynamodb"
    source: ClassVar[str] = SOURCES["dynamodb"]

    table: Table | None


@dataclass(frozen=True, slots=True, kw_only=True)
class KafkaMapping(RecordMapping):
    """The mapping of a Kafka topic.

    Attributes:
        cluster: the MSK cluster, None if it is none of the stack, or a Kafka of one's own.
        bootstrap_servers: of a Kafka of one's own, None otherwise.
        topics: the topics; AWS takes one.
        consumer_group: None for a group of its own.
        window_seconds: the batching window, None for AWS's 0.5 s.
        pollers: provisioned mode, None for on-demand mode.
    """

    kind: ClassVar[SourceKind] = "kafka"
    source: ClassVar[str] = SOURCES["kafka"]

    cluster: Cluster | None
    bootstrap_servers: Setting[str | None]
    topics: Setting[tuple[str, ...]]
    consumer_group: Setting[str | None]
    window_seconds: Setting[int | None]
    pollers: Pollers | None


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownMapping(EventSourceMapping):
    """The mapping of a source that is of no modelled kind, or whose kind is known only after deployment."""
