"""What the model assumes where AWS does not say, or where two sources differ; each can be assumed otherwise.

`delivery_lab.rules.alternatives` knows which rule each of these belongs to and what else it may be.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class ThrottleRetryLimit(StrEnum):
    """Until when a mapping retries a throttled invoke. The documentation and an observation differ (ESM-THROTTLE-2)."""

    FUNCTION_TIMEOUT_LEFT = "function-timeout-left"
    """While at least one function timeout of the visibility timeout is left: what the field report saw."""

    VISIBILITY_LEFT = "visibility-left"
    """While the visibility timeout lasts: what the documentation says."""


class StaleDelete(StrEnum):
    """What a delete with an older receipt handle does on a standard queue (SQS-STALE-2)."""

    COIN = "coin"
    """The message goes or stays, by a coin of the run's seed."""
    DELETE = "delete"
    KEEP = "keep"


class AttributeSpread(StrEnum):
    """When new attributes of a queue hold that a handler sets (SQS-SPREAD-1)."""

    LATEST = "latest"
    """When AWS says that they have spread at the latest: 60 s, or 15 minutes for the retention period."""
    AT_ONCE = "at-once"


class ReturnedPlace(StrEnum):
    """Where a message of a standard queue stands that is visible again (SQS-ORDER-1)."""

    KEPT = "kept"
    """In its old place, before what was sent after it."""
    BACK = "back"
    """Behind what is ready."""


class UnnamedResponse(StrEnum):
    """How a mapping takes a response that is not empty and has no batchItemFailures (ESM-REPORT-4, STR-REPORT-7)."""

    SUCCESS = "success"
    FAILURE = "failure"
    """The batch failed, whatever else it is."""
    OBJECT_FAILS = "object-fails"
    """An object with other keys fails the batch; a text, a number or a list does not."""


class LongWindow(StrEnum):
    """With which visibility timeout a mapping receives if window and function timeout exceed the queue's (ESM-VT-2)."""

    QUEUE = "queue"
    """The queue's own: what the documentation says today."""
    EXTENDED = "extended"
    """Window + function timeout + 30 s: what it said until 2022."""


class QuietWindow(StrEnum):
    """When a batch is handed over whose window ends below 20 s while no further message comes (ESM-BATCH-6)."""

    LONG_POLL = "long-poll"
    """With the next message, or 20 s after its first one: the poll that waits for messages ends then."""
    WINDOW = "window"
    """When the window is over."""


class IdleWindow(StrEnum):
    """When the next window of a poller opens whose last one has ended without a message (ESM-BATCH-7)."""

    MESSAGE = "message"
    """With the next message."""
    FOLLOWING = "following"
    """At once: windows follow one another, and a message waits for the end of the one in which it came."""


class RetryCount(StrEnum):
    """Retries that a stream's batch had used up when a partial failure moved the checkpoint (STR-REPORT-10)."""

    ANEW = "anew"
    """What is left begins a count of its own."""
    KEPT = "kept"
    """They stay used up."""


class RetriedRecords(StrEnum):
    """Which records of a batch of Kafka are tried again when the response names some (KAF-REPORT-2)."""

    NAMED = "named"
    """Those that it names: what the guide says."""
    FROM_LOWEST = "from-lowest"
    """Those from the lowest named one on, as of streams (STR-REPORT-8)."""


class ChainedCount(StrEnum):
    """What the redrive policy of a dead-letter queue counts of a message that was moved there (SQS-DLQ-6)."""

    CARRIED = "carried"
    """All its receives, those in the source queue too."""
    ANEW = "anew"
    """Its receives in that queue alone."""


class UnseenWork(StrEnum):
    """What became of a message of which nothing is known but that its invoke succeeded (EVD-INVOKE-1)."""

    PROCESSED = "processed"
    LOST = "lost"


class ErrorLeftAlone(StrEnum):
    """What became of a message at which a handler left an error alone, and did nothing for it afterwards (EVD-ERROR-1)."""

    FAILED = "failed"
    HANDLED = "handled"


class UnseenRecord(StrEnum):
    """What became of a record that a handler did not look at, although it looks at others (EVD-LOOK-1)."""

    LOST = "lost"
    PROCESSED = "processed"


class UnreadFailures(StrEnum):
    """What becomes of failed events at a topic or bus that hands on to nobody in the stack (DST-SINK-2)."""

    KEPT = "kept"
    """Somebody outside the stack gets them."""
    LOST = "lost"


class OtherFields(StrEnum):
    """What a filter pattern does that asks for fields which AWS does not say to support (ESM-FILTER-4)."""

    MATCHED = "matched"
    UNMATCHED = "unmatched"
    """It matches no record."""


class SavedCapacity(StrEnum):
    """How much unused capacity a table with provisioned capacity has when a run begins (DDB-CAPACITY-6)."""

    FULL = "full"
    """That of 300 s."""
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Assumptions:
    """One value for every rule that has alternatives. Defaults are what the model assumes.

    Attributes:
        throttle_retry_limit: until when throttled invokes are tried again (ESM-THROTTLE-2).
        throttled_growth: by how many batches a minute a mapping grows, for each one that runs, while its function
            throttles (ESM-THROTTLE-3).
        batches_when_half_fail: concurrent batches of a mapping where every second invoke fails (ESM-ERROR-2).
        least_pollers: concurrent batches that a mapping of a standard queue falls back to when idle, 2 to 5
            (ESM-SCALE-4).
        unnamed_response: how a response without batchItemFailures is taken (ESM-REPORT-4).
        long_window: the visibility timeout of receives for long windows (ESM-VT-2).
        quiet_window: when a batch of a short window is handed over if nothing more comes (ESM-BATCH-6).
        idle_window: when a window opens after one without messages (ESM-BATCH-7).
        other_fields: what patterns for other fields than the content do (ESM-FILTER-4).
        chained_count: what the redrive policy of a dead-letter queue counts (SQS-DLQ-6).
        stale_delete: what a delete with an older handle does (SQS-STALE-2).
        unnamed_record_response: the same of streams and Kafka (STR-REPORT-7).
        fair_seconds: how far back a tenant's share of processing time is looked at (SQS-FAIR-4).
        returned_place: where a message stands that is visible again (SQS-ORDER-1).
        retry_count: whether a batch begins a count of its own when the checkpoint moved (STR-REPORT-10).
        kafka_retried: which records of a batch of Kafka are tried again when the response names some (KAF-REPORT-2).
        window_grace_seconds: how long a tumbling window waits for further records at its end (STR-WINDOW-4).
        event_jitter: by which share the wait of a throttled event is shorter or longer, at most (ASY-BACKOFF-2).
        unread_failures: whether somebody gets failed events that go to a topic or bus which nobody of the stack reads
            (DST-SINK-2).
        pipe_stream_batch: how many records of a stream are in a batch of a pipe that does not say it, at most, and as far
            as its target takes them (PIPE-BATCH-2).
        attribute_spread: when new attributes of a queue hold (SQS-SPREAD-1).
        cold_start_seconds: how long a cold start takes (LAM-INIT-1).
        invoke_seconds: how long an invoke takes besides at most, before its code begins (LAM-DURATION-1).
        poll_seconds: after how long a waiting poller has a message that is ready, at most (ESM-POLL-1).
        unseen_work: what became of a message of which only its invoke is known (EVD-INVOKE-1).
        swallowed_error: what became of a message at which an error was left alone (EVD-ERROR-1).
        unseen_record: what became of a record that was not looked at (EVD-LOOK-1).
        saved_capacity: unused capacity of tables at the start (DDB-CAPACITY-6).
        rule_retry_seconds: the first and the longest wait before EventBridge tries a target again (EB-RETRY-2).
        api_latency_seconds: how long an API call of a handler takes at least and at most (SIM-API-1).
    """

    throttle_retry_limit: ThrottleRetryLimit = ThrottleRetryLimit.FUNCTION_TIMEOUT_LEFT
    throttled_growth: float = 0.4
    batches_when_half_fail: float = 3.0
    least_pollers: int = 5
    unnamed_response: UnnamedResponse = UnnamedResponse.SUCCESS
    long_window: LongWindow = LongWindow.QUEUE
    quiet_window: QuietWindow = QuietWindow.LONG_POLL
    idle_window: IdleWindow = IdleWindow.MESSAGE
    other_fields: OtherFields = OtherFields.MATCHED
    chained_count: ChainedCount = ChainedCount.CARRIED
    stale_delete: StaleDelete = StaleDelete.COIN
    unnamed_record_response: UnnamedResponse = UnnamedResponse.SUCCESS
    fair_seconds: float = 300.0
    returned_place: ReturnedPlace = ReturnedPlace.KEPT
    retry_count: RetryCount = RetryCount.ANEW
    kafka_retried: RetriedRecords = RetriedRecords.NAMED
    window_grace_seconds: float = 1.0
    event_jitter: float = 0.2
    unread_failures: UnreadFailures = UnreadFailures.KEPT
    pipe_stream_batch: int = 1
    attribute_spread: AttributeSpread = AttributeSpread.LATEST
    cold_start_seconds: float = 0.25
    invoke_seconds: float = 0.0
    poll_seconds: float = 0.0
    api_latency_seconds: tuple[float, float] = (0.005, 0.015)
    unseen_work: UnseenWork = UnseenWork.PROCESSED
    swallowed_error: ErrorLeftAlone = ErrorLeftAlone.FAILED
    unseen_record: UnseenRecord = UnseenRecord.LOST
    saved_capacity: SavedCapacity = SavedCapacity.FULL
    rule_retry_seconds: tuple[float, float] = (1.0, 500.0)


MOST_THROTTLED_GROWTH = 30
"""Batches a minute by which a throttled mapping grows at most (ESM-THROTTLE-3): a tenth of what AWS documents otherwise."""

DEFAULTS = Assumptions()
