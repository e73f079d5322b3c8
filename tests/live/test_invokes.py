"""Invokes that are answered somewhere else, and a mapping that decides by what becomes of them."""

from __future__ import annotations

import base64
import io
import threading
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from delivery_lab.events import Actor, InvokeEnded, InvokeRefused, InvokeStarted, Journal
from delivery_lab.live.clock import RealClock, RealTimeScheduler
from delivery_lab.live.errors import PlaceError
from delivery_lab.live.functions import RealFunctions, RealInvoke
from delivery_lab.model.clock import seconds
from delivery_lab.model.faults import Faults
from delivery_lab.model.invokes import InvokeResult
from delivery_lab.model.loops import NO_LINEAGE
from delivery_lab.model.randomness import RandomStreams

_BY = Actor("mapping", "mapping")
_LONG = seconds(60)
_ID = "11111111-2222-3333-4444-555555555555"


class _Client:
    """Answers invokes as it is told; each waits until it may."""

    def __init__(self, answer: Callable[[], dict[str, Any]], *, waits: bool = False) -> None:
        self.may_answer = threading.Event()
        self._answer = answer
        if not waits:
            self.may_answer.set()

    def invoke(self, **parameters: Any) -> dict[str, Any]:
        assert parameters == {"FunctionName": "worker-1a2b", "Payload": b"{}", "LogType": "Tail"}
        self.may_answer.wait()
        return self._answer()


def _answered(payload: str, error: str | None = None) -> dict[str, Any]:
    tail = base64.b64encode(f"REPORT RequestId: {_ID}\tDuration: 1 ms".encode()).decode()
    answer = {"Payload": io.BytesIO(payload.encode()), "ResponseMetadata": {"RequestId": "http"}, "LogResult": tail}
    return answer | ({"FunctionError": error} if error else {})


def _throttled() -> dict[str, Any]:
    answer: Any = {"Error": {"Code": "TooManyRequestsException", "Message": "Rate Exceeded"}, "Reason": "Reserved"}
    raise ClientError(answer, "Invoke")


class _World:
    def __init__(self, client: _Client) -> None:
        self.scheduler = RealTimeScheduler(RealClock())
        self.journal = Journal()
        self.results: list[InvokeResult] = []
        self.told: list[str] = []
        faults = Faults((), self.scheduler, RandomStreams(1), self.journal)
        self.functions = RealFunctions(
            lambda _: pytest.fail("nobody asks"),
            {"worker": "worker-1a2b"},
            client,
            faults,
            scheduler=self.scheduler,
            journal=self.journal,
        )

    def invoke(self) -> None:
        call = self.functions.invoke("worker", "{}", self.results.append, by=_BY, lineage=NO_LINEAGE)
        assert isinstance(call, RealInvoke)
        call.then(lambda _: self.told.append("accepted"), lambda refused: self.told.append(refused.reason))

    def kinds(self) -> list[type]:
        return [type(event) for event in self.journal.events]


def test_an_answer_comes_after_the_acceptance_and_the_log_names_the_invoke() -> None:
    world = _World(_Client(lambda: _answered('{"batchItemFailures": []}')))
    world.invoke()
    assert world.scheduler.run_until(lambda: bool(world.results), _LONG)
    [result] = world.results
    assert (result.payload, result.error, world.told) == ('{"batchItemFailures": []}', None, ["accepted"])
    assert world.functions.known_as == {"http": result.request_id, _ID: result.request_id}
    assert world.kinds() == [InvokeStarted, InvokeEnded]


def test_an_error_is_known_by_its_type() -> None:
    world = _World(_Client(lambda: _answered('{"errorType": "Sandbox.Timedout"}', "Unhandled")))
    world.invoke()
    assert world.scheduler.run_until(lambda: bool(world.results), _LONG)
    assert world.results[0].timed_out


def test_a_refusal_is_told_instead_of_an_acceptance() -> None:
    world = _World(_Client(_throttled))
    world.invoke()
    assert world.scheduler.run_until(lambda: bool(world.told), _LONG)
    assert world.told == ["Reserved"]
    assert (world.kinds(), world.functions.running) == ([InvokeRefused], 0)


def test_a_late_refusal_takes_the_acceptance_back() -> None:
    client = _Client(_throttled, waits=True)
    world = _World(client)
    world.invoke()
    assert world.scheduler.run_until(lambda: world.told == ["accepted"], _LONG)
    client.may_answer.set()
    assert world.scheduler.run_until(lambda: len(world.told) == 2, _LONG)
    assert world.told == ["accepted", "Reserved"]
    assert {name for name, _ in world.functions.refused} == set(world.functions.asked_at)


def test_a_place_that_is_gone_ends_the_run_with_what_to_do() -> None:
    def gone() -> dict[str, Any]:
        raise EndpointConnectionError(endpoint_url="http://127.0.0.1:1")

    world = _World(_Client(gone))
    world.invoke()
    expected = (
        '^Invoke of worker failed: Could not connect to the endpoint URL: "http://127.0.0.1:1"\n'
        "  it does not answer any more: run it again$"
    )
    with pytest.raises(PlaceError, match=expected):
        world.scheduler.run_until(lambda: False, _LONG)
