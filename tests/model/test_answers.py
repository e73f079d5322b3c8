"""What calls get because a workload says so."""

from __future__ import annotations

import json
from typing import Any

import pytest

from delivery_lab.errors import NotModelledError
from delivery_lab.events import CallUnanswered, WebCallAnswered
from delivery_lab.model.answers import GivenAnswers, ServiceAnswer, WebAnswer
from delivery_lab.model.clock import in_seconds, seconds
from delivery_lab.model.distributions import Constant
from delivery_lab.model.occasions import Occasion
from delivery_lab.model.runtime import (
    AwsError,
    Caller,
    Connecting,
    ConnectionFailed,
    Pending,
    WebRequest,
    WebResponse,
)
from tests.model.support import CALLER, World

Given = list[ServiceAnswer | WebAnswer]


def world(*given: ServiceAnswer | WebAnswer) -> World:
    made = World()
    made.account.answer_calls(
        [entry for entry in given if isinstance(entry, ServiceAnswer)],
        [entry for entry in given if isinstance(entry, WebAnswer)],
    )
    return made


def get(made: World, key: str = "a", caller: Caller = CALLER) -> Any:
    return made.account.call("s3", "GetObject", {"Bucket": "b", "Key": key}, caller)


def ask(made: World, url: str, method: str = "GET", body: bytes = b"") -> str:
    return made.account.web.request(WebRequest(method, url, (), body), CALLER).body.decode()


def text(method: str, url: str, body: str = "yes", occasion: Occasion | None = None) -> WebAnswer:
    return WebAnswer(method, url, WebResponse(200, (), body.encode()), occasion=occasion or Occasion())


def test_sim_answer_1_a_call_gets_the_answer_of_the_workload_and_the_run_says_so() -> None:
    made = world(ServiceAnswer("s3", "GetObject", answer={"Body": b"x", "Metadata": {"a": "b"}}))

    first = get(made)
    first["Metadata"]["a"] = "changed by the handler"

    assert get(made) == {"Body": b"x", "Metadata": {"a": "b"}}
    assert "SIM-ANSWER-1" in made.journal.rules


def test_the_first_entry_that_matches_counts_and_parameters_decide() -> None:
    made = world(
        ServiceAnswer("s3", "GetObject", {"Key": "in/*"}, answer={"Body": b"in"}),
        ServiceAnswer("s3", "GetObject", {"Key": "a"}, error=AwsError("NoSuchKey", "gone", 404)),
        ServiceAnswer("s3", "GetObject", answer={"Body": b"other"}),
    )

    assert [get(made, key)["Body"] for key in ("in/x", "b", "in")] == [b"in", b"other", b"other"]
    with pytest.raises(AwsError) as refused:
        get(made, "a")
    assert (refused.value.code, refused.value.message, refused.value.status) == ("NoSuchKey", "gone", 404)


def test_an_error_without_an_operation_is_that_of_every_operation() -> None:
    made = world(ServiceAnswer("ssm", None, error=AwsError("ThrottlingException", "slow", 400)))

    for operation in ("GetParameter", "PutParameter"):
        with pytest.raises(AwsError, match="ThrottlingException: slow"):
            made.account.call("ssm", operation, {}, CALLER)


def test_a_latency_passes_before_the_answer() -> None:
    made = world(ServiceAnswer("s3", "GetObject", answer={}, latency=Constant(2.5)))
    at: list[float] = []

    pending = get(made)
    assert isinstance(pending, Pending)
    pending.when_done(lambda answer: at.append(in_seconds(made.scheduler.now)))
    made.scheduler.run()

    assert at == [2.5]


def test_a_share_is_drawn_and_the_rest_goes_on_to_the_next_entry() -> None:
    made = world(
        ServiceAnswer("s3", "GetObject", answer={"Body": b"1"}, occasion=Occasion(share=0.25)),
        ServiceAnswer("s3", "GetObject", answer={"Body": b"2"}),
    )

    found = [get(made)["Body"] for _ in range(400)]

    assert 70 <= found.count(b"1") <= 130


def test_an_entry_holds_from_its_beginning_to_its_end() -> None:
    made = world(
        text("*", "*", "down", Occasion(seconds(10), seconds(20))),
        text("*", "*", "up"),
    )
    found: list[str] = []
    for at in (9.9, 10, 19.9, 20):
        made.scheduler.at(seconds(at), lambda: found.append(ask(made, "https://a.example/")))
    made.scheduler.run()

    assert found == ["up", "down", "down", "up"]


def test_ids_are_looked_for_in_the_call_as_whole_words() -> None:
    made = world(
        text("*", "*", "no", Occasion(ids=frozenset({"job-1"}))),
        text("*", "*"),
    )

    assert ask(made, "https://a.example/job-1") == "no"
    assert ask(made, "https://a.example/", "POST", b'{"id": "job-1"}') == "no"
    assert ask(made, "https://a.example/job-10") == "yes"
    assert ask(made, "https://a.example/my-job-1") == "yes"


def test_the_only_id_of_the_event_counts_where_the_call_names_none() -> None:
    made = World()
    records = [{"body": json.dumps({"id": name})} for name in "ab"]
    events = {"one": json.dumps({"Records": records[:1]}), "two": json.dumps({"Records": records})}
    answers = GivenAnswers(
        (ServiceAnswer("s3", "GetObject", answer={}, occasion=Occasion(ids=frozenset({"a"}))),),
        scheduler=made.scheduler,
        streams=made.streams,
        journal=made.journal,
        event_of=events.get,
    )

    assert answers.of_call("s3", "GetObject", {"Key": "k"}, Caller("worker", "one")) is not None
    assert answers.of_call("s3", "GetObject", {"Key": "k"}, Caller("worker", "two")) is None
    assert answers.of_call("s3", "GetObject", {"Key": "a"}, Caller("worker", "two")) is not None


@pytest.mark.parametrize(
    ("pattern", "url", "matches"),
    [
        ("https://example.com*", "https://example.com/", True),
        ("https://example.com", "https://example.com/", True),
        ("https://Example.com/a", "https://example.com/a?x=1", True),
        ("https://example.com/a?x=1", "https://example.com/a?x=2", False),
        ("https://example.com/a?x=*", "https://example.com/a?x=2", True),
        ("https://example.com/a", "https://example.com/a/b", False),
        ("https://*.example.com/*", "https://api.example.com/v1/a", True),
        ("https://example.com/a", "http://example.com/a", False),
        ("*://example.com/a", "http://example.com/a", True),
    ],
)
def test_addresses_are_patterns(pattern: str, url: str, matches: bool) -> None:
    assert text("GET", pattern).matches(WebRequest("GET", url)) == matches


@pytest.mark.parametrize(
    ("pattern", "host", "port", "matches"),
    [
        ("https://pay.example", "pay.example", 443, True),
        ("https://pay.example/*", "PAY.example", 443, True),
        ("https://pay.example", "pay.example", 80, False),
        ("https://pay.example", "pay.example", None, True),
        ("http://pay.example", "pay.example", 80, True),
        ("http://pay.example:8080", "pay.example", 8080, True),
        ("http://pay.example:8080", "pay.example", 80, False),
        ("http://pay.example:*", "pay.example", 8080, True),
        ("*://pay.example", "pay.example", 80, True),
        ("*://*.example", "pay.example", 443, True),
        ("*://*.example", "example", 443, False),
        ("*", "pay.example", 5000, True),
    ],
)
def test_sim_answer_2_an_address_stands_for_a_host_and_its_port(
    pattern: str, host: str, port: int | None, matches: bool
) -> None:
    entry = WebAnswer("*", pattern, WebResponse(200), Connecting.REFUSED)

    assert entry.is_for(host, port) == matches


def test_sim_answer_2_lines_about_opening_are_none_about_requests_and_the_other_way_round() -> None:
    made = world(
        WebAnswer("*", "https://a.example", WebResponse(200), Connecting.REFUSED),
        WebAnswer("*", "https://a.example/*", WebResponse(200), Connecting.RESET),
        text("*", "*"),
    )

    with pytest.raises(ConnectionFailed, match="refused"):
        made.account.web.open("a.example", 443, False, CALLER)
    made.account.web.open("a.example", 443, True, CALLER)
    with pytest.raises(ConnectionFailed, match="reset"):
        ask(made, "https://a.example/")
    assert made.account.web.may_not_open
    assert not world(text("*", "*")).account.web.may_not_open
    assert [(event.what, event.how) for event in made.events(CallUnanswered)] == [
        ("a.example:443", "refused"),
        ("GET https://a.example/", "reset"),
    ]


def test_sim_answer_2_a_silent_service_calls_nobody_back() -> None:
    made = world(ServiceAnswer("s3", None, connection=Connecting.SILENT))

    pending = get(made)
    pending.when_done(lambda answer: pytest.fail(f"answered {answer}"))
    made.scheduler.run()

    assert [(event.what, event.how) for event in made.events(CallUnanswered)] == [("s3 GetObject", "silent")]


def test_a_method_is_asked_for_unless_any_will_do() -> None:
    assert not text("GET", "*").matches(WebRequest("POST", "https://a.example/"))
    assert text("*", "*").matches(WebRequest("POST", "https://a.example/"))


def test_a_request_that_is_answered_is_an_event() -> None:
    made = world(text("POST", "https://pay.example/*"))

    ask(made, "https://pay.example/charge?a=1", "POST", b"five")

    assert made.events(WebCallAnswered) == [
        WebCallAnswered(0, "SIM-ANSWER-1", "POST", "https://pay.example/charge?a=1", "five", 200, CALLER.actor)
    ]


def test_what_nothing_answers_is_refused_with_the_line_to_add() -> None:
    made = world(text("GET", "https://a.example/b"))

    with pytest.raises(NotModelledError) as refused:
        ask(made, "https://a.example/c?token=1", "POST")

    assert str(refused.value) == (
        "tests sends POST https://a.example/c?token=1, and nothing answers it\n"
        "  fix: add to the workload\n"
        "    answers:\n"
        '      - {http: "POST https://a.example/c", status: 200, body: {}}'
    )


@pytest.mark.parametrize(
    ("service", "operation", "answer"),
    [
        ("sesv2", "SendEmail", '{MessageId: "..."}'),
        (
            "stepfunctions",
            "DescribeActivity",
            '{activityArn: "...", name: "...", creationDate: "2026-01-01T00:00:00Z"}',
        ),
        ("firehose", "PutRecord", '{RecordId: "..."}'),
        ("polly", "SynthesizeSpeech", '{AudioStream: "..."}'),
        ("rekognition", "TagResource", "{}"),
    ],
)
def test_a_service_that_is_not_modelled_is_refused_with_the_line_to_add(
    service: str, operation: str, answer: str
) -> None:
    with pytest.raises(NotModelledError) as refused:
        world().account.call(service, operation, {}, CALLER)

    assert str(refused.value) == (
        f"tests calls {service}:{operation}, which nothing in this stack answers\n"
        "  fix: add to the workload\n"
        "    answers:\n"
        f"      - {{service: {service}, operation: {operation}, answer: {answer}}}"
    )
