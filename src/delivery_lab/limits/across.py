"""Rules of AWS across settings. Each function names the rule that it states."""

from __future__ import annotations

from delivery_lab.limits.mappings import ENDLESS, FIFO_BATCH_SIZE, RECORD_AGE, SQS_BATCH_SIZE_WITHOUT_WINDOW
from delivery_lab.limits.queues import RECEIVE_WAIT, VISIBILITY_TIMEOUT

ADVISED_TIMEOUTS = 6
"""How many function timeouts the advised visibility timeout has room for (ESM-VT-1)."""


def advised_visibility_seconds(timeout_seconds: int, window_seconds: int) -> int:
    """The visibility timeout that AWS advises: six function timeouts and the batching window (ESM-VT-1).

    Throttled invokes are then tried again before the messages are visible again. SQS takes no more than 12 hours.
    """
    return min(VISIBILITY_TIMEOUT.maximum, ADVISED_TIMEOUTS * timeout_seconds + window_seconds)


def longest_collecting_seconds(window_seconds: int) -> int:
    """How much of a message's visibility timeout may be over before its batch is invoked (ESM-BATCH-2, ESM-BATCH-6).

    That is the batching window. With little traffic it is the time of a long poll, also where the window is shorter.
    """
    return max(window_seconds, RECEIVE_WAIT.maximum) if window_seconds else 0


def allows_visibility(visibility_seconds: int, timeout_seconds: int) -> bool:
    """Whether a mapping of a queue is accepted: visibility timeout at least the function's timeout (ESM-VT-1)."""
    return visibility_seconds >= timeout_seconds


def needs_window(batch_size: int) -> bool:
    """Whether a batch of a standard queue needs a batching window (ESM-BATCH-1)."""
    return batch_size > SQS_BATCH_SIZE_WITHOUT_WINDOW


def allows_fifo_batch(batch_size: int) -> bool:
    """Whether a batch of a FIFO queue is accepted (ESM-FIFO-4)."""
    return batch_size <= FIFO_BATCH_SIZE


def allows_throughput(throughput_limit: str, deduplication_scope: str) -> bool:
    """Whether a FIFO queue may limit its rate by message group: only if it deduplicates by it (SQS-FIFO-6)."""
    return throughput_limit != "perMessageGroupId" or deduplication_scope == "messageGroup"


def allows_record_age(seconds: int) -> bool:
    """Whether a maximum record age is accepted: -1 for no limit, or from 60 s to 7 days (STR-AGE-2)."""
    return seconds == ENDLESS or RECORD_AGE.allows(seconds)


def allows_pollers(minimum: int, maximum: int) -> bool:
    """Whether provisioned pollers fit: the minimum is no more than the maximum (ESM-PROV-1, KAF-SCALE-2)."""
    return minimum <= maximum


def is_left_out(value: int | None) -> bool:
    """Whether a batch size or a batching window stands for AWS's default: left out, or 0 (ESM-ZERO-1)."""
    return value is None or value == 0


def ends_endless_retries(maximum_retry_attempts: int, *, has_destination: bool) -> bool:
    """Whether AWS ends the endless retries of a Kafka mapping itself: once it has a destination (KAF-RETRY-2)."""
    return maximum_retry_attempts == ENDLESS and has_destination
