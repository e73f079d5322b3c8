"""Events whose record an on-failure function gets: where they are depends on what it does with the record."""

from __future__ import annotations

import json

import pytest

from delivery_lab.events import (
    Actor,
    Event,
    EventAccepted,
    EventCompleted,
    EventDeadLettered,
    EventDiscarded,
    EventExpired,
)
from delivery_lab.events.asynchronous import events_of
from delivery_lab.events.instants import seconds
from delivery_lab.results.outcome import outcome_of
from tests.results.world import run_of

BY = Actor("lambda", "asynchronous invokes")


def _accepted(function: str, event: str, of: str = "") -> Event:
    payload = json.dumps({"requestContext": {"requestId": of}} if of else {"id": "a"})
    return EventAccepted(0, "ASY-QUEUE-1", function, event, payload, BY, bool(of))


def _dead_lettered(function: str, event: str, target: str) -> Event:
    return EventDeadLettered(seconds(1), "DST-FAILURE-1", function, event, target)


HANDED = [_accepted("worker", "e"), _accepted("rescue", "r", of="e"), _dead_lettered("worker", "e", "rescue")]
CHAIN = [*HANDED, _accepted("last", "s", of="r"), _dead_lettered("rescue", "r", "last")]


@pytest.mark.parametrize(
    ("events", "outcome"),
    [
        (HANDED, "deadLettered"),
        ([*HANDED, EventCompleted(seconds(2), "ASY-QUEUE-1", "rescue", "r")], "deadLettered"),
        ([*HANDED, EventDiscarded(seconds(2), "ASY-GONE-1", "rescue", "r")], "lost"),
        ([*HANDED, EventExpired(seconds(2), "ASY-AGE-1", "rescue", "r")], "lost"),
        ([*HANDED, _dead_lettered("rescue", "r", "dlq")], "deadLettered"),
        ([*HANDED[:2], _dead_lettered("worker", "e", "dlq"), EventDiscarded(1, None, "rescue", "r")], "deadLettered"),
        ([*CHAIN, EventCompleted(seconds(2), "ASY-QUEUE-1", "last", "s")], "deadLettered"),
        ([*CHAIN, EventDiscarded(seconds(2), "ASY-GONE-1", "last", "s")], "lost"),
    ],
    ids=[
        "the record waits",
        "the function has taken it",
        "it fails for good",
        "the record grows too old",
        "the function has a dead-letter queue",
        "the event is in a dead-letter queue, too",
        "the next function has taken it",
        "the next function fails for good",
    ],
)
def test_where_an_event_is_whose_record_a_function_gets(events: list[Event], outcome: str) -> None:
    found = outcome_of(run_of(*events, sources=(events_of("worker"),)))

    assert [each.outcome for each in found.per_message] == [outcome]
    assert found.messages.sent == 1
