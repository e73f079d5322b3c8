from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import partial
from types import ModuleType
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber
from mypy_boto3_dynamodb import DynamoDBClient
from shared.errors import ConfigurationError
from shared.heartbeat import STOP_PATIENCE_SECONDS, Heartbeat

from tests.functions.conftest import LoadHandler, ReadEvents
from tests.functions.support import QUEUE_URL, START, Beats, Clock, Context, dynamodb_table, sqs_event

JOB = {"id": "msg-1", "sleep": 8}
DONE: dict[str, list[dict[str, str]]] = {"batchItemFailures": []}
FAILED = {"batchItemFailures": [{"itemIdentifier": "message-1"}]}
EXPIRES_AFTER_SECONDS = 1000
CLAIMING = ["conditional", "powertools"]
REMEMBERING = ["check-then-put", "unconditional", *CLAIMING]

NewWorker = Callable[..., ModuleType]


@pytest.fixture
def dynamodb(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> Iterator[DynamoDBClient]:
    for variable in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(variable, "testing")
    with dynamodb_table("records", "messageId") as client:
        yield client


@pytest.fixture
def new_worker(load_handler: LoadHandler, dynamodb: DynamoDBClient) -> NewWorker:
    """A worker in an execution environment of its own, as two deliveries at one time need two of."""

    def new(mode: str, **environment: str) -> ModuleType:
        common = {"TABLE_NAME": "records", "IDEMPOTENCY_EXPIRES_AFTER_SECONDS": str(EXPIRES_AFTER_SECONDS)}
        return load_handler("idempotent_worker", IDEMPOTENCY_MODE=mode, **(common | environment))

    return new


def deliver(worker: ModuleType, clock: Clock, body: object = JOB, receive_count: int = 1) -> Any:
    return worker.lambda_handler(sqs_event(body, receive_count=receive_count), Context(clock))


def names(events: list[dict[str, Any]]) -> list[tuple[str, int]]:
    return [(event["event"], event["receive_count"]) for event in events]


def items(dynamodb: DynamoDBClient) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = [dict(item) for item in dynamodb.scan(TableName="records")["Items"]]
    return found


@pytest.mark.parametrize("mode", REMEMBERING)
def test_work_is_done_once_and_a_later_delivery_is_skipped(
    new_worker: NewWorker, clock: Clock, read_events: ReadEvents, mode: str
) -> None:
    worker = new_worker(mode)

    assert [deliver(worker, clock), deliver(worker, clock, receive_count=2)] == [DONE, DONE]

    common = {"id": "msg-1", "message_id": "message-1"}
    assert read_events() == [
        {"event": "started", "receive_count": 1} | common,
        {"event": "processed", "receive_count": 1} | common,
        {"event": "duplicate", "receive_count": 2, "detected": "before_work"} | common,
    ]
    assert clock.sleeps == [8]


def test_mode_none_does_the_work_of_each_delivery_and_needs_no_table(
    load_handler: LoadHandler, clock: Clock, read_events: ReadEvents
) -> None:
    worker = load_handler("idempotent_worker", IDEMPOTENCY_MODE="none")

    assert [deliver(worker, clock), deliver(worker, clock, receive_count=2)] == [DONE, DONE]
    assert names(read_events()) == [("started", 1), ("processed", 1), ("started", 2), ("processed", 2)]


@pytest.mark.parametrize("mode", ["check-then-put", "unconditional", "conditional"])
def test_the_record_is_kept_under_the_business_id(
    new_worker: NewWorker, clock: Clock, dynamodb: DynamoDBClient, mode: str
) -> None:
    deliver(new_worker(mode), clock)

    expiry = {"N": str(int(START) + 8 + EXPIRES_AFTER_SECONDS)}
    assert items(dynamodb) == [{"messageId": {"S": "msg-1"}, "status": {"S": "COMPLETED"}, "expiresAt": expiry}]


def test_powertools_keeps_the_record_under_a_hash_of_the_business_id(
    new_worker: NewWorker, clock: Clock, dynamodb: DynamoDBClient
) -> None:
    deliver(new_worker("powertools"), clock)

    (item,) = items(dynamodb)
    assert item["messageId"]["S"].startswith("job#")
    assert item["status"] == {"S": "COMPLETED"}
    assert item["expiresAt"] == {"N": str(int(START) + 8 + EXPIRES_AFTER_SECONDS)}


@pytest.mark.parametrize("mode", REMEMBERING)
def test_the_same_work_in_another_message_is_skipped_too(
    new_worker: NewWorker, clock: Clock, read_events: ReadEvents, mode: str
) -> None:
    worker = new_worker(mode)

    worker.lambda_handler(sqs_event(JOB, JOB, {"id": "msg-2"}), Context(clock))

    assert [(event["event"], event["message_id"]) for event in read_events()] == [
        ("started", "message-1"),
        ("processed", "message-1"),
        ("duplicate", "message-2"),
        ("started", "message-3"),
        ("processed", "message-3"),
    ]


@pytest.mark.parametrize("mode", REMEMBERING)
def test_an_expired_record_does_not_count_although_it_is_still_there(
    new_worker: NewWorker, clock: Clock, read_events: ReadEvents, dynamodb: DynamoDBClient, mode: str
) -> None:
    worker = new_worker(mode)
    deliver(worker, clock)
    clock.advance(EXPIRES_AFTER_SECONDS)
    deliver(worker, clock, receive_count=2)
    assert len(items(dynamodb)) == 1
    clock.advance(1)

    deliver(worker, clock, receive_count=3)

    assert names(read_events())[2:] == [("duplicate", 2), ("started", 3), ("processed", 3)]


@pytest.mark.parametrize(
    ("mode", "detected"), [("check-then-put", [("duplicate", 1)]), ("unconditional", [])], ids=lambda value: str(value)
)
def test_checking_first_lets_a_second_delivery_pass_the_check(
    new_worker: NewWorker,
    clock: Clock,
    read_events: ReadEvents,
    dynamodb: DynamoDBClient,
    mode: str,
    detected: list[tuple[str, int]],
) -> None:
    first, second = new_worker(mode), new_worker(mode)
    responses = []
    # The second delivery begins while the first one works, and finishes before it.
    clock.at(5, lambda: responses.append(deliver(second, clock, {"id": "msg-1", "sleep": 1}, receive_count=2)))

    responses.append(deliver(first, clock))

    assert responses == [DONE, DONE]
    events = read_events()
    assert names(events) == [("started", 1), ("started", 2), ("processed", 2), ("processed", 1), *detected]
    assert [event["detected"] for event in events if "detected" in event] == ["after_work"] * len(detected)
    # The condition protects the first record, without it the later delivery overwrites it.
    written_at = 6 if mode == "check-then-put" else 8
    (item,) = items(dynamodb)
    assert item["expiresAt"] == {"N": str(int(START) + written_at + EXPIRES_AFTER_SECONDS)}


@pytest.mark.parametrize("mode", CLAIMING)
def test_a_claim_keeps_a_second_delivery_out_and_lets_it_come_back(
    new_worker: NewWorker, clock: Clock, read_events: ReadEvents, mode: str
) -> None:
    first, second = new_worker(mode), new_worker(mode)
    responses = []
    clock.at(5, lambda: responses.append(deliver(second, clock, receive_count=2)))

    responses.append(deliver(first, clock))
    responses.append(deliver(second, clock, receive_count=3))

    assert responses == [FAILED, DONE, DONE]
    events = read_events()
    assert names(events) == [("started", 1), ("failed", 2), ("processed", 1), ("duplicate", 3)]
    assert events[1] == {
        "event": "failed",
        "id": "msg-1",
        "message_id": "message-1",
        "receive_count": 2,
        "error_type": "AlreadyInProgressError",
        "retryable": True,
        "error": "another delivery is working on msg-1",
    }


@pytest.mark.parametrize("mode", REMEMBERING)
def test_work_that_failed_is_done_again(
    new_worker: NewWorker, clock: Clock, read_events: ReadEvents, dynamodb: DynamoDBClient, mode: str
) -> None:
    worker = new_worker(mode)

    assert deliver(worker, clock, JOB | {"shouldFail": True}) == FAILED
    assert items(dynamodb) == []
    assert deliver(worker, clock, receive_count=2) == DONE

    events = read_events()
    assert names(events) == [("started", 1), ("failed", 1), ("started", 2), ("processed", 2)]
    assert events[1]["error_type"] == "ProcessingError"
    assert events[1]["error"] == "message msg-1 was told to fail"


@pytest.mark.parametrize("mode", CLAIMING)
def test_the_claim_of_an_invoke_that_was_killed_ends_with_its_time(
    new_worker: NewWorker, clock: Clock, read_events: ReadEvents, mode: str
) -> None:
    killed, survivor = new_worker(mode), new_worker(mode)

    class Killed(BaseException):
        """Not an Exception, so that the code under test cannot tidy up, as in an invoke that is stopped dead."""

    def stop_dead() -> None:
        raise Killed

    clock.at(4, stop_dead)
    with pytest.raises(Killed):
        deliver(killed, clock)  # its time ends at 30 s
    clock.advance(26 - 0.001)

    assert deliver(survivor, clock, receive_count=2) == FAILED
    clock.advance(0.002)
    assert deliver(survivor, clock, receive_count=3) == DONE

    assert names(read_events()) == [("started", 1), ("failed", 2), ("started", 3), ("processed", 3)]


def test_a_claim_that_was_taken_over_is_neither_completed_nor_released(
    new_worker: NewWorker, clock: Clock, read_events: ReadEvents, dynamodb: DynamoDBClient
) -> None:
    first, second = new_worker("conditional"), new_worker("conditional")

    # An invoke that lived on past its time: no Lambda does, but clocks differ.
    clock.at(31, lambda: deliver(second, clock, {"id": "msg-1", "sleep": 1}, receive_count=2))
    assert deliver(first, clock, {"id": "msg-1", "sleep": 40}) == DONE

    events = read_events()
    assert names(events) == [("started", 1), ("started", 2), ("processed", 2), ("processed", 1), ("duplicate", 1)]
    assert events[-1]["detected"] == "after_work"

    clock.at(clock.elapsed + 31, lambda: deliver(second, clock, {"id": "msg-2"}, receive_count=2))
    assert deliver(first, clock, {"id": "msg-2", "sleep": 40, "shouldFail": True}) == FAILED
    assert {item["messageId"]["S"]: item["status"]["S"] for item in items(dynamodb)} == {
        "msg-1": "COMPLETED",
        "msg-2": "COMPLETED",
    }


def test_a_store_that_does_not_send_the_item_along_is_asked_for_it(
    new_worker: NewWorker, clock: Clock, read_events: ReadEvents
) -> None:
    worker = new_worker("conditional")
    deliver(worker, clock)

    def drop_item(parsed: dict[str, Any], **_: Any) -> None:
        parsed.pop("Item", None)

    worker.guard.table.client.meta.events.register("after-call.dynamodb.PutItem", drop_item)

    assert deliver(worker, clock, receive_count=2) == DONE
    assert names(read_events())[-1] == ("duplicate", 2)


@pytest.mark.parametrize("mode", REMEMBERING)
def test_a_missing_table_fails_the_record_before_any_work(
    new_worker: NewWorker, clock: Clock, read_events: ReadEvents, mode: str
) -> None:
    worker = new_worker(mode, TABLE_NAME="nowhere")

    assert deliver(worker, clock) == FAILED

    (event,) = read_events()
    wanted = "IdempotencyPersistenceLayerError" if mode == "powertools" else "ResourceNotFoundException"
    assert (event["event"], event["error_type"], event["retryable"]) == ("failed", wanted, True)
    assert "ResourceNotFoundException" in event["error"]
    assert clock.sleeps == []


@pytest.mark.parametrize(
    ("mode", "operation"),
    [("check-then-put", "get_item"), ("unconditional", "get_item"), ("conditional", "put_item")],
)
def test_a_throttled_table_fails_the_record_before_any_work(
    new_worker: NewWorker, clock: Clock, read_events: ReadEvents, mode: str, operation: str
) -> None:
    worker = new_worker(mode)

    with Stubber(worker.guard.table.client) as stub:
        stub.add_client_error(operation, "ProvisionedThroughputExceededException")
        assert deliver(worker, clock) == FAILED

    (event,) = read_events()
    assert (event["event"], event["error_type"]) == ("failed", "ProvisionedThroughputExceededException")
    assert clock.sleeps == []


@pytest.mark.parametrize(
    ("mode", "before", "operation"),
    [
        ("check-then-put", "get_item", "put_item"),
        ("unconditional", "get_item", "put_item"),
        ("conditional", "put_item", "update_item"),
    ],
)
def test_a_record_that_cannot_be_written_after_the_work_fails_the_message_but_the_effect_stays_logged(
    new_worker: NewWorker, clock: Clock, read_events: ReadEvents, mode: str, before: str, operation: str
) -> None:
    worker = new_worker(mode)

    with Stubber(worker.guard.table.client) as stub:
        stub.add_response(before, {})
        stub.add_client_error(operation, "ThrottlingException")
        assert deliver(worker, clock) == FAILED

    events = read_events()
    assert names(events) == [("started", 1), ("processed", 1), ("failed", 1)]
    assert events[-1]["error_type"] == "ThrottlingException"


def test_a_claim_that_cannot_be_released_does_not_hide_why_the_work_failed(
    new_worker: NewWorker, clock: Clock, read_events: ReadEvents
) -> None:
    worker = new_worker("conditional")

    with Stubber(worker.guard.table.client) as stub:
        stub.add_response("put_item", {})
        stub.add_client_error("delete_item", "ThrottlingException")
        assert deliver(worker, clock, JOB | {"shouldFail": True}) == FAILED

    assert read_events()[-1]["error_type"] == "ProcessingError"


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ("no json", "body is not valid JSON: expected ident at line 1 column 2"),
        ('{"sleep": 8}', "id is missing"),
        ('{"id": "msg-1", "sleep": -1}', "sleep must be a finite number of seconds, 0 or more, got -1"),
        ('{"id": "msg-1", "sleep": "long"}', "sleep must be a finite number of seconds, 0 or more, got 'long'"),
    ],
)
@pytest.mark.parametrize("mode", [*REMEMBERING, "none"])
def test_a_body_that_is_no_job_fails_without_touching_the_table(
    new_worker: NewWorker,
    clock: Clock,
    read_events: ReadEvents,
    dynamodb: DynamoDBClient,
    mode: str,
    body: str,
    error: str,
) -> None:
    assert deliver(new_worker(mode), clock, body) == FAILED

    (event,) = read_events()
    assert (event["event"], event["error_type"], event["retryable"]) == ("failed", "InvalidMessageError", False)
    assert event["error"] == error
    assert items(dynamodb) == []


def test_a_sleep_of_ages_lets_time_run_out_instead_of_crashing(new_worker: NewWorker, clock: Clock) -> None:
    deliver(new_worker("none"), clock, {"id": "msg-1", "sleep": 1e300})

    assert clock.sleeps == [86_400]


class Held:
    """A worker whose heartbeat beats every three seconds of the test's clock, and a message that moto's SQS holds."""

    def __init__(self, worker: ModuleType, clock: Clock, monkeypatch: pytest.MonkeyPatch, queue_url: str) -> None:
        self.worker = worker
        self.clock = clock
        self._sqs = boto3.client("sqs", region_name="us-east-1")
        self._queue_url = queue_url
        beats = Beats()
        monkeypatch.setattr(worker, "Heartbeat", partial(Heartbeat, stop_event=beats))

        def beat() -> None:
            beats.next_pause()
            beats.beat()

        for instant in (3, 6):
            clock.at(instant, beat)
        # The work goes on only once the second beat is over.
        clock.at(6, beats.next_pause)

    def deliver(self) -> Any:
        self._sqs.send_message(QueueUrl=self._queue_url, MessageBody=json.dumps(JOB))
        (message,) = self._sqs.receive_message(QueueUrl=self._queue_url)["Messages"]
        event = sqs_event(JOB)
        event["Records"][0]["receiptHandle"] = message["ReceiptHandle"]
        return self.worker.lambda_handler(event, Context(self.clock))


@pytest.fixture
def queue_url(dynamodb: DynamoDBClient) -> str:
    created = boto3.client("sqs", region_name="us-east-1").create_queue(
        QueueName="jobs", Attributes={"VisibilityTimeout": "5"}
    )
    assert created["QueueUrl"] == QUEUE_URL
    return created["QueueUrl"]


HEARTBEAT = {"HEARTBEAT_ENABLED": "true", "HEARTBEAT_EVERY_SECONDS": "3", "HEARTBEAT_EXTEND_TO_SECONDS": "10"}


def test_the_heartbeat_extends_every_three_seconds_to_ten(
    new_worker: NewWorker,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
    queue_url: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    worker = new_worker("check-then-put", QUEUE_URL=queue_url, **HEARTBEAT)
    held = Held(worker, clock, monkeypatch, queue_url)

    assert held.deliver() == DONE

    lines = [json.loads(text) for text in capsys.readouterr().out.splitlines()]
    assert [line["event"] for line in lines] == ["started", "heartbeat", "heartbeat", "processed"]
    assert [(line["extended_to_seconds"], line["id"], line["message_id"]) for line in lines[1:3]] == [
        (10, "msg-1", "message-1")
    ] * 2


def test_a_failing_heartbeat_is_logged_and_the_work_goes_on(
    new_worker: NewWorker,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
    queue_url: str,
    read_events: ReadEvents,
) -> None:
    worker = new_worker("check-then-put", QUEUE_URL=queue_url, HEARTBEAT_FAILING="true", **HEARTBEAT)
    beats = Beats()
    monkeypatch.setattr(worker, "Heartbeat", partial(Heartbeat, stop_event=beats))
    failed_at = []
    report = worker.events.heartbeat_failed

    def heartbeat_failed(*arguments: Any) -> None:
        report(*arguments)
        failed_at.append(clock.elapsed)
        beats.put_pause()

    monkeypatch.setattr(worker.events, "heartbeat_failed", heartbeat_failed)

    def beat() -> None:
        beats.next_pause()
        beats.beat()
        beats.next_pause()

    clock.at(3, beat)

    assert deliver(worker, clock) == DONE

    events = read_events()
    assert names(events) == [("started", 1), ("heartbeat_failed", 1), ("processed", 1)]
    assert (events[1]["error_type"], events[1]["retryable"]) == ("ReceiptHandleIsInvalid", False)
    assert failed_at == [3]


def test_no_call_of_the_heartbeat_outlasts_its_patience(new_worker: NewWorker) -> None:
    config = new_worker("check-then-put", QUEUE_URL=QUEUE_URL, **HEARTBEAT).HEARTBEAT_CONFIG

    assert config.retries["total_max_attempts"] == 1
    assert config.connect_timeout + config.read_timeout < STOP_PATIENCE_SECONDS


def test_without_a_heartbeat_no_thread_is_started(
    new_worker: NewWorker, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker = new_worker("none")
    monkeypatch.setattr(worker, "Heartbeat", None)

    assert deliver(worker, clock) == DONE


@pytest.mark.parametrize(
    ("environment", "message"),
    [
        (
            {"IDEMPOTENCY_MODE": "some"},
            "IDEMPOTENCY_MODE must be one of check-then-put, conditional, unconditional, powertools, none: 'some'",
        ),
        ({"TABLE_NAME": ""}, "TABLE_NAME is not set: add it to the function's environment variables"),
        (
            {"IDEMPOTENCY_EXPIRES_AFTER_SECONDS": "0"},
            "IDEMPOTENCY_EXPIRES_AFTER_SECONDS must be a number of at least 1: '0'",
        ),
        ({"HEARTBEAT_ENABLED": "yes"}, "HEARTBEAT_ENABLED must be one of true, false: 'yes'"),
        ({"HEARTBEAT_ENABLED": "true"}, "QUEUE_URL is not set: add it to the function's environment variables"),
        (
            {"HEARTBEAT_ENABLED": "true", "HEARTBEAT_EVERY_SECONDS": "10"},
            (
                "HEARTBEAT_EVERY_SECONDS, HEARTBEAT_EXTEND_TO_SECONDS: every_seconds must be below "
                "extend_to_seconds (10), or the message shows itself between two beats: 10.0"
            ),
        ),
        (
            {"HEARTBEAT_EXTEND_TO_SECONDS": "43201"},
            "HEARTBEAT_EXTEND_TO_SECONDS must be a number from 1 to 43200: '43201'",
        ),
    ],
)
def test_wrong_settings_are_refused_at_import(
    load_handler: LoadHandler, environment: dict[str, str], message: str
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        load_handler("idempotent_worker", **({"TABLE_NAME": "records"} | environment))

    assert str(caught.value) == message
