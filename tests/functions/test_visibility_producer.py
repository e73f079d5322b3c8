from __future__ import annotations

import json

import pytest

from tests.functions.conftest import LoadHandler, ReadEvents
from tests.functions.support import QUEUE_URL, Clock, Context, FakeQueue, http_event


@pytest.mark.parametrize(
    ("body", "sleep"),
    [
        ('{"id": "msg-1", "sleep": 8}', 8),
        ('{"id": "msg-1"}', 8),
        ('{"id": "msg-1", "sleep": 0}', 0),
        ('{"id": "msg-1", "sleep": 2.5}', 2.5),
    ],
)
def test_sends_one_message(
    load_handler: LoadHandler,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
    read_events: ReadEvents,
    body: str,
    sleep: float,
) -> None:
    handler = load_handler("visibility_producer", QUEUE_URL=QUEUE_URL)
    queue = FakeQueue()
    monkeypatch.setattr(handler, "sqs", queue)

    answer = handler.lambda_handler(http_event(body), Context(clock))

    assert answer["statusCode"] == 200
    assert json.loads(answer["body"]) == {"enqueued": "msg-1", "sleep": sleep}
    assert queue.bodies == [json.dumps({"id": "msg-1", "sleep": sleep})]
    assert read_events() == [{"event": "queued", "id": "msg-1", "message_id": "sqs-1"}]


SLEEP = "must be a finite number of seconds, 0 or more, got "
ID = "must be a string of 1 to 2048 bytes, got "


@pytest.mark.parametrize(
    ("body", "field", "message"),
    [
        (None, "id", "is missing"),
        ("{}", "id", "is missing"),
        ('{"id": ""}', "id", ID + "''"),
        ('{"id": 7}', "id", ID + "7"),
        ('{"id": "a", "sleep": -0.5}', "sleep", SLEEP + "-0.5"),
        ('{"id": "a", "sleep": "8"}', "sleep", SLEEP + "'8'"),
        ('{"id": "a", "sleep": null}', "sleep", SLEEP + "None"),
        ('{"id": "a", "sleep": Infinity}', "sleep", SLEEP + "inf"),
        ('{"id": "a", "slep": 8}', "slep", "is not known; known fields are id, sleep"),
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
    handler = load_handler("visibility_producer", QUEUE_URL=QUEUE_URL)
    queue = FakeQueue()
    monkeypatch.setattr(handler, "sqs", queue)

    answer = handler.lambda_handler(http_event(body), Context(clock))

    assert answer["statusCode"] == 400
    assert json.loads(answer["body"])["errors"] == [{"field": field, "message": message}]
    assert queue.bodies == []


def test_answers_502_when_the_message_could_not_be_sent(
    load_handler: LoadHandler, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    handler = load_handler("visibility_producer", QUEUE_URL=QUEUE_URL)
    monkeypatch.setattr(handler, "sqs", FakeQueue(sender_faults={"msg-1"}))

    answer = handler.lambda_handler(http_event('{"id": "msg-1"}'), Context(clock))

    assert answer["statusCode"] == 502
    assert json.loads(answer["body"]) == {
        "message": "the message could not be sent",
        "notSent": [{"id": "msg-1", "code": "InvalidMessageContents", "message": "refused"}],
    }
