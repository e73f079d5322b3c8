"""Limits of SNS topics and subscriptions."""

from __future__ import annotations

from delivery_lab.limits.limit import Bound, Choice, Limit

TOPIC_MESSAGE = Limit("MaximumMessageSize", 1_024, 1_048_576, "bytes", "SNS-SIZE-1", 262_144)
"""The largest message that a topic takes, body and attributes together."""
SUBJECT = Bound("Subject", 1, 99, "characters", "SNS-SIZE-1")
PUBLISH_ENTRIES = Bound("PublishBatchRequestEntries", 1, 10, "entries", "SNS-BATCH-1")
RAW_ATTRIBUTES = Bound("MessageAttributes", 0, 10, "attributes", "SNS-RAW-2")
"""Message attributes that a subscription with raw message delivery hands on to a queue."""
FILTER_KEYS = Bound("FilterPolicy", 0, 5, "keys", "SNS-FILTER-2")
FILTER_COMBINATIONS = Bound("FilterPolicy", 0, 150, "combinations", "SNS-FILTER-2")
FILTER_SCOPE = Choice("FilterPolicyScope", ("MessageAttributes", "MessageBody"), "MessageAttributes", "SNS-FILTER-1")
DEDUPLICATION_SCOPE = Choice("FifoThroughputScope", ("Topic", "MessageGroup"), "Topic", "SNS-FIFO-2")
DEDUPLICATION_SECONDS = 300
"""For so long a FIFO topic recognises a repetition (SNS-FIFO-2)."""
