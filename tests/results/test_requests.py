"""What is counted of requests, and what is said of them."""

from __future__ import annotations

import pytest

from delivery_lab.api.simulated import Call, Simulation
from delivery_lab.cli.console import Console
from delivery_lab.cli.views.run import show_run
from delivery_lab.cli.views.runs import show_runs
from delivery_lab.events import (
    Actor,
    Event,
    FunctionCalled,
    InvokeAnswered,
    InvokeEnded,
    InvokeStarted,
    RequestAnswered,
)
from delivery_lab.events.instants import seconds
from delivery_lab.results.conclusion import conclusion
from delivery_lab.results.outcome import Outcome, outcome_of
from tests.lab_support import ROOT, graph, run, workload
from tests.results.world import log, run_of, sent

API = Actor("api", "api")
ONE = "1 for one request."
SPARED = (
    "1 of 2 requests is answered with success; the others fail (1 with 503); 1 call to other functions, at most 1 for "
    "one request, none for 1 that fail at once."
)


def asked(invoke: str, status: int, at: float = 0, took: float = 1, calls: tuple[str, ...] = ()) -> list[Event]:
    """A request, what its function calls (refused ones are ""), and the answer."""
    invoked = InvokeStarted(seconds(at), None, "caller", invoke, 1, API)
    made = [_call(invoke, started, at) for started in calls]
    end = InvokeEnded(seconds(at + took), None, "caller", invoke, 1, None)
    return [invoked, *made, end, _answered(at + took, status, invoke)]


def _answered(at: float, status: int, invoke: str | None) -> Event:
    return RequestAnswered(seconds(at), None, "api", "GET", "/", status, invoke)


def _call(invoke: str, started: str, at: float, function: str = "callee") -> Event:
    status = 200 if started else 429
    by = Actor("function", "caller", invoke)
    return FunctionCalled(seconds(at), None, function, "RequestResponse", by, status, started or None)


def _failed(invoke: str) -> Event:
    return InvokeEnded(seconds(0.5), None, "callee", invoke, 1, "ValueError")


def _outcome(*events: Event | list[Event]) -> Outcome:
    return outcome_of(run_of(*events))


def test_answers_are_counted_by_what_the_caller_saw_with_the_time_that_it_waited() -> None:
    refused = _answered(2, 429, None)
    direct: list[Event] = [
        InvokeStarted(seconds(3), None, "f", "d", 1, Actor("workload", "workload")),
        InvokeAnswered(seconds(9), None, "f", "d", 200, "ValueError"),
    ]
    requests = _outcome(asked("a", 200, took=2), refused, direct).requests

    assert requests.total == 3
    assert requests.answers == {"200": 1, "429": 1, "functionError": 1}
    waited = requests.latency_seconds
    assert (waited.p50, waited.p95, waited.max) == (2, 6, 6)


def test_a_success_is_false_if_the_function_behind_had_failed_when_it_was_called_last() -> None:
    def false_successes(status: int, *calls: str) -> int:
        events = asked("a", status, calls=calls)
        return _outcome(events[:-2], _failed("bad"), events[-2:]).requests.false_successes

    assert false_successes(200, "bad") == 1
    assert false_successes(200, "bad", "good") == 0  # tried again, and it went well
    assert false_successes(200, "good", "bad") == 1
    assert false_successes(200, "", "") == 0  # refused: nothing ran that could have failed
    assert false_successes(502, "bad") == 0


def test_a_success_is_false_whichever_of_several_functions_failed() -> None:
    events = asked("a", 200)
    calls = [_call("a", "bad", 0, "first"), _call("a", "good", 0, "second")]

    assert _outcome(events[:1], calls, _failed("bad"), events[1:]).requests.false_successes == 1


def test_calls_are_spared_by_functions_that_make_some_for_others() -> None:
    attempts = _outcome(asked("a", 200, calls=("x", "y")), asked("b", 503), asked("c", 503)).requests.attempts

    assert (attempts.total, attempts.max_per_request, attempts.spared) == (2, 2, 2)
    assert _outcome(asked("b", 503)).requests.attempts.spared == 0
    assert _outcome(asked("a", 200, calls=("x",)), asked("b", 200)).requests.attempts.spared == 0


def test_work_that_a_caller_waits_for_is_an_effect_without_a_message() -> None:
    outcome = _outcome(
        log("processed", "request-1", business_id="call-1"),
        log("processed", "request-2", business_id="call-1"),
        log("processed", "request-3", business_id="call-2"),
    )

    assert (outcome.effects.total, outcome.effects.duplicated) == (3, 1)
    assert outcome.messages.sent == 0


@pytest.mark.parametrize(
    ("events", "text"),
    [
        ([asked("a", 200)], "The request is answered with success."),
        ([asked("a", 200), asked("b", 200)], "All 2 requests are answered with success."),
        ([asked("a", 503)], "0 of 1 requests are answered with success; the others fail (1 with 503)."),
        (
            [asked("a", 200, calls=("",)), asked("b", 503)],
            SPARED,
        ),
        (
            [log("processed", "r1", business_id="a"), log("processed", "r2", business_id="a"), asked("a", 200)],
            "1 duplicate effect; the request is answered with success.",
        ),
        ([], "Nothing was sent."),
        ([sent("m"), asked("a", 200)], "1 is still waiting at the end."),
        (
            [sent("m"), asked("a", 200, calls=("x",))],
            "1 is still waiting at the end; the request is answered with success; 1 call to other functions, at most "
            + ONE,
        ),
    ],
)
def test_conclusions_say_what_callers_were_told(events: list[Event | list[Event]], text: str) -> None:
    assert conclusion(_outcome(*events)) == text


def test_a_conclusion_names_successes_that_were_none() -> None:
    events = asked("a", 200, calls=("bad",))

    assert conclusion(_outcome(events[:-1], _failed("bad"), events[-1:])) == (
        "The request is answered with success, although the function behind had failed; 1 call to other "
        "functions, at most 1 for one request."
    )


def test_variants_without_messages_have_a_table_of_their_own(capsys: pytest.CaptureFixture[str]) -> None:
    show_runs(Console(), [outcome_of(run(stack)) for stack in ("sync-naive", "batch-partial")], as_json=False)

    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert lines[1][:3] == ["batch-partial", "10", "7"]
    assert lines[3][:5] == ["variant", "requests", "successes", "false", "successes"]
    assert lines[4][:8] == ["sync-naive", "480", "467", "120", "13", "511", "0", "347"]


def test_a_run_without_messages_shows_its_requests_instead(capsys: pytest.CaptureFixture[str]) -> None:
    found = run("sync-naive")
    show_run(
        Console(),
        Simulation(outcome_of(found), graph("sync-naive"), workload("sync-naive"), found, Call("sync-naive", ROOT)),
        as_json=False,
        logs=False,
    )

    firsts = [line.split(" ")[0] for line in capsys.readouterr().out.splitlines()]
    blocks = firsts[firsts.index("requests") :]
    assert blocks[:6] == ["requests", "attempts", "waiting", "effects", "invocations", ""]
    assert not {"messages", "deliveries", "latency"} & set(firsts)
