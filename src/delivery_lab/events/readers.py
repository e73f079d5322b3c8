"""Who is given the events of a run, one by one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import Any, ClassVar, Protocol, cast, runtime_checkable

from delivery_lab.events.again import AttemptsRepeated, Entry, entries_of
from delivery_lab.events.union import Event


class Reader(Protocol):
    """Something that a run tells, made of its events one by one.

    Attributes:
        reads: the kinds of events that it takes.
    """

    reads: ClassVar[tuple[type[Event], ...]]

    def read(self, event: Event) -> None:
        """Take an event of one of these kinds, in the order of the run."""


@runtime_checkable
class ReadsRepeats(Protocol):
    """A reader that takes attempts which were told again as they are, instead of the events that they stand for."""

    def read_again(self, repeated: AttemptsRepeated) -> None:
        """Take them. Afterwards it knows what it would know had it read their events."""


Readers = Mapping[type[Any], Reader]
"""Readers by their class."""

_Takers = dict[type[Event], tuple[Callable[[Event], None], ...]]


def feed(readers: Iterable[Reader], events: Iterable[Event]) -> None:
    """Give events to those that read them."""
    Takers(readers).give(entries_of(events))


class Takers:
    """Those that are given the events of a run.

    Args:
        readers: all of them.
    """

    def __init__(self, readers: Iterable[Reader]) -> None:
        readers = tuple(readers)
        self._takers = _by_kind(readers)
        as_they_are = [reader for reader in readers if _reads_repeats(type(reader))]
        self._as_they_are = [cast(ReadsRepeats, reader).read_again for reader in as_they_are]
        self._apart = _by_kind([reader for reader in readers if not _reads_repeats(type(reader))])

    def give(self, entries: Iterable[Entry]) -> None:
        """Give each the events of its kinds."""
        takers = self._takers
        for event in entries:
            if isinstance(event, AttemptsRepeated):
                self._give_again(event)
            else:
                for take in takers.get(type(event), ()):
                    take(event)

    def _give_again(self, repeated: AttemptsRepeated) -> None:
        for take_again in self._as_they_are:
            take_again(repeated)
        for event in repeated.events(self._apart):
            for take in self._apart[type(event)]:
                take(event)


@cache
def _reads_repeats(kind: type[Reader]) -> bool:
    """Whether readers of a class are such; to ask it of each of a run's takes longer than a short run's events."""
    return issubclass(kind, ReadsRepeats)


def _by_kind(readers: Iterable[Reader]) -> _Takers:
    """Who reads each kind of events."""
    found: _Takers = {}
    for reader in readers:
        for kind in reader.reads:
            found[kind] = (*found.get(kind, ()), reader.read)
    return found
