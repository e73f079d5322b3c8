from __future__ import annotations

import contextlib
import io
import json
import time
from collections.abc import Callable, Iterator
from typing import Any, cast
from unittest import mock

import pytest
from botocore.exceptions import (
    ConnectionClosedError,
    EndpointConnectionError,
    IncompleteReadError,
    ReadTimeoutError,
)
from botocore.response import StreamingBody
from hypothesis import given
from hypothesis import strategies as st
from mypy_boto3_lambda import LambdaClient
from shared.circuit_breaker import CircuitBreaker
from shared.errors import (
    CircuitOpenError,
    FunctionFailedError,
    InvalidAnswerError,
    InvalidPayloadError,
    InvokeError,
    InvokeRefusedError,
    OutcomeUnknownError,
    OutOfTimeError,
)
from shared.invoking import MAX_PAYLOAD_BYTES, LambdaInvoker, invoke_client
from shared.retry_rules import Backoff

from tests.functions.support import Clock, Context, client_error

THROTTLED = client_error("TooManyRequestsException", "Rate exceeded", status=429)
URL = "https://lambda"

Reply = dict[str, Any] | Exception


def reply(value: object, **more: str) -> dict[str, Any]:
    text = value if isinstance(value, bytes) else json.dumps(value).encode()
    return {"StatusCode": 200, "Payload": StreamingBody(io.BytesIO(text), len(text)), **more}


class FakeLambda:
    """A Lambda client that answers what it is told to, the last thing for ever; each call takes its time."""

    def __init__(self, *replies: Reply, takes: Callable[[], None] = lambda: None) -> None:
        self.payloads: list[bytes] = []
        self._replies = list(replies)
        self._takes = takes

    def invoke(self, *, FunctionName: str, Payload: bytes) -> dict[str, Any]:  # noqa: N803 (boto3's)
        assert FunctionName == "callee"
        self.payloads.append(Payload)
        self._takes()
        answer = self._replies.pop(0) if len(self._replies) > 1 else self._replies[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


def invoker(client: FakeLambda, **options: Any) -> LambdaInvoker:
    settings: dict[str, Any] = {"callee_timeout_seconds": 5, "backoff": Backoff(draw=lambda: 1.0)}
    return LambdaInvoker(cast(LambdaClient, client), "callee", **(settings | options))


def remaining(clock: Clock, timeout_seconds: float = 60) -> Callable[[], int]:
    return Context(clock, timeout_seconds).get_remaining_time_in_millis


def test_an_answer_is_read_and_its_attempts_counted(clock: Clock) -> None:
    client = FakeLambda(reply({"done": "é"}))

    answer = invoker(client).invoke({"id": "1"}, remaining(clock))

    assert (answer.payload, answer.attempts) == ({"done": "é"}, 1)
    assert client.payloads == [b'{"id": "1"}']


def test_throttles_are_tried_again_with_growing_pauses_and_counted(clock: Clock) -> None:
    retried: list[str] = []
    client = FakeLambda(THROTTLED, THROTTLED, client_error("ServiceException", status=500), reply("late"))

    answer = invoker(client, on_retry=retried.append).invoke({}, remaining(clock))

    assert (answer.payload, answer.attempts) == ("late", 4)
    assert clock.sleeps == [2, 4, 4]
    assert retried == ["TooManyRequestsException", "TooManyRequestsException", "ServiceException"]


def test_lambda_s_own_wish_is_honoured(clock: Clock) -> None:
    asking = client_error("TooManyRequestsException", status=429)
    asking.response["retryAfterSeconds"] = "7"  # type: ignore[typeddict-unknown-key]  # Lambda's own member
    client = FakeLambda(asking, reply("late"))

    invoker(client, backoff=Backoff(draw=lambda: 0.5)).invoke({}, remaining(clock))

    assert clock.sleeps == [8]


def test_attempts_are_bounded(clock: Clock) -> None:
    client = FakeLambda(THROTTLED)

    with pytest.raises(InvokeRefusedError) as caught:
        invoker(client, maximum_attempts=3).invoke({}, remaining(clock))

    assert str(caught.value) == (
        "callee: refused after 3 attempts: An error occurred (TooManyRequestsException) when calling the Call "
        "operation: Rate exceeded"
    )
    assert (caught.value.attempts, len(client.payloads)) == (3, 3)
    assert caught.value.__cause__ is THROTTLED


@pytest.mark.parametrize(
    "error",
    [
        client_error("ResourceNotFoundException", "Function not found", status=404),
        client_error("AccessDeniedException", status=403),
        client_error("InvalidRequestContentException"),
        client_error("RequestTooLargeException", status=413),
        client_error("RecursiveInvocationException"),
    ],
)
def test_what_lambda_refuses_for_good_is_not_tried_again(clock: Clock, error: Exception) -> None:
    client = FakeLambda(error)

    with pytest.raises(InvokeRefusedError, match=r"^callee: refused after 1 attempt: An error occurred"):
        invoker(client).invoke({}, remaining(clock))

    assert len(client.payloads) == 1


@pytest.mark.parametrize(
    "error",
    [
        ReadTimeoutError(endpoint_url=URL),
        ConnectionClosedError(endpoint_url=URL),
        IncompleteReadError(actual_bytes=1, expected_bytes=2),
    ],
)
def test_nothing_is_tried_again_that_may_have_run(clock: Clock, error: Exception) -> None:
    client = FakeLambda(error)

    with pytest.raises(OutcomeUnknownError, match=r"^callee: it is not known whether it ran: "):
        invoker(client).invoke({}, remaining(clock))

    assert len(client.payloads) == 1


def test_a_connection_that_was_never_made_is_tried_again(clock: Clock) -> None:
    client = FakeLambda(EndpointConnectionError(endpoint_url=URL), reply(1))

    assert invoker(client).invoke({}, remaining(clock)).attempts == 2


@pytest.mark.parametrize(
    ("payload", "error_type", "message"),
    [
        ({"errorType": "KeyError", "errorMessage": "'id'"}, "KeyError", "callee: failed with KeyError: 'id'"),
        ({}, "Unhandled", "callee: failed with Unhandled: "),
        (["no object"], "Unhandled", "callee: failed with Unhandled: "),
        (None, "Unhandled", "callee: failed with Unhandled: "),
    ],
)
def test_a_function_that_failed_is_no_answer_and_is_not_invoked_again(
    clock: Clock, payload: object, error_type: str, message: str
) -> None:
    client = FakeLambda(reply(payload, FunctionError="Unhandled"))

    with pytest.raises(FunctionFailedError) as caught:
        invoker(client).invoke({}, remaining(clock))

    assert (str(caught.value), caught.value.error_type, len(client.payloads)) == (message, error_type, 1)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ({"StatusCode": 200}, r"^callee: the answer has no Payload$"),
        (reply(b""), r"^callee: the answer is no JSON: Expecting value"),
        (reply(b"<html>"), r"^callee: the answer is no JSON: Expecting value"),
        (reply(b"\xff\xfe"), r"^callee: the answer is no JSON: "),
        (reply(b"[" * 100_000), r"^callee: the answer is no JSON: "),
    ],
)
def test_an_answer_without_what_every_answer_has(clock: Clock, answer: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidAnswerError, match=message):
        invoker(FakeLambda(answer)).invoke({}, remaining(clock))


def _recursive() -> list[Any]:
    value: list[Any] = []
    value.append(value)
    return value


@pytest.mark.parametrize(
    ("event", "message"),
    [
        ({1, 2}, "callee: the event is no JSON value: Object of type set is not JSON serializable"),
        (float("nan"), "callee: the event is no JSON value: Out of range float values are not JSON compliant: nan"),
        (_recursive(), "callee: the event is no JSON value: Circular reference detected"),
        (
            "x" * (MAX_PAYLOAD_BYTES - 1),
            "callee: the event has 6291457 bytes, and a synchronous invoke takes 6291456 at most",
        ),
    ],
)
def test_events_that_cannot_be_sent_are_refused_before_anything_is(clock: Clock, event: object, message: str) -> None:
    client = FakeLambda(reply(1))

    with pytest.raises(InvalidPayloadError) as caught:
        invoker(client).invoke(event, remaining(clock))

    assert str(caught.value).startswith(message.removesuffix(": nan"))
    assert client.payloads == []


def test_the_largest_event_is_sent(clock: Clock) -> None:
    client = FakeLambda(reply(1))

    invoker(client).invoke("x" * (MAX_PAYLOAD_BYTES - 2), remaining(clock))

    assert len(client.payloads[0]) == MAX_PAYLOAD_BYTES


def test_nothing_is_invoked_whose_answer_could_not_be_waited_for(clock: Clock) -> None:
    client = FakeLambda(reply(1))

    with pytest.raises(OutOfTimeError) as caught:
        invoker(client).invoke({}, remaining(clock, 7.9))

    assert str(caught.value) == (
        "callee: 7.9 s are left, and an attempt may take 8.0 s (the function's timeout and a margin)"
    )
    assert (caught.value.attempts, client.payloads) == (0, [])
    assert invoker(client).invoke({}, remaining(clock, 8)).attempts == 1


def test_no_attempt_is_waited_for_that_there_would_be_no_time_for(clock: Clock) -> None:
    client = FakeLambda(THROTTLED)

    with pytest.raises(OutOfTimeError, match=r"^callee: 11\.9 s are left") as caught:
        invoker(client).invoke({}, remaining(clock, 13.9))

    assert (clock.sleeps, caught.value.attempts) == ([2], 2)
    assert caught.value.__cause__ is THROTTLED


def test_a_breaker_makes_the_attempts_and_ends_them(clock: Clock) -> None:
    client = FakeLambda(THROTTLED)
    breaker = CircuitBreaker("callee", failure_threshold=3)
    guarded = invoker(client, breaker=breaker, maximum_attempts=9)

    with pytest.raises(CircuitOpenError):
        guarded.invoke({}, remaining(clock))
    with pytest.raises(CircuitOpenError):
        guarded.invoke({}, remaining(clock))

    assert (len(client.payloads), clock.sleeps) == (3, [2, 4, 8])


def test_attempts_have_to_be_made() -> None:
    with pytest.raises(ValueError, match=r"^maximum_attempts must be 1 or more: 0$"):
        invoker(FakeLambda(reply(1)), maximum_attempts=0)


def test_the_client_waits_for_longer_than_the_function_runs_and_does_not_retry_itself(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")

    config: Any = invoke_client(60).meta.config  # the stubs do not know its attributes

    assert config.read_timeout == 61
    assert config.retries == {"mode": "standard", "total_max_attempts": 1}


@given(
    callee_timeout_seconds=st.integers(1, 20),
    timeout_seconds=st.floats(0, 60),
    takes=st.lists(st.floats(0, 1), min_size=8, max_size=8),
    draws=st.lists(st.floats(0, 1), min_size=8, max_size=8),
    end=st.sampled_from([lambda: reply(1), lambda: THROTTLED, lambda: ReadTimeoutError(endpoint_url=URL)]),
    throttles=st.integers(0, 8),
)
def test_an_invoke_never_outlasts_its_deadline(
    callee_timeout_seconds: int,
    timeout_seconds: float,
    takes: list[float],
    draws: list[float],
    end: Callable[[], Reply],
    throttles: int,
) -> None:
    now = 0.0
    shares: Iterator[float] = iter(takes)
    drawn: Iterator[float] = iter(draws)

    def pass_time(duration_seconds: float) -> None:
        nonlocal now
        now += duration_seconds

    # An attempt takes as long as connecting and reading may: the client's timeouts see to that.
    longest_seconds = callee_timeout_seconds + 2
    client = FakeLambda(*[THROTTLED] * throttles, end(), takes=lambda: pass_time(next(shares) * longest_seconds))
    patient = invoker(
        client,
        callee_timeout_seconds=callee_timeout_seconds,
        maximum_attempts=8,
        backoff=Backoff(draw=lambda: next(drawn)),
    )
    with mock.patch.object(time, "sleep", pass_time), contextlib.suppress(InvokeError):
        patient.invoke({}, lambda: int((timeout_seconds - now) * 1000))

    # Whoever has called something keeps a second to say so.
    assert now <= (timeout_seconds - 1 + 0.001 if client.payloads else 0)
