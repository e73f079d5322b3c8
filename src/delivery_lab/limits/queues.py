"""Limits of Amazon SQS."""

from __future__ import annotations

from delivery_lab.limits.limit import Bound, Choice, Limit

HOUR_SECONDS = 3_600
DAY_SECONDS = 86_400

VISIBILITY_TIMEOUT = Limit("VisibilityTimeout", 0, 12 * HOUR_SECONDS, "s", "SQS-BOUNDS-1", 30)
"""Its maximum is also the longest time that one receive can keep a message (SQS-VT-3)."""
RETENTION = Limit("MessageRetentionPeriod", 60, 14 * DAY_SECONDS, "s", "SQS-BOUNDS-1", 4 * DAY_SECONDS)
DELAY = Limit("DelaySeconds", 0, 900, "s", "SQS-BOUNDS-1", 0)
RECEIVE_WAIT = Limit("ReceiveMessageWaitTimeSeconds", 0, 20, "s", "SQS-BOUNDS-1", 0)
MESSAGE_SIZE = Limit("MaximumMessageSize", 1_024, 1_048_576, "bytes", "SQS-BOUNDS-1", 1_048_576)
MAX_RECEIVE_COUNT = Limit("maxReceiveCount", 1, 1_000, "receives", "SQS-BOUNDS-1", 10)

QUEUE_NAME = Bound("QueueName", 1, 80, "characters", "SQS-NAME-1")
FIFO_SUFFIX = ".fifo"
"""How the name of a FIFO queue ends, and that of no other (SQS-NAME-1)."""

DEDUPLICATION_SCOPE = Choice("DeduplicationScope", ("queue", "messageGroup"), "queue", "SQS-FIFO-3")
THROUGHPUT_LIMIT = Choice("FifoThroughputLimit", ("perQueue", "perMessageGroupId"), "perQueue", "SQS-FIFO-6")
DEDUPLICATION_SECONDS = 300
"""How long SQS remembers a deduplication id (SQS-FIFO-3)."""

DENY_ALL, BY_QUEUE = "denyAll", "byQueue"
REDRIVE_PERMISSION = Choice("redrivePermission", ("allowAll", DENY_ALL, BY_QUEUE), "allowAll", "SQS-DLQ-4")
SOURCE_QUEUES = Bound("sourceQueueArns", 1, 10, "queues", "SQS-DLQ-4")
"""How many sources a redrive allow policy with `byQueue` names."""

BATCH_ENTRIES = Bound("Entries", 1, 10, "messages", "SQS-BATCH-1")
"""Entries of one batch request, and messages of one receive."""
MESSAGE_ATTRIBUTES = Bound("MessageAttributes", 0, 10, "attributes", "SQS-SIZE-1")
KMS_REUSE = Limit("KmsDataKeyReusePeriodSeconds", 60, DAY_SECONDS, "s", "SQS-SSE-1", 300)
PURGE_SECONDS = 60
"""How long after a purge the next one of the same queue is refused (SQS-PURGE-1)."""
SPREAD_SECONDS = 60
"""How long new attributes may take to hold (SQS-SPREAD-1)."""
RETENTION_SPREAD_SECONDS = 900
"""How long a new retention period may take to hold (SQS-SPREAD-1)."""
LISTED_QUEUES = Bound("MaxResults", 1, 1_000, "queues", "SQS-LIST-1")
ATTRIBUTE_NAME = Bound("Name", 1, 256, "characters", "SQS-ATTR-1")
"""Of a message attribute."""
ATTRIBUTE_TYPE = Bound("DataType", 1, 256, "characters", "SQS-ATTR-1")
"""Of a message attribute, with its label."""
IN_FLIGHT = Bound("messages in flight", 0, 120_000, "messages", "SQS-LIMIT-1")
"""Messages of a standard queue that are received and neither deleted nor visible again."""
MOVE_RATE = Bound("MaxNumberOfMessagesPerSecond", 1, 500, "messages/s", "RDR-RATE-1")
MOVE_TASK = Bound("message move task", 0, 36 * HOUR_SECONDS, "s", "RDR-RATE-2")
