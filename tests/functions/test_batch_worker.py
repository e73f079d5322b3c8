from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import pytest
from mypy_boto3_dynamodb import DynamoDBClient
from shared.errors import BatchFailedError, ConfigurationError

from tests.functions.conftest import LoadHandler, ReadEvents
from tests.functions.support import Clock, Context, client_error, dynamodb_table, load_event, sqs_event

LAB = [{"id": str(n)} | ({"shouldFail": True} if n % 3 == 0 else {}) for n in range(1, 11)]


def line(event: str, number: int, **more: Any) -> dict[str, Any]:
    return {"event": event, "id": str(number), "message_id": f"message-{number}", "receive_count": 1, **more}


def failed_line(number: int) -> dict[str, Any]:
    error = f"message {number} was told to fail"
    return line("failed", number, error_type="ProcessingError", retryable=True, error=error)


def all_lines() -> list[dict[str, Any]]:
    lines = []
    for number in range(1, 11):
        lines += [line("started", number), failed_line(number) if number % 3 == 0 else line("processed", number)]
    return lines


def test_reports_the_failed_records_and_no_others(
    load_handler: LoadHandler, clock: Clock, read_events: ReadEvents
) -> None:
    handler = load_handler("batch_worker")

    response = handler.lambda_handler(sqs_event(*LAB), Context(clock))

    assert response == {"batchItemFailures": [{"itemIdentifier": f"message-{n}"} for n in (3, 6, 9)]}
    assert read_events() == all_lines()


def test_raises_after_having_worked_on_every_record(
    load_handler: LoadHandler, clock: Clock, read_events: ReadEvents
) -> None:
    handler = load_handler("batch_worker", ON_RECORD_ERROR="raise")

    with pytest.raises(BatchFailedError) as caught:
        handler.lambda_handler(sqs_event(*LAB), Context(clock))

    assert str(caught.value) == "3 of 10 records failed: message-3, message-6, message-9"
    assert read_events() == all_lines()


def test_deletes_what_it_has_done_and_raises_for_the_rest(
    load_handler: LoadHandler, clock: Clock, sqs: FakeSqs, read_events: ReadEvents
) -> None:
    handler = load_handler("batch_worker", ON_RECORD_ERROR="delete-and-raise", QUEUE_URL="jobs")

    with pytest.raises(BatchFailedError, match=r"^3 of 10 records failed: message-3, message-6, message-9$"):
        handler.lambda_handler(sqs_event(*LAB), Context(clock))

    assert sqs.deleted == [f"handle-{n}-1" for n in (1, 2, 4, 5, 7, 8, 10)]
    assert read_events() == all_lines()


def test_a_message_that_it_could_not_delete_failed_although_its_work_was_done(
    load_handler: LoadHandler, clock: Clock, monkeypatch: pytest.MonkeyPatch, read_events: ReadEvents
) -> None:
    monkeypatch.setattr("boto3.client", lambda service, config: FakeSqs(refuses=True))
    handler = load_handler("batch_worker", ON_RECORD_ERROR="delete-and-raise", QUEUE_URL="jobs")

    with pytest.raises(BatchFailedError, match=r"^1 of 1 records failed: message-1$"):
        handler.lambda_handler(sqs_event({"id": "1"}), Context(clock))

    assert [(event["event"], event.get("error_type")) for event in read_events()] == [
        ("started", None),
        ("processed", None),
        ("failed", "InvalidParameterValue"),
    ]


def test_it_deletes_what_it_has_parked_too(load_handler: LoadHandler, clock: Clock, sqs: FakeSqs) -> None:
    handler = load_handler(
        "batch_worker",
        ON_RECORD_ERROR="delete-and-raise",
        QUEUE_URL="jobs",
        NON_RETRYABLE="park",
        PARKING_QUEUE_URL="parking",
    )

    with pytest.raises(BatchFailedError, match=r"^1 of 4 records failed: message-3$"):
        handler.lambda_handler(sqs_event(*MIXED), Context(clock))

    assert sqs.parked == ["message-2", "message-4"]
    assert sqs.deleted == ["handle-1-1", "handle-2-1", "handle-4-1"]


@pytest.mark.parametrize("on_record_error", ["report", "raise"])
def test_a_batch_without_failures_reports_none(load_handler: LoadHandler, clock: Clock, on_record_error: str) -> None:
    handler = load_handler("batch_worker", ON_RECORD_ERROR=on_record_error)

    assert handler.lambda_handler(sqs_event({"id": "1"}), Context(clock)) == {"batchItemFailures": []}


def test_reports_a_batch_in_which_all_failed_and_forgets_it(load_handler: LoadHandler, clock: Clock) -> None:
    handler = load_handler("batch_worker")
    poison = {"id": "1", "shouldFail": True}

    response = handler.lambda_handler(sqs_event(poison, poison), Context(clock))

    assert response == {"batchItemFailures": [{"itemIdentifier": "message-1"}, {"itemIdentifier": "message-2"}]}
    assert handler.lambda_handler(sqs_event({"id": "3"}), Context(clock)) == {"batchItemFailures": []}


@pytest.mark.parametrize(
    ("body", "business_id", "error"),
    [
        ("", None, "body is not valid JSON: EOF while parsing a value at line 1 column 0"),
        ("{not json", None, "body is not valid JSON: key must be a string at line 1 column 2"),
        ('"text"', None, "body must be a JSON object, got 'text'"),
        ("[1]", None, "body must be a JSON object, got [1]"),
        ("null", None, "body must be a JSON object, got None"),
        ("[" * 100_000, None, "body is not valid JSON: recursion limit exceeded at line 1 column 202"),
        ("{}", None, "id is missing"),
        ('{"id": 1}', None, "id must be a string of 1 to 2048 bytes, got 1"),
        ('{"id": ""}', None, "id must be a string of 1 to 2048 bytes, got ''"),
        ('{"id": "1", "shouldFail": "yes"}', "1", "shouldFail must be true or false, got 'yes'"),
        ('{"id": "1", "sleep": -1}', "1", "sleep must be a finite number of seconds, 0 or more, got -1"),
        ('{"id": "1", "sleep": "8"}', "1", "sleep must be a finite number of seconds, 0 or more, got '8'"),
        ('{"id": "1", "sleep": true}', "1", "sleep must be a finite number of seconds, 0 or more, got True"),
        ('{"id": "1", "sleep": NaN}', "1", "sleep must be a finite number of seconds, 0 or more, got nan"),
        ('{"id": "1", "sleep": 1e999}', "1", "sleep must be a finite number of seconds, 0 or more, got inf"),
    ],
)
def test_a_body_that_is_no_job_fails_that_record_and_no_other(
    load_handler: LoadHandler,
    clock: Clock,
    read_events: ReadEvents,
    body: str,
    business_id: str | None,
    error: str,
) -> None:
    handler = load_handler("batch_worker")

    response = handler.lambda_handler(sqs_event(body, {"id": "2"}), Context(clock))

    assert response == {"batchItemFailures": [{"itemIdentifier": "message-1"}]}
    expected = {"event": "failed", "message_id": "message-1", "receive_count": 1, "retryable": False}
    expected |= {"error_type": "InvalidMessageError", "error": error}
    if business_id is not None:
        expected["id"] = business_id
    assert read_events() == [expected, line("started", 2), line("processed", 2)]


def test_an_id_that_no_key_can_hold_is_refused(
    load_handler: LoadHandler, clock: Clock, read_events: ReadEvents
) -> None:
    handler = load_handler("batch_worker")

    response = handler.lambda_handler(sqs_event({"id": "é" * 1024}, {"id": "é" * 1025}), Context(clock))

    assert response == {"batchItemFailures": [{"itemIdentifier": "message-2"}]}
    assert read_events()[-1]["error"] == f"id must be a string of 1 to 2048 bytes, got '{'é' * 79}..."


def test_fields_that_it_does_not_know_are_let_pass(load_handler: LoadHandler, clock: Clock) -> None:
    handler = load_handler("batch_worker")

    event = sqs_event({"id": "1", "addedLater": [1]})

    assert handler.lambda_handler(event, Context(clock)) == {"batchItemFailures": []}


def test_fails_on_so_many_deliveries_as_it_is_told(load_handler: LoadHandler, clock: Clock) -> None:
    handler = load_handler("batch_worker")
    failed = {"batchItemFailures": [{"itemIdentifier": "message-1"}]}
    body = {"id": "1", "failTimes": 2}

    answers = [handler.lambda_handler(sqs_event(body, receive_count=n), Context(clock)) for n in (1, 2, 3)]

    assert answers == [failed, failed, {"batchItemFailures": []}]


def in_groups(*groups: str, failing: int) -> dict[str, Any]:
    """An event with a record for each group named, of which one fails."""
    event = sqs_event(*({"id": str(n), "shouldFail": n == failing} for n in range(1, len(groups) + 1)))
    for record, group in zip(event["Records"], groups, strict=True):
        record["attributes"]["MessageGroupId"] = group
    return event


def named(response: Any) -> list[str]:
    return [failure["itemIdentifier"] for failure in response["batchItemFailures"]]


def test_leaves_the_rest_of_a_group_alone_after_a_failure(
    load_handler: LoadHandler, clock: Clock, read_events: ReadEvents
) -> None:
    handler = load_handler("batch_worker", KEEP_GROUP_ORDER="true")

    response = handler.lambda_handler(in_groups("a", "b", "a", "a", "b", failing=3), Context(clock))

    assert named(response) == ["message-3", "message-4"]
    assert [event["id"] for event in read_events() if event["event"] == "processed"] == ["1", "2", "5"]
    assert handler.lambda_handler(in_groups("a", failing=0), Context(clock)) == {"batchItemFailures": []}


def test_a_group_that_fails_from_its_first_record_on_is_reported_as_a_whole(
    load_handler: LoadHandler, clock: Clock
) -> None:
    handler = load_handler("batch_worker", KEEP_GROUP_ORDER="true")

    assert named(handler.lambda_handler(in_groups("a", "a", failing=1), Context(clock))) == ["message-1", "message-2"]


def test_goes_on_with_the_group_when_told_not_to_keep_its_order(
    load_handler: LoadHandler, clock: Clock, read_events: ReadEvents
) -> None:
    handler = load_handler("batch_worker", KEEP_GROUP_ORDER="false")

    response = handler.lambda_handler(in_groups("a", "a", "a", failing=2), Context(clock))

    assert named(response) == ["message-2"]
    assert [event["id"] for event in read_events() if event["event"] == "processed"] == ["1", "3"]


@pytest.mark.parametrize(("sleep", "slept"), [(0, []), (1.5, [1.5]), (10**30, [86_400.0])])
def test_works_for_as_long_as_the_message_says(
    load_handler: LoadHandler, clock: Clock, sleep: float, slept: list[float]
) -> None:
    handler = load_handler("batch_worker")

    handler.lambda_handler(sqs_event({"id": "1", "sleep": sleep}), Context(clock))

    assert clock.sleeps == slept


def test_a_bug_is_logged_with_its_traceback_and_fails_only_its_record(
    load_handler: LoadHandler,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    handler = load_handler("batch_worker")

    def broken(duration_seconds: float) -> None:
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr(handler, "work_for", broken)

    response = handler.lambda_handler(sqs_event({"id": "1"}), Context(clock))

    assert response == {"batchItemFailures": [{"itemIdentifier": "message-1"}]}
    _, failed = (json.loads(text) for text in capsys.readouterr().out.splitlines())
    assert (failed["error_type"], failed["retryable"], failed["error"]) == ("ZeroDivisionError", True, "a bug")
    assert failed["exception"].splitlines()[-1] == "ZeroDivisionError: a bug"


def test_counts_receives(load_handler: LoadHandler, clock: Clock, read_events: ReadEvents) -> None:
    handler = load_handler("batch_worker")

    handler.lambda_handler(sqs_event({"id": "1"}, receive_count=4), Context(clock))

    assert [event["receive_count"] for event in read_events()] == [4, 4]


def test_lines_carry_service_and_request(
    load_handler: LoadHandler, clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    handler = load_handler("batch_worker")
    context = Context(clock)

    handler.lambda_handler(sqs_event({"id": "1"}), context)

    started = json.loads(capsys.readouterr().out.splitlines()[0])
    assert started["service"] == handler.__name__
    assert started["function_request_id"] == context.aws_request_id
    assert started["timestamp"] == "2026-01-01 00:00:01,000+0000"


def test_refuses_a_word_that_it_does_not_know_at_import(load_handler: LoadHandler) -> None:
    with pytest.raises(
        ConfigurationError, match=r"^ON_RECORD_ERROR must be one of report, raise, delete-and-raise: 'ignore'$"
    ):
        load_handler("batch_worker", ON_RECORD_ERROR="ignore")


MIXED = [{"id": "1"}, {"id": "2", "rejected": True}, {"id": "3", "shouldFail": True}, "{not json"]


class FakeSqs:
    def __init__(self, refuses: bool = False) -> None:
        self.parked: list[str] = []
        self.delayed: list[tuple[str, int]] = []
        self.deleted: list[str] = []
        self._refuses = refuses

    def send_message(self, *, QueueUrl: str, MessageBody: str, MessageAttributes: dict[str, Any]) -> None:  # noqa: N803 (boto3's)
        if self._refuses:
            raise client_error("AWS.SimpleQueueService.NonExistentQueue", "The specified queue does not exist.")
        assert QueueUrl == "parking"
        self.parked.append(MessageAttributes["sourceMessageId"]["StringValue"])

    def change_message_visibility(self, *, QueueUrl: str, ReceiptHandle: str, VisibilityTimeout: int) -> None:  # noqa: N803 (boto3's)
        assert QueueUrl == "jobs"
        self.delayed.append((ReceiptHandle, VisibilityTimeout))

    def delete_message(self, *, QueueUrl: str, ReceiptHandle: str) -> None:  # noqa: N803 (boto3's)
        if self._refuses:
            raise client_error("InvalidParameterValue", "The receipt handle has expired.")
        assert QueueUrl == "jobs"
        self.deleted.append(ReceiptHandle)


@pytest.fixture
def sqs(monkeypatch: pytest.MonkeyPatch) -> FakeSqs:
    fake = FakeSqs()
    monkeypatch.setattr("boto3.client", lambda service, config: fake)
    return fake


def failed_ids(response: dict[str, Any]) -> list[str]:
    return [failure["itemIdentifier"] for failure in response["batchItemFailures"]]


def test_by_itself_it_reports_what_no_retry_can_help_like_all_others(load_handler: LoadHandler, clock: Clock) -> None:
    response = load_handler("batch_worker").lambda_handler(sqs_event(*MIXED), Context(clock))

    assert failed_ids(response) == ["message-2", "message-3", "message-4"]


def test_it_parks_what_no_retry_can_help_and_reports_the_others(
    load_handler: LoadHandler, clock: Clock, sqs: FakeSqs, read_events: ReadEvents
) -> None:
    handler = load_handler("batch_worker", NON_RETRYABLE="park", PARKING_QUEUE_URL="parking")

    response = handler.lambda_handler(sqs_event(*MIXED), Context(clock))

    assert failed_ids(response) == ["message-3"]
    assert sqs.parked == ["message-2", "message-4"]
    failed = [event for event in read_events() if event["event"] == "failed"]
    assert [(event["error_type"], event["retryable"]) for event in failed] == [
        ("RejectedError", False),
        ("ProcessingError", True),
        ("InvalidMessageError", False),
    ]
    assert failed[0]["error"] == "message 2 was told to be rejected"


def test_it_reports_what_it_could_not_park(
    load_handler: LoadHandler, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("boto3.client", lambda service, config: FakeSqs(refuses=True))
    handler = load_handler("batch_worker", NON_RETRYABLE="park", PARKING_QUEUE_URL="parking")

    response = handler.lambda_handler(sqs_event(*MIXED), Context(clock))

    assert failed_ids(response) == ["message-2", "message-3", "message-4"]


def test_swallowing_reports_nothing_of_what_is_lost(
    load_handler: LoadHandler, clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    handler = load_handler("batch_worker", NON_RETRYABLE="swallow")

    response = handler.lambda_handler(sqs_event(*MIXED), Context(clock))

    assert failed_ids(response) == ["message-3"]
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    warnings = [(line["message"], line["message_id"]) for line in lines if line["level"] == "WARNING"]
    assert warnings == [("swallowed", "message-2"), ("swallowed", "message-4")]


def test_it_says_when_failed_messages_come_back(load_handler: LoadHandler, clock: Clock, sqs: FakeSqs) -> None:
    handler = load_handler("batch_worker", RETURN_DELAY="backoff", QUEUE_URL="jobs")

    response = handler.lambda_handler(sqs_event(*MIXED, receive_count=3), Context(clock))

    assert failed_ids(response) == ["message-2", "message-3", "message-4"]
    ((handle, delay_seconds),) = sqs.delayed
    assert handle == "handle-3-3"
    assert 0 <= delay_seconds <= 4


@pytest.mark.parametrize(
    ("environment", "message"),
    [
        ({"NON_RETRYABLE": "drop"}, r"^NON_RETRYABLE must be one of fail, park, swallow: 'drop'$"),
        ({"NON_RETRYABLE": "park"}, r"^PARKING_QUEUE_URL is not set: "),
        ({"RETURN_DELAY": "backoff"}, r"^QUEUE_URL is not set: "),
        ({"ON_RECORD_ERROR": "delete-and-raise"}, r"^QUEUE_URL is not set: "),
    ],
)
def test_what_it_needs_for_that_is_missed_at_import(
    load_handler: LoadHandler, environment: dict[str, str], message: str
) -> None:
    with pytest.raises(ConfigurationError, match=message):
        load_handler("batch_worker", **environment)


def test_takes_the_job_out_of_the_envelope_of_sns(
    load_handler: LoadHandler, clock: Clock, read_events: ReadEvents
) -> None:
    handler = load_handler("batch_worker", BODY="envelope")
    envelope = load_event("sns_envelope") | {"Message": json.dumps({"id": "1"})}

    response = handler.lambda_handler(sqs_event(envelope), Context(clock))

    assert response == {"batchItemFailures": []}
    assert read_events() == [line("started", 1), line("processed", 1)]


def test_a_message_without_an_envelope_fails_where_there_ought_to_be_one(
    load_handler: LoadHandler, clock: Clock, read_events: ReadEvents
) -> None:
    handler = load_handler("batch_worker", BODY="envelope")

    response = handler.lambda_handler(sqs_event({"id": "1"}), Context(clock))

    assert response == {"batchItemFailures": [{"itemIdentifier": "message-1"}]}
    assert [(event["event"], event["error_type"]) for event in read_events()] == [("failed", "KeyError")]


# -- records of work done ---------------------------------------------------------------------------------------------

NewWorker = Callable[..., ModuleType]


@pytest.fixture
def dynamodb(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> Iterator[DynamoDBClient]:
    for variable in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(variable, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with dynamodb_table("records", "messageId") as client:
        yield client


@pytest.fixture
def new_worker(load_handler: LoadHandler, dynamodb: DynamoDBClient) -> NewWorker:
    """A worker that keeps records, in an execution environment of its own."""

    def new(**environment: str) -> ModuleType:
        return load_handler("batch_worker", IDEMPOTENCY_MODE="powertools", TABLE_NAME="records", **environment)

    return new


def told(events: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(event["event"], event["message_id"]) for event in events]


def test_work_that_comes_again_in_another_message_is_not_done_again(
    new_worker: NewWorker, clock: Clock, read_events: ReadEvents
) -> None:
    first, second = new_worker(), new_worker()

    answers = [first.lambda_handler(sqs_event({"id": "a"}, {"id": "a"}), Context(clock))]
    answers.append(second.lambda_handler(sqs_event({"id": "a"}, receive_count=2), Context(clock)))

    assert answers == [{"batchItemFailures": []}] * 2
    events = read_events()
    assert told(events) == [
        *[("started", "message-1"), ("processed", "message-1")],
        *[("duplicate", "message-2"), ("duplicate", "message-1")],
    ]
    assert events[-1]["detected"] == "before_work"


def test_by_itself_it_keeps_no_records_and_does_the_work_again(
    load_handler: LoadHandler, clock: Clock, read_events: ReadEvents
) -> None:
    load_handler("batch_worker").lambda_handler(sqs_event({"id": "a"}, {"id": "a"}), Context(clock))

    assert [event for event, _ in told(read_events())] == ["started", "processed"] * 2


def test_work_that_failed_is_done_when_it_comes_again(
    new_worker: NewWorker, clock: Clock, read_events: ReadEvents
) -> None:
    worker, body = new_worker(), {"id": "a", "failTimes": 1}

    answers = [worker.lambda_handler(sqs_event(body, receive_count=n), Context(clock)) for n in (1, 2, 3)]

    assert [failed_ids(answer) for answer in answers] == [["message-1"], [], []]
    assert [event for event, _ in told(read_events())] == ["started", "failed", "started", "processed", "duplicate"]


def test_work_that_another_delivery_is_at_is_left_for_later(
    new_worker: NewWorker, clock: Clock, read_events: ReadEvents
) -> None:
    first, second, answers = new_worker(), new_worker(), []
    clock.at(2, lambda: answers.append(second.lambda_handler(sqs_event({"id": "a"}), Context(clock))))

    first.lambda_handler(sqs_event({"id": "a", "sleep": 4}), Context(clock))

    assert [failed_ids(answer) for answer in answers] == [["message-1"]]
    events = read_events()
    assert [event["event"] for event in events] == ["started", "failed", "processed"]
    assert (events[1]["error_type"], events[1]["retryable"]) == ("AlreadyInProgressError", True)


def test_a_table_that_does_not_answer_fails_the_delivery(
    new_worker: NewWorker, clock: Clock, read_events: ReadEvents, dynamodb: DynamoDBClient
) -> None:
    worker = new_worker()
    dynamodb.delete_table(TableName="records")

    answer = worker.lambda_handler(sqs_event({"id": "a"}), Context(clock))

    assert failed_ids(answer) == ["message-1"]
    (failed,) = read_events()
    assert (failed["event"], failed["id"], failed["retryable"]) == ("failed", "a", True)


def test_records_need_a_table(load_handler: LoadHandler) -> None:
    with pytest.raises(
        ConfigurationError, match=r"^TABLE_NAME is not set: add it to the function's environment variables$"
    ):
        load_handler("batch_worker", IDEMPOTENCY_MODE="powertools")


def test_the_modes_of_the_worker_for_long_work_are_not_its_own(load_handler: LoadHandler) -> None:
    with pytest.raises(
        ConfigurationError, match=r"^IDEMPOTENCY_MODE must be one of powertools, none: 'check-then-put'$"
    ):
        load_handler("batch_worker", IDEMPOTENCY_MODE="check-then-put")
