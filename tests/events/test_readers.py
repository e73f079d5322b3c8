"""Events that are handed on to readers instead of being kept."""

from __future__ import annotations

from typing import ClassVar

import pytest

from delivery_lab.errors import ModelError
from delivery_lab.events import NOT_KEPT, Event, Journal, MessageDeadLettered, MessageExpired, feed, journal


class _Noted:
    """Notes what it is given."""

    reads: ClassVar[tuple[type[Event], ...]] = (MessageExpired,)

    def __init__(self) -> None:
        self.events: list[Event] = []

    def read(self, event: Event) -> None:
        self.events.append(event)


def _happened(count: int) -> list[Event]:
    """Messages that expire, and after each third one that is dead-lettered."""
    found: list[Event] = []
    for number in range(count):
        if number % 4 == 3:
            found.append(MessageDeadLettered(number, "SQS-DLQ-1", "jobs", f"m{number}", "dlq"))
        else:
            found.append(MessageExpired(number, "SQS-RET-1", "jobs", f"m{number}"))
    return found


@pytest.mark.parametrize("kept", [1, 5, 12, 13, 100])
def test_readers_get_every_event_of_their_kinds_once_and_in_order(kept: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "KEPT_EVENTS", kept)
    monkeypatch.setattr(journal, "HANDED_ON_AT_ONCE", 3)
    events, whole, handing_on, noted = _happened(13), Journal(), Journal(), _Noted()
    seen: list[int] = []

    def begin() -> tuple[_Noted]:
        seen.append(len(handing_on.events))
        return (noted,)

    handing_on.hand_on_to(begin)
    most = 0
    for event in events:
        whole.append(event)
        handing_on.append(event)
        most = max(most, len(handing_on.events))
    if handing_on.handed_on:
        handing_on.hand_on()

    read = [event for event in events if isinstance(event, MessageExpired)]
    assert handing_on.hash() == whole.hash()
    assert handing_on.rules == whole.rules
    assert most <= max(kept, 3)
    if kept > len(events):
        assert (seen, noted.events, handing_on.events) == ([], [], events)
    else:
        assert (seen, noted.events, handing_on.events) == ([kept], read, [])


def test_a_listener_is_told_of_each_event_of_its_kind_at_once() -> None:
    listened, told = Journal(), list[Event]()
    listened.listen(MessageDeadLettered, told.append)

    for event in _happened(8):
        listened.append(event)
        assert told == [each for each in listened.events if isinstance(each, MessageDeadLettered)]


def test_feeding_gives_readers_what_they_read() -> None:
    one, other = _Noted(), _Noted()
    feed((one, other), _happened(5))

    assert one.events == other.events == [event for event in _happened(5) if isinstance(event, MessageExpired)]


def test_events_that_were_not_kept_are_refused_and_not_empty() -> None:
    message = "the journal of this run was not kept: it was read while it happened"
    for look in (list, len, bool, lambda events: events[0]):
        with pytest.raises(ModelError, match=message):
            look(NOT_KEPT)
