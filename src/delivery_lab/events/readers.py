"""Reading a run: event by event, from its journal or while it happens."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn, Protocol, TypeVar

from delivery_lab.errors import ModelError
from delivery_lab.events.union import Event

if TYPE_CHECKING:
    from delivery_lab.events.run import Run


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


class Results(Protocol):
    """Who reads a run while it happens, so that its journal need not be kept."""

    def begin(self, run: Run) -> Readers:
        """Readers for a run that has come so far. They are given its events, first those that have happened.

        Args:
            run: what is known of it by now, with its events.
        """

    def hold(self, run: Run) -> bool:
        """Whether what its readers took for granted when they were made is true of the whole run."""


R = TypeVar("R", bound=Reader)


def reader_of(run: Run, kind: type[R], make: Callable[[], R]) -> R:
    """A reader of the whole run: the one that was there while it happened, else a new one that reads the journal.

    Args:
        run: the run.
        kind: class of the reader.
        make: makes one.
    """
    found = run.readers.get(kind)
    if isinstance(found, kind):
        return found
    reader = make()
    feed((reader,), run.events)
    return reader


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


class NotKept(tuple[Event, ...]):
    """Stands for the events of a run that was read while it happened: whoever asks for one finds a bug."""

    __slots__ = ()

    def _refuse(self, *_: object) -> NoReturn:
        raise ModelError("the journal of this run was not kept: it was read while it happened")

    __iter__ = __len__ = __getitem__ = __bool__ = _refuse  # nothing of it can be had


NOT_KEPT = NotKept()
