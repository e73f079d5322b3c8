"""Which invoke sent a message, by what the message holds."""

from __future__ import annotations

import pytest

from delivery_lab.events import MessageSent
from delivery_lab.places.senders import _sender_of


def _sent(body: str, *attributes: str) -> MessageSent:
    return MessageSent(5, None, "parking", "parked-1", body, None, attributes, None, 5)


@pytest.mark.parametrize(
    ("sent", "sender"),
    [
        (_sent("{}", "Rejected", "m-3"), "b"),
        (_sent('{"of": "m-1"}'), "a"),
        (_sent("{}"), None),
        (_sent("m-1 and m-3"), None),
    ],
)
def test_the_invoke_that_held_what_a_message_names_sent_it(sent: MessageSent, sender: str | None) -> None:
    held = {"a": ("m-1", "m-2"), "b": ("m-3",), "over": ("m-1", "m-3")}
    assert _sender_of(sent, ["a", "b"], held) == sender


def test_what_a_delivery_that_overlaps_sent_stands_for_the_message_of_both() -> None:
    held = {"a": ("m-1", "m-2"), "b": ("m-1",)}
    assert _sender_of(_sent('{"of": "m-1"}'), ["a", "b"], held) == "b"


def test_what_was_under_way_when_its_invoke_timed_out_is_of_that_invoke() -> None:
    """Else a function that parks a message just before its timeout ended the run, or another invoke had sent it."""
    held = {"over": ("m-1",), "cut off": ("m-1", "m-2"), "a": ("m-3",)}
    parked = _sent('{"of": "m-1"}')
    assert _sender_of(parked, [], held, {"cut off"}) == "cut off"
    assert _sender_of(parked, ["a"], held, {"cut off"}) == "cut off"
    assert _sender_of(parked, ["a"], held) == "a"  # what it holds may be of a message that another one held before
    assert _sender_of(_sent("{}"), ["a"], held, {"cut off"}) == "a"
    assert _sender_of(parked, [], held) is None


def test_the_only_invoke_that_runs_sent_it() -> None:
    assert _sender_of(_sent("{}"), ["a"], {}) == "a"
    assert _sender_of(_sent("{}"), [], {}) is None
