"""What callers see while the function behind is throttled, and while it is down."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from delivery_lab.errors import WorkloadError
from delivery_lab.events import InvokeEnded, RequestAnswered, Run
from delivery_lab.results.outcome import Outcome, outcome_of
from delivery_lab.simulation.simulate import simulate
from delivery_lab.simulation.workload_files import read_workload
from tests.lab_support import ROOT, known, stack_of
from tests.lab_support import run as run_anew

MOST_ATTEMPTS = 5
"""What `maximumAttempts` is by default; botocore's own retries are switched off where it counts."""


@cache
def run(stack: str, *overrides: str) -> Run:
    return run_anew(stack, *overrides)


def outcome(stack: str) -> Outcome:
    return outcome_of(run(stack))


def _answered(result: Outcome, status: str) -> int:
    return result.requests.answers.get(status, 0)


def _failed_behind(stack: str) -> int:
    """Invokes of the callee that failed."""
    return sum(
        isinstance(event, InvokeEnded) and event.function == "sync-callee" and event.error is not None
        for event in run(stack).events
    )


def test_naive_loses_requests_to_throttles_and_takes_failures_for_answers() -> None:
    result = outcome("sync-naive")

    assert _answered(result, "500") > 10
    # Every failure behind was told to the caller as a success.
    assert result.requests.false_successes == _failed_behind("sync-naive") == 120
    assert _answered(result, "200") == 480 - _answered(result, "500")
    assert result.effects.total == _answered(result, "200") - 120


def test_retry_gets_through_the_throttles_and_says_what_failed() -> None:
    naive, retry = outcome("sync-naive"), outcome("sync-retry")

    assert _answered(retry, "500") == retry.requests.false_successes == 0
    assert _answered(retry, "503") < _answered(naive, "500") / 5
    assert _answered(retry, "502") == _failed_behind("sync-retry") == 120
    # Every success is one, and there are more of them.
    assert known(naive.effects.total) < known(retry.effects.total) == _answered(retry, "200")


def test_breaker_saves_the_calls_to_a_function_that_is_down_and_recovers() -> None:
    retry, breaker = outcome("sync-retry"), outcome("sync-breaker")

    assert _failed_behind("sync-breaker") <= 10 < _failed_behind("sync-retry")
    assert breaker.requests.attempts.spared >= 115
    assert retry.requests.attempts.total - breaker.requests.attempts.total >= 115
    # What the breaker costs: calls that it refuses after the recovery.
    assert known(retry.effects.total) - known(breaker.effects.total) <= 10
    answers = [(e.instant_us / 1e6, e.status) for e in run("sync-breaker").events if isinstance(e, RequestAnswered)]
    last_refused = max(at for at, status in answers if status != 200)
    assert 150 < last_refused < 150 + 65  # it was down until 150 s; the next probe comes after 60 s at most
    assert all(status == 200 for at, status in answers if at > last_refused)


@pytest.mark.parametrize("overrides", [(), ("sync.caller.breaker.shared=true",)])
def test_a_throttle_of_seconds_is_no_outage_of_a_minute(overrides: tuple[str, ...]) -> None:
    """A breaker that counted throttles as failures would refuse everything for a minute, once all share one."""
    answers = run("sync-breaker", *overrides).events
    refused = [e for e in answers if isinstance(e, RequestAnswered) and e.status != 200 and e.instant_us < 90e6]

    assert len(refused) <= 2


@pytest.mark.parametrize("stack", ["sync-naive", "sync-retry", "sync-breaker"])
def test_no_retry_storm(stack: str) -> None:
    result = outcome(stack)

    assert result.requests.total == 480
    assert result.requests.attempts.max_per_request <= MOST_ATTEMPTS
    assert result.requests.attempts.total <= 1.25 * 480


def _simulate(folder: Path, text: str, seed: int = 1) -> Outcome:
    path = folder / "calls.yaml"
    path.write_text(text)
    return outcome_of(simulate(stack_of("sync-retry"), ROOT, read_workload(path), seed))


@pytest.mark.parametrize("seed", range(8))
def test_attempts_stay_bounded_while_most_calls_are_throttled(tmp_path: Path, seed: int) -> None:
    result = _simulate(
        tmp_path,
        """
        send: [{at: 0, every: 0.2, times: 10, http: {path: /call, body: {id: "call-{n}"}}}]
        faults: [{at: 0, for: 20, function: sync-callee, kind: throttle, share: 0.8}]
        """,
        seed,
    )

    assert result.requests.total == 10
    assert result.requests.attempts.max_per_request <= MOST_ATTEMPTS


@pytest.mark.parametrize(
    ("send", "answers"),
    [
        ("{invoke: sync-callee, body: {id: a}}", {"200": 1}),
        ("{invoke: sync-callee, body: {id: down}}", {"functionError": 1}),
        ("{invoke: sync-callee, at: 10, body: {id: a}}", {"429": 1}),
    ],
)
def test_a_workload_may_invoke_itself_and_sees_the_answer(tmp_path: Path, send: str, answers: dict[str, int]) -> None:
    result = _simulate(
        tmp_path,
        f"""
        send: [{send}]
        faults:
          - {{function: sync-callee, kind: failure, ids: [down]}}
          - {{at: 10, function: sync-callee, kind: throttle}}
        """,
    )

    assert result.requests.answers == answers


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "send: [{invoke: sync-callee, body: no JSON}]",
            """: the event for sync-callee is no JSON, which Lambda refuses: 'no JSON'; a text that is to be one has \
quotes of its own: body: '"text"'""",
        ),
        (
            "send: [{invoke: sync-callee, type: async, body: '\"%s\"'}]" % ("x" * 1_048_575),
            ": an event for sync-callee has 1048577 bytes; Lambda takes at most 1048576",
        ),
        (
            "send: [{invoke: sync-callee, body: {}}]\nfaults: [{function: nobody, kind: error}]",
            ":2: the stack sync-retry has no function nobody (there are: sync-callee, sync-caller)",
        ),
        (
            "send: [{invoke: sync-callee, body: {}}]\nfaults: [{service: sqs, queue: nobody, kind: error}]",
            ":2: the stack sync-retry has no queue nobody (there are: none)",
        ),
    ],
)
def test_what_lambda_would_refuse_is_refused_before_the_start(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(WorkloadError) as caught:
        _simulate(tmp_path, text)

    assert str(caught.value) == f"{tmp_path / 'calls.yaml'}{message}"
