"""Limits of event source mappings, by the kind of source."""

from __future__ import annotations

from collections.abc import Mapping

from delivery_lab.limits.limit import Bound, Choice, Limit
from delivery_lab.resource_types import SourceKind

ENDLESS = -1
"""AWS's word for: as often, or as long, as the source keeps the record."""

# -- queues -----------------------------------------------------------------------------------------------

SQS_BATCH_SIZE = Limit("BatchSize", 1, 10_000, "messages", "ESM-BATCH-1", 10)
SQS_WINDOW = Limit("MaximumBatchingWindowInSeconds", 0, 300, "s", "ESM-BATCH-2", 0)
SQS_BATCH_SIZE_WITHOUT_WINDOW = 10
"""The largest batch of a standard queue that needs no batching window (ESM-BATCH-1)."""
FIFO_BATCH_SIZE = 10
"""The largest batch of a FIFO queue, which has no batching window (ESM-FIFO-4)."""
MAXIMUM_CONCURRENCY = Bound("ScalingConfig.MaximumConcurrency", 2, 1_000, "batches", "ESM-CONC-1")
SQS_MINIMUM_POLLERS = Limit("ProvisionedPollerConfig.MinimumPollers", 2, 200, "pollers", "ESM-PROV-1", 2)
SQS_MAXIMUM_POLLERS = Limit("ProvisionedPollerConfig.MaximumPollers", 2, 10_000, "pollers", "ESM-PROV-1", 200)

SQS_FIRST_BATCHES = 5
"""Batches at once with which a mapping of a standard queue starts (ESM-SCALE-1)."""
SQS_MOST_BATCHES = 1_250
"""Batches at once up to which it grows (ESM-SCALE-2)."""

# -- streams ----------------------------------------------------------------------------------------------

STREAM_BATCH_SIZE = Limit("BatchSize", 1, 10_000, "records", "STR-BATCH-1", 100)
STREAM_WINDOW = Limit("MaximumBatchingWindowInSeconds", 0, 300, "s", "STR-BATCH-1", 0)
PARALLELIZATION_FACTOR = Limit("ParallelizationFactor", 1, 10, "batches", "STR-BATCH-1", 1)
TUMBLING_WINDOW = Limit("TumblingWindowInSeconds", 0, 900, "s", "STR-BATCH-1", 0)

# -- streams and Kafka ------------------------------------------------------------------------------------

RETRY_ATTEMPTS = Limit("MaximumRetryAttempts", ENDLESS, 10_000, "retries", "STR-RETRY-1", ENDLESS)
RECORD_AGE = Limit("MaximumRecordAgeInSeconds", 60, 604_800, "s", "STR-AGE-2", ENDLESS)
"""Its default, -1 for no limit, is accepted too; `delivery_lab.limits.across.allows_record_age` knows."""

STREAM_POSITIONS = Choice("StartingPosition", ("TRIM_HORIZON", "LATEST", "AT_TIMESTAMP"), "", "STR-START-1")
TABLE_STREAM_POSITIONS = Choice("StartingPosition", ("TRIM_HORIZON", "LATEST"), "", "STR-START-1")
KAFKA_POSITIONS = Choice("StartingPosition", ("TRIM_HORIZON", "LATEST", "AT_TIMESTAMP"), "", "KAF-START-1")

# -- Kafka ------------------------------------------------------------------------------------------------

KAFKA_BATCH_SIZE = Limit("BatchSize", 1, 10_000, "records", "KAF-BATCH-1", 100)
KAFKA_WINDOW = Bound("MaximumBatchingWindowInSeconds", 0, 300, "s", "KAF-BATCH-1")
KAFKA_DEFAULT_WINDOW_SECONDS = 0.5
"""The batching window that is left out, which no whole number of seconds gives (KAF-BATCH-1)."""
KAFKA_MINIMUM_POLLERS = Limit("ProvisionedPollerConfig.MinimumPollers", 1, 200, "pollers", "KAF-SCALE-2", 1)
KAFKA_MAXIMUM_POLLERS = Limit("ProvisionedPollerConfig.MaximumPollers", 1, 2_000, "pollers", "KAF-SCALE-2", 200)
KAFKA_FUNCTION_TIMEOUT = Bound("Timeout", 1, 840, "s", "KAF-TIME-1")
"""Timeout of a function that a Kafka mapping invokes."""
KAFKA_RETRIES_WITH_DESTINATION = 10
"""Where endless retries end once there is a destination for failures (KAF-RETRY-2)."""
CONSUMER_GROUP_ID = Bound("ConsumerGroupId", 1, 200, "characters", "KAF-GROUP-1")

# -- every kind -------------------------------------------------------------------------------------------

FILTERS = Bound("FilterCriteria.Filters", 0, 10, "patterns", "ESM-FILTER-3")
"""5 unless the quota was raised; 10 is what no account can have more of."""
FILTER_PATTERN = Bound("Pattern", 0, 4_096, "characters", "ESM-FILTER-3")
REPORT = "ReportBatchItemFailures"

# -- which settings belong to which kind of source (ESM-KIND-1) --------------------------------------------

SOURCES: Mapping[SourceKind, str] = {
    "sqs": "an SQS queue",
    "kinesis": "a stream",
    "dynamodb": "a stream",
    "kafka": "a Kafka topic",
}
"""What messages call a source of each kind."""

_RECORD_SETTINGS = frozenset(
    {
        "bisectBatchOnFunctionError",
        "destinationConfig",
        "maximumRecordAgeInSeconds",
        "maximumRetryAttempts",
        "startingPosition",
        "startingPositionTimestamp",
    }
)
_STREAM_SETTINGS = frozenset({"parallelizationFactor", "tumblingWindowInSeconds"})
_KAFKA_SETTINGS = frozenset(
    {
        "amazonManagedKafkaEventSourceConfig",
        "selfManagedEventSource",
        "selfManagedKafkaEventSourceConfig",
        "sourceAccessConfigurations",
        "topics",
    }
)
_QUEUE_SETTINGS = frozenset({"scalingConfig"})
_POLLER_SETTINGS = frozenset({"provisionedPollerConfig"})
_NOT_OF_STREAMS = _KAFKA_SETTINGS | _QUEUE_SETTINGS | _POLLER_SETTINGS

FOREIGN_SETTINGS: Mapping[SourceKind, frozenset[str]] = {
    "sqs": _RECORD_SETTINGS | _STREAM_SETTINGS | _KAFKA_SETTINGS,
    "kinesis": _NOT_OF_STREAMS,
    "dynamodb": _NOT_OF_STREAMS,
    "kafka": _STREAM_SETTINGS | _QUEUE_SETTINGS,
}
"""Settings that AWS has for other kinds of sources only, by Pulumi's names."""
