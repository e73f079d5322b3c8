"""Requests to APIs of a deployed stack, whose functions send on, with clients that answer as AWS does."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from delivery_lab import Lab
from delivery_lab.api import on_aws
from delivery_lab.api.on_aws import deployed_stack
from delivery_lab.errors import NotModelledError, UsageError
from delivery_lab.events import MessageSent
from delivery_lab.places.addresses import deployed_addresses
from delivery_lab.places.followable import planned
from tests.lab_support import ROOT, graph, stack_of
from tests.live.fake_account import FakeAccount, run_there

_STACK = "batch-partial"


class _Behind(FakeAccount):
    """An account whose function behind an API queues three messages for each request, which another one has.

    Attributes:
        queues: whether the function says so.
        late: how many milliseconds after the messages were had it says so.
        missing: the id of a message that no function has.
    """

    def __init__(self, *, queues: bool = True, late: int = 0, missing: str = "", dead: int = 0) -> None:
        super().__init__(dead=dead)
        self.queues, self.late, self.missing = queues, late, missing

    def names(self, body: str) -> dict[str, Any]:
        return {"id": body}

    def get_queue_attributes(self, **given: Any) -> dict[str, Any]:
        """Only dead-letter queues hold anything at the end."""
        told = super().get_queue_attributes(**given)
        return told if "dlq" in given["QueueUrl"] else {"Attributes": dict.fromkeys(told["Attributes"], "0")}

    def asked(self) -> None:
        for _ in range(3):
            number = len(self.sent) + 1
            self.sent.append((f"q-{number}", f"r-{number}", str(number)))

    def filter_log_events(self, **given: Any) -> dict[str, Any]:
        at, name = given["startTime"] + 6000, given["logGroupName"]
        if "worker" in name:
            sent, self.sent = self.sent, [each for each in self.sent if each[2] != self.missing]
            told = super().filter_log_events(**given)
            self.sent = sent
            return told
        lines = [json.dumps({"event": "queued", "id": body, "message_id": message}) for message, _, body in self.sent]
        events = [{"timestamp": at + self.late, "message": line, "logStreamName": "s"} for line in lines]
        return {"events": events if self.queues else []}


class _Api(BaseHTTPRequestHandler):
    account: _Behind
    paths: list[str]
    status = 200

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        self.paths.append(self.path)
        if self.status < 300:
            self.account.asked()
        self.send_response(self.status)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[_Api]]:
    """An API on this machine that stands for the one of the stack."""
    handler = type("_Asked", (_Api,), {"paths": []})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        address = f"http://127.0.0.1:{server.server_port}/stage"
        monkeypatch.setattr(on_aws, "deployed_addresses", lambda *_: {"batch-api": address})
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield handler
        server.shutdown()
        thread.join()


def _unknown(outcome: Any) -> set[str]:
    return {name for name in outcome.unknown if name.startswith("messages.")} - {"messages.expired"}


def test_what_a_function_says_it_queued_was_sent(api: type[_Api]) -> None:
    account = api.account = _Behind()
    found = run_there(account, _STACK)
    outcome = found.outcome
    assert (outcome.messages.sent, outcome.messages.processed, outcome.messages.lost) == (3, 3, 0)
    assert api.paths == ["/stage/enqueue"]
    sent = [event for event in found.run.events if isinstance(event, MessageSent)]
    assert [(event.queue, event.message) for event in sent] == [("batch-queue", f"q-{n}") for n in (1, 2, 3)]
    assert _unknown(outcome) == {"messages.healthyDeadLettered"}
    assert outcome.unknown["messages.healthyDeadLettered"] == (
        "the bodies of what functions behind APIs queued are not seen: which of them are poison"
    )


def test_what_is_said_to_be_queued_when_somebody_had_it_was_sent_before(api: type[_Api]) -> None:
    api.account = _Behind(late=500)
    outcome = run_there(api.account, _STACK).outcome
    assert (outcome.messages.processed, outcome.deliveries.total) == (3, 3)


def test_what_no_function_had_is_in_the_only_queue_that_is_read(api: type[_Api]) -> None:
    api.account = _Behind(missing="2", dead=1)
    outcome = run_there(api.account, _STACK).outcome
    assert (outcome.messages.sent, outcome.messages.processed, outcome.messages.dead_lettered) == (3, 2, 1)


def test_a_function_that_does_not_say_what_it_queued_leaves_all_open(api: type[_Api]) -> None:
    api.account = _Behind(queues=False)
    unknown = run_there(api.account, _STACK).outcome.unknown
    why = "no function behind an API said in the log contract what it queued: what was sent is not seen"
    assert {unknown[f"messages.{name}"] for name in ("sent", "processed", "lost", "remaining")} == {why}


def test_a_request_that_is_refused_sends_nothing_and_leaves_nothing_open(api: type[_Api]) -> None:
    api.account, api.status = _Behind(), 403
    outcome = run_there(api.account, _STACK).outcome
    assert (outcome.messages.sent, _unknown(outcome)) == (0, set())


def test_a_plan_names_requests_and_where_they_go() -> None:
    known = deployed_stack(Lab.open(ROOT), _STACK, graph(_STACK)).known
    [told] = [line for line in planned(known) if line.startswith("SENDS")]
    assert told.startswith("SENDS POST /enqueue arn:aws:execute-api:us-east-1:123456789012:")
    assert told.endswith(": 1 messages")


def test_addresses_are_those_that_stages_have() -> None:
    for name, stack in (("batch-api", _STACK), ("apigateway-api", "apigateway-sqs")):
        [(label, address)] = deployed_addresses(graph(stack), stack_of(stack)).items()
        assert label == name
        assert address.startswith("https://")


def test_a_state_without_an_address_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(on_aws, "deployed_addresses", lambda *_: {})
    with pytest.raises(UsageError) as caught:
        deployed_stack(Lab.open(ROOT), _STACK, graph(_STACK))
    assert str(caught.value) == (
        "--on aws: the state of batch-partial has no invokeUrl of a stage of batch-api: where it is asked is not "
        "known\n"
        "  fix: pulumi up, then pulumi stack export"
    )


def test_an_api_that_sends_itself_is_refused() -> None:
    with pytest.raises(NotModelledError) as caught:
        deployed_stack(Lab.open(ROOT), "apigateway-sqs", graph("apigateway-sqs"))
    assert str(caught.value).endswith(
        ": --on aws does not follow what is sent to apigateway-api: only functions say in the log contract what they "
        "queue, in a stack that reads a queue\n  nearest: --on simulation, or --on local"
    )
