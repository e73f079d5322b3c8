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


class UnnamedResponse(StrEnum):
    """How a mapping takes a response that says nothing about failures (ESM-REPORT-4)."""

    SUCCESS = "success"
    FAILURE = "failure"


class LongWindow(StrEnum):
    """With which visibility timeout a mapping receives if window and function timeout exceed the queue's (ESM-VT-2)."""

    EXTENDED = "extended"
    """Window + function timeout + 30 s."""
    QUEUE = "queue"
    """The queue's own."""


class UnseenWork(StrEnum):
    """What became of a message of which nothing is known but that its invoke succeeded (EVD-INVOKE-1)."""

    PROCESSED = "processed"
    LOST = "lost"


class SwallowedError(StrEnum):
    """What became of a message at which a handler left an error alone, and did nothing for it afterwards (EVD-ERROR-1)."""

    FAILED = "failed"
    HANDLED = "handled"


class UnseenRecord(StrEnum):
    """What became of a record that a handler did not look at, although it looks at others (EVD-LOOK-1)."""

    LOST = "lost"
    PROCESSED = "processed"


@dataclass(frozen=True, slots=True)
class Assumptions:
    """One value for every rule that has alternatives. Defaults are what the model assumes.

    Attributes:
        throttle_retry_limit: until when throttled invokes are tried again (ESM-THROTTLE-2).
        throttle_pause_seconds: for how long pollers do not grow after a throttled invoke (ESM-THROTTLE-3).
        least_pollers: concurrent batches that a mapping of a standard queue falls back to when idle, 2 to 5
            (ESM-SCALE-4).
        unnamed_response: how a response without batchItemFailures is taken (ESM-REPORT-4).
        long_window: the visibility timeout of receives for long windows (ESM-VT-2).
        stale_delete: what a delete with an older handle does (SQS-STALE-2).
        cold_start_seconds: how long a cold start takes (LAM-INIT-1).
        unseen_work: what became of a message of which only its invoke is known (EVD-INVOKE-1).
        swallowed_error: what became of a message at which an error was left alone (EVD-ERROR-1).
        unseen_record: what became of a record that was not looked at (EVD-LOOK-1).
        api_latency_seconds: how long an API call of a handler takes at least and at most (SIM-API-1).
    """

    throttle_retry_limit: ThrottleRetryLimit = ThrottleRetryLimit.FUNCTION_TIMEOUT_LEFT
    throttle_pause_seconds: float = 60.0
    least_pollers: int = 5
    unnamed_response: UnnamedResponse = UnnamedResponse.SUCCESS
    long_window: LongWindow = LongWindow.EXTENDED
    stale_delete: StaleDelete = StaleDelete.COIN
    cold_start_seconds: float = 0.25
    api_latency_seconds: tuple[float, float] = (0.005, 0.015)
    unseen_work: UnseenWork = UnseenWork.PROCESSED
    swallowed_error: SwallowedError = SwallowedError.FAILED
    unseen_record: UnseenRecord = UnseenRecord.LOST


DEFAULTS = Assumptions()
