from __future__ import annotations

import io
import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from shared.errors import BatchFailedError

from tests.functions.conftest import LoadHandler, ReadEvents
from tests.functions.support import Clock, Context, client_error, dynamodb_table, load_event, sqs_event

REAL_CLIENT = boto3.client
TEST_EVENT = {"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "uploads"}


class FakeS3:
    """Has objects with jobs, by key."""

    def __init__(self, **jobs: dict[str, Any]) -> None:
        self.jobs = {"orders/a b.json": {"id": "a"}, "orders/1.json": {"id": "1"}, **jobs}

    def get_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803  # the names are S3's
        assert Bucket == "uploads"
        if Key not in self.jobs:
            raise client_error("NoSuchKey")
        return {"Body": io.BytesIO(json.dumps(self.jobs[Key]).encode())}


@pytest.fixture(autouse=True)
def s3(monkeypatch: pytest.MonkeyPatch) -> FakeS3:
    found = FakeS3()
    monkeypatch.setattr("boto3.client", lambda service, config: found)
    return found


def told(*keys: str) -> dict[str, Any]:
    """What S3 tells of objects, their keys as they arrive."""
    template = load_event("s3_put")["Records"][0]
    records = []
    for key in keys:
        record = json.loads(json.dumps(template))
        record["s3"]["bucket"]["name"] = "uploads"
        record["s3"]["object"]["key"] = key
        records.append(record)
    return {"Records": records}


def line(event: str, key: str, number: int = 1, **more: Any) -> dict[str, Any]:
    return {"event": event, "id": key, "message_id": f"message-{number}", "receive_count": 1, **more}


def test_reads_the_object_and_does_its_job(load_handler: LoadHandler, clock: Clock, read_events: ReadEvents) -> None:
    handler = load_handler("object_worker")

    response = handler.lambda_handler(sqs_event(told("orders/a+b.json")), Context(clock))

    assert response == {"batchItemFailures": []}
    assert read_events() == [line("started", "orders/a b.json"), line("processed", "orders/a b.json")]


def test_finds_no_object_by_a_key_that_it_does_not_decode(
    load_handler: LoadHandler, clock: Clock, read_events: ReadEvents
) -> None:
    handler = load_handler("object_worker", OBJECT_KEYS="as-they-come")

    response = handler.lambda_handler(sqs_event(told("orders/a+b.json"), told("orders/1.json")), Context(clock))

    assert response == {"batchItemFailures": [{"itemIdentifier": "message-1"}]}
    assert [(event["event"], event["id"]) for event in read_events()] == [
        ("failed", "orders/a+b.json"),
        ("started", "orders/1.json"),
        ("processed", "orders/1.json"),
    ]


def test_passes_over_the_test_event(load_handler: LoadHandler, clock: Clock, read_events: ReadEvents) -> None:
    handler = load_handler("object_worker")

    assert handler.lambda_handler(sqs_event(TEST_EVENT), Context(clock)) == {"batchItemFailures": []}
    assert read_events() == []


def test_or_fails_on_it_and_with_it_the_whole_batch(
    load_handler: LoadHandler, clock: Clock, read_events: ReadEvents
) -> None:
    handler = load_handler("object_worker", TEST_EVENT="fail", ON_RECORD_ERROR="raise")

    with pytest.raises(BatchFailedError, match=r"^1 of 2 records failed: message-1$"):
        handler.lambda_handler(sqs_event(TEST_EVENT, told("orders/1.json")), Context(clock))

    events = read_events()
    assert (events[0]["event"], events[0]["error_type"], "id" in events[0]) == ("failed", "KeyError", False)
    assert events[1:] == [line("started", "orders/1.json", 2), line("processed", "orders/1.json", 2)]


def test_a_job_that_is_told_to_fail_fails_its_message(
    load_handler: LoadHandler, clock: Clock, read_events: ReadEvents, s3: FakeS3
) -> None:
    s3.jobs["orders/bad.json"] = {"id": "bad", "shouldFail": True}
    handler = load_handler("object_worker")

    response = handler.lambda_handler(sqs_event(told("orders/1.json", "orders/bad.json")), Context(clock))

    assert response == {"batchItemFailures": [{"itemIdentifier": "message-1"}]}
    assert [event["event"] for event in read_events()] == ["started", "processed", "started", "failed"]


# -- records of work done ---------------------------------------------------------------------------------------------


def changed(key: str, sequencer: str | None) -> dict[str, Any]:
    """What S3 tells of one change of an object."""
    notification = told(key)
    found = notification["Records"][0]["s3"]["object"]
    del found["sequencer"]
    if sequencer is not None:
        found["sequencer"] = sequencer
    return notification


@pytest.fixture
def records(monkeypatch: pytest.MonkeyPatch, s3: FakeS3, clock: Clock) -> Iterator[None]:
    """A table of records beside the bucket."""
    for variable in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(variable, "testing")
    monkeypatch.setattr("boto3.client", REAL_CLIENT)
    with dynamodb_table("records", "messageId") as table:
        monkeypatch.setattr("boto3.client", lambda service, config: table if service == "dynamodb" else s3)
        yield


def test_a_change_that_s3_tells_of_twice_is_worked_on_once(
    load_handler: LoadHandler, clock: Clock, read_events: ReadEvents, records: None
) -> None:
    handler = load_handler("object_worker", IDEMPOTENCY_MODE="powertools", TABLE_NAME="records")

    event = sqs_event(changed("orders/a+b.json", "0A"), changed("orders/a+b.json", "0A"))

    assert handler.lambda_handler(event, Context(clock)) == {"batchItemFailures": []}
    assert read_events() == [
        line("started", "orders/a b.json"),
        line("processed", "orders/a b.json"),
        line("duplicate", "orders/a b.json", 2, detected="before_work"),
    ]


def test_another_change_of_the_same_key_is_work_of_its_own(
    load_handler: LoadHandler, clock: Clock, read_events: ReadEvents, records: None
) -> None:
    handler = load_handler("object_worker", IDEMPOTENCY_MODE="powertools", TABLE_NAME="records")

    event = sqs_event(changed("orders/1.json", "0A"), changed("orders/1.json", "0B"))

    assert handler.lambda_handler(event, Context(clock)) == {"batchItemFailures": []}
    assert [found["event"] for found in read_events()] == ["started", "processed"] * 2


def test_a_change_that_cannot_be_told_from_others_fails(
    load_handler: LoadHandler, clock: Clock, read_events: ReadEvents, records: None
) -> None:
    handler = load_handler("object_worker", IDEMPOTENCY_MODE="powertools", TABLE_NAME="records")

    response = handler.lambda_handler(sqs_event(changed("orders/1.json", None)), Context(clock))

    assert response == {"batchItemFailures": [{"itemIdentifier": "message-1"}]}
    error = "the record of orders/1.json has no sequencer, by which changes of one key differ"
    assert read_events() == [
        line("failed", "orders/1.json", error_type="InvalidMessageError", retryable=False, error=error)
    ]


def test_without_records_nobody_asks_for_a_sequencer(
    load_handler: LoadHandler, clock: Clock, read_events: ReadEvents
) -> None:
    load_handler("object_worker").lambda_handler(sqs_event(changed("orders/1.json", None)), Context(clock))

    assert [found["event"] for found in read_events()] == ["started", "processed"]
