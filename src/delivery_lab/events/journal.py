"""The journal of one run: its events in order, and the rules that it relies on."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable, Iterable
from dataclasses import fields
from operator import attrgetter
from typing import Any, cast

from delivery_lab.events.again import DIFFERS, AttemptsRepeated, Entry, unfolded
from delivery_lab.events.readers import Reader, Takers
from delivery_lab.events.union import Event
from delivery_lab.events.usage import Meter
from delivery_lab.rule_ids import RuleId

KEPT_EVENTS = 100_000
"""A journal of so many events is kept whole; a longer one is handed on where somebody reads it."""

HANDED_ON_AT_ONCE = 10_000
"""So many events are handed on together."""

_HASHED_AT_ONCE = 1_000


class Journal:
    """What happened, as the model writes it down.

    The model never prints and never counts results: it appends events, each with the id of the rule that made it
    happen. Two runs are the same run exactly if their journals are.

    Attributes:
        entries: what was written, in order; only the latest of it once events are handed on to readers.
        meter: counts what AWS bills by the request.
        handed_on: whether they are.
    """

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.meter = Meter()
        self.handed_on = False
        self._has_repeats = False
        self._relied_on: dict[RuleId, None] = {}
        self._listeners: dict[type[Event], tuple[Callable[[Any], None], ...]] = {}
        self._trace = _Trace()
        self._room = sys.maxsize
        self._begin: Callable[[], Iterable[Reader]] = tuple
        self._takers = Takers(())

    @property
    def events(self) -> list[Event]:
        """What happened, event by event."""
        if self._has_repeats:
            return list(unfolded(self.entries))
        return cast("list[Event]", self.entries)

    def append(self, event: Event) -> None:
        """Write an event down."""
        rule = event.rule
        if rule is not None:
            self._relied_on[rule] = None
        self.entries.append(event)
        kind = type(event)
        if kind in self._listeners:
            for listen in self._listeners[kind]:
                listen(event)
        if len(self.entries) >= self._room:
            self.hand_on()

    def append_again(self, repeated: AttemptsRepeated) -> None:
        """Write down attempts that were told again."""
        self.rely_on(*(event.rule for event in repeated.like_first if event.rule is not None))
        self.entries.append(repeated)
        self._has_repeats = True
        for event in repeated.events(self._listeners):
            for listen in self._listeners[type(event)]:
                listen(event)
        if len(self.entries) >= self._room:
            self.hand_on()

    def rely_on(self, *rules: RuleId) -> None:
        """Note that the run depends on rules that leave no event of their own."""
        for rule in rules:
            self._relied_on[rule] = None

    def listen(self, kind: type[Event], listener: Callable[[Any], None]) -> None:
        """Have somebody told of each event of a kind at once."""
        self._listeners[kind] = (*self._listeners.get(kind, ()), listener)

    def hand_on_to(self, begin: Callable[[], Iterable[Reader]]) -> None:
        """Hand events on to readers, and keep them no longer, once there are `KEPT_EVENTS`.

        Args:
            begin: makes the readers then; the journal still has all events.
        """
        self._begin, self._room = begin, KEPT_EVENTS

    def hand_on(self) -> None:
        """Hand on what has happened since this was done last."""
        if not self.handed_on:
            self._takers = Takers(self._begin())
            self.handed_on, self._room = True, HANDED_ON_AT_ONCE
        self._takers.give(self.entries)
        self._trace.add(self.entries)
        self.entries.clear()

    @property
    def rules(self) -> tuple[RuleId, ...]:
        """Ids of all rules that the run relies on, sorted."""
        return tuple(sorted(self._relied_on))

    def hash(self) -> str:
        """SHA-256 over all events: equal hashes mean equal runs, on every platform and Python version."""
        return self._trace.with_events(self.entries)


class _Trace:
    """A hash of events, one line for each."""

    def __init__(self) -> None:
        self._digest = hashlib.sha256()
        self._known: dict[type[Event], tuple[str, Callable[[Event], tuple[Any, ...]]]] = {}

    def add(self, entries: Iterable[Entry]) -> None:
        """Take events that are not kept any longer."""
        self._add(self._digest, entries)

    def with_events(self, entries: Iterable[Entry]) -> str:
        """The hash of what was taken and of some events behind it."""
        digest = self._digest.copy()
        self._add(digest, entries)
        return digest.hexdigest()

    def _add(self, digest: Any, entries: Iterable[Entry]) -> None:
        known, lines = self._known, []
        for event in entries:
            if isinstance(event, AttemptsRepeated):
                lines.append(self._of_attempts(event))
                continue
            kind = type(event)
            name, values = known.get(kind) or self._know(kind)
            # The form in which Python prints texts, numbers and tuples is quickly made, and in ASCII it is the same
            # everywhere: which other characters repr() escapes depends on the Unicode tables of the Python version.
            lines.append(f"{name} {values(event)!a}\n")
            if len(lines) == _HASHED_AT_ONCE:
                digest.update("".join(lines).encode())
                lines.clear()
        digest.update("".join(lines).encode())

    def _know(self, kind: type[Event]) -> tuple[str, Callable[[Event], tuple[Any, ...]]]:
        known = self._known[kind] = kind.__name__, attrgetter(*_traced(kind))
        return known

    def _of_attempts(self, repeated: AttemptsRepeated) -> str:
        """The lines of their events: a run has one hash, however its journal holds attempts that are told again."""
        lines = "".join([_line_like(event) for event in repeated.like_first])
        return "".join([lines % values for values in repeated.differing()])


def _traced(kind: type[Event]) -> list[str]:
    return [field.name for field in fields(kind) if field.metadata.get("traced", True)]


def _line_like(event: Event) -> str:
    """The line of an event of attempts that are told again, with a mark where attempts differ."""
    differs = DIFFERS[type(event)]
    texts = [differs.get(name) or ascii(getattr(event, name)).replace("%", "%%") for name in _traced(type(event))]
    return f"{type(event).__name__} ({', '.join(texts)})\n"
