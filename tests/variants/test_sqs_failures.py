"""Errors that no retry can help: swallowed, parked, or tried again; and messages retried after a delay."""

from __future__ import annotations

import json
from itertools import pairwise

from delivery_lab.events import MessageSent
from delivery_lab.results.outcome import Outcome
from tests.lab_support import outcome, run


def _gaps(result: Outcome, prefix: str) -> list[float]:
    found = [m.delivered_at for m in result.per_message if m.id.startswith(prefix)]
    return [later - earlier for times in found for earlier, later in pairwise(times)]


def test_swallow_loses_what_it_catches() -> None:
    messages = outcome("sqs-swallow").messages

    assert (messages.sent, messages.lost, messages.dead_lettered) == (40, 3, 0)


def test_park_loses_nothing_and_says_why() -> None:
    messages = outcome("sqs-park").messages

    assert (messages.lost, messages.dead_lettered, messages.healthy_dead_lettered) == (0, 3, 0)
    found = run("sqs-park")
    [parking] = found.parking_queues
    parked = [event for event in found.events if isinstance(event, MessageSent) and event.queue == parking]
    assert sorted(json.loads(event.body)["id"] for event in parked) == [f"rejected-{n}" for n in (1, 2, 3)]
    assert all(any(event.attributes) for event in parked)
    assert outcome("sqs-park").deliveries.total < outcome("sqs-backoff").deliveries.total


def test_backoff_brings_messages_back_after_the_delay_and_not_after_the_visibility_timeout() -> None:
    swallow, backoff = outcome("sqs-swallow"), outcome("sqs-backoff")

    assert set(map(round, _gaps(swallow, "once-"))) == {120}
    assert max(_gaps(backoff, "once-")) <= 3
    assert max(_gaps(backoff, "twice-")) <= 30
    assert backoff.messages.processed == swallow.messages.processed == 37
