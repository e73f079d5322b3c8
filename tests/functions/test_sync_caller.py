from __future__ import annotations

import io
import json
import random
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError
from shared.errors import ConfigurationError

from tests.functions.conftest import LoadHandler
from tests.functions.support import Clock, Context, client_error, http_event

THROTTLED = client_error("TooManyRequestsException", "Rate exceeded", status=429)
UNHANDLED = {"FunctionError": "Unhandled"}


class FakeLambda:
    """A Lambda client that answers with a value, an error, or what the callee failed with."""

    def __init__(self) -> None:
        self.answers: list[object] = []
        self.events: list[dict[str, Any]] = []
        self.configs: list[Any] = []

    def invoke(self, *, FunctionName: str, Payload: bytes | str) -> dict[str, Any]:  # noqa: N803 (boto3's)
        assert FunctionName == "callee"
        self.events.append(json.loads(Payload))
        answer = self.answers.pop(0) if self.answers else {"done": "1"}
        if isinstance(answer, Exception):
            raise answer
        more = UNHANDLED if isinstance(answer, dict) and "errorType" in answer else {}
        return {"StatusCode": 200, "Payload": io.BytesIO(json.dumps(answer).encode()), **more}


@pytest.fixture
def downstream(monkeypatch: pytest.MonkeyPatch) -> FakeLambda:
    fake = FakeLambda()

    def client(service: str, config: Any = None) -> FakeLambda:
        assert service == "lambda"
        fake.configs.append(config)
        return fake

    monkeypatch.setattr("boto3.client", client)
    monkeypatch.setattr(random, "random", lambda: 1.0)
    return fake


Load = Callable[..., ModuleType]


@pytest.fixture
def load(load_handler: LoadHandler, downstream: FakeLambda) -> Load:
    def new(mode: str, **environment: str) -> ModuleType:
        common = {"MODE": mode, "CALLEE_NAME": "callee", "CALLEE_TIMEOUT_SECONDS": "5"}
        return load_handler("sync_caller", **(common | environment))

    return new


def post(caller: ModuleType, clock: Clock, body: object = None, timeout_seconds: float = 60) -> tuple[int, Any, Any]:
    text = body if isinstance(body, str) else json.dumps({"id": "1"} if body is None else body)
    answer = caller.lambda_handler(http_event(text, "/call"), Context(clock, timeout_seconds))
    return answer["statusCode"], json.loads(answer["body"]), answer["headers"]


@pytest.mark.parametrize("mode", ["naive", "retry", "breaker"])
def test_the_job_is_handed_on_and_its_answer_back(load: Load, clock: Clock, downstream: FakeLambda, mode: str) -> None:
    status, body, _ = post(load(mode), clock, {"id": "1", "sleep": 2})

    assert (status, body["id"], body["answer"]) == (200, "1", {"done": "1"})
    assert downstream.events == [{"id": "1", "sleep": 2.0}]


@pytest.mark.parametrize("mode", ["naive", "retry", "breaker"])
@pytest.mark.parametrize(
    ("body", "errors"),
    [
        ("{", [{"field": "body", "message": "is not valid JSON: EOF while parsing an object at line 1 column 1"}]),
        ({}, [{"field": "id", "message": "is missing"}]),
        (
            {"id": "1", "colour": "red"},
            [
                {
                    "field": "colour",
                    "message": "is not known; known fields are id, shouldFail, failTimes, rejected, sleep",
                }
            ],
        ),
    ],
)
def test_a_request_that_is_no_job_is_refused(
    load: Load, clock: Clock, downstream: FakeLambda, mode: str, body: object, errors: list[dict[str, str]]
) -> None:
    status, answer, _ = post(load(mode), clock, body)

    assert (status, answer["errors"]) == (400, errors)
    assert downstream.events == []


def test_the_naive_caller_takes_a_failure_for_an_answer(load: Load, clock: Clock, downstream: FakeLambda) -> None:
    downstream.answers = [{"errorType": "ProcessingError", "errorMessage": "no"}]

    status, body, _ = post(load("naive"), clock)

    assert (status, body["answer"]["errorType"]) == (200, "ProcessingError")


def test_the_naive_caller_raises_what_boto3_raises(load: Load, clock: Clock, downstream: FakeLambda) -> None:
    downstream.answers = [THROTTLED]

    with pytest.raises(type(THROTTLED)):
        post(load("naive"), clock)
    assert downstream.configs == [None]


def test_the_careful_caller_waits_out_a_throttle_and_counts_it(
    load: Load, clock: Clock, downstream: FakeLambda, capsys: pytest.CaptureFixture[str]
) -> None:
    downstream.answers = [THROTTLED, THROTTLED]

    status, body, _ = post(load("retry"), clock)

    assert (status, body["attempts"], clock.sleeps) == (200, 3, [2, 4])
    metrics = [json.loads(line) for line in capsys.readouterr().out.splitlines() if "RetryCount" in line]
    assert [(metric["FunctionName"], metric["ErrorType"]) for metric in metrics] == [
        ("callee", "TooManyRequestsException")
    ] * 2
    (config,) = downstream.configs
    assert (config.read_timeout, config.retries["total_max_attempts"]) == (6.0, 1)


ASKING = client_error("TooManyRequestsException", status=429)
ASKING.response["ResponseMetadata"]["HTTPHeaders"] = {"retry-after": "1.2"}


@pytest.mark.parametrize(
    ("answers", "timeout_seconds", "status", "error", "attempts", "retry_after"),
    [
        ([{"errorType": "ProcessingError", "errorMessage": "no"}], 60, 502, "FunctionFailedError", 1, None),
        ([{"errorType": "InvalidMessageError", "errorMessage": "no"}], 60, 400, "FunctionFailedError", 1, None),
        ([client_error("AccessDeniedException", status=403)], 60, 503, "InvokeRefusedError", 1, None),
        ([THROTTLED] * 2, 60, 503, "InvokeRefusedError", 2, None),
        ([ASKING] * 2, 60, 503, "InvokeRefusedError", 2, "2"),
        ([], 7, 504, "OutOfTimeError", 0, None),
        ([THROTTLED], 9, 504, "OutOfTimeError", 1, None),
        ([ReadTimeoutError(endpoint_url="https://lambda")], 60, 504, "OutcomeUnknownError", 1, None),
    ],
)
def test_the_careful_caller_says_what_happened(
    load: Load,
    clock: Clock,
    downstream: FakeLambda,
    answers: list[object],
    timeout_seconds: float,
    status: int,
    error: str,
    attempts: int,
    retry_after: str | None,
) -> None:
    downstream.answers = answers.copy()

    answered, body, headers = post(load("retry", MAXIMUM_ATTEMPTS="2"), clock, timeout_seconds=timeout_seconds)

    assert (answered, body["id"], body["error"], body["attempts"]) == (status, "1", error, attempts)
    assert headers.get("Retry-After") == retry_after


def test_an_answer_that_is_none_is_told(load: Load, clock: Clock, downstream: FakeLambda) -> None:
    caller = load("retry")
    downstream.invoke = lambda **parameters: {"StatusCode": 200}  # type: ignore[method-assign]  # an odd answer

    status, body, _ = post(caller, clock)

    assert (status, body["message"]) == (502, "callee: the answer has no Payload")


def test_the_breaker_spares_calls_and_tries_again_after_a_minute(
    load: Load, clock: Clock, downstream: FakeLambda
) -> None:
    caller = load("breaker")
    downstream.answers = [{"errorType": "ProcessingError", "errorMessage": "down"}] * 5
    assert [post(caller, clock)[0] for _ in range(5)] == [502] * 5
    clock.advance(20)

    status, body, headers = post(caller, clock)

    assert (status, body["error"], headers["Retry-After"]) == (503, "CircuitOpenError", "40")
    assert len(downstream.events) == 5
    clock.advance(40)
    assert [post(caller, clock)[0] for _ in range(2)] == [200, 200]


def test_wrong_requests_do_not_open_the_breaker(load: Load, clock: Clock, downstream: FakeLambda) -> None:
    caller = load("breaker", BREAKER_FAILURE_THRESHOLD="2")
    downstream.answers = [{"errorType": "InvalidMessageError", "errorMessage": "wrong"}] * 5

    assert [post(caller, clock)[0] for _ in range(6)] == [400] * 5 + [200]


def test_throttles_do_not_open_the_breaker(load: Load, clock: Clock, downstream: FakeLambda) -> None:
    caller = load("breaker", BREAKER_FAILURE_THRESHOLD="1", MAXIMUM_ATTEMPTS="2")
    downstream.answers = [THROTTLED] * 6

    answers = [post(caller, clock) for _ in range(4)]

    assert [status for status, _, _ in answers] == [503, 503, 503, 200]
    assert {body["error"] for _, body, _ in answers[:3]} == {"InvokeRefusedError"}


@pytest.mark.parametrize("code", ["InvalidRequestContentException", "RequestTooLargeException"])
def test_what_lambda_refuses_about_an_event_does_not_open_it(
    load: Load, clock: Clock, downstream: FakeLambda, code: str
) -> None:
    caller = load("breaker", BREAKER_FAILURE_THRESHOLD="1")
    downstream.answers = [client_error(code, "no", status=400), client_error("AccessDeniedException", "no", status=403)]

    answers = [post(caller, clock)[1].get("error") for _ in range(3)]

    assert answers == ["InvokeRefusedError", "InvokeRefusedError", "CircuitOpenError"]


def test_each_environment_has_a_breaker_of_its_own(load: Load, clock: Clock, downstream: FakeLambda) -> None:
    first, second = (load("breaker", BREAKER_FAILURE_THRESHOLD="1") for _ in range(2))
    downstream.answers = [{"errorType": "ProcessingError", "errorMessage": "down"}]

    assert [post(caller, clock)[0] for caller in (first, first, second)] == [502, 503, 200]


@pytest.mark.parametrize(
    ("environment", "message"),
    [
        ({"MODE": "careless"}, r"^MODE must be one of naive, retry, breaker: 'careless'$"),
        ({"CALLEE_NAME": ""}, r"^CALLEE_NAME is not set: "),
        ({"CALLEE_TIMEOUT_SECONDS": "0"}, r"^CALLEE_TIMEOUT_SECONDS must be a number from 1 to 900: '0'$"),
        ({"MAXIMUM_ATTEMPTS": "21"}, r"^MAXIMUM_ATTEMPTS must be a number from 1 to 20: '21'$"),
    ],
)
def test_wrong_settings_are_refused_at_import(load: Load, environment: dict[str, str], message: str) -> None:
    settings = {"MODE": "retry"} | environment
    with pytest.raises(ConfigurationError, match=message):
        load(settings.pop("MODE"), **settings)
