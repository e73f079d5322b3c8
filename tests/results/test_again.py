"""Attempts that were told again, held as one entry, tell what each of their events by itself tells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

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
    FunctionConfigured,
    InvokeEnded,
    InvokeStarted,
    LinesRepeated,
    MappingConfigured,
    Run,
    ToldAgain,
    feed,
)
from delivery_lab.events.again import Entry
from delivery_lab.events.instants import seconds
from delivery_lab.results.invariants import History, InvariantReader, Violation, violations
from delivery_lab.results.outcome import outcome_of
from delivery_lab.results.timeline import names_in, shortened, shortened_timeline, timeline
from tests.results.world import MAPPING, appended, checkpointed, mapped, run_of

RECORDS = ("a", "b")


def repeated(count: int = 4, at: float = 100, *, error: str | None = "ValueError", slot: int = 0) -> AttemptsRepeated:
    """Attempts of a batch, one each ten seconds that takes a second."""
    of, now = "worker", seconds(at)
    line = ContractLine(0, None, of, None, "failed", "a", "a", "KeyError", None)
    attempts = [
        ToldAgain(f"again-{at:g}-{number}", seconds(start), seconds(start + 1), seconds(start + 10))
        for number, start in enumerate(at + 10 * number for number in range(count))
    ]
    invoke = attempts[0].invoke
    return AttemptsRepeated(
        InvokeStarted(now, None, of, invoke, 1, MAPPING),
        BatchInvoked(now, None, "mapping", "orders", of, invoke, RECORDS, "shard-0", slot),
        LinesRepeated(now, None, of, invoke, "first", (line,)),
        InvokeEnded(now, None, of, invoke, 1, error),
        BatchResult(now, None, "mapping", "orders", invoke, "it failed", RECORDS, (), "shard-0", slot),
        BatchRetryScheduled(now, None, "mapping", "orders", 7, RECORDS, now, "shard-0", slot),
        tuple(attempts),
    )


def stream(factor: int = 1, age: int = -1) -> Event:
    configured = mapped("mapping", "orders", "kinesis")
    assert isinstance(configured, MappingConfigured)
    return replace(configured, parallelization_factor=factor, maximum_record_age_seconds=age)


def running(invoke: str, environment: int = 1) -> Event:
    return InvokeStarted(0, None, "worker", invoke, environment, Actor("workload", "load"))


def backwards(of: AttemptsRepeated, number: int) -> AttemptsRepeated:
    """The same attempts, one of them an hour too early."""
    attempts = list(of.attempts)
    attempts[number] = attempts[number]._replace(started_us=seconds(1), ended_us=seconds(2))
    return replace(of, attempts=tuple(attempts))


SOUND = (stream(), appended("a"), appended("b"))
FORGED: dict[str, tuple[int, Sequence[Entry], dict[str, object]]] = {
    "all is well": (0, (*SOUND, repeated()), {}),
    "an attempt is out of time": (6, (*SOUND, backwards(repeated(), 2)), {}),
    "the first is out of time": (6, (*SOUND, appended("c", 50), backwards(repeated(), 0)), {}),
    "the mapping is past a record": (2 * 13, (*SOUND, checkpointed("a", at=1), repeated(), repeated(9, 200)), {}),
    "an earlier record waits": (4, (stream(), appended("0"), *SOUND[1:], repeated()), {}),
    "the slot is none": (4, (*SOUND, repeated(slot=1)), {}),
    "the slot works on another batch": (
        1,
        (*SOUND, BatchInvoked(9, None, "mapping", "orders", "worker", "i", RECORDS, "shard-0", 0), repeated()),
        {},
    ),
    "the environment works on another invoke": (1, (*SOUND, running("i"), repeated()), {}),
    "another invoke has what is reserved": (
        4,
        (FunctionConfigured(0, None, "worker", 5, 1), *SOUND, running("i", 2), repeated()),
        {},
    ),
    "the account has no room": (4, (*SOUND, running("i", 2), repeated()), {"account_concurrency": 1}),
    "retention ends between the attempts": (2 * 2, (*SOUND, repeated()), {"retention_seconds": {"orders": 110}}),
    "retention ends with the last": (0, (*SOUND, repeated()), {"retention_seconds": {"orders": 130}}),
    "the maximum age is over between them": (3 * 2, (stream(age=105), *SOUND[1:], repeated()), {}),
    "what failed is checkpointed": (1, (*SOUND, repeated(), checkpointed("a", at=500)), {}),
    "what did not fail is checkpointed": (0, (*SOUND, repeated(error=None), checkpointed("a", at=500)), {}),
}


def apart(entries: Sequence[Entry]) -> tuple[Event, ...]:
    return tuple(FoldedEvents(entries))


@pytest.mark.parametrize("story", FORGED)
def test_invariants_find_in_attempts_what_they_find_in_their_events(story: str) -> None:
    number, entries, about = FORGED[story]
    known: list[Violation] = violations(History(apart(entries), **about))  # type: ignore[arg-type]

    assert violations(History(FoldedEvents(entries), **about)) == known  # type: ignore[arg-type]
    assert len(known) == number


@pytest.mark.parametrize("story", FORGED)
def test_invariants_that_are_checked_while_it_happens_find_the_same(story: str) -> None:
    _, entries, about = FORGED[story]
    folded, unfolded = (
        # Without a hash it is not over, and not looked at by every test.
        replace(run_of(), events=events, trace_hash="", account_concurrency=about.get("account_concurrency"))  # type: ignore[arg-type]
        for events in (FoldedEvents(entries), apart(entries))
    )
    outcome = outcome_of(run_of())
    found = []
    for run in (folded, unfolded):
        reader = InvariantReader(run)
        feed((reader,), run.events)
        found.append(reader.found(run, outcome))

    assert found[0] == found[1]


def lines_of(*entries: Entry) -> Run:
    return replace(run_of(sources=("orders",)), events=FoldedEvents(entries))


def ordinary(invoke: str, at: float) -> list[Event]:
    """An attempt that was not told again."""
    one = repeated(1, at)
    return list(replace(one, attempts=(one.attempts[0]._replace(invoke=invoke),)).events())


@pytest.mark.parametrize("counts", [(1,), (2,), (7,), (8,), (9,), (60,), (1, 60), (60, 1), (40, 40), (3, 2, 3, 1)])
@pytest.mark.parametrize("behind", [0, 1, 3])
def test_the_shortened_timeline_is_that_of_all_lines(counts: tuple[int, ...], behind: int) -> None:
    entries: list[Entry] = [*SOUND]
    for number, count in enumerate(counts):
        entries += [repeated(count, 100 + 1_000 * number), appended(f"later-{number}", 990 + 1_000 * number)]
    for number in range(behind):
        entries += [*ordinary(f"i-{number}", 9_000 + 10 * number), appended(f"behind-{number}", 9_005 + 10 * number)]
    run = lines_of(*entries)

    assert shortened_timeline(run) == shortened(timeline(run))


def test_entries_that_follow_each_other_make_the_timeline_of_their_events() -> None:
    run = lines_of(*SOUND, repeated(30), repeated(30, 1_000), *ordinary("i", 2_000))

    assert shortened_timeline(run) == shortened(timeline(run))
    assert "worker #61 gets message 1 message 2" in shortened_timeline(run)[-5]


def test_names_are_those_of_all_events() -> None:
    run = lines_of(*SOUND, repeated(30), appended("c", 1_000))

    assert names_in(run) == names_in(replace(run, events=tuple(run.events)))


def test_the_last_event_of_a_run_is_found_without_making_all() -> None:
    events, unfolded = FoldedEvents((*SOUND, repeated())), apart((*SOUND, repeated()))

    assert events[-1] == unfolded[-1]
    assert events._all is None
    assert [later >= earlier for earlier, later in pairwise(event.instant_us for event in events)].count(False) == 0


def test_some_of_the_attempts_are_numbered_as_all_are() -> None:
    whole = list(repeated(9).events())

    assert list(repeated(9).events(first=2, end=5)) == whole[12:30]
    assert list(repeated(9).events((BatchRetryScheduled,), first=8)) == whole[-1:]
