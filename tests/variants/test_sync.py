"""What callers see while the function behind is throttled, and while it is down."""

from __future__ import annotations

import pytest

from lab.model.journal import Kind
from lab.results.outcome import Outcome
from tests.lab_support import outcome, run

MOST_ATTEMPTS = 8


def _answered(result: Outcome, status: str) -> int:
    return result.requests.answers.get(status, 0)


def _failed_behind(stack: str) -> int:
    """Invokes of the callee that failed."""
    return sum(
        event.kind is Kind.INVOKE_END and event.text("function") == "sync-callee" and bool(event.facts.get("error"))
        for event in run(stack).events
    )


def test_naive_loses_requests_to_throttles_and_takes_failures_for_answers() -> None:
    result = outcome("sync-naive")

    assert _answered(result, "500") > 0
    # Most of the failures behind were told to the caller as a success.
    assert _failed_behind("sync-naive") == 120
    assert _answered(result, "200") == 480 - _answered(result, "500")


def test_retry_gets_through_the_throttles_and_says_what_failed() -> None:
    naive, retry = outcome("sync-naive"), outcome("sync-retry")

    assert _answered(retry, "500") == 0
    assert _answered(retry, "503") < _answered(naive, "500")
    assert _answered(retry, "502") == _failed_behind("sync-retry") == 120


def test_breaker_saves_the_calls_to_a_function_that_is_down_and_recovers() -> None:
    retry, breaker = outcome("sync-retry"), outcome("sync-breaker")

    assert _failed_behind("sync-breaker") <= 10 < _failed_behind("sync-retry")
    assert breaker.requests.attempts.total < retry.requests.attempts.total
    answers = [(e.instant / 1e6, e.facts["status"]) for e in run("sync-breaker").events if e.kind is Kind.HTTP]
    last_refused = max(at for at, status in answers if status != 200)
    assert 150 < last_refused < 150 + 65  # it was down until 150 s; the next probe comes after 60 s at most
    assert all(status == 200 for at, status in answers if at > last_refused)


@pytest.mark.parametrize("stack", ["sync-naive", "sync-retry", "sync-breaker"])
def test_no_retry_storm(stack: str) -> None:
    result = outcome(stack)

    assert result.requests.total == 480
    assert result.requests.attempts.max_per_request <= MOST_ATTEMPTS
    assert result.requests.attempts.total <= 1.25 * 480
