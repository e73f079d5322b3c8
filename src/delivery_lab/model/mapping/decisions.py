"""What a mapping does with the answer of a function, or with a 429: pure functions (semantics.md B3, B4)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from delivery_lab.model.backoff import Backoff
from delivery_lab.model.clock import seconds
from delivery_lab.model.json_reading import read_json
from delivery_lab.rule_ids import RuleId
from delivery_lab.rules.assumptions import DEFAULTS, ThrottleRetryLimit, UnnamedResponse


@dataclass(frozen=True, slots=True)
class QueueVerdict:
    """Which messages of a batch failed. The others are deleted.

    Attributes:
        failed: ids of the messages that stay in the queue, in the order of the batch.
        rule: id of the rule that decided.
        reason: in a few words, why.
    """

    failed: tuple[str, ...]
    rule: RuleId
    reason: str


def classify(
    message_ids: Collection[str],
    payload: str,
    error: str | None,
    *,
    report: bool,
    unnamed: UnnamedResponse = DEFAULTS.unnamed_response,
) -> QueueVerdict:
    """Decide which messages of a batch failed.

    Args:
        message_ids: ids of the batch's messages, in order.
        payload: what the function returned, as JSON text.
        error: error type if the invoke failed (exception, timeout, crash), else None.
        report: whether the mapping has `ReportBatchItemFailures`.
        unnamed: how a response is taken that is not empty and has no batchItemFailures (ESM-REPORT-4).
    """
    everything = tuple(message_ids)
    if error is not None:
        return QueueVerdict(everything, "ESM-ERROR-1", f"the invoke failed with {error}")
    if not report:
        return QueueVerdict((), "ESM-REPORT-1", "the response is not looked at")
    try:
        response = parsed(payload)
    except ValueError:
        return QueueVerdict(everything, "ESM-REPORT-5", "the response is no JSON")
    return _classify_response(everything, response, unnamed)


def _classify_response(everything: tuple[str, ...], response: Any, unnamed: UnnamedResponse) -> QueueVerdict:
    if response is None or response in ({}, [], ""):
        return QueueVerdict((), "ESM-REPORT-3", "the response is empty")
    if not isinstance(response, dict) or "batchItemFailures" not in response:
        object_fails = unnamed is UnnamedResponse.OBJECT_FAILS and isinstance(response, dict)
        fails = unnamed is UnnamedResponse.FAILURE or object_fails
        return QueueVerdict(everything if fails else (), "ESM-REPORT-4", "the response has no batchItemFailures")
    failures = response["batchItemFailures"]
    if failures is None or failures == []:
        return QueueVerdict((), "ESM-REPORT-2", "batchItemFailures is empty")
    if not isinstance(failures, list):
        return QueueVerdict(everything, "ESM-REPORT-6", "batchItemFailures is no list")
    named: set[str] = set()
    for failure in failures:
        identifier = failure.get("itemIdentifier") if isinstance(failure, dict) else None
        if not isinstance(identifier, str) or not identifier:
            return QueueVerdict(everything, "ESM-REPORT-6", "an itemIdentifier is missing or empty")
        if identifier not in everything:
            return QueueVerdict(everything, "ESM-REPORT-7", "an itemIdentifier is no message of the batch")
        named.add(identifier)
    failed = tuple(message_id for message_id in everything if message_id in named)
    return QueueVerdict(failed, "ESM-REPORT-8", f"{len(failed)} of {len(everything)} reported")


def reported_failures(payload: str, message_ids: Collection[str]) -> tuple[str, ...]:
    """The messages that a response names as failed, whether or not the mapping looks at it.

    For results: a message that its handler calls failed was not processed, even if the mapping deletes it.
    """
    named = named_identifiers(payload)
    return tuple(message_id for message_id in message_ids if message_id in named)


@lru_cache(maxsize=64)
def parsed(payload: str) -> Any:
    """A response as JSON, for readers that change nothing in it; a batch that fails for days gets the same one.

    Raises:
        ValueError: it is no JSON.
    """
    return read_json(payload)


def named_identifiers(payload: str) -> list[Any]:
    """What a response gives as `itemIdentifier` of its failures, as it stands there; empty where it names none."""
    if "batchItemFailures" not in payload:
        return []
    try:
        response = parsed(payload)
    except ValueError:
        return []
    failures = response.get("batchItemFailures") if isinstance(response, dict) else None
    if not isinstance(failures, list):
        return []
    return [failure.get("itemIdentifier") for failure in failures if isinstance(failure, dict)]


FIRST_RETRY_SECONDS = 1.0
THROTTLE_RETRIES = Backoff(FIRST_RETRY_SECONDS, 30.0, 0.5, 1.0)
"""How long a throttled invoke waits before it is tried again (ESM-THROTTLE-4)."""


def next_throttle_retry(
    now: int, attempt: int, *, visible_at: int, function_timeout_seconds: int, limit: ThrottleRetryLimit, chance: float
) -> int | None:
    """When to try a throttled invoke again, or None to stop retrying.

    The spacing is exponential with jitter: from half to all of 1 s, 2 s, 4 s ... up to 30 s (ESM-THROTTLE-4).

    Args:
        now: this instant, in microseconds.
        attempt: how often the invoke was throttled before this time.
        visible_at: instant at which the first message of the batch becomes visible again.
        function_timeout_seconds: the function's timeout.
        limit: until when throttled invokes are tried again.
        chance: a number from 0 to 1.
    """
    instant = now + THROTTLE_RETRIES.wait(attempt, chance)
    if limit is ThrottleRetryLimit.FUNCTION_TIMEOUT_LEFT:
        return instant if instant + seconds(function_timeout_seconds) <= visible_at else None
    return instant if instant < visible_at else None


def throttle_retries(
    now: int, attempt: int, *, visible_at: int, function_timeout_seconds: int, chance: float
) -> dict[ThrottleRetryLimit, int | None]:
    """When to try a throttled invoke again, by each limit; arguments as of `next_throttle_retry`."""
    return {
        limit: next_throttle_retry(
            now,
            attempt,
            visible_at=visible_at,
            function_timeout_seconds=function_timeout_seconds,
            limit=limit,
            chance=chance,
        )
        for limit in ThrottleRetryLimit
    }
