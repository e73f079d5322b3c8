from __future__ import annotations

from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import pytest
from aws_lambda_powertools.utilities.idempotency.exceptions import IdempotencyPersistenceLayerError
from mypy_boto3_dynamodb import DynamoDBClient
from shared.errors import (
    AlreadyInProgressError,
    ConfigurationError,
    InvalidMessageError,
    ProcessingError,
    RejectedError,
)

from tests.functions.conftest import LoadHandler, ReadEvents
from tests.functions.support import Clock, Context, dynamodb_table

DAY_SECONDS = 86_400

NewWorker = Callable[..., ModuleType]


@pytest.fixture
def dynamodb(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> Iterator[DynamoDBClient]:
    for variable in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(variable, "testing")
    with dynamodb_table("records", "messageId") as client:
        yield client


@pytest.fixture
def new_worker(load_handler: LoadHandler, dynamodb: DynamoDBClient) -> NewWorker:
    def new(mode: str = "powertools", **environment: str) -> ModuleType:
        return load_handler("async_worker", IDEMPOTENCY_MODE=mode, **({"TABLE_NAME": "records"} | environment))

    return new


def names(events: list[dict[str, Any]]) -> list[str]:
    return [event["event"] for event in events]


@pytest.mark.parametrize("mode", ["powertools", "none"])
def test_an_event_is_worked_on_and_reported(
    new_worker: NewWorker, clock: Clock, read_events: ReadEvents, mode: str
) -> None:
    context = Context(clock)

    assert new_worker(mode).lambda_handler({"id": "1", "sleep": 2}, context) == {"done": "1"}

    common = {"id": "1", "message_id": context.aws_request_id}
    assert read_events() == [{"event": "started"} | common, {"event": "processed"} | common]
    assert clock.sleeps == [2]


@pytest.mark.parametrize("mode", ["powertools", "none"])
@pytest.mark.parametrize(
    ("event", "error", "message", "business_id"),
    [
        ({"id": "1", "shouldFail": True}, ProcessingError, "event 1 was told to fail", "1"),
        ({"id": "1", "rejected": True}, RejectedError, "event 1 was told to be rejected", "1"),
        ({"id": ""}, InvalidMessageError, "id must be a string of 1 to 2048 bytes, got ''", None),
        ([1], InvalidMessageError, "body must be a JSON object, got [1]", None),
        ("text", InvalidMessageError, "body must be a JSON object, got 'text'", None),
        (None, InvalidMessageError, "body must be a JSON object, got None", None),
        ({"sleep": 1}, InvalidMessageError, "id is missing", None),
        (
            {"id": "1", "failTimes": 1},
            InvalidMessageError,
            "failTimes is for messages of a queue: Lambda tells no function which attempt at an event it is",
            "1",
        ),
    ],
)
def test_an_event_that_fails_raises_and_is_logged_once(
    new_worker: NewWorker,
    clock: Clock,
    read_events: ReadEvents,
    mode: str,
    event: object,
    error: type[Exception],
    message: str,
    business_id: str | None,
) -> None:
    with pytest.raises(error) as caught:
        new_worker(mode).lambda_handler(event, Context(clock))

    assert str(caught.value) == message
    failed = [line for line in read_events() if line["event"] == "failed"]
    assert [(line["error_type"], line["error"], line.get("id")) for line in failed] == [
        (error.__name__, message, business_id)
    ]


def test_an_event_that_is_handed_over_twice_is_worked_on_once_and_answered_alike(
    new_worker: NewWorker, clock: Clock, read_events: ReadEvents
) -> None:
    answers = [new_worker().lambda_handler({"id": "1"}, Context(clock)) for _ in range(2)]

    assert answers == [{"done": "1"}, {"done": "1"}]
    assert names(read_events()) == ["started", "processed", "duplicate"]


def test_without_records_it_is_worked_on_twice(new_worker: NewWorker, clock: Clock, read_events: ReadEvents) -> None:
    for _ in range(2):
        new_worker("none").lambda_handler({"id": "1"}, Context(clock))

    assert names(read_events()) == ["started", "processed"] * 2


def test_what_failed_is_worked_on_again(
    new_worker: NewWorker, clock: Clock, monkeypatch: pytest.MonkeyPatch, read_events: ReadEvents
) -> None:
    worker = new_worker()
    with pytest.raises(ProcessingError):
        worker.lambda_handler({"id": "1", "shouldFail": True}, Context(clock))

    assert worker.lambda_handler({"id": "1"}, Context(clock)) == {"done": "1"}
    assert names(read_events()) == ["started", "failed", "started", "processed"]


def test_records_count_for_a_day(new_worker: NewWorker, clock: Clock, read_events: ReadEvents) -> None:
    worker = new_worker()
    worker.lambda_handler({"id": "1"}, Context(clock))
    clock.advance(DAY_SECONDS)
    worker.lambda_handler({"id": "1"}, Context(clock))
    clock.advance(1.5)
    worker.lambda_handler({"id": "1"}, Context(clock))

    assert names(read_events()) == ["started", "processed", "duplicate", "started", "processed"]


def test_of_two_at_a_time_one_works_and_the_other_comes_back_later(
    new_worker: NewWorker, clock: Clock, read_events: ReadEvents
) -> None:
    first, second = new_worker(), new_worker()
    refused: list[Exception] = []

    def arrive() -> None:
        with pytest.raises(AlreadyInProgressError) as caught:
            second.lambda_handler({"id": "1"}, Context(clock))
        refused.append(caught.value)

    clock.at(1, arrive)
    first.lambda_handler({"id": "1", "sleep": 2}, Context(clock))

    assert [str(error) for error in refused] == ["another delivery is working on 1"]
    assert names(read_events()) == ["started", "failed", "processed"]


def test_a_claim_of_an_invoke_that_was_killed_ends_with_its_time(
    new_worker: NewWorker, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed = new_worker()

    class KilledError(BaseException):
        pass

    def die(event: object, context: Context) -> None:
        raise KilledError

    monkeypatch.setattr(killed, "do_work", die)
    with pytest.raises(KilledError):
        killed.lambda_handler({"id": "1"}, Context(clock, timeout_seconds=10))
    clock.advance(9)
    with pytest.raises(AlreadyInProgressError):
        new_worker().lambda_handler({"id": "1"}, Context(clock))
    clock.advance(2)

    assert new_worker().lambda_handler({"id": "1"}, Context(clock)) == {"done": "1"}


def test_an_error_of_the_table_is_passed_on_and_nothing_is_done(
    new_worker: NewWorker, clock: Clock, read_events: ReadEvents
) -> None:
    worker = new_worker(TABLE_NAME="no-such-table")

    with pytest.raises(IdempotencyPersistenceLayerError):
        worker.lambda_handler({"id": "1"}, Context(clock))

    (failed,) = read_events()
    assert (failed["event"], failed["id"], failed["retryable"]) == ("failed", "1", True)


def test_a_table_is_missed_at_import(load_handler: LoadHandler) -> None:
    with pytest.raises(ConfigurationError, match=r"^TABLE_NAME is not set: "):
        load_handler("async_worker")
