"""Runs with many messages: they are counted and not listed."""

from __future__ import annotations

import json

import pytest

from delivery_lab.results import outcome as outcomes
from delivery_lab.results.conclusion import conclusion
from delivery_lab.results.message_sums import MOST_LISTED, MessageEnd, MessageSums, summed
from delivery_lab.results.outcome import messages_of, outcome_of
from tests.lab_support import run

STACK = "concurrency-trap"


def test_sums_count_what_sentences_say() -> None:
    ends = [
        MessageEnd("processed", "contract", 1),
        MessageEnd("processed", "contract", 3),
        MessageEnd("processed", "invoke", 2),
        MessageEnd("deadLettered", None, 0),
        MessageEnd("deadLettered", "effect", 4),
        MessageEnd("expired", None, 4, effects=3),
        MessageEnd("expired", None, 1, effects=0),
        MessageEnd("expired", None, 1, effects=None),
        MessageEnd("remaining", None, 0),
    ]

    assert summed(ends) == MessageSums(
        {"contract": 2, "invoke": 1}, dead_untouched=1, delivered_again=2, more_deliveries=3, expired_done=1
    )


def test_a_run_with_too_many_messages_lists_none_and_says_how_many(monkeypatch: pytest.MonkeyPatch) -> None:
    done = run(STACK)
    listed = outcome_of(done)
    count = listed.messages.sent
    monkeypatch.setattr(outcomes, "MOST_LISTED", count - 1)

    found = outcome_of(done)

    assert MOST_LISTED == 10_000
    assert found.per_message == ()
    assert json.loads(found.as_json())["perMessage"] is None
    assert json.loads(found.as_json())["perMessageOmitted"] == found.per_message_omitted == count
    assert tuple(messages_of(done)) == listed.per_message
    assert found.sums == listed.sums
    assert conclusion(found) == conclusion(listed)


def test_a_run_with_as_many_messages_as_may_be_lists_them(monkeypatch: pytest.MonkeyPatch) -> None:
    done = run(STACK)
    listed = outcome_of(done)
    monkeypatch.setattr(outcomes, "MOST_LISTED", listed.messages.sent)

    content = json.loads(outcome_of(done).as_json())

    assert len(content["perMessage"]) == listed.messages.sent
    assert content["perMessageOmitted"] == 0
    assert "countedSums" not in content
