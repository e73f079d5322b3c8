"""The story of a run: what happened when, in lines that a person can read, each with the rule behind it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from delivery_lab.events import ContractLine, Event, LinesRepeated, Run, told_apart
from delivery_lab.events.instants import in_seconds
from delivery_lab.results.matters import telling_of
from delivery_lab.results.telling import Teller, telling_lines

FIRST_LINES = 24
LAST_LINES = 8


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
        return list(_lines(_that_tell(run.events), lambda _: True))
    return list(_lines(told_apart(run.events), telling_of(run, message)))


def names_in(run: Run) -> Mapping[str, str]:
    """The names that a timeline gives messages, by their ids."""
    teller = Teller()
    for event in run.events:
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
    return list(_lines(told_apart(run.events), lambda event: any(tells(event) for tells in parts)))


def shortened(lines: Sequence[Line]) -> list[str]:
    """The lines as text; the middle of a long story is summarised."""
    if len(lines) <= FIRST_LINES + LAST_LINES + 1:
        return [str(line) for line in lines]
    left_out = lines[FIRST_LINES:-LAST_LINES]
    gap = f"{'...':>12}    {len(left_out)} more, up to {left_out[-1].seconds:.3f} s"
    return [*(str(line) for line in lines[:FIRST_LINES]), gap, *(str(line) for line in lines[-LAST_LINES:])]


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


def _lines(events: Iterable[Event], wanted: Callable[[Event], bool]) -> Iterator[Line]:
    """A line for each event that tells something; events of one kind, place and instant are one line."""
    teller = Teller()
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
