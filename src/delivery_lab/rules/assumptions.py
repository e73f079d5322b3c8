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


@dataclass(frozen=True, slots=True)
class Assumptions:
    """One value for every rule that has alternatives. Defaults are what the model assumes.

    Attributes:
        throttle_retry_limit: until when throttled invokes are tried again (ESM-THROTTLE-2).
        throttled_growth: by how many batches a minute a mapping grows, for each one that runs, while its function
            throttles (ESM-THROTTLE-3).
        batches_per_success: concurrent batches of a mapping for each invoke that succeeds between two that fail
            (ESM-ERROR-2).
        least_pollers: concurrent batches that a mapping of a standard queue falls back to when idle, 2 to 5
            (ESM-SCALE-4).
        unnamed_response: how a response without batchItemFailures is taken (ESM-REPORT-4).
        long_window: the visibility timeout of receives for long windows (ESM-VT-2).
        stale_delete: what a delete with an older handle does (SQS-STALE-2).
        cold_start_seconds: how long a cold start takes (LAM-INIT-1).
        api_latency_seconds: how long an API call of a handler takes at least and at most (SIM-API-1).
    """

    throttle_retry_limit: ThrottleRetryLimit = ThrottleRetryLimit.FUNCTION_TIMEOUT_LEFT
    throttled_growth: float = 0.4
    batches_per_success: float = 1.2
    least_pollers: int = 5
    unnamed_response: UnnamedResponse = UnnamedResponse.SUCCESS
    long_window: LongWindow = LongWindow.EXTENDED
    stale_delete: StaleDelete = StaleDelete.COIN
    cold_start_seconds: float = 0.25
    api_latency_seconds: tuple[float, float] = (0.005, 0.015)


DEFAULTS = Assumptions()
