"""Types of the components' arguments, written by `python -m scripts.write_components` from the settings.

Whatever may be an output of a resource is an `Input`; everything else decides which resources there are, and is plain.
"""

# ruff: noqa: E501  # docstrings are those of the settings, and as long as these

from collections.abc import Mapping, Sequence
from enum import IntEnum, StrEnum
from typing import Any, Required, TypedDict

import pulumi


class BatchIdempotencyMode(StrEnum):
    """How the record of work done is kept."""

    POWERTOOLS = "powertools"
    NONE = "none"


class BatchWorkerOnRecordError(StrEnum):
    """What the function does with records that failed."""

    REPORT = "report"
    RAISE = "raise"
    DELETE_AND_RAISE = "delete-and-raise"


class CodeArchitecture(StrEnum):
    """Architectures of a Lambda function."""

    ARM64 = "arm64"
    X86_64 = "x86_64"


class FunctionLogRetentionDays(IntEnum):
    """RetentionInDays of a CloudWatch log group."""

    VALUE_1 = 1
    VALUE_3 = 3
    VALUE_5 = 5
    VALUE_7 = 7
    VALUE_14 = 14
    VALUE_30 = 30
    VALUE_60 = 60
    VALUE_90 = 90
    VALUE_120 = 120
    VALUE_150 = 150
    VALUE_180 = 180
    VALUE_365 = 365
    VALUE_400 = 400
    VALUE_545 = 545
    VALUE_731 = 731
    VALUE_1096 = 1096
    VALUE_1827 = 1827
    VALUE_2192 = 2192
    VALUE_2557 = 2557
    VALUE_2922 = 2922
    VALUE_3288 = 3288
    VALUE_3653 = 3653


class IdempotencyMode(StrEnum):
    """How the record of work done is kept."""

    CHECK_THEN_PUT = "check-then-put"
    CONDITIONAL = "conditional"
    UNCONDITIONAL = "unconditional"
    POWERTOOLS = "powertools"
    NONE = "none"


class KafkaConsumerOnFailure(StrEnum):
    """Kind of DestinationConfig.OnFailure of a Kafka mapping."""

    SQS = "sqs"
    SNS = "sns"
    S3 = "s3"
    KAFKA = "kafka"
    NONE = "none"


class MskClusterServices(StrEnum):
    """AWS services that pollers reach from inside the network."""

    LAMBDA = "lambda"
    STS = "sts"
    SQS = "sqs"
    SNS = "sns"
    S3 = "s3"


class MskMode(StrEnum):
    """Kind of MSK cluster."""

    PROVISIONED = "provisioned"
    SERVERLESS = "serverless"


class OrderableQueueDeduplicationScope(StrEnum):
    """DeduplicationScope of an SQS FIFO queue."""

    QUEUE = "queue"
    MESSAGE_GROUP = "messageGroup"


class OrderableQueueFifoThroughputLimit(StrEnum):
    """FifoThroughputLimit of an SQS FIFO queue."""

    PER_QUEUE = "perQueue"
    PER_MESSAGE_GROUP_ID = "perMessageGroupId"


class OrderedWorkerOnRecordError(StrEnum):
    """What the function does with records that failed."""

    REPORT = "report"
    RAISE = "raise"


class OrderedWorkerStartingPosition(StrEnum):
    """StartingPosition of an event source mapping."""

    TRIM_HORIZON = "TRIM_HORIZON"
    LATEST = "LATEST"
    AT_TIMESTAMP = "AT_TIMESTAMP"


class PollerMode(StrEnum):
    """Scaling mode of a Kafka mapping."""

    PROVISIONED = "provisioned"
    ON_DEMAND = "on-demand"


class RetryNonRetryable(StrEnum):
    """What becomes of a message that no retry can help."""

    FAIL = "fail"
    PARK = "park"
    SWALLOW = "swallow"


class SelfManagedKafkaAuthentication(StrEnum):
    """Type of a SourceAccessConfiguration."""

    NONE = "none"
    BASIC_AUTH = "BASIC_AUTH"
    SASL_SCRAM_256_AUTH = "SASL_SCRAM_256_AUTH"
    SASL_SCRAM_512_AUTH = "SASL_SCRAM_512_AUTH"
    CLIENT_CERTIFICATE_TLS_AUTH = "CLIENT_CERTIFICATE_TLS_AUTH"


class StreamWorkerOnFailure(StrEnum):
    """Kind of DestinationConfig.OnFailure of an event source mapping."""

    SQS = "sqs"
    SNS = "sns"
    S3 = "s3"
    NONE = "none"


class StreamWorkerSource(StrEnum):
    """Kind of stream."""

    KINESIS = "kinesis"
    DYNAMODB = "dynamodb"


class TableStreamViewType(StrEnum):
    """StreamViewType of a DynamoDB table."""

    NEW_IMAGE = "NEW_IMAGE"
    NEW_AND_OLD_IMAGES = "NEW_AND_OLD_IMAGES"


class OrderableQueueSettings(TypedDict, total=False):
    """A queue that may be FIFO; its dead-letter queue is then one as well, as AWS demands (semantics.md A2, A5). The keys that only a FIFO queue has are refused on a standard queue, where SQS does not know them."""

    visibility_timeout_seconds: int
    r"""VisibilityTimeout of an SQS queue. A whole number from 0 to 43200 seconds. Default: 6 x the function's timeout + the batching window. What AWS advises: a throttled invoke can be tried again before the message is visible to another one. Less than the function's timeout is refused, as AWS refuses the mapping."""
    max_receive_count: int
    r"""MaxReceiveCount of an SQS redrive policy. A whole number from 1 to 1000. Default: 5. What AWS advises at least: throttles and short outages use up receives of healthy messages too."""
    retention_seconds: int
    r"""MessageRetentionPeriod of an SQS queue. A whole number from 60 to 1209600 seconds. Default: 345,600. 4 days, AWS's own: a weekend without anybody at work is outlived."""
    delay_seconds: int
    r"""DelaySeconds of an SQS queue. A whole number from 0 to 900 seconds. Default: 0. Messages are there to be received at once, as senders expect."""
    receive_wait_time_seconds: int
    r"""ReceiveMessageWaitTimeSeconds of an SQS queue. A whole number from 0 to 20 seconds. Default: 20. Long polls: other readers make fewer empty receives, and miss no server of SQS."""
    maximum_message_bytes: int
    r"""MaximumMessageSize of an SQS queue. A whole number from 1024 to 1048576 bytes. Default: 1,048,576. All that SQS takes, so that no sender is refused; a Lambda invoke takes 6 MB in all."""
    fifo: bool
    r"""FifoQueue of an SQS queue. True or false. Default: false. A standard queue has no order that a failed message could hold up."""
    content_based_deduplication: bool
    r"""ContentBasedDeduplication of an SQS FIFO queue. True or false. Default: left out. SQS's own: off, so two equal bodies are two messages, and a sender has to name each."""
    deduplication_scope: OrderableQueueDeduplicationScope
    r"""DeduplicationScope of an SQS FIFO queue. One of queue, messageGroup. Default: left out. SQS's own: the whole queue."""
    fifo_throughput_limit: OrderableQueueFifoThroughputLimit
    r"""FifoThroughputLimit of an SQS FIFO queue. One of perQueue, perMessageGroupId. Default: left out. SQS's own: the whole queue."""


class DeadLetterQueueSettings(TypedDict, total=False):
    """The queue that takes what was received too often."""

    retention_seconds: int
    r"""MessageRetentionPeriod of an SQS queue. A whole number from 60 to 1209600 seconds. Default: 1,209,600. 14 days, the longest: a message keeps its age when it moves."""


class AlarmSettings(TypedDict, total=False):
    """Alarms on problems with messages. Their thresholds follow from the settings of what they watch. Without `topicArn` an alarm changes its state and notifies nobody."""

    enabled: bool
    r"""Whether there are alarms. True or false. Default: true. A dead-letter queue that nobody looks at keeps messages until they expire."""
    topic_arn: pulumi.Input[str]
    r"""ARN of an SNS topic to notify. A text matching ^arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:.+$. Default: left out. Without it alarms change their state and notify nobody: give one."""


class StatementSettings(TypedDict, total=False):
    """Something that the function's role may do besides what the component itself takes."""

    sid: Required[str]
    r"""Sid of an IAM statement: what it is for. A text matching ^[A-Za-z0-9]+$."""
    actions: Required[Sequence[str]]
    r"""IAM actions, none with a wildcard. A list of texts with 1 entries at least and 50 at most."""
    resource: Required[pulumi.Input[str]]
    r"""The one ARN, or pattern of ARNs, that they are allowed on. A text."""


class ProvisionedPollersSettings(TypedDict, total=False):
    """Provisioned mode: pollers that are always there. Each polls ten times a second and has ten invokes at once. Some pages of AWS name 2,000 as the highest maximum; the API reference says 10,000 (semantics.md B2)."""

    minimum: int
    r"""ProvisionedPollerConfig.MinimumPollers of an SQS mapping. A whole number from 2 to 200. Default: 2. AWS's own."""
    maximum: int
    r"""ProvisionedPollerConfig.MaximumPollers of an SQS mapping. A whole number from 2 to 10000. Default: 200. AWS's own."""


class RetrySettings(TypedDict, total=False):
    """Tells retryable errors from those that no retry can help. `nonRetryable` says what becomes of a message that no retry can help: `fail` retries it until it reaches the dead-letter queue, `park` sends it to the parking queue `<name>-parking` with the reason, at once. `swallow` catches the error and goes on, whereupon the message is deleted and lost: it is here to be shown, as tutorials do it. `backoff` retries a message whose error is retryable after a delay that grows with its deliveries, instead of after the visibility timeout. Short delays spend receives fast, so `queue.maxReceiveCount` has to allow for them."""

    non_retryable: RetryNonRetryable
    r"""What becomes of a message that no retry can help. One of fail, park, swallow. Default: fail. Nothing is lost: after maxReceiveCount receives the message is in the dead-letter queue."""
    backoff: bool
    r"""Whether the worker says when a failed message is visible again. True or false. Default: false. Each retry waits for the visibility timeout; shorter delays use up receives faster."""


class BatchIdempotencySettings(TypedDict, total=False):
    """Whether the worker keeps a record of what it has done, in a table of its own. SQS may deliver a message twice, and whatever feeds a queue may send it twice: with `none` the work is done twice then. With `powertools` it is done once for each business id in a body; an object that S3 tells of is known by bucket, key and sequencer. The default of `expiresAfterSeconds`, 30 days, is longer than a message can live."""

    mode: BatchIdempotencyMode
    r"""How the record of work done is kept. One of powertools, none. Default: none. No table that nobody asked for. Choose powertools unless work may be done twice: SQS delivers at least once."""
    expires_after_seconds: int
    r"""How long a record of work done counts. A whole number from 1 to 315360000 seconds. Default: 2,592,000. 30 days: longer than a message can live, with one redrive of the dead-letter queue."""


class BatchWorkerSettings(TypedDict, total=False):
    """The worker of the batch family. `onRecordError` says what the function does with failed records: `report` returns them as batchItemFailures, `raise` fails the whole invoke, `delete-and-raise` deletes each message whose work is done itself and then fails the invoke if one failed, which costs a call per message and gains nothing over `report`. On a FIFO queue the function leaves the rest of a message group alone after a failure, unless `keepGroupOrder` is false; on a standard queue there is no order to keep."""

    timeout_seconds: int
    r"""Timeout of a Lambda function. A whole number from 1 to 900 seconds. Default: 30. Ends work that hangs while its message is still hidden."""
    memory_mb: int
    r"""MemorySize of a Lambda function. A whole number from 128 to 10240 MB. Default: 256. Enough for handlers without large data; a function that needs more fails visibly."""
    reserved_concurrency: int
    r"""ReservedConcurrentExecutions of a Lambda function. A whole number from 0. Default: left out. None: reserving less than the mapping asks for makes throttles, and those use up receives. Limit the mapping instead."""
    log_retention_days: FunctionLogRetentionDays
    r"""RetentionInDays of a CloudWatch log group. One of 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653. Default: 30. Long enough to look into a failure; AWS's own default keeps logs for ever."""
    filters: Sequence[Mapping[str, Any]]
    r"""FilterCriteria.Filters of an event source mapping. A list of objects with 10 entries at most. Default: none. Everything is delivered: what matches no filter is deleted or skipped."""
    enabled: bool
    r"""Enabled of an event source mapping. True or false. Default: true. The worker works."""
    batch_size: int
    r"""BatchSize of an SQS event source mapping. A whole number from 1 to 10000. Default: 10. AWS's own, and the most without a batching window."""
    maximum_batching_window_seconds: int
    r"""MaximumBatchingWindowInSeconds of an event source mapping. A whole number from 0 to 300 seconds. Default: 0. Waiting for a batch takes time off the visibility timeout."""
    report_batch_item_failures: bool
    r"""ReportBatchItemFailures in FunctionResponseTypes of an event source mapping. True or false. Default: true. A failed record does not take its batch with it."""
    maximum_concurrency: int
    r"""ScalingConfig.MaximumConcurrency of an SQS event source mapping. A whole number from 2 to 1000. Default: left out. No limit but the account's. A limit here makes no throttles; reservedConcurrency does."""
    provisioned_pollers: ProvisionedPollersSettings
    r"""ProvisionedPollerConfig of an SQS event source mapping. Pollers on demand cost nothing while the queue is empty."""
    on_record_error: BatchWorkerOnRecordError
    r"""What the function does with records that failed. One of report, raise, delete-and-raise. Default: report. Failed records are named, so that the others are not delivered again."""
    keep_group_order: bool
    r"""Whether the function stops at the first failure of a message group of a FIFO queue. True or false. Default: left out. On a FIFO queue: yes, which is what such a queue is for."""
    retry: RetrySettings
    r"""Tells retryable errors from those that no retry can help. `nonRetryable` says what becomes of a message that no retry can help: `fail` retries it until it reaches the dead-letter queue, `park` sends it to the parking queue `<name>-parking` with the reason, at once. `swallow` catches the error and goes on, whereupon the message is deleted and lost: it is here to be shown, as tutorials do it. `backoff` retries a message whose error is retryable after a delay that grows with its deliveries, instead of after the visibility timeout. Short delays spend receives fast, so `queue.maxReceiveCount` has to allow for them."""
    idempotency: BatchIdempotencySettings
    r"""Whether the worker keeps a record of what it has done, in a table of its own. SQS may deliver a message twice, and whatever feeds a queue may send it twice: with `none` the work is done twice then. With `powertools` it is done once for each business id in a body; an object that S3 tells of is known by bucket, key and sequencer. The default of `expiresAfterSeconds`, 30 days, is longer than a message can live."""


class QueueSettings(TypedDict, total=False):
    """A standard queue that a Lambda function reads. The default of `visibilityTimeoutSeconds` is AWS's own; the section that knows the function replaces it with what AWS advises for an event source (`recommended_visibility_timeout_seconds`)."""

    visibility_timeout_seconds: int
    r"""VisibilityTimeout of an SQS queue. A whole number from 0 to 43200 seconds. Default: 6 x the function's timeout + the batching window. What AWS advises: a throttled invoke can be tried again before the message is visible to another one. Less than the function's timeout is refused, as AWS refuses the mapping."""
    max_receive_count: int
    r"""MaxReceiveCount of an SQS redrive policy. A whole number from 1 to 1000. Default: 5. What AWS advises at least: throttles and short outages use up receives of healthy messages too."""
    retention_seconds: int
    r"""MessageRetentionPeriod of an SQS queue. A whole number from 60 to 1209600 seconds. Default: 345,600. 4 days, AWS's own: a weekend without anybody at work is outlived."""
    delay_seconds: int
    r"""DelaySeconds of an SQS queue. A whole number from 0 to 900 seconds. Default: 0. Messages are there to be received at once, as senders expect."""
    receive_wait_time_seconds: int
    r"""ReceiveMessageWaitTimeSeconds of an SQS queue. A whole number from 0 to 20 seconds. Default: 20. Long polls: other readers make fewer empty receives, and miss no server of SQS."""
    maximum_message_bytes: int
    r"""MaximumMessageSize of an SQS queue. A whole number from 1024 to 1048576 bytes. Default: 1,048,576. All that SQS takes, so that no sender is refused; a Lambda invoke takes 6 MB in all."""


class HeartbeatSettings(TypedDict, total=False):
    """A thread of the worker that extends the visibility of the message while it is worked on. `extendToSeconds` left out is twice `everySeconds`, so that one extension may fail without the message coming back. `failing` makes every extension fail, which is an experiment and nothing to leave on."""

    enabled: bool
    r"""Whether the worker extends the visibility of its message. True or false. Default: false. The visibility timeout is long enough by itself."""
    every_seconds: int
    r"""Time between two extensions. A whole number from 1 to 43200 seconds. Default: 3. Far below the visibility timeout that the queue has by default."""
    extend_to_seconds: int
    r"""VisibilityTimeout of ChangeMessageVisibility. A whole number from 1 to 43200 seconds. Default: 2 x everySeconds. One extension may fail without the message being visible in between."""
    failing: bool
    r"""Whether every extension fails. True or false. Default: false. For experiments: a heartbeat that fails."""


class IdempotencySettings(TypedDict, total=False):
    """How the worker keeps a record of what it has done. `none` keeps no record, and no table is created. The default of `expiresAfterSeconds`, 30 days, is longer than a message can live: 14 days, and as much again after a redrive from the dead-letter queue."""

    mode: IdempotencyMode
    r"""How the record of work done is kept. One of check-then-put, conditional, unconditional, powertools, none. Default: powertools. A record that is in progress holds off the same message elsewhere; a failure clears it."""
    expires_after_seconds: int
    r"""How long a record of work done counts. A whole number from 1 to 315360000 seconds. Default: 2,592,000. 30 days: longer than a message can live, with one redrive of the dead-letter queue."""


class IdempotentWorkerSettings(TypedDict, total=False):
    """A worker for messages that take long. It takes them one at a time unless told otherwise. With a heartbeat it always does. All messages of a batch stay in the queue until the invoke ends, but the heartbeat holds the one that is worked on: those before it are visible when their last extension ends, whatever the queue's visibility timeout."""

    timeout_seconds: int
    r"""Timeout of a Lambda function. A whole number from 1 to 900 seconds. Default: 30. Ends work that hangs while its message is still hidden."""
    memory_mb: int
    r"""MemorySize of a Lambda function. A whole number from 128 to 10240 MB. Default: 256. Enough for handlers without large data; a function that needs more fails visibly."""
    reserved_concurrency: int
    r"""ReservedConcurrentExecutions of a Lambda function. A whole number from 0. Default: left out. None: reserving less than the mapping asks for makes throttles, and those use up receives. Limit the mapping instead."""
    log_retention_days: FunctionLogRetentionDays
    r"""RetentionInDays of a CloudWatch log group. One of 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653. Default: 30. Long enough to look into a failure; AWS's own default keeps logs for ever."""
    filters: Sequence[Mapping[str, Any]]
    r"""FilterCriteria.Filters of an event source mapping. A list of objects with 10 entries at most. Default: none. Everything is delivered: what matches no filter is deleted or skipped."""
    enabled: bool
    r"""Enabled of an event source mapping. True or false. Default: true. The worker works."""
    batch_size: int
    r"""BatchSize of an SQS event source mapping. A whole number from 1 to 10000. Default: 1. One message at a time: work that takes long cannot use up the others' visibility timeout."""
    maximum_batching_window_seconds: int
    r"""MaximumBatchingWindowInSeconds of an event source mapping. A whole number from 0 to 300 seconds. Default: 0. Waiting for a batch takes time off the visibility timeout."""
    report_batch_item_failures: bool
    r"""ReportBatchItemFailures in FunctionResponseTypes of an event source mapping. True or false. Default: true. A failed record does not take its batch with it."""
    maximum_concurrency: int
    r"""ScalingConfig.MaximumConcurrency of an SQS event source mapping. A whole number from 2 to 1000. Default: left out. No limit but the account's. A limit here makes no throttles; reservedConcurrency does."""
    provisioned_pollers: ProvisionedPollersSettings
    r"""ProvisionedPollerConfig of an SQS event source mapping. Pollers on demand cost nothing while the queue is empty."""
    heartbeat: HeartbeatSettings
    r"""A thread of the worker that extends the visibility of the message while it is worked on. `extendToSeconds` left out is twice `everySeconds`, so that one extension may fail without the message coming back. `failing` makes every extension fail, which is an experiment and nothing to leave on."""
    idempotency: IdempotencySettings
    r"""How the worker keeps a record of what it has done. `none` keeps no record, and no table is created. The default of `expiresAfterSeconds`, 30 days, is longer than a message can live: 14 days, and as much again after a redrive from the dead-letter queue."""


class KinesisSettings(TypedDict, total=False):
    """A data stream whose capacity is its number of shards."""

    shards: int
    r"""ShardCount of a Kinesis data stream. A whole number from 1 to 10000. Default: 1. One shard keeps the order of all records. Capacity is paid for by the shard."""
    retention_hours: int
    r"""RetentionPeriodHours of a Kinesis data stream. A whole number from 24 to 8760 hours. Default: 24. AWS's own."""


class TableSettings(TypedDict, total=False):
    """A table whose changes are the stream. The worker reads the new image, so the stream has to carry it."""

    stream_view_type: TableStreamViewType
    r"""StreamViewType of a DynamoDB table. One of NEW_IMAGE, NEW_AND_OLD_IMAGES. Default: NEW_AND_OLD_IMAGES. Both images: the worker can tell what changed."""


class StreamWorkerSettings(TypedDict, total=False):
    """A function and the Kinesis or DynamoDB mapping that feeds it."""

    timeout_seconds: int
    r"""Timeout of a Lambda function. A whole number from 1 to 900 seconds. Default: 30. Ends work that hangs while its message is still hidden."""
    memory_mb: int
    r"""MemorySize of a Lambda function. A whole number from 128 to 10240 MB. Default: 256. Enough for handlers without large data; a function that needs more fails visibly."""
    reserved_concurrency: int
    r"""ReservedConcurrentExecutions of a Lambda function. A whole number from 0. Default: left out. None: reserving less than the mapping asks for makes throttles, and those use up receives. Limit the mapping instead."""
    log_retention_days: FunctionLogRetentionDays
    r"""RetentionInDays of a CloudWatch log group. One of 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653. Default: 30. Long enough to look into a failure; AWS's own default keeps logs for ever."""
    filters: Sequence[Mapping[str, Any]]
    r"""FilterCriteria.Filters of an event source mapping. A list of objects with 10 entries at most. Default: none. Everything is delivered: what matches no filter is deleted or skipped."""
    enabled: bool
    r"""Enabled of an event source mapping. True or false. Default: true. The worker works."""
    batch_size: int
    r"""BatchSize of an event source mapping. A whole number from 1 to 10000. Default: 100. AWS's own for Kinesis and Kafka."""
    starting_position: OrderedWorkerStartingPosition
    r"""StartingPosition of an event source mapping. One of TRIM_HORIZON, LATEST, AT_TIMESTAMP. Default: TRIM_HORIZON. From the oldest record: none that was written before is missed."""
    starting_position_timestamp: str
    r"""StartingPositionTimestamp of an event source mapping, such as 2025-12-31T08:00:00Z. A text. Default: left out. It goes with AT_TIMESTAMP alone."""
    maximum_retry_attempts: int
    r"""MaximumRetryAttempts of an event source mapping, -1 for no limit. A whole number from -1 to 10000. Default: 5. A record that cannot be processed holds up its shard for six attempts, and not until it expires, as AWS's own default (-1) has it."""
    maximum_record_age_seconds: int
    r"""MaximumRecordAgeInSeconds of an event source mapping, -1 for no limit. A whole number from -1 to 604800 seconds. Default: -1. No limit: an outage of the worker discards no healthy records."""
    bisect_batch_on_function_error: bool
    r"""BisectBatchOnFunctionError of an event source mapping. True or false. Default: true. A record that makes the invoke fail is cut out of its batch."""
    report_batch_item_failures: bool
    r"""ReportBatchItemFailures in FunctionResponseTypes of an event source mapping. True or false. Default: true. Records before the failed one are not processed again."""
    on_record_error: OrderedWorkerOnRecordError
    r"""What the function does with records that failed. One of report, raise. Default: report. The first failed record is named, so that the ones before it count as done."""
    maximum_batching_window_seconds: int
    r"""MaximumBatchingWindowInSeconds of an event source mapping. A whole number from 0 to 300 seconds. Default: 0. Records are processed at once."""
    parallelization_factor: int
    r"""ParallelizationFactor of an event source mapping of a stream. A whole number from 1 to 10. Default: 1. AWS's own: one batch of a shard at a time."""
    tumbling_window_seconds: int
    r"""TumblingWindowInSeconds of an event source mapping of a stream. A whole number from 0 to 900 seconds. Default: 0. Off, which is AWS's own: windows are for functions that aggregate."""
    on_failure: StreamWorkerOnFailure
    r"""Kind of DestinationConfig.OnFailure of an event source mapping. One of sqs, sns, s3, none. Default: sqs. What is discarded is told to a queue that keeps it, and not lost in silence."""


class SelfManagedKafkaSettings(TypedDict, total=False):
    """A Kafka that is there already, inside a VPC or reachable from the internet. `authentication` is a type of SourceAccessConfiguration whose secret `secretArn` holds; `none` trusts the network."""

    bootstrap_servers: Required[Sequence[pulumi.Input[str]]]
    r"""Host:port of brokers. A list of texts with 1 entries at least and 10 at most."""
    authentication: SelfManagedKafkaAuthentication
    r"""Type of a SourceAccessConfiguration. One of none, BASIC_AUTH, SASL_SCRAM_256_AUTH, SASL_SCRAM_512_AUTH, CLIENT_CERTIFICATE_TLS_AUTH. Default: none. The network is trusted. Brokers that ask for credentials take one of the others, with secretArn."""
    secret_arn: pulumi.Input[str]
    r"""ARN of a secret that holds the credentials. A text matching ^arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:\d{12}:secret:.+$. Default: left out. It goes with authentication alone."""
    root_ca_secret_arn: pulumi.Input[str]
    r"""ARN of a secret that holds the brokers' root certificate. A text matching ^arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:\d{12}:secret:.+$. Default: left out. Certificates of public authorities are trusted."""
    subnet_ids: Sequence[pulumi.Input[str]]
    r"""Ids of the brokers' subnets. A list of texts with 16 entries at most. Default: none. Brokers that the internet reaches."""
    security_group_ids: Sequence[pulumi.Input[str]]
    r"""Ids of security groups that may reach the brokers. A list of texts with 5 entries at most. Default: none. Brokers that the internet reaches."""


class PollerSettings(TypedDict, total=False):
    """How the mapping scales: by the lag (`on-demand`), or between two numbers of pollers that are paid for."""

    mode: PollerMode
    r"""Scaling mode of a Kafka mapping. One of provisioned, on-demand. Default: provisioned. AWS bounds retries and takes batchItemFailures of Kafka with provisioned pollers only."""
    minimum: int
    r"""ProvisionedPollerConfig.MinimumPollers of a Kafka mapping. A whole number from 1 to 200. Default: 1. The lowest: each poller is paid for."""
    maximum: int
    r"""ProvisionedPollerConfig.MaximumPollers of a Kafka mapping. A whole number from 1 to 2000. Default: 200. AWS's own."""


class KafkaConsumerSettings(TypedDict, total=False):
    """A function and the Kafka mapping that feeds it. `maximumBatchingWindowSeconds` left out is AWS's own 500 ms, which no number of seconds gives. `consumerGroupId` left out is a group of the mapping's own. AWS offers the retry controls with provisioned pollers only."""

    timeout_seconds: int
    r"""Timeout of a Lambda function behind Kafka, 14 minutes at most. A whole number from 1 to 840 seconds. Default: 30. Ends work that hangs; AWS takes 14 minutes at most behind Kafka."""
    memory_mb: int
    r"""MemorySize of a Lambda function. A whole number from 128 to 10240 MB. Default: 256. Enough for handlers without large data; a function that needs more fails visibly."""
    reserved_concurrency: int
    r"""ReservedConcurrentExecutions of a Lambda function. A whole number from 0. Default: left out. None: reserving less than the mapping asks for makes throttles, and those use up receives. Limit the mapping instead."""
    log_retention_days: FunctionLogRetentionDays
    r"""RetentionInDays of a CloudWatch log group. One of 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653. Default: 30. Long enough to look into a failure; AWS's own default keeps logs for ever."""
    filters: Sequence[Mapping[str, Any]]
    r"""FilterCriteria.Filters of an event source mapping. A list of objects with 10 entries at most. Default: none. Everything is delivered: what matches no filter is deleted or skipped."""
    enabled: bool
    r"""Enabled of an event source mapping. True or false. Default: true. The worker works."""
    batch_size: int
    r"""BatchSize of an event source mapping. A whole number from 1 to 10000. Default: 100. AWS's own for Kinesis and Kafka."""
    starting_position: OrderedWorkerStartingPosition
    r"""StartingPosition of an event source mapping. One of TRIM_HORIZON, LATEST, AT_TIMESTAMP. Default: TRIM_HORIZON. From the oldest record: none that was written before is missed."""
    starting_position_timestamp: str
    r"""StartingPositionTimestamp of an event source mapping, such as 2025-12-31T08:00:00Z. A text. Default: left out. It goes with AT_TIMESTAMP alone."""
    maximum_retry_attempts: int
    r"""MaximumRetryAttempts of an event source mapping, -1 for no limit. A whole number from -1 to 10000. Default: 5. A record that cannot be processed holds up its shard for six attempts, and not until it expires, as AWS's own default (-1) has it."""
    maximum_record_age_seconds: int
    r"""MaximumRecordAgeInSeconds of an event source mapping, -1 for no limit. A whole number from -1 to 604800 seconds. Default: -1. No limit: an outage of the worker discards no healthy records."""
    bisect_batch_on_function_error: bool
    r"""BisectBatchOnFunctionError of an event source mapping. True or false. Default: true. A record that makes the invoke fail is cut out of its batch."""
    report_batch_item_failures: bool
    r"""ReportBatchItemFailures in FunctionResponseTypes of an event source mapping. True or false. Default: true. Records before the failed one are not processed again."""
    on_record_error: OrderedWorkerOnRecordError
    r"""What the function does with records that failed. One of report, raise. Default: report. The first failed record is named, so that the ones before it count as done."""
    maximum_batching_window_seconds: int
    r"""MaximumBatchingWindowInSeconds of an event source mapping. A whole number from 0 to 300 seconds. Default: left out. AWS's own 500 ms, which no number of seconds gives."""
    consumer_group_id: str
    r"""ConsumerGroupId of a Kafka mapping. A text matching ^[A-Za-z0-9\-/*:_+=.@]{1,200}$. Default: left out. A group of the mapping's own: no other consumer takes partitions from it."""
    pollers: PollerSettings
    r"""How the mapping scales: by the lag (`on-demand`), or between two numbers of pollers that are paid for."""
    on_failure: KafkaConsumerOnFailure
    r"""Kind of DestinationConfig.OnFailure of a Kafka mapping. One of sqs, sns, s3, kafka, none. Default: sqs. What is discarded is told to a queue that keeps it, and not lost in silence."""
    failure_topic: str
    r"""Name of a Kafka topic in the same cluster. A text matching ^[A-Za-z0-9_-][A-Za-z0-9._-]{0,248}$. Default: streamtopic-failures. Only read with onFailure kafka."""


class VpcSettings(TypedDict, total=False):
    """A network that is there already, with the subnets to put brokers and producer into, each in another zone. It has to let the poller reach what it needs: with on-demand pollers Lambda and STS, and always the service of the failure destination."""

    vpc_id: Required[pulumi.Input[str]]
    r"""Id of a VPC. A text matching ^vpc-[0-9a-f]+$."""
    subnet_ids: Required[Sequence[pulumi.Input[str]]]
    r"""Ids of two or three private subnets. A list of texts with 2 entries at least and 3 at most."""


class TopicDefaultsSettings(TypedDict, total=False):
    """What a topic has of which nothing else is said."""

    partitions: int
    r"""Number of partitions of a Kafka topic. A whole number from 1 to 4000. Default: 1. One partition keeps the order of all records."""
    retention_hours: int
    r"""Retention.ms of a Kafka topic, in hours. A whole number from 1 to 87600 hours. Default: 168. 7 days, Kafka's own."""


class QueueWithDlqArgs(TypedDict, total=False):
    """Arguments of `QueueWithDlq`."""

    queue: OrderableQueueSettings
    r"""The source queue."""
    dead_letter_queue: DeadLetterQueueSettings
    r"""The queue that takes what was received too often."""
    function_timeout_seconds: int
    r"""Timeout of the Lambda function that reads the queue. A whole number from 1 to 900 seconds. Default: 30. The default of the workers here. Say what your function has: the visibility timeout follows from it."""
    maximum_batching_window_seconds: int
    r"""MaximumBatchingWindowInSeconds of the mapping that reads the queue. A whole number from 0 to 300 seconds. Default: 0. The default of the workers here."""
    alarms: AlarmSettings
    r"""Alarms of the two queues."""


class BatchWorkerArgs(TypedDict, total=False):
    """Arguments of `BatchWorker`."""

    queue_arn: Required[pulumi.Input[str]]
    r"""ARN of the queue to read. A text matching ^arn:aws[a-z-]*:sqs:[a-z0-9-]+:\d{12}:[A-Za-z0-9_-]{1,80}(\.fifo)?$."""
    queue_url: Required[pulumi.Input[str]]
    r"""URL of the queue to read. A text matching ^https?://."""
    code: pulumi.Input[pulumi.Archive]
    r"""The function's code, as an archive. An archive. Default: left out. The function of this package, whose behaviour the arguments of the worker decide."""
    handler: str
    r"""Handler of a Lambda function, in the runtime's spelling. A text. Default: handler.lambda_handler. The function `lambda_handler` in `handler.py`."""
    runtime: str
    r"""Runtime of a Lambda function. A text matching ^[a-z0-9.]+$. Default: python3.13. The runtime of this package's own functions."""
    architecture: CodeArchitecture
    r"""Architectures of a Lambda function. One of arm64, x86_64. Default: arm64. The one of this package's own functions; code with compiled parts has to be built for it."""
    layers: Sequence[pulumi.Input[str]]
    r"""Layers of a Lambda function, ARNs with versions. A list of texts with 5 entries at most. Default: none. Nothing is added to your code."""
    environment: pulumi.Input[Mapping[str, pulumi.Input[str]]]
    r"""Environment.Variables of a Lambda function besides the component's own. An object whose values are texts. Default: none. Your code finds what the component tells it, and nothing else."""
    statements: Sequence[StatementSettings]
    r"""What the function's role may do besides. The role may do what the mapping takes and write its own logs, and nothing else."""
    queue_visibility_timeout_seconds: pulumi.Input[int]
    r"""VisibilityTimeout that the queue has, to be compared with the function. A whole number from 0 to 43200 seconds. Default: left out. Not told, it is not checked here, and AWS refuses the mapping if it is below the function's timeout. `QueueWithDlq` has it as an output."""
    fifo: bool
    r"""Whether the queue to read is a FIFO queue. True or false. Default: false. A standard queue. An ARN that says otherwise is refused."""
    worker: BatchWorkerSettings
    r"""The function and the mapping that feeds it."""
    alarms: AlarmSettings
    r"""Alarms of the function."""


class IdempotentWorkerArgs(TypedDict, total=False):
    """Arguments of `IdempotentWorker`."""

    code: pulumi.Input[pulumi.Archive]
    r"""The function's code, as an archive. An archive. Default: left out. The function of this package, whose behaviour the arguments of the worker decide."""
    handler: str
    r"""Handler of a Lambda function, in the runtime's spelling. A text. Default: handler.lambda_handler. The function `lambda_handler` in `handler.py`."""
    runtime: str
    r"""Runtime of a Lambda function. A text matching ^[a-z0-9.]+$. Default: python3.13. The runtime of this package's own functions."""
    architecture: CodeArchitecture
    r"""Architectures of a Lambda function. One of arm64, x86_64. Default: arm64. The one of this package's own functions; code with compiled parts has to be built for it."""
    layers: Sequence[pulumi.Input[str]]
    r"""Layers of a Lambda function, ARNs with versions. A list of texts with 5 entries at most. Default: none. Nothing is added to your code."""
    environment: pulumi.Input[Mapping[str, pulumi.Input[str]]]
    r"""Environment.Variables of a Lambda function besides the component's own. An object whose values are texts. Default: none. Your code finds what the component tells it, and nothing else."""
    statements: Sequence[StatementSettings]
    r"""What the function's role may do besides. The role may do what the mapping takes and write its own logs, and nothing else."""
    queue: QueueSettings
    r"""The source queue."""
    dead_letter_queue: DeadLetterQueueSettings
    r"""The queue that takes what was received too often."""
    worker: IdempotentWorkerSettings
    r"""The function and the mapping that feeds it."""
    alarms: AlarmSettings
    r"""Alarms of queues and function."""


class StreamWorkerArgs(TypedDict, total=False):
    """Arguments of `StreamWorker`."""

    code: pulumi.Input[pulumi.Archive]
    r"""The function's code, as an archive. An archive. Default: left out. The function of this package, whose behaviour the arguments of the worker decide."""
    handler: str
    r"""Handler of a Lambda function, in the runtime's spelling. A text. Default: handler.lambda_handler. The function `lambda_handler` in `handler.py`."""
    runtime: str
    r"""Runtime of a Lambda function. A text matching ^[a-z0-9.]+$. Default: python3.13. The runtime of this package's own functions."""
    architecture: CodeArchitecture
    r"""Architectures of a Lambda function. One of arm64, x86_64. Default: arm64. The one of this package's own functions; code with compiled parts has to be built for it."""
    layers: Sequence[pulumi.Input[str]]
    r"""Layers of a Lambda function, ARNs with versions. A list of texts with 5 entries at most. Default: none. Nothing is added to your code."""
    environment: pulumi.Input[Mapping[str, pulumi.Input[str]]]
    r"""Environment.Variables of a Lambda function besides the component's own. An object whose values are texts. Default: none. Your code finds what the component tells it, and nothing else."""
    statements: Sequence[StatementSettings]
    r"""What the function's role may do besides. The role may do what the mapping takes and write its own logs, and nothing else."""
    source: StreamWorkerSource
    r"""Kind of stream. One of kinesis, dynamodb. Default: kinesis. A data stream; `dynamodb` makes a table with its stream instead."""
    kinesis: KinesisSettings
    r"""The Kinesis stream."""
    table: TableSettings
    r"""The table whose changes are the stream."""
    worker: StreamWorkerSettings
    r"""The function and the mapping that feeds it."""
    dead_letter_queue: DeadLetterQueueSettings
    r"""The queue that is told of discarded records."""
    alarms: AlarmSettings
    r"""Alarms of function and queue."""


class KafkaConsumerArgs(TypedDict, total=False):
    """Arguments of `KafkaConsumer`."""

    topic_name: Required[str]
    r"""Name of the Kafka topic to read. A text matching ^[A-Za-z0-9_-][A-Za-z0-9._-]{0,248}$."""
    code: pulumi.Input[pulumi.Archive]
    r"""The function's code, as an archive. An archive. Default: left out. The function of this package, whose behaviour the arguments of the worker decide."""
    handler: str
    r"""Handler of a Lambda function, in the runtime's spelling. A text. Default: handler.lambda_handler. The function `lambda_handler` in `handler.py`."""
    runtime: str
    r"""Runtime of a Lambda function. A text matching ^[a-z0-9.]+$. Default: python3.13. The runtime of this package's own functions."""
    architecture: CodeArchitecture
    r"""Architectures of a Lambda function. One of arm64, x86_64. Default: arm64. The one of this package's own functions; code with compiled parts has to be built for it."""
    layers: Sequence[pulumi.Input[str]]
    r"""Layers of a Lambda function, ARNs with versions. A list of texts with 5 entries at most. Default: none. Nothing is added to your code."""
    environment: pulumi.Input[Mapping[str, pulumi.Input[str]]]
    r"""Environment.Variables of a Lambda function besides the component's own. An object whose values are texts. Default: none. Your code finds what the component tells it, and nothing else."""
    statements: Sequence[StatementSettings]
    r"""What the function's role may do besides. The role may do what the mapping takes and write its own logs, and nothing else."""
    cluster_arn: pulumi.Input[str]
    r"""ARN of an MSK cluster to read from. A text matching ^arn:aws[a-z-]*:kafka:[a-z0-9-]+:\d{12}:cluster/.+$. Default: left out. Give this or selfManaged."""
    self_managed: SelfManagedKafkaSettings
    r"""A Kafka of one's own to read from. Give this or clusterArn."""
    topic_partitions: int
    r"""Number of partitions of that topic, for the threshold of the alarm on its lag. A whole number from 1 to 4000. Default: 1. The lowest threshold: the alarm is early rather than late."""
    consumer: KafkaConsumerSettings
    r"""The function and the mapping that feeds it."""
    dead_letter_queue: DeadLetterQueueSettings
    r"""The queue that is told of discarded records."""
    alarms: AlarmSettings
    r"""Alarms of function and queue."""


class MskClusterArgs(TypedDict, total=False):
    """Arguments of `MskCluster`."""

    mode: MskMode
    r"""Kind of MSK cluster. One of provisioned, serverless. Default: provisioned. Brokers of a known size and price."""
    zones: int
    r"""Number of availability zones, each with a private subnet. A whole number from 2 to 3. Default: 2. One zone may fail, or be patched, without the topic being gone; three cost half as much again."""
    instance_type: str
    r"""InstanceType of MSK brokers. A text matching ^(kafka|express)\.[a-z0-9]+\.[a-z0-9]+$. Default: kafka.t3.small. The smallest. It is for trying things out: take kafka.m7g.large or larger for work."""
    brokers_per_zone: int
    r"""Brokers in each availability zone. A whole number from 1 to 10. Default: 1. The fewest."""
    storage_gb: int
    r"""VolumeSize of an MSK broker, in GiB. A whole number from 1 to 16384 GiB. Default: 10. Little, and it can only grow."""
    kafka_version: str
    r"""KafkaVersion of an MSK cluster. A text. Default: 3.8.x. A fixed version: brokers change theirs when this argument does."""
    vpc: VpcSettings
    r"""A network that is there already, with the subnets to put brokers and producer into, each in another zone. It has to let the poller reach what it needs: with on-demand pollers Lambda and STS, and always the service of the failure destination. A private network of its own: nothing in it reaches the internet, or is reached from there."""
    topic_defaults: TopicDefaultsSettings
    r"""What a topic has of which nothing else is said."""
    services: Sequence[MskClusterServices]
    r"""AWS services that pollers reach from inside the network. A list of texts out of lambda, sts, sqs, sns, s3 with 5 entries at most. Default: sqs. What `KafkaConsumer` with its defaults needs: SQS for what is discarded. With on-demand pollers add `lambda` and `sts`."""
