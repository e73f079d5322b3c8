from __future__ import annotations

import json
from types import ModuleType
from typing import Any

import pytest
from shared.errors import ConfigurationError
from shared.kafka import NotWritten, Topic, Written

from tests.functions.conftest import LoadHandler, ReadEvents
from tests.functions.support import Clock, Context, http_event

ENVIRONMENT = {"BOOTSTRAP_SERVERS": "b-1.test:9098", "TOPIC": "streamtopic"}


class FakeWriter:
    """Takes records, or says why not."""

    def __init__(self, refusal: NotWritten | None = None) -> None:
        self.written: list[tuple[str, str]] = []
        self.remaining_seconds: list[float] = []
        self._refusal = refusal

    def write(self, key: str, value: str, remaining_seconds: float) -> Written | NotWritten:
        self.remaining_seconds.append(remaining_seconds)
        if self._refusal is not None:
            return self._refusal
        self.written.append((key, value))
        return Written(partition=0, offset=len(self.written) - 1)


def produce_event(body: str | None) -> dict[str, Any]:
    event = http_event(body)
    event["rawPath"] = "/produce"
    event["routeKey"] = "POST /produce"
    event["requestContext"]["http"]["path"] = "/produce"
    event["requestContext"]["routeKey"] = "POST /produce"
    return event


def load(load_handler: LoadHandler, writer: FakeWriter, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    handler = load_handler("kafka_producer", **ENVIRONMENT)
    monkeypatch.setattr(handler, "writer", writer)
    return handler


@pytest.mark.parametrize(
    ("body", "key", "record"),
    [
        ({"id": "1"}, "1", {"id": "1"}),
        ({"id": "1", "key": "k7"}, "k7", {"id": "1"}),
        ({"id": "1", "sleep": 8}, "1", {"id": "1", "sleep": 8}),
        ({"id": "1", "sleep": 0.5, "shouldFail": True}, "1", {"id": "1", "sleep": 0.5, "shouldFail": True}),
        ({"id": "1", "sleep": 0, "shouldFail": False}, "1", {"id": "1"}),
    ],
)
def test_writes_one_record(
    load_handler: LoadHandler,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
    read_events: ReadEvents,
    body: dict[str, Any],
    key: str,
    record: dict[str, Any],
) -> None:
    writer = FakeWriter()
    handler = load(load_handler, writer, monkeypatch)

    answer = handler.lambda_handler(produce_event(json.dumps(body)), Context(clock))

    assert answer["statusCode"] == 200
    assert json.loads(answer["body"]) == {"produced": "1", "topic": "streamtopic", "partition": 0, "offset": 0}
    assert writer.written == [(key, json.dumps(record))]
    assert read_events() == [{"event": "queued", "id": "1", "message_id": "streamtopic-0:0"}]


def test_leaves_itself_time_to_answer(load_handler: LoadHandler, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    writer = FakeWriter()
    handler = load(load_handler, writer, monkeypatch)

    handler.lambda_handler(produce_event('{"id": "1"}'), Context(clock, timeout_seconds=29))

    assert writer.remaining_seconds == [27.0]


def test_answers_502_when_the_record_could_not_be_written(
    load_handler: LoadHandler, clock: Clock, monkeypatch: pytest.MonkeyPatch, read_events: ReadEvents
) -> None:
    handler = load(load_handler, FakeWriter(NotWritten("OutOfTime", "no answer")), monkeypatch)

    answer = handler.lambda_handler(produce_event('{"id": "1"}'), Context(clock))

    assert answer["statusCode"] == 502
    assert json.loads(answer["body"]) == {
        "message": "the record could not be written",
        "notWritten": {"code": "OutOfTime", "message": "no answer"},
    }
    assert read_events() == []


@pytest.mark.parametrize(
    ("body", "field", "message"),
    [
        (None, "id", "is missing"),
        ('{"id": ""}', "id", "must be a string of 1 to 2048 bytes, got ''"),
        ('{"id": "a", "key": ""}', "key", "must be a string of 1 to 2048 bytes, got ''"),
        ('{"id": "a", "sleep": -1}', "sleep", "must be a finite number of seconds, 0 or more, got -1"),
        ('{"id": "a", "shouldFail": 1}', "shouldFail", "must be true or false, got 1"),
        ('{"id": "a", "count": 1}', "count", "is not known; known fields are id, key, sleep, shouldFail"),
    ],
)
def test_refuses_what_is_no_job(
    load_handler: LoadHandler,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
    body: str | None,
    field: str,
    message: str,
) -> None:
    writer = FakeWriter()
    handler = load(load_handler, writer, monkeypatch)

    answer = handler.lambda_handler(produce_event(body), Context(clock))

    assert answer["statusCode"] == 400
    assert json.loads(answer["body"])["errors"] == [{"field": field, "message": message}]
    assert writer.written == []


def test_knows_the_topics_to_make(load_handler: LoadHandler) -> None:
    sizes = {"TOPIC_PARTITIONS": "3", "TOPIC_REPLICATION_FACTOR": "3", "TOPIC_RETENTION_HOURS": "24"}
    handler = load_handler("kafka_producer", **ENVIRONMENT, **sizes, FAILURE_TOPIC="dead")

    assert (Topic("streamtopic", 3, 3, 24), Topic("dead", 3, 3, 24)) == handler.TOPICS
    assert (Topic("streamtopic", 1, 2, 168),) == load_handler("kafka_producer", **ENVIRONMENT).TOPICS


@pytest.mark.parametrize(
    ("environment", "message"),
    [
        ({"TOPIC": "t"}, "BOOTSTRAP_SERVERS is not set: add it to the function's environment variables"),
        ({"BOOTSTRAP_SERVERS": "b:1"}, "TOPIC is not set: add it to the function's environment variables"),
        ({**ENVIRONMENT, "TOPIC_PARTITIONS": "0"}, "TOPIC_PARTITIONS must be a number of at least 1: '0'"),
    ],
)
def test_refuses_an_incomplete_environment_at_import(
    load_handler: LoadHandler, environment: dict[str, str], message: str
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        load_handler("kafka_producer", **environment)
    assert str(caught.value) == message
