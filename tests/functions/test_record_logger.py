from __future__ import annotations

import json
from typing import Any

import pytest

from tests.functions.conftest import LoadHandler
from tests.functions.support import Clock, Context

RECORD = {
    "version": "1.0",
    "timestamp": "2026-01-01T00:00:00.000Z",
    "requestContext": {
        "requestId": "request-1",
        "functionArn": "arn:aws:lambda:us-east-1:123456789012:function:mail:$LATEST",
        "condition": "RetriesExhausted",
        "approximateInvokeCount": 3,
    },
    "requestPayload": {"id": "1"},
    "responseContext": {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"},
    "responsePayload": {"errorType": "ProcessingError"},
}


def _line(load_handler: LoadHandler, clock: Clock, capsys: pytest.CaptureFixture[str], event: object) -> dict[str, Any]:
    assert load_handler("record_logger").lambda_handler(event, Context(clock)) is None
    (line,) = capsys.readouterr().out.splitlines()
    found: dict[str, Any] = json.loads(line)
    return found


def test_a_record_is_one_line(load_handler: LoadHandler, clock: Clock, capsys: pytest.CaptureFixture[str]) -> None:
    line = _line(load_handler, clock, capsys, RECORD)

    assert (line["level"], line["message"]) == ("INFO", "an asynchronous invoke has ended")
    assert (line["condition"], line["request_id"], line["invoke_count"]) == ("RetriesExhausted", "request-1", 3)
    assert (line["request"], line["response"]) == ({"id": "1"}, {"errorType": "ProcessingError"})
    # No line of the log contract: a record is news of a message, and no delivery of one.
    assert "event" not in line


@pytest.mark.parametrize("event", [{}, {"requestContext": "text"}, [1], "text", None])
def test_what_is_no_record_is_logged_all_the_same(
    load_handler: LoadHandler, clock: Clock, capsys: pytest.CaptureFixture[str], event: object
) -> None:
    line = _line(load_handler, clock, capsys, event)

    assert (line["level"], line["message"]) == ("WARNING", "this is no record of an asynchronous invoke")
    assert line.get("received") == event
