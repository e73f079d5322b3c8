"""Attempts of a batch that were told again in a row, as one entry of a journal, and the events that they stand for."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, overload

from delivery_lab.events.handlers import LinesRepeated
from delivery_lab.events.invokes import InvokeEnded, InvokeStarted
from delivery_lab.events.mappings import BatchInvoked, BatchResult, BatchRetryScheduled
from delivery_lab.events.union import Event


class ToldAgain(NamedTuple):
    """One attempt.

    Attributes:
        invoke: id of its invoke.
        started_us: when it began, in microseconds of virtual time.
        ended_us: when it ended.
        retry_us: when the batch is tried once more.
    """

    invoke: str
    started_us: int
    ended_us: int
    retry_us: int


@dataclass(frozen=True, slots=True)
class AttemptsRepeated:
    """Attempts of one batch, one after the other, each like the one before it and nothing else between (SIM-REPEAT-1).

    It stands for their events. Whoever reads a run is given these, unless he takes the attempts as they are
    (`delivery_lab.events.readers.ReadsRepeats`).

    Attributes:
        started, invoked, ended, result, scheduled: events of the first attempt, from which the others differ in
            instants, in the id of the invoke and in the number of the retry.
        lines: what its code wrote, None where that is nothing.
        attempts: all of them, at least one.
    """

    started: InvokeStarted
    invoked: BatchInvoked
    lines: LinesRepeated | None
    ended: InvokeEnded
    result: BatchResult
    scheduled: BatchRetryScheduled
    attempts: tuple[ToldAgain, ...]

    @property
    def like_first(self) -> tuple[Event, ...]:
        """The events of the first attempt, in order."""
        if self.lines is None:
            return (self.started, self.invoked, self.ended, self.result, self.scheduled)
        return (self.started, self.invoked, self.lines, self.ended, self.result, self.scheduled)

    @property
    def length(self) -> int:
        """For how many events it stands."""
        return len(self.attempts) * len(self.like_first)

    def events(
        self, kinds: Container[type[Event]] | None = None, first: int = 0, end: int | None = None
    ) -> Iterator[Event]:
        """The events that it stands for, in order.

        Args:
            kinds: only events of these kinds, None for all.
            first: only those of attempts from this one on, counted from 0.
            end: only those of attempts before this one, None for all.
        """
        wanted = [_MADE[type(event)] for event in self.like_first if kinds is None or type(event) in kinds]
        if wanted:
            for number, attempt in enumerate(self.attempts[first:end], first):
                for make in wanted:
                    yield make(self, attempt, number)

    def differing(self) -> Iterator[dict[str, object]]:
        """For each attempt what differs, by the names in `DIFFERS`."""
        for number, (invoke, started, ended, retry) in enumerate(self.attempts, self.scheduled.attempt):
            yield {"invoke": invoke, "started": started, "ended": ended, "retry": retry, "number": number}


def _started(of: AttemptsRepeated, attempt: ToldAgain, _: int) -> Event:
    like = of.started
    return InvokeStarted(attempt.started_us, like.rule, like.function, attempt.invoke, like.environment, like.by)


def _invoked(of: AttemptsRepeated, attempt: ToldAgain, _: int) -> Event:
    like = of.invoked
    return BatchInvoked(
        attempt.started_us,
        like.rule,
        like.mapping,
        like.source,
        like.function,
        attempt.invoke,
        like.messages,
        like.partition,
        like.slot,
    )


def _lines(of: AttemptsRepeated, attempt: ToldAgain, _: int) -> Event:
    like = of.lines
    assert like is not None
    return LinesRepeated(attempt.ended_us, like.rule, like.function, attempt.invoke, like.as_in, like.lines)


def _ended(of: AttemptsRepeated, attempt: ToldAgain, _: int) -> Event:
    like = of.ended
    return InvokeEnded(attempt.ended_us, like.rule, like.function, attempt.invoke, like.environment, like.error)


def _result(of: AttemptsRepeated, attempt: ToldAgain, _: int) -> Event:
    like = of.result
    return BatchResult(
        attempt.ended_us,
        like.rule,
        like.mapping,
        like.source,
        attempt.invoke,
        like.reason,
        like.failed,
        like.named,
        like.partition,
        like.slot,
    )


def _scheduled(of: AttemptsRepeated, attempt: ToldAgain, number: int) -> Event:
    like = of.scheduled
    return BatchRetryScheduled(
        attempt.ended_us,
        like.rule,
        like.mapping,
        like.source,
        like.attempt + number,
        like.messages,
        attempt.retry_us,
        like.partition,
        like.slot,
    )


_MADE: dict[type[Event], Callable[[AttemptsRepeated, ToldAgain, int], Event]] = {
    InvokeStarted: _started,
    BatchInvoked: _invoked,
    LinesRepeated: _lines,
    InvokeEnded: _ended,
    BatchResult: _result,
    BatchRetryScheduled: _scheduled,
}

DIFFERS: dict[type[Event], dict[str, str]] = {
    InvokeStarted: {"instant_us": "%(started)d", "invoke": "%(invoke)a"},
    BatchInvoked: {"instant_us": "%(started)d", "invoke": "%(invoke)a"},
    LinesRepeated: {"instant_us": "%(ended)d", "invoke": "%(invoke)a"},
    InvokeEnded: {"instant_us": "%(ended)d", "invoke": "%(invoke)a"},
    BatchResult: {"instant_us": "%(ended)d", "invoke": "%(invoke)a"},
    BatchRetryScheduled: {"instant_us": "%(ended)d", "attempt": "%(number)d", "at_us": "%(retry)d"},
}
"""The fields of each kind of events in which attempts differ, as marks that Python's `%` fills in."""

Entry = Event | AttemptsRepeated
"""What a journal holds."""


class FoldedEvents(Sequence[Event]):
    """The events of a run, of which many are held as `AttemptsRepeated`. Whoever goes through them meets events only.

    Args:
        entries: what the journal holds.

    Attributes:
        entries: the same.
    """

    def __init__(self, entries: Iterable[Entry]) -> None:
        self.entries: tuple[Entry, ...] = tuple(entries)
        self._length = sum(each.length if isinstance(each, AttemptsRepeated) else 1 for each in self.entries)
        self._all: tuple[Event, ...] | None = None

    def _events(self) -> tuple[Event, ...]:
        """All of them, made when they are asked for first."""
        if self._all is None:
            self._all = tuple(unfolded(self.entries))
        return self._all

    def __len__(self) -> int:
        return self._length

    @overload
    def __getitem__(self, index: int) -> Event: ...

    @overload
    def __getitem__(self, index: slice) -> tuple[Event, ...]: ...

    def __getitem__(self, index: int | slice) -> Event | tuple[Event, ...]:
        if index == -1 and self.entries:
            *_, last = unfolded(self.entries[-1:])  # asked for by those who need no other
            return last
        return self._events()[index]

    def __iter__(self) -> Iterator[Event]:
        return iter(self._events())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and self._events() == tuple(other)

    __hash__ = None  # type: ignore[assignment]  # equal to a tuple of the same events, whose hash would take them all

    def __reduce__(self) -> tuple[Any, ...]:
        return FoldedEvents, (self.entries,)


def as_events(entries: Iterable[Entry]) -> Sequence[Event]:
    """What a journal holds as the events of a run."""
    held = tuple(entries)
    apart = tuple(each for each in held if not isinstance(each, AttemptsRepeated))
    return apart if len(apart) == len(held) else FoldedEvents(held)


def unfolded(entries: Iterable[Entry]) -> Iterator[Event]:
    """Each event by itself."""
    for each in entries:
        if isinstance(each, AttemptsRepeated):
            yield from each.events()
        else:
            yield each


def entries_of(events: Iterable[Event]) -> Iterable[Entry]:
    """What a journal held of them, with attempts that were told again in one."""
    return events.entries if isinstance(events, FoldedEvents) else events
