"""The journal of one run: its events in order, and the rules that it relies on."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable, Iterable
from dataclasses import fields
from operator import attrgetter
from typing import Any

from delivery_lab.events.readers import Reader, by_kind, give
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
        events: what happened, in order; only the latest of it once events are handed on to readers.
        meter: counts what AWS bills by the request.
        handed_on: whether they are.
    """

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.meter = Meter()
        self.handed_on = False
        self._relied_on: dict[RuleId, None] = {}
        self._listeners: dict[type[Event], tuple[Callable[[Any], None], ...]] = {}
        self._trace = _Trace()
        self._room = sys.maxsize
        self._begin: Callable[[], Iterable[Reader]] = tuple
        self._takers: dict[type[Event], tuple[Callable[[Event], None], ...]] = {}

    def append(self, event: Event) -> None:
        """Write an event down."""
        rule = event.rule
        if rule is not None:
            self._relied_on[rule] = None
        self.events.append(event)
        kind = type(event)
        if kind in self._listeners:
            for listen in self._listeners[kind]:
                listen(event)
        if len(self.events) >= self._room:
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
            self._takers = by_kind(self._begin())
            self.handed_on, self._room = True, HANDED_ON_AT_ONCE
        give(self._takers, self.events)
        self._trace.add(self.events)
        self.events.clear()

    @property
    def rules(self) -> tuple[RuleId, ...]:
        """Ids of all rules that the run relies on, sorted."""
        return tuple(sorted(self._relied_on))

    def hash(self) -> str:
        """SHA-256 over all events: equal hashes mean equal runs, on every platform and Python version."""
        return self._trace.with_events(self.events)


class _Trace:
    """A hash of events, one line for each."""

    def __init__(self) -> None:
        self._digest = hashlib.sha256()
        self._known: dict[type[Event], tuple[str, Callable[[Event], tuple[Any, ...]]]] = {}

    def add(self, events: Iterable[Event]) -> None:
        """Take events that are not kept any longer."""
        self._add(self._digest, events)

    def with_events(self, events: Iterable[Event]) -> str:
        """The hash of what was taken and of some events behind it."""
        digest = self._digest.copy()
        self._add(digest, events)
        return digest.hexdigest()

    def _add(self, digest: Any, events: Iterable[Event]) -> None:
        kinds, lines = self._known, []
        for event in events:
            kind = type(event)
            known = kinds.get(kind)
            if known is None:
                names = (field.name for field in fields(kind) if field.metadata.get("traced", True))
                known = kinds[kind] = kind.__name__, attrgetter(*names)
            name, values = known
            # The form in which Python prints texts, numbers and tuples is quickly made, and in ASCII it is the same
            # everywhere: which other characters repr() escapes depends on the Unicode tables of the Python version.
            lines.append(f"{name} {values(event)!a}\n")
            if len(lines) == _HASHED_AT_ONCE:
                digest.update("".join(lines).encode())
                lines.clear()
        digest.update("".join(lines).encode())
