"""Invokes of the workload in a real place: the model's queue of asynchronous invokes, before real functions."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from delivery_lab import Lab
from delivery_lab.errors import NotModelledError
from delivery_lab.events import (
    EventCompleted,
    EventDeadLettered,
    EventDiscarded,
    EventInvoked,
    EventRetryScheduled,
    InvokeAnswered,
    InvokeRefused,
    Journal,
    MessageSent,
    Published,
)
from delivery_lab.live.clock import RealClock, RealTimeScheduler
from delivery_lab.live.destinations import RealEventDestinations
from delivery_lab.live.errors import PlaceError
from delivery_lab.live.functions import RealFunctions
from delivery_lab.live.queues import RealQueue
from delivery_lab.model.asynchronous import AsynchronousInvokes, EventInvokeConfig
from delivery_lab.model.clock import seconds
from delivery_lab.model.faults import FaultKind, Faults, InjectedFault
from delivery_lab.model.randomness import RandomStreams
from delivery_lab.model.runtime import FunctionConfig
from delivery_lab.model.sqs.attributes import QueueAttributes
from delivery_lab.places.invoking import RealInvokes, invokes_of
from delivery_lab.places.known import destinations_of_events, know
from delivery_lab.places.sent import Sent
from delivery_lab.rules.assumptions import DEFAULTS
from delivery_lab.stack.stack import Stack
from tests.lab_support import ROOT, graph

_FAST = 1000.0
_LONG = seconds(100_000)
_ACCOUNT = "123456789012"
_QUEUE = f"arn:aws:sqs:us-east-1:{_ACCOUNT}:failed"
_TOPIC = f"arn:aws:sns:us-east-1:{_ACCOUNT}:done"
_CONFIG = FunctionConfig("worker", f"arn:aws:lambda:us-east-1:{_ACCOUNT}:function:worker-1a2b", "handler.py")


class _Aws:
    """Lambda, SQS and SNS: answers invokes in the order of what it is told, and keeps what it is sent."""

    def __init__(self, *answers: str | None) -> None:
        self.answers = list(answers)
        self.sent: list[dict[str, Any]] = []
        self.refuses = False

    def invoke(self, **_: Any) -> dict[str, Any]:
        error = self.answers.pop(0)
        if error == "throttled":
            raise ClientError({"Error": {"Code": "TooManyRequestsException", "Message": "no"}}, "Invoke")
        payload = json.dumps({"errorType": error, "errorMessage": "it failed"} if error else {"done": 1})
        answer = {"Payload": io.BytesIO(payload.encode()), "ResponseMetadata": {"RequestId": f"r-{len(self.answers)}"}}
        return answer | ({"FunctionError": "Unhandled"} if error else {})

    def send_message(self, **given: Any) -> dict[str, Any]:
        self.sent.append(given)
        return {"MessageId": f"m-{len(self.sent)}"}

    def publish(self, **given: Any) -> dict[str, Any]:
        if self.refuses:
            raise ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "Publish")
        self.sent.append(given)
        return {"MessageId": f"p-{len(self.sent)}"}


class _World:
    def __init__(self, aws: _Aws, *faults: InjectedFault, **config: Any) -> None:
        self.aws = aws
        self.journal = Journal()
        self.scheduler = RealTimeScheduler(RealClock(_FAST))
        self.scheduler.clock.begin()
        given: dict[str, Any] = {"scheduler": self.scheduler, "journal": self.journal}
        injected = Faults(faults, self.scheduler, RandomStreams(1), self.journal)
        functions = RealFunctions(lambda _: _CONFIG, {"worker": "worker-1a2b"}, aws, injected, **given)
        queue = RealQueue(
            "failed", _QUEUE, "http://127.0.0.1/failed", QueueAttributes(), fifo=False, client=aws, **given
        )
        events = AsynchronousInvokes(functions, streams=RandomStreams(1), **given)
        events.destinations = RealEventDestinations([queue], {_TOPIC: "done"}, aws, self.scheduler, self.journal)
        events.configure("worker", EventInvokeConfig(**config))
        self.functions = functions
        self.invokes = RealInvokes(functions, events)

    def run(self, over: Callable[[], bool] | None = None) -> None:
        assert self.scheduler.run_until(over or (lambda: self.invokes.open == 0 and self.functions.running == 0), _LONG)
        self.functions.close()

    def kinds(self, *kinds: type) -> list[str]:
        return [type(event).__name__ for event in self.journal.events if isinstance(event, kinds)]


def test_asy_retry_1_an_event_that_fails_is_tried_again_after_one_minute_and_two() -> None:
    world = _World(_Aws("Broken", "Broken", None), on_success=_TOPIC)
    world.invokes.accept("worker", '{"id": "job-1"}')
    assert world.invokes.open == 1
    world.run()
    assert world.kinds(EventInvoked, EventRetryScheduled, EventCompleted) == [
        "EventInvoked",
        "EventRetryScheduled",
        "EventInvoked",
        "EventRetryScheduled",
        "EventInvoked",
        "EventCompleted",
    ]
    waits = [e.at_us - e.instant_us for e in world.journal.events if isinstance(e, EventRetryScheduled)]
    assert waits == [seconds(60), seconds(120)]
    [published] = [event for event in world.journal.events if isinstance(event, Published)]
    record = json.loads(published.body)
    assert (published.target, record["requestContext"]["condition"]) == ("done", "Success")
    assert (record["requestPayload"], record["responsePayload"]) == ({"id": "job-1"}, {"done": 1})
    assert record["timestamp"][:4] >= "2026"  # that of this machine, not that of simulations
    # The event is known by one id, whatever Lambda called its invokes.
    [event] = {told.event for told in world.journal.events if isinstance(told, EventInvoked)}
    assert set(world.functions.known_as.values()) == {event}


def test_asy_retry_2_an_event_whose_retries_are_over_goes_to_the_queues_that_are_named() -> None:
    world = _World(_Aws("Broken"), maximum_retry_attempts=0, on_failure=_QUEUE, dead_letter=_QUEUE)
    world.invokes.accept("worker", '{"id": "job-1"}')
    world.run()
    dead, record = world.aws.sent
    assert dead["MessageBody"] == '{"id": "job-1"}'
    assert dead["MessageAttributes"]["ErrorMessage"] == {"DataType": "String", "StringValue": "it failed"}
    assert json.loads(record["MessageBody"])["requestContext"]["condition"] == "RetriesExhausted"
    assert world.kinds(EventDeadLettered, MessageSent) == ["MessageSent", "MessageSent", "EventDeadLettered"]


def test_asy_backoff_1_a_throttled_event_waits_and_uses_up_no_retry() -> None:
    world = _World(_Aws("throttled", "throttled", None), maximum_retry_attempts=0)
    world.invokes.accept("worker", "{}")
    world.run()
    assert world.kinds(InvokeRefused) == ["InvokeRefused"] * 2
    assert world.kinds(EventDiscarded, EventCompleted) == ["EventCompleted"]


def test_faults_of_the_workload_happen_before_a_function_is_asked() -> None:
    faults = (InjectedFault(FaultKind.FAILURE, function="worker", number=1),)
    world = _World(_Aws(), *faults, maximum_retry_attempts=0)
    world.invokes.accept("worker", "{}")
    world.run()
    assert world.kinds(EventInvoked, EventDiscarded) == ["EventInvoked", "EventDiscarded"]

    throttled = _World(_Aws(), InjectedFault(FaultKind.THROTTLE, function="worker", number=1))
    throttled.invokes.invoke("worker", "{}")
    [answered] = [event for event in throttled.journal.events if isinstance(event, InvokeAnswered)]
    assert (answered.status, answered.error, answered.invoke) == (429, "TooManyRequestsException", None)


@pytest.mark.parametrize(
    ("answer", "status", "error"),
    [(None, 200, None), ("Broken", 200, "Broken"), ("throttled", 429, "TooManyRequestsException")],
)
def test_syn_retry_1_a_synchronous_invoke_is_answered_once_whatever_the_answer(
    answer: str | None, status: int, error: str | None
) -> None:
    world = _World(_Aws(answer))
    world.invokes.invoke("worker", "{}")
    world.run(lambda: bool(world.kinds(InvokeAnswered)))
    [answered] = [event for event in world.journal.events if isinstance(event, InvokeAnswered)]
    assert (answered.function, answered.status, answered.error) == ("worker", status, error)


def test_dst_size_1_a_record_that_is_too_large_goes_without_its_payloads() -> None:
    world = _World(_Aws(None), on_success=_TOPIC)
    world.invokes.accept("worker", json.dumps({"id": "x" * 300_000}))
    world.run()
    [record] = [json.loads(sent["Message"]) for sent in world.aws.sent]
    assert sorted(record) == ["requestContext", "responseContext", "timestamp", "version"]


def test_a_topic_that_refuses_ends_the_run_with_what_to_do() -> None:
    aws = _Aws(None)
    aws.refuses = True
    world = _World(aws, on_success=_TOPIC)
    world.invokes.accept("worker", "{}")
    with pytest.raises(PlaceError, match=r"^Publish to done was refused: AccessDenied: no\n  fix: the credentials"):
        world.run()


# -- what is refused --------------------------------------------------------------------------------------

_REFUSED = {
    "faults of a service": ("async-none", "faults: [{service: sqs, kind: throttle}]"),
    "another fault": ("async-none", "faults: [{function: async-worker, kind: crash}]"),
    "faults behind an API": ("sync-naive", "faults: [{function: sync-callee, kind: throttle}]"),
}


@pytest.mark.parametrize("case", _REFUSED)
def test_faults_that_no_real_place_has_are_refused_by_name(case: str, tmp_path: Path) -> None:
    stack, faults = _REFUSED[case]
    send = "http: {path: /call}" if stack == "sync-naive" else "invoke: async-worker, type: async, body: {id: a}"
    file = tmp_path / "workload.yaml"
    file.write_text(f"send: [{{{send}}}]\n{faults}\n", encoding="utf-8")
    lab = Lab.open(ROOT)
    with pytest.raises(NotModelledError) as caught:
        know(Stack.of(lab.graph(stack)), ROOT, lab.workload(stack, file), 1, DEFAULTS)
    assert str(caught.value) == (
        f"{file}: faults are what the simulation makes up; a real place has none of it but failure and throttle of "
        "functions that no API invokes, and error and throttle of what feeds send\n"
        "  nearest: --on simulation, or a workload without"
    )


def test_what_runs_a_producer_of_kafka_is_refused_by_name(tmp_path: Path) -> None:
    file = tmp_path / "workload.yaml"
    file.write_text("send: [{http: {path: /produce, body: {id: a}}}]\n", encoding="utf-8")
    lab = Lab.open(ROOT)
    with pytest.raises(NotModelledError) as caught:
        know(Stack.of(lab.graph("msk-bisect")), ROOT, lab.workload("msk-bisect", file), 1, DEFAULTS)
    assert str(caught.value) == (
        f"{file}: http runs a function of a stack with a Kafka cluster: the brokers that stand in for it take no TLS "
        "and no sign-in, which functions that produce use\n  nearest: send to the topic, or --on simulation"
    )


def test_asy_config_2_what_an_alias_has_of_its_own_counts_in_a_real_place() -> None:
    """Its retries, and whom it discards to: several sources of one queue are told apart by that."""
    lab = Lab.open(ROOT)
    stack = Stack.of(graph("async-default"))
    known = know(stack, ROOT, lab.workload("async-none"), 1, DEFAULTS)
    account = known.account
    queue = next(iter(account.queues.values()))
    before = Sent(known, RealClock(), Journal(), 0).takers[queue.name]
    live = EventInvokeConfig(0, 60, on_failure=queue.arn)
    account.events.configure("async-worker", live, "live")

    world = _World(_Aws())
    invokes = invokes_of(account, world.functions, {}, None, 1)
    assert invokes.events.configuration("async-worker", "live") == live
    assert invokes.events.configuration("async-worker") == account.events.configuration("async-worker") != live
    assert queue.arn in destinations_of_events(account)
    assert Sent(known, RealClock(), Journal(), 0).takers[queue.name] == before + 1
