"""From what was seen of a run to events in their order."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from delivery_lab import Lab
from delivery_lab.errors import NotModelledError
from delivery_lab.events import Actor, Event, InvokeEnded, InvokeStarted, Journal, MessageSent
from delivery_lab.live.clock import RealClock, RealTimeScheduler
from delivery_lab.live.queues import RealQueue
from delivery_lab.model.clock import seconds
from delivery_lab.places.known import know
from delivery_lab.places.logs import FunctionLog, read_log
from delivery_lab.places.seen import _refuse_unknown_parking, in_order, numbered
from delivery_lab.rules.assumptions import DEFAULTS
from delivery_lab.stack.stack import Stack
from tests.lab_support import ROOT

_BY = Actor("mapping", "mapping")


def test_no_two_invokes_at_once_have_one_environment() -> None:
    events: list[Event] = [
        InvokeStarted(0, None, "worker", "a", 0, _BY),
        InvokeStarted(1, None, "worker", "b", 0, _BY),
        InvokeEnded(2, None, "worker", "a", 0, None),
        InvokeStarted(3, None, "worker", "c", 0, _BY),
        InvokeStarted(4, None, "other", "d", 0, _BY),
    ]
    found = [event.environment for event in numbered(events) if isinstance(event, (InvokeStarted, InvokeEnded))]
    assert found == [1, 2, 1, 1, 1]


def test_two_deliveries_of_one_event_have_two_environments() -> None:
    """They share the id of the event's request (ASY-ONCE-1)."""
    events: list[Event] = [
        InvokeStarted(0, None, "worker", "a", 0, _BY),
        InvokeStarted(1, None, "worker", "a", 0, _BY),
        InvokeEnded(2, None, "worker", "a", 0, None),
        InvokeEnded(3, None, "worker", "a", 0, None),
        InvokeEnded(4, None, "worker", "never begun", 0, None),
    ]
    found = [event.environment for event in numbered(events) if isinstance(event, (InvokeStarted, InvokeEnded))]
    assert found == [1, 2, 1, 2, 0]


def test_an_invoke_that_follows_at_once_begins_after_the_one_before_has_ended() -> None:
    events: list[Event] = [
        InvokeStarted(0, None, "worker", "a", 0, _BY),
        InvokeEnded(2, None, "worker", "a", 0, None),
        InvokeStarted(2, None, "worker", "b", 0, _BY),
        InvokeEnded(4, None, "worker", "b", 0, None),
    ]
    assert [getattr(event, "invoke", None) for event in in_order(events)] == ["a", "a", "b", "b"]
    assert {getattr(event, "environment", None) for event in in_order(events)} == {1}


class _Logs:
    """CloudWatch Logs with two pages."""

    def __init__(self, clock: RealClock) -> None:
        at = int((clock.epoch + 2) * 1000)
        texts = [
            "START RequestId: r-1 Version: $LATEST",
            '{"message": "started", "timestamp": "1970-01-01 00:00:01,500+0000", "function_request_id": "f-1"}',
            "plain text",
            "END RequestId: r-1",
            "REPORT RequestId: r-1\tDuration: 1500 ms\tBilled Duration: 1500 ms",
        ]
        self._events = [{"timestamp": at, "message": text, "logStreamName": "stream"} for text in texts]
        self.asked: list[Mapping[str, Any]] = []

    def filter_log_events(self, **parameters: Any) -> dict[str, Any]:
        self.asked.append(parameters)
        if "nextToken" not in parameters:
            return {"events": self._events[:2], "nextToken": "more"}
        return {"events": self._events[2:]}


def test_lines_have_the_time_and_the_invoke_that_they_name_else_those_of_the_log() -> None:
    clock = RealClock(agreed_at=0.0)
    clock.epoch = 0.0
    logs = _Logs(clock)
    found = read_log(logs, "/aws/lambda/worker", "worker", clock)
    assert [(line.instant, line.request_id) for line in found.lines] == [
        (seconds(1.5), "f-1"),
        (seconds(2), "r-1"),
    ]
    [invoke] = found.invokes
    assert (invoke.request_id, invoke.started, invoke.ended) == ("r-1", seconds(0.5), seconds(2))
    assert logs.asked == [
        {"logGroupName": "/aws/lambda/worker"},
        {"logGroupName": "/aws/lambda/worker", "nextToken": "more"},
    ]


def test_a_log_says_which_invokes_failed_and_which_have_not_ended() -> None:
    texts = [
        "START RequestId: r-1 Version: $LATEST",
        "2026-01-01T00:00:03.000Z r-1 Task timed out after 3.00 seconds",
        "REPORT RequestId: r-1\tDuration: 3000 ms",
        "START RequestId: r-2 Version: $LATEST",
        "[ERROR] ValueError: no\nTraceback",
        "REPORT RequestId: r-2\tDuration: 1 ms",
        "START RequestId: r-3 Version: $LATEST",
        "REPORT RequestId: r-3\tDuration: 1 ms\tStatus: error\tError Type: Runtime.ExitError",
        "START RequestId: r-4 Version: $LATEST",
        "REPORT RequestId: r-4\tDuration: 1 ms\tStatus: timeout",
        "START RequestId: r-5 Version: $LATEST",
        "REPORT RequestId: r-5\tDuration: 1 ms\tStatus: success",
        "START RequestId: r-6 Version: $LATEST",
    ]
    asked: list[Mapping[str, Any]] = []

    class _Pages:
        def filter_log_events(self, **parameters: Any) -> dict[str, Any]:
            asked.append(parameters)
            return {"events": [{"timestamp": 5000, "message": text, "logStreamName": "s"} for text in texts]}

    clock = RealClock(agreed_at=0.0)
    clock.epoch = 0.0
    found = read_log(_Pages(), "/aws/lambda/worker", "worker", clock, since_ms=4000)
    assert {invoke.request_id: invoke.error for invoke in found.invokes} == {
        "r-1": "Sandbox.Timedout",
        "r-2": "ValueError",
        "r-3": "Runtime.ExitError",
        "r-4": "Sandbox.Timedout",
        "r-5": None,
    }
    assert found.unfinished == 1
    assert asked == [{"logGroupName": "/aws/lambda/worker", "startTime": 4000}]


_BEGUN = (
    "INIT_START Runtime Version: python:3.11.v10\tRuntime Version ARN: arn:aws:lambda:us-east-1::runtime:x",
    "EXTENSION\tName: agent\tState: Ready\tEvents: [INVOKE, SHUTDOWN]",
    "START RequestId: r-1 Version: $LATEST",
)


def _read(texts: Sequence[str]) -> FunctionLog:
    class _Page:
        def filter_log_events(self, **_: Any) -> dict[str, Any]:
            return {"events": [{"timestamp": 5000, "message": text, "logStreamName": "s"} for text in texts]}

    clock = RealClock(agreed_at=0.0)
    clock.epoch = 0.0
    return read_log(_Page(), "/aws/lambda/worker", "worker", clock)


def _logged(texts: Sequence[str]) -> dict[str, list[str | None]]:
    """The errors of each invoke that a log tells of."""
    found: dict[str, list[str | None]] = {}
    for invoke in _read(texts).invokes:
        found.setdefault(invoke.request_id, []).append(invoke.error)
    return found


@pytest.mark.parametrize(
    "text",
    [
        "START of order 7",
        "END",
        "REPORT: all is well, Duration: 1.2.3 ms",
        "EXTENSION of the deadline",
        '{"type": "platform.", "record": 7}',
        "Task timed out after 3 tries, going on",
        "[" * 100_000,
        "{" + '"a": {' * 100_000,
        '{"timestamp": "0001-01-01T00:00:00.0+0000", "message": "early"}',
        '{"timestamp": "9999-12-31T23:59:59.9-1200", "message": "late"}',
        '{"timestamp": {}, "requestId": ["r"], "log_level": []}',
    ],
    ids=lambda text: text[:40],
)
def test_a_function_may_write_anything(text: str) -> None:
    assert _logged([*_BEGUN, text, "REPORT RequestId: r-1\tDuration: 1 ms"]) == {"r-1": [None]}


@pytest.mark.parametrize("took", ['"long"', "null", "[]", "1e999", "NaN"])
def test_a_duration_that_is_none_is_taken_as_nothing(took: str) -> None:
    record = f'{{"requestId": "r-1", "status": "success", "metrics": {{"durationMs": {took}}}}}'
    assert _logged([*_BEGUN, f'{{"type": "platform.report", "record": {record}}}']) == {"r-1": [None]}


def test_lines_of_a_function_that_begin_as_those_of_lambda_do_are_kept() -> None:
    lines = _read([*_BEGUN, "START of order 7", "ENDING", "REPORT RequestId: r-1\tDuration: 1 ms"]).lines
    assert [(line.text, line.request_id) for line in lines] == [("START of order 7", "r-1"), ("ENDING", "r-1")]


def test_a_retry_that_succeeds_has_the_id_of_the_invoke_that_failed_and_not_its_error() -> None:
    assert _logged(
        [
            "START RequestId: e-1 Version: $LATEST",
            "[ERROR] ValueError: no\nTraceback",
            "REPORT RequestId: e-1\tDuration: 1 ms",
            "START RequestId: e-1 Version: $LATEST",
            "REPORT RequestId: e-1\tDuration: 1 ms",
        ]
    ) == {"e-1": ["ValueError", None]}


def test_a_log_in_json_says_the_same() -> None:
    def line(kind: str, **record: Any) -> str:
        return json.dumps({"time": "2026-01-01T00:00:00.000Z", "type": f"platform.{kind}", "record": record})

    metrics = {"durationMs": 3.5, "billedDurationMs": 4}
    assert _logged(
        [
            line("initStart", initializationType="on-demand"),
            line("start", requestId="r-1", version="$LATEST"),
            line("report", requestId="r-1", status="success", metrics=metrics),
            line("start", requestId="r-2"),
            line("report", requestId="r-2", status="timeout", metrics=metrics),
            line("start", requestId="r-3"),
            line("report", requestId="r-3", status="error", errorType="Runtime.ExitError", metrics=metrics),
            line("start", requestId="r-4"),
            json.dumps({"level": "ERROR", "errorType": "ValueError", "stackTrace": [], "requestId": "r-4"}),
            line("report", requestId="r-4", metrics=metrics),
            line("report"),
        ]
    ) == {"r-1": [None], "r-2": ["Sandbox.Timedout"], "r-3": ["Runtime.ExitError"], "r-4": ["ValueError"]}


def _sent(body: str, *attributes: str) -> MessageSent:
    return MessageSent(5, None, "parking", "parked-1", body, None, attributes, None, 5)


def test_a_parked_message_that_stands_for_nobody_known_is_refused_by_name() -> None:
    lab = Lab.open(ROOT)
    known = know(Stack.of(lab.graph("sqs-park")), ROOT, lab.workload("sqs-park"), 1, DEFAULTS)
    scheduler = RealTimeScheduler(RealClock())
    queues = {name: RealQueue.of(each, None, scheduler, Journal()) for name, each in known.account.queues.items()}
    event = replace(_sent("{}"), queue="batch-parking")
    _refuse_unknown_parking(known, [event], queues)  # the workload sent it
    queues["batch-parking"].found.add("parked-1")
    _refuse_unknown_parking(known, [replace(event, invoke="a")], queues)
    with pytest.raises(NotModelledError) as caught:
        _refuse_unknown_parking(known, [event], queues)
    assert str(caught.value) == (
        "sqs-park: a function put parked-1 into batch-parking, and neither its body nor its message attributes say "
        "which message it stands for\n  nearest: the message id in an attribute, or --on simulation"
    )
