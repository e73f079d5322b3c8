"""Who is given the events of a run, one by one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar, Protocol

from delivery_lab.events.union import Event


class Reader(Protocol):
    """Something that a run tells, made of its events one by one.

    Attributes:
        reads: the kinds of events that it takes.
    """

    reads: ClassVar[tuple[type[Event], ...]]

    def read(self, event: Event) -> None:
        """Take an event of one of these kinds, in the order of the run."""


Readers = Mapping[type[Any], Reader]
"""Readers by their class."""


def feed(readers: Iterable[Reader], events: Iterable[Event]) -> None:
    """Give events to those that read them."""
    give(by_kind(readers), events)


def by_kind(readers: Iterable[Reader]) -> dict[type[Event], tuple[Callable[[Event], None], ...]]:
    """Who reads each kind of events."""
    found: dict[type[Event], tuple[Callable[[Event], None], ...]] = {}
    for reader in readers:
        for kind in reader.reads:
            found[kind] = (*found.get(kind, ()), reader.read)
    return found


def give(takers: Mapping[type[Event], tuple[Callable[[Event], None], ...]], events: Iterable[Event]) -> None:
    """Give events to the takers of their kinds."""
    for event in events:
        for take in takers.get(type(event), ()):
            take(event)
