"""Topics, buckets and buses of a deployed stack, with clients that answer as AWS does."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from delivery_lab import Lab
from delivery_lab.api.on_aws import deployed_stack
from delivery_lab.errors import NotModelledError
from delivery_lab.events import FeedHandedOn
from delivery_lab.live.errors import PlaceError
from delivery_lab.places.followable import planned
from tests.lab_support import ROOT, graph
from tests.live.fake_account import FakeAccount, run_there


class _Feeders(FakeAccount):
    """An account whose topics, buckets and buses hand on to a queue that a function reads.

    Attributes:
        missing: what a body contains that never arrives.
        twice: what a body contains that arrives twice, as two messages.
        held: how many messages each queue holds at the end, by its name; none where it is not named.
        code: with which EventBridge refuses events.
        requests: what was sent.
    """

    def __init__(self, *, missing: str = "nothing", twice: str = "nothing", says: bool = True, **held: int) -> None:
        super().__init__(says=says)
        self.missing, self.twice, self.held, self.code = missing, twice, held, ""
        self.requests: list[dict[str, Any]] = []

    def names(self, body: str) -> dict[str, Any]:
        return {"id": json.loads(body)["id"]}

    def get_queue_attributes(self, **given: Any) -> dict[str, Any]:
        name = given["QueueUrl"].rpartition("/")[2]
        held = next((count for part, count in self.held.items() if part in name.replace("-", "_")), 0)
        ready = {"ApproximateNumberOfMessages": str(held if self.requests else 0)}
        none = dict.fromkeys(("ApproximateNumberOfMessagesNotVisible", "ApproximateNumberOfMessagesDelayed"), "0")
        return {"Attributes": ready | none}

    def _arrives(self, body: str) -> None:
        if self.missing not in body:
            for _ in range(2 if self.twice in body else 1):
                number = len(self.sent)
                self.sent.append((f"q-{number}", f"r-{number}", body))

    def publish(self, **given: Any) -> dict[str, Any]:
        self.requests.append(given)
        self._arrives(given["Message"])
        return {"MessageId": f"p-{len(self.requests)}"}

    def put_object(self, **given: Any) -> dict[str, Any]:
        self.requests.append(given)
        self._arrives(json.dumps({"id": given["Key"]}))
        return {"ETag": "e"}

    def put_events(self, **given: Any) -> dict[str, Any]:
        self.requests.append(given)
        [entry] = given["Entries"]
        if self.code:
            return {"FailedEntryCount": 1, "Entries": [{"ErrorCode": self.code, "ErrorMessage": "no"}]}
        self._arrives(entry["Detail"])
        return {"FailedEntryCount": 0, "Entries": [{"EventId": f"e-{len(self.requests)}"}]}


def _workload(folder: Path, *sends: str) -> Path:
    file = folder / "workload.yaml"
    file.write_text("send:\n" + "".join(f"  - {{at: 0, {send}}}\n" for send in sends), encoding="utf-8")
    return file


def _published(folder: Path) -> Path:
    return _workload(folder, "times: 3, sns: sns-topic, body: {id: 'a-{n}', kind: order}")


def _orders(folder: Path) -> Path:
    return _workload(
        folder,
        "times: 3, event: eventbridge-bus, source: shop, detailType: order placed, body: {id: 'a-{n}'}",
        "event: eventbridge-bus, source: shop, detailType: greeting, body: {id: hello}",
    )


def _unknown(outcome: Any) -> set[str]:
    return {name for name in outcome.unknown if name.startswith("messages.")} - {"messages.expired"}


def test_what_a_topic_hands_on_is_known_by_the_id_of_its_body(tmp_path: Path) -> None:
    account = _Feeders()
    found = run_there(account, "sns-sqs-raw-safe", _published(tmp_path))
    messages = found.outcome.messages
    assert (messages.sent, messages.processed, messages.lost, messages.filtered) == (3, 3, 0, 0)
    assert _unknown(found.outcome) == set()
    assert [request["Message"] for request in account.requests] == [
        f'{{"id": "a-{n}", "kind": "order"}}' for n in (1, 2, 3)
    ]
    handed = [event for event in found.run.events if isinstance(event, FeedHandedOn)]
    assert [(event.message, event.new_message) for event in handed] == [("p-1", "q-0"), ("p-2", "q-1"), ("p-3", "q-2")]


def test_a_message_that_arrives_twice_is_one_message_and_two_deliveries(tmp_path: Path) -> None:
    outcome = run_there(_Feeders(twice="a-2"), "sns-sqs-raw-safe", _published(tmp_path)).outcome
    assert (outcome.messages.sent, outcome.messages.processed) == (3, 3)
    assert (outcome.deliveries.duplicates, outcome.effects.duplicated) == (1, 1)


def test_messages_with_one_id_are_told_apart_by_how_many_arrive(tmp_path: Path) -> None:
    workload = _workload(tmp_path, "times: 2, sns: sns-topic, body: {id: same}")
    outcome = run_there(_Feeders(), "sns-sqs-raw-safe", workload).outcome
    assert (outcome.messages.sent, outcome.messages.processed, outcome.deliveries.duplicates) == (2, 2, 0)


def test_what_the_filter_takes_out_and_nobody_had_was_let_pass_by(tmp_path: Path) -> None:
    workload = _workload(
        tmp_path,
        "times: 2, sns: sns-topic, body: {id: 'a-{n}', kind: order}",
        "sns: sns-topic, body: {id: b, kind: greeting}",
    )
    outcome = run_there(_Feeders(missing="greeting"), "sns-sqs-filter-safe", workload).outcome
    assert (outcome.messages.processed, outcome.messages.filtered, outcome.messages.lost) == (2, 1, 0)
    assert _unknown(outcome) == set()


def test_what_a_function_had_was_not_filtered_whatever_the_model_says(tmp_path: Path) -> None:
    workload = _workload(tmp_path, "sns: sns-topic, body: {id: b, kind: greeting}")
    outcome = run_there(_Feeders(), "sns-sqs-filter-safe", workload).outcome
    assert (outcome.messages.processed, outcome.messages.filtered) == (1, 0)


def test_what_nobody_had_and_no_queue_holds_may_be_gone_or_tried_again(tmp_path: Path) -> None:
    outcome = run_there(_Feeders(missing="a-2"), "sns-sqs-raw-safe", _published(tmp_path)).outcome
    assert outcome.messages.processed == 2
    why = (
        "messages for a topic, bucket or bus reached no function and lie in no queue: whether they are gone or are "
        "tried again is not seen"
    )
    assert {outcome.unknown["messages.lost"], outcome.unknown["messages.remaining"]} == {why}


def test_what_nobody_had_is_where_the_dead_letter_queue_of_the_queue_grew(tmp_path: Path) -> None:
    outcome = run_there(_Feeders(missing="a-2", dlq=1), "sns-sqs-raw-safe", _published(tmp_path)).outcome
    assert (outcome.messages.processed, outcome.messages.dead_lettered, outcome.messages.lost) == (2, 1, 0)
    assert _unknown(outcome) == set()


def test_of_a_function_that_says_nothing_it_is_not_seen_what_arrived(tmp_path: Path) -> None:
    unknown = run_there(_Feeders(says=False), "sns-sqs-raw-safe", _published(tmp_path)).outcome.unknown
    why = (
        "no function said in the log contract what it did with what a topic, bucket or bus handed on: what arrived is "
        "not seen"
    )
    assert {unknown[f"messages.{name}"] for name in ("processed", "lost", "remaining", "filtered")} == {why}


def test_objects_are_known_by_their_keys(tmp_path: Path) -> None:
    account = _Feeders()
    workload = _workload(tmp_path, "times: 2, s3: s3-bucket, key: 'orders/a b-{n}.json', body: {id: 'x'}")
    outcome = run_there(account, "s3-sqs-safe", workload).outcome
    assert (outcome.messages.sent, outcome.messages.processed, outcome.messages.lost) == (2, 2, 0)
    assert [request["Key"] for request in account.requests] == ["orders/a b-1.json", "orders/a b-2.json"]


def test_events_on_a_bus_are_known_by_the_id_of_their_detail(tmp_path: Path) -> None:
    outcome = run_there(_Feeders(missing="hello"), "eventbridge-sqs-safe", _orders(tmp_path)).outcome
    messages = outcome.messages
    assert (messages.sent, messages.processed, messages.filtered, messages.lost) == (4, 3, 1, 0)
    assert _unknown(outcome) == set()


def test_what_the_dead_letter_queue_of_a_target_got_no_function_had(tmp_path: Path) -> None:
    account = _Feeders(missing="a-3", undelivered=1)
    outcome = run_there(
        account,
        "eventbridge-sqs-safe",
        _workload(
            tmp_path, "times: 3, event: eventbridge-bus, source: shop, detailType: order placed, body: {id: 'a-{n}'}"
        ),
    ).outcome
    assert (outcome.messages.processed, outcome.messages.dead_lettered) == (2, 1)
    assert _unknown(outcome) == set()


def test_an_event_that_eventbridge_does_not_take_ends_the_run(tmp_path: Path) -> None:
    account = _Feeders()
    account.code = "ThrottlingException"
    with pytest.raises(PlaceError) as caught:
        run_there(account, "eventbridge-sqs-safe", _orders(tmp_path))
    assert str(caught.value) == (
        "PutEvents to eventbridge-bus was refused: ThrottlingException: no\n"
        "  fix: AWS limits how often it is asked: run it again later, with less beside it\n"
        "  0 of 4 were sent by then, and stay there"
    )


def test_a_plan_names_what_is_given_to_topics_buckets_and_buses(tmp_path: Path) -> None:
    objects = _workload(
        tmp_path,
        "s3: s3-bucket, key: k, body: {id: x}",
        "s3: s3-bucket, key: k, event: 'ObjectRemoved:Delete', body: {id: x}",
    ).rename(tmp_path / "objects.yaml")
    orders = _orders(tmp_path).rename(tmp_path / "orders.yaml")
    sends = {"sns-sqs-raw-safe": _published(tmp_path), "eventbridge-sqs-safe": orders, "s3-sqs-safe": objects}
    told: list[str] = []
    for stack, workload in sends.items():
        known = deployed_stack(Lab.open(ROOT), stack, graph(stack), workload=workload).known
        told += [line.replace(line.split()[2], "ARN:") for line in planned(known) if line.startswith("SENDS")]
    assert told == [
        "SENDS sns:Publish ARN: 3 messages",
        "SENDS events:PutEvents ARN: 4 messages",
        "SENDS s3:PutObject ARN: 1 messages",
        "SENDS s3:DeleteObject ARN: 1 messages",
    ]


@pytest.mark.parametrize(
    ("stack", "send", "why"),
    [
        (
            "sns-sqs-raw-safe",
            "sns: sns-topic, body: hello",
            (
                "a body without an `id`, by which functions log in the log contract what they had: what "
                "sns-topic hands on could not be told apart"
            ),
        ),
        (
            "s3-sqs-safe",
            "s3: s3-bucket, key: k, event: 'ObjectCreated:Copy', body: {id: x}",
            (
                "objects are put or, without versions, deleted: s3-bucket would tell of something else than "
                "ObjectCreated:Copy"
            ),
        ),
    ],
)
def test_what_could_not_be_told_apart_is_refused(tmp_path: Path, stack: str, send: str, why: str) -> None:
    with pytest.raises(NotModelledError) as caught:
        deployed_stack(Lab.open(ROOT), stack, graph(stack), workload=_workload(tmp_path, send))
    assert str(caught.value).endswith(f": {why}\n  nearest: --on simulation, or --on local")


def test_a_function_that_has_messages_of_other_sources_too_is_refused(tmp_path: Path) -> None:
    """A line with a business id would stand for a message of either."""
    workload = _workload(tmp_path, "sns: sns-topic, body: {id: a}", "invoke: sns-worker, type: async, body: {id: a}")
    with pytest.raises(NotModelledError) as caught:
        deployed_stack(Lab.open(ROOT), "sns-sqs-raw-safe", graph("sns-sqs-raw-safe"), workload=workload)
    assert str(caught.value) == (
        "sns-sqs-raw-safe: sns-worker has messages of sns-queue, which are known by their business ids, and of "
        "asynchronous events: which of its lines are about which is not seen\n"
        "  nearest: --on simulation, or --on local"
    )
