"""Marks of work that a workload names."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from delivery_lab.events import (
    Actor,
    EffectMark,
    Event,
    EventAccepted,
    FeedConfigured,
    FeederAccepted,
    FeedHandedOn,
    LogLine,
)
from delivery_lab.events.instants import seconds
from delivery_lab.results.figures import Outcome
from delivery_lab.results.marks import idle_mark
from delivery_lab.results.outcome import outcome_of
from tests.results.world import deleted, delivered, ended, looked_at, mapped, run_of, sent, wrote

CHARGED = EffectMark(log="charged {id}")
PAID = EffectMark(table="payments-1", key_attribute="pk", key="{id}")


def _line(text: str, invoke: str = "1", function: str = "worker") -> LogLine:
    return LogLine(seconds(1), function, 1, invoke, text)


def _outcome(mark: EffectMark, *seen: LogLine | Event, bodies: tuple[str, ...] = ("a", "b"), of: Any = None) -> Outcome:
    messages = [f"m{n}" for n in range(len(bodies))]
    sends = [sent(message, body=json.dumps(of or {"id": body})) for message, body in zip(messages, bodies, strict=True)]
    events = [one for one in seen if not isinstance(one, LogLine)]
    run = run_of(sends, delivered("1", *messages), events, ended("1"), deleted(*messages))
    return outcome_of(replace(run, effect=mark, logs=tuple(one for one in seen if isinstance(one, LogLine))))


def test_a_line_of_the_log_is_work_for_the_message_whose_values_it_has() -> None:
    outcome = _outcome(CHARGED, _line("[INFO]\t1\tcharged a, done"), _line("charged ab"), _line("uncharged a"))

    assert (outcome.effects.total, outcome.effects.duplicated) == (1, 0)
    assert (outcome.messages.processed, outcome.messages.lost) == (1, 1)
    assert outcome.evidence.processed == outcome.evidence.effects == "effect"


def test_the_same_mark_again_is_work_done_again() -> None:
    outcome = _outcome(CHARGED, _line("charged a"), _line("charged a"), bodies=("a", "a"))

    assert (outcome.effects.total, outcome.effects.duplicated) == (2, 1)
    assert outcome.messages.processed == 2


def test_a_message_that_is_skipped_is_processed_if_another_of_its_id_was() -> None:
    outcome = _outcome(CHARGED, _line("charged a"), bodies=("a", "a"))

    assert (outcome.effects.total, outcome.effects.duplicated) == (1, 0)
    assert outcome.messages.processed == 2


def test_values_are_found_within_values_and_a_message_without_them_has_no_mark() -> None:
    mark = EffectMark(log="charged {order.id} for {messageId}")

    assert _outcome(mark, _line("charged 7 for m0"), bodies=("",), of={"order": {"id": 7}}).effects.total == 1
    without = _outcome(mark, _line("charged 7 for m0"), bodies=("",), of={"order": 7})
    assert (without.messages.processed, without.evidence.processed) == (1, "invoke")


def test_a_mark_that_counts_for_nothing_is_said() -> None:
    def idle(mark: EffectMark, *lines: LogLine) -> str | None:
        return idle_mark(replace(run_of(sent("m", body='{"id": "a"}')), effect=mark, logs=lines))

    assert idle_mark(run_of(sent("m"))) is None
    assert idle(CHARGED, _line("charged a")) is None
    assert idle(EffectMark(log="charged {messageId}"), _line("charged m")) is None
    event = EventAccepted(0, None, "worker", "e", '{"id": "a"}', Actor("workload", "workload"), follow_up=False)
    assert idle_mark(replace(run_of(event), effect=CHARGED, logs=(_line("charged a"),))) is None
    assert idle(CHARGED, _line("chargd a")) == (
        "the mark of work that the workload names (log: charged {id}) is never seen in this run: messages are judged "
        "as without it"
    )
    assert idle(EffectMark(log="charged {idd}"), _line("charged a")) == (
        "the mark of work that the workload names (log: charged {idd}) is seen, but no message has {idd}: messages are "
        "judged as without it"
    )


@pytest.mark.parametrize(
    "content",
    [
        {"TableName": "payments-1", "Item": {"pk": {"S": "a"}}},
        {"TableName": "arn:aws:dynamodb:eu-west-1:1:table/payments-1", "Key": {"pk": {"S": "a"}}},
        {"TransactItems": [{"Delete": {}}, {"Update": {"TableName": "payments-1", "Key": {"pk": {"S": "a"}}}}]},
        {"RequestItems": {"payments-1": [{"DeleteRequest": {}}, {"PutRequest": {"Item": {"pk": {"S": "a"}}}}]}},
    ],
)
def test_an_item_in_a_table_is_work(content: Any) -> None:
    outcome = _outcome(PAID, wrote("1", json.dumps(content)))

    assert (outcome.effects.total, outcome.messages.processed, outcome.messages.lost) == (1, 1, 1)


def test_other_writes_are_no_work_where_the_workload_says_what_is() -> None:
    paid = wrote("1", json.dumps({"TableName": "payments-1", "Item": {"pk": {"S": "a"}}}))
    other = wrote("1", json.dumps({"TableName": "audit", "Item": {"pk": {"S": "b"}}}))
    refused = wrote("1", json.dumps({"TableName": "payments-1", "Item": {"pk": {"S": "b"}}}), refused=True)
    outcome = _outcome(PAID, paid, other, refused)

    assert outcome.effects.total == 1


def test_a_function_that_leaves_no_mark_is_judged_as_without_one() -> None:
    outcome = _outcome(CHARGED, _line("started a"), looked_at("1", 0, 1, of=2))

    assert outcome.evidence.processed == "invoke"
    assert outcome.effects.total is None


def test_a_mark_with_the_message_id_has_that_of_the_delivery() -> None:
    feed = FeedConfigured(0, None, "orders", "topic", "sub", "queue", "jobs")
    published = FeederAccepted(0, None, "orders", "n", '{"id": "a"}', "", "", None, follow_up=False)
    handed = FeedHandedOn(0, "SNS-DELIVER-1", "orders", "sub", "n", "jobs", "m")
    events = [mapped("mapping"), feed, published, handed, sent("m"), *delivered("1", "m"), *ended("1"), *deleted("m")]
    run = replace(run_of(*events), effect=EffectMark(log="charged {messageId}"), logs=(_line("charged m"),))

    outcome = outcome_of(run)
    assert (outcome.messages.processed, outcome.effects.total) == (1, 1)
