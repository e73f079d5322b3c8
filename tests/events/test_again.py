"""Attempts that were told again stand for the events that they are made of."""

from __future__ import annotations

import pickle
from typing import ClassVar

import pytest

from delivery_lab.events import (
    Actor,
    AttemptsRepeated,
    BatchInvoked,
    BatchResult,
    BatchRetryScheduled,
    ContractLine,
    Event,
    FoldedEvents,
    InvokeEnded,
    InvokeStarted,
    Journal,
    LinesRepeated,
    MessageExpired,
    ToldAgain,
    as_events,
    feed,
)

LINE = ContractLine(0, None, "wörker", None, "started", "job-1", "topic-0:0", None, None)


def _apart(invoke: str, started: int, ended: int, retry: int, number: int, *, silent: bool = False) -> list[Event]:
    """The events of one attempt."""
    function, ids, reason = "wörker", ("topic-0:0", "topic-0:1"), "100 %s of it failed"
    events: list[Event] = [
        InvokeStarted(started, "LAM-ENV-1", function, invoke, 3, Actor("mapping", "mapping")),
        BatchInvoked(started, "STR-BATCH-1", "mapping", "topic", function, invoke, ids, "topic-0", 0),
        LinesRepeated(ended, None, function, invoke, "the first", (LINE,)),
        InvokeEnded(ended, "LAM-ERR-1", function, invoke, 3, "ValueError"),
        BatchResult(ended, "STR-ERROR-1", "mapping", "topic", invoke, reason, ids, ids[:1], "topic-0", 0),
        BatchRetryScheduled(ended, "STR-RETRY-1", "mapping", "topic", number, ids, retry, "topic-0", 0),
    ]
    return [event for event in events if not (silent and isinstance(event, LinesRepeated))]


def _repeated(*, silent: bool = False) -> AttemptsRepeated:
    of = {type(event): event for event in _apart("a", 10, 12, 50, 101, silent=silent)}
    return AttemptsRepeated(
        started=of[InvokeStarted],  # type: ignore[arg-type]
        invoked=of[BatchInvoked],  # type: ignore[arg-type]
        lines=of.get(LinesRepeated),  # type: ignore[arg-type]
        ended=of[InvokeEnded],  # type: ignore[arg-type]
        result=of[BatchResult],  # type: ignore[arg-type]
        scheduled=of[BatchRetryScheduled],  # type: ignore[arg-type]
        attempts=(ToldAgain("a", 10, 12, 50), ToldAgain("b", 50, 53, 90), ToldAgain("c", 90, 92, 130)),
    )


def _all(*, silent: bool = False) -> list[Event]:
    """The events that `_repeated` stands for."""
    return [
        *_apart("a", 10, 12, 50, 101, silent=silent),
        *_apart("b", 50, 53, 90, 102, silent=silent),
        *_apart("c", 90, 92, 130, 103, silent=silent),
    ]


BEFORE, AFTER = MessageExpired(1, "SQS-RET-1", "jobs", "m1"), MessageExpired(200, "SQS-RET-1", "jobs", "m2")


class _Noted:
    """Notes what it is given."""

    reads: ClassVar[tuple[type[Event], ...]] = (MessageExpired, BatchResult, InvokeStarted)

    def __init__(self) -> None:
        self.given: list[object] = []

    def read(self, event: Event) -> None:
        self.given.append(event)


class _TakesThemWhole(_Noted):
    def read_again(self, repeated: AttemptsRepeated) -> None:
        self.given.append(repeated)


@pytest.mark.parametrize("silent", [False, True], ids=["with lines", "without lines"])
def test_they_stand_for_the_events_of_each_attempt_in_order(silent: bool) -> None:
    repeated = _repeated(silent=silent)

    assert list(repeated.events()) == _all(silent=silent)
    assert repeated.length == len(_all(silent=silent))
    wanted = {InvokeEnded, LinesRepeated}
    assert list(repeated.events(wanted)) == [event for event in _all(silent=silent) if type(event) in wanted]


@pytest.mark.parametrize("silent", [False, True], ids=["with lines", "without lines"])
def test_a_journal_has_the_hash_rules_and_events_that_it_has_with_each_event_by_itself(silent: bool) -> None:
    folded, apart = Journal(), Journal()
    folded.append(BEFORE)
    folded.append_again(_repeated(silent=silent))
    folded.append(AFTER)
    for event in (BEFORE, *_all(silent=silent), AFTER):
        apart.append(event)

    assert folded.hash() == apart.hash()
    assert folded.rules == apart.rules
    assert folded.events == apart.events
    assert len(folded.entries) == 3


def test_a_listener_is_told_of_each_of_their_events() -> None:
    journal, told = Journal(), list[Event]()
    journal.listen(BatchInvoked, told.append)

    journal.append_again(_repeated())

    assert told == [event for event in _all() if isinstance(event, BatchInvoked)]


def test_a_reader_gets_events_unless_it_takes_attempts_as_they_are() -> None:
    one, other = _Noted(), _TakesThemWhole()

    feed((one, other), as_events([BEFORE, _repeated(), AFTER]))

    read = [event for event in (BEFORE, *_all(), AFTER) if type(event) in _Noted.reads]
    assert one.given == read
    assert other.given == [BEFORE, _repeated(), AFTER]


def test_the_events_of_a_run_are_those_of_attempts_too() -> None:
    events, apart = as_events([BEFORE, _repeated(), AFTER]), (BEFORE, *_all(), AFTER)

    assert isinstance(events, FoldedEvents)
    assert len(events) == len(apart)
    assert tuple(events) == apart
    assert events == apart
    assert events != apart[:-1]
    assert (events[-1], events[1:3]) == (AFTER, apart[1:3])
    assert pickle.loads(pickle.dumps(events)).entries == events.entries


def test_events_without_such_attempts_are_a_tuple() -> None:
    assert as_events([BEFORE, AFTER]) == (BEFORE, AFTER)
    assert type(as_events([BEFORE, AFTER])) is tuple
