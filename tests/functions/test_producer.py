from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from botocore.stub import Stubber
from shared.errors import ConfigurationError

from tests.functions.conftest import LoadHandler, ReadEvents
from tests.functions.support import QUEUE_URL, Clock, Context, FakeQueue, http_event


def call(handler: Any, clock: Clock, body: str | None) -> tuple[int, Any]:
    answer = handler.lambda_handler(http_event(body), Context(clock))
    assert answer["headers"]["Content-Type"] == "application/json"
    return answer["statusCode"], json.loads(answer["body"])


def use(handler: Any, monkeypatch: pytest.MonkeyPatch, queue: FakeQueue) -> FakeQueue:
    monkeypatch.setattr(handler, "sqs", queue)
    return queue


def test_sends_the_labs_messages_in_one_batch(load_handler: LoadHandler, clock: Clock, read_events: ReadEvents) -> None:
    handler = load_handler("producer", QUEUE_URL=QUEUE_URL)
    bodies = [json.dumps({"id": str(n)} | ({"shouldFail": True} if n % 3 == 0 else {})) for n in range(1, 11)]
    entries = [{"Id": str(position), "MessageBody": body} for position, body in enumerate(bodies)]
    accepted = [{"Id": str(n), "MessageId": f"sqs-{n + 1}", "MD5OfMessageBody": "0" * 32} for n in range(10)]

    with Stubber(handler.sqs) as stub:
        stub.add_response(
            "send_message_batch",
            {"Successful": accepted, "Failed": []},
            {"QueueUrl": QUEUE_URL, "Entries": entries},
        )
        answer = call(handler, clock, '{"count": 10, "failEvery": 3}')
        stub.assert_no_pending_responses()

    assert answer == (200, {"enqueued": 10, "failEvery": 3})
    assert read_events() == [{"event": "queued", "id": str(n), "message_id": f"sqs-{n}"} for n in range(1, 11)]


@pytest.mark.parametrize("body", [None, "", "  ", "{}"])
def test_an_empty_body_stands_for_the_defaults(
    load_handler: LoadHandler, clock: Clock, monkeypatch: pytest.MonkeyPatch, body: str | None
) -> None:
    handler = load_handler("producer", QUEUE_URL=QUEUE_URL)
    queue = use(handler, monkeypatch, FakeQueue())

    assert call(handler, clock, body) == (200, {"enqueued": 10, "failEvery": 3})
    assert [json.loads(text) for text in queue.bodies if "shouldFail" in text] == [
        {"id": number, "shouldFail": True} for number in ("3", "6", "9")
    ]


@pytest.mark.parametrize(
    ("body", "sizes", "failing"),
    [
        ('{"count": 25, "failEvery": 10}', [10, 10, 5], ["10", "20"]),
        ('{"count": 1, "failEvery": 1}', [1], ["1"]),
        ('{"count": 3, "failEvery": 0}', [3], []),
        ('{"count": 10000, "failEvery": 5000}', [10] * 1000, ["5000", "10000"]),
    ],
)
def test_counts(
    load_handler: LoadHandler,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
    body: str,
    sizes: list[int],
    failing: list[str],
) -> None:
    handler = load_handler("producer", QUEUE_URL=QUEUE_URL)
    queue = use(handler, monkeypatch, FakeQueue())
    asked = json.loads(body)

    assert call(handler, clock, body) == (200, {"enqueued": asked["count"], "failEvery": asked["failEvery"]})

    sent = [json.loads(text) for text in queue.bodies]
    assert queue.batch_sizes == sizes
    assert [message["id"] for message in sent] == [str(n) for n in range(1, asked["count"] + 1)]
    assert [message["id"] for message in sent if message.get("shouldFail")] == failing


def test_reads_a_base64_body(load_handler: LoadHandler, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    handler = load_handler("producer", QUEUE_URL=QUEUE_URL)
    use(handler, monkeypatch, FakeQueue())
    event = http_event(base64.b64encode(b'{"count": 2}').decode()) | {"isBase64Encoded": True}

    answer = handler.lambda_handler(event, Context(clock))

    assert json.loads(answer["body"]) == {"enqueued": 2, "failEvery": 3}


@pytest.mark.parametrize("body", ["%%%", base64.b64encode(b"\xff\xfe").decode()])
def test_refuses_a_base64_body_that_is_no_text(
    load_handler: LoadHandler, clock: Clock, monkeypatch: pytest.MonkeyPatch, body: str
) -> None:
    handler = load_handler("producer", QUEUE_URL=QUEUE_URL)
    queue = use(handler, monkeypatch, FakeQueue())

    answer = handler.lambda_handler(http_event(body) | {"isBase64Encoded": True}, Context(clock))

    assert answer["statusCode"] == 400
    assert json.loads(answer["body"])["errors"] == [{"field": "body", "message": "is not UTF-8 text"}]
    assert queue.bodies == []


COUNT = "must be a whole number from 1 to 10000, got "
FAIL_EVERY = "must be a whole number, 0 (none fails) or more, got "


@pytest.mark.parametrize(
    ("body", "errors"),
    [
        ("{", [("body", "is not valid JSON: EOF while parsing an object at line 1 column 1")]),
        ("[]", [("body", "must be a JSON object, got []")]),
        ('{"count": 0}', [("count", COUNT + "0")]),
        ('{"count": 10001}', [("count", COUNT + "10001")]),
        ('{"count": "10"}', [("count", COUNT + "'10'")]),
        ('{"count": 1.5}', [("count", COUNT + "1.5")]),
        ('{"count": true}', [("count", COUNT + "True")]),
        ('{"count": null}', [("count", COUNT + "None")]),
        ('{"failEvery": -1}', [("failEvery", FAIL_EVERY + "-1")]),
        ('{"count": 0, "failEvery": "x"}', [("count", COUNT + "0"), ("failEvery", FAIL_EVERY + "'x'")]),
        ('{"failevery": 3}', [("failevery", "is not known; known fields are count, failEvery, groups")]),
        ('{"fail_every": 3}', [("fail_every", "is not known; known fields are count, failEvery, groups")]),
    ],
)
def test_says_what_is_wrong_with_each_field(
    load_handler: LoadHandler,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
    body: str,
    errors: list[tuple[str, str]],
) -> None:
    handler = load_handler("producer", QUEUE_URL=QUEUE_URL)
    queue = use(handler, monkeypatch, FakeQueue())

    status, answer = call(handler, clock, body)

    assert status == 400
    assert answer == {
        "message": "the request body is not valid",
        "errors": [{"field": field, "message": message} for field, message in errors],
    }
    assert queue.bodies == []


def test_a_fifo_queue_gets_groups_and_ids_that_are_the_same_for_every_attempt(
    load_handler: LoadHandler, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    handler = load_handler("producer", QUEUE_URL=QUEUE_URL, FIFO_DEDUPLICATION="id")
    queue = use(handler, monkeypatch, FakeQueue(busy={"2": 1}))
    context = Context(clock)

    handler.lambda_handler(http_event('{"count": 3, "groups": 2}'), context)

    sent = [(e["Id"], e["MessageGroupId"], e["MessageDeduplicationId"]) for e in queue.entries]
    request = context.aws_request_id
    first = [("0", "group-1", f"{request}-1"), ("1", "group-2", f"{request}-2"), ("2", "group-1", f"{request}-3")]
    assert sent == [*first, ("1", "group-2", f"{request}-2")]


def test_deduplication_by_content_sends_no_id_and_one_group_is_the_default(
    load_handler: LoadHandler, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    handler = load_handler("producer", QUEUE_URL=QUEUE_URL, FIFO_DEDUPLICATION="content")
    queue = use(handler, monkeypatch, FakeQueue())

    call(handler, clock, '{"count": 2}')

    assert [entry["MessageGroupId"] for entry in queue.entries] == ["group-1", "group-1"]
    assert all("MessageDeduplicationId" not in entry for entry in queue.entries)


def test_a_standard_queue_has_no_groups(
    load_handler: LoadHandler, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    handler = load_handler("producer", QUEUE_URL=QUEUE_URL)
    queue = use(handler, monkeypatch, FakeQueue())

    status, answer = call(handler, clock, '{"groups": 2}')

    assert status == 400
    message = "needs a FIFO queue, and this one is a standard queue"
    assert answer["errors"] == [{"field": "groups", "message": message}]
    assert queue.entries == []


def test_answers_502_naming_what_could_not_be_sent(
    load_handler: LoadHandler, clock: Clock, monkeypatch: pytest.MonkeyPatch, read_events: ReadEvents
) -> None:
    handler = load_handler("producer", QUEUE_URL=QUEUE_URL)
    use(handler, monkeypatch, FakeQueue(sender_faults={"2"}))

    status, answer = call(handler, clock, '{"count": 3}')

    assert status == 502
    assert answer == {
        "message": "1 of 3 messages could not be sent",
        "enqueued": 2,
        "failEvery": 3,
        "notSent": [{"id": "2", "code": "InvalidMessageContents", "message": "refused"}],
    }
    assert [event["id"] for event in read_events()] == ["1", "3"]


def test_other_routes_are_not_found(load_handler: LoadHandler, clock: Clock) -> None:
    handler = load_handler("producer", QUEUE_URL=QUEUE_URL)
    event = http_event("{}")
    event["rawPath"] = event["requestContext"]["http"]["path"] = "/elsewhere"

    assert handler.lambda_handler(event, Context(clock))["statusCode"] == 404


@pytest.mark.parametrize("function", ["producer", "visibility_producer"])
def test_needs_its_queue(load_handler: LoadHandler, function: str) -> None:
    with pytest.raises(
        ConfigurationError, match=r"^QUEUE_URL is not set: add it to the function's environment variables$"
    ):
        load_handler(function)
