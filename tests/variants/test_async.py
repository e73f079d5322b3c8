"""What the variants of asynchronous invokes do to their events."""

from __future__ import annotations

import json
from typing import Any

import pytest

from delivery_lab.events import EventDeadLettered, MessageSent, Published
from delivery_lab.results.outcome import MessageOutcome, Outcome
from tests.lab_support import outcome, run


def _of(result: Outcome, business_id: str) -> MessageOutcome:
    [found] = [message for message in result.per_message if message.id == business_id]
    return found


def _sent_to(stack: str, queue: str) -> list[Any]:
    return [json.loads(e.body) for e in run(stack).events if isinstance(e, MessageSent) and e.queue == queue]


def _record_of(stack: str, business_id: str) -> Any:
    records = _sent_to(stack, "async-failure")
    [found] = [record for record in records if record["requestPayload"]["id"] == business_id]
    return found


def test_default_tries_a_failing_event_at_0_60_and_180_seconds_and_reports_it_then() -> None:
    result = outcome("async-default")

    first, *later = _of(result, "poison").delivered_at
    assert [round(at - first) for at in later] == [60, 180]
    assert result.messages.dead_lettered == 1
    assert result.messages.healthy_dead_lettered == 0
    assert result.messages.processed == 9
    record = _record_of("async-default", "poison")
    assert record["requestContext"]["approximateInvokeCount"] == 3
    assert record["requestContext"]["condition"] == "RetriesExhausted"


def test_none_tries_once_and_gives_up_what_a_minute_would_have_healed() -> None:
    result = outcome("async-none")

    assert result.deliveries.max_per_message == 1
    assert result.messages.dead_lettered == 3
    assert result.messages.healthy_dead_lettered == 2
    assert _record_of("async-none", "poison")["requestContext"]["approximateInvokeCount"] == 1


def test_bounded_age_gives_up_at_90_seconds() -> None:
    result = outcome("async-bounded-age")

    assert result.deliveries.max_per_message == 2
    assert result.messages.dead_lettered == 3
    assert _record_of("async-bounded-age", "poison")["requestContext"]["condition"] == "EventAgeExceeded"
    given_up = [e.instant_us / 1e6 for e in run("async-bounded-age").events if isinstance(e, EventDeadLettered)]
    assert given_up == [92, 93, 95]  # sent at 2, 3 and 5 s


def test_destinations_get_a_record_of_each_event_and_the_dead_letter_queue_the_event() -> None:
    result = outcome("async-destinations")

    published = [e for e in run("async-destinations").events if isinstance(e, Published)]
    successes = [json.loads(event.body) for event in published if event.target == "async-success"]
    assert len(successes) == result.messages.processed == 9
    assert {record["requestContext"]["condition"] for record in successes} == {"Success"}
    assert len(_sent_to("async-destinations", "async-failure")) == 1
    assert [event["id"] for event in _sent_to("async-destinations", "async-dlq")] == ["poison"]


@pytest.mark.parametrize("stack", ["async-default", "async-none", "async-bounded-age", "async-destinations"])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_event_ends_in_one_place_for_every_seed(stack: str, seed: int) -> None:
    messages = outcome(stack, seed=seed).messages

    assert (messages.sent, messages.lost, messages.expired, messages.remaining) == (10, 0, 0, 0)
    assert messages == outcome(stack).messages
