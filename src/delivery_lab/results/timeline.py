"""The story of a run: what happened when, in lines that a person can read, each with the rule behind it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from math import ceil
from typing import cast

from delivery_lab.events import (
    AttemptsRepeated,
    ContractLine,
    Event,
    InvokeStarted,
    LinesRepeated,
    Run,
    entries_of,
    told_apart,
)
from delivery_lab.events.instants import in_seconds
from delivery_lab.results.matters import telling_of
from delivery_lab.results.telling import Teller, telling_lines

FIRST_LINES = 24
LAST_LINES = 8
SHOWN_LINES = FIRST_LINES + LAST_LINES + 1
"""So many are shown in full: a gap would take a line, too."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line: when, what, and the rule's id ("" where no rule decided)."""

    seconds: float
    text: str
    rule: str

    def __str__(self) -> str:
        rule = f"  [{self.rule}]" if self.rule else ""
        return f"{self.seconds:12.3f} s  {self.text}{rule}"


def timeline(run: Run, message: str | None = None) -> list[Line]:
    """The lines of a run.

    Args:
        run: the run.
        message: id of a message, where only what happens to it is wanted.
    """
    if message is None:
        return list(_told_by(Teller(), run.events))
    return list(_lines(Teller(), told_apart(run.events), telling_of(run, message)))


def names_in(run: Run) -> Mapping[str, str]:
    """The names that a timeline gives messages, by their ids."""
    teller = Teller()
    for entry in entries_of(run.events):
        # Attempts that were told again have messages that are known.
        events = entry.events(end=1) if isinstance(entry, AttemptsRepeated) else (entry,)
        for event in events:
            teller.tell(event)
    return teller.called()


def messages_called(run: Run) -> dict[str, list[str]]:
    """The ids of messages by the names that a timeline gives them; one that was handed on has several ids.

    Args:
        run: the run.
    """
    found: dict[str, list[str]] = {}
    for message, name in names_in(run).items():
        found.setdefault(name, []).append(message)
    return found


def story(run: Run, messages: Sequence[str]) -> list[Line]:
    """The lines of what happens to messages, over all that they go through.

    Args:
        run: the run.
        messages: ids, such as those of one name.
    """
    parts = [telling_of(run, message) for message in messages]
    return list(_lines(Teller(), told_apart(run.events), lambda event: any(tells(event) for tells in parts)))


def shortened(lines: Sequence[Line]) -> list[str]:
    """The lines as text; the middle of a long story is summarised."""
    ends = _Ends()
    ends.take(lines)
    return ends.texts()


def shortened_timeline(run: Run) -> list[str]:
    """What `shortened` makes of `timeline`. Of attempts in the middle that were told again no lines are made.

    Args:
        run: the run.
    """
    teller, ends = Teller(), _Ends()
    # An attempt begins with what ends the line before it, and ends with a line of its own: no line is cut in two.
    for are_again, entries in groupby(entries_of(run.events), key=lambda entry: isinstance(entry, AttemptsRepeated)):
        if are_again:
            for repeated in cast("Iterator[AttemptsRepeated]", entries):
                _take_again(teller, ends, repeated)
        else:
            ends.take(_told_by(teller, cast("Iterator[Event]", entries)))
    return ends.texts()


class _Ends:
    """The lines of a story that are shown: its beginning and its end, with the number of those between."""

    def __init__(self) -> None:
        self.count = 0
        self._first: list[Line] = []
        self._last: deque[Line] = deque(maxlen=LAST_LINES + 1)  # and the last one that is left out

    @property
    def has_begun(self) -> bool:
        """Whether further lines are shown at the end only."""
        return len(self._first) == SHOWN_LINES

    def take(self, lines: Iterable[Line]) -> None:
        """Take the lines that follow."""
        for line in lines:
            self.count += 1
            if not self.has_begun:
                self._first.append(line)
            self._last.append(line)

    def texts(self) -> list[str]:
        """The lines as text."""
        if self.count <= SHOWN_LINES:
            return [str(line) for line in self._first]
        last_left_out, *last = self._last
        left_out = self.count - FIRST_LINES - LAST_LINES
        gap = f"{'...':>12}    {left_out} more, up to {last_left_out.seconds:.3f} s"
        return [*(str(line) for line in self._first[:FIRST_LINES]), gap, *(str(line) for line in last)]


def _take_again(teller: Teller, ends: _Ends, repeated: AttemptsRepeated) -> None:
    """Take the lines of attempts that were told again. Each has as many as the first."""
    attempts, told, each = len(repeated.attempts), 0, 0
    while told < attempts and not (told and ends.has_begun):
        before = ends.count
        ends.take(_told_by(teller, repeated.events(first=told, end=told + 1)))
        told, each = told + 1, ends.count - before
    rest = max(told, attempts - ceil((LAST_LINES + 1) / each)) if each else attempts
    for event in repeated.events((InvokeStarted,), told, rest):
        teller.tell(event)  # later invokes are named by the number of those before them
    ends.count += (rest - told) * each
    ends.take(_told_by(teller, repeated.events(first=rest)))


def _that_tell(events: Iterable[Event]) -> Iterator[Event]:
    """Events with each repeated line by itself that has a line in the timeline: of a day of retries those are few."""
    lines: tuple[ContractLine, ...] = ()
    telling: tuple[ContractLine, ...] = ()
    for event in events:
        if isinstance(event, LinesRepeated):
            if event.lines is not lines:
                lines, telling = event.lines, telling_lines(event.lines)
            yield from (line.told(event.instant_us, event.invoke) for line in telling)
        else:
            yield event


def _told_by(teller: Teller, events: Iterable[Event]) -> Iterator[Line]:
    """The lines of all events."""
    return _lines(teller, _that_tell(events), lambda _: True)


def _lines(teller: Teller, events: Iterable[Event], wanted: Callable[[Event], bool]) -> Iterator[Line]:
    """A line for each event that tells something; events of one kind, place and instant are one line."""
    group: list[tuple[Event, str]] = []
    phrase = ""
    for event in events:
        told = teller.tell(event)  # also where nobody wants it: names are learnt
        if not wanted(event):
            continue
        if group and (told.phrase != phrase or event.instant_us != group[0][0].instant_us):
            yield _closed(teller, phrase, group)
            group = []
        if told.subject is not None:
            phrase = told.phrase
            group.append((event, told.subject))
        elif told.phrase:
            yield Line(in_seconds(event.instant_us), told.phrase, event.rule or "")
    if group:
        yield _closed(teller, phrase, group)


def _closed(teller: Teller, phrase: str, group: Sequence[tuple[Event, str]]) -> Line:
    first = group[0][0]
    names = teller.names([subject for _, subject in group])
    return Line(in_seconds(first.instant_us), f"{phrase}: {names}", first.rule or "")
