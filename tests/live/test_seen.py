"""From what was seen of a run to events in their order."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from delivery_lab.events import Actor, Event, InvokeEnded, InvokeStarted
from delivery_lab.live.clock import RealClock
from delivery_lab.model.clock import seconds
from delivery_lab.places.logs import read_log
from delivery_lab.places.seen import in_order, numbered

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
