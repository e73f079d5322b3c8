"""Reading a run: from its journal, or while it happens."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import NoReturn, Protocol, TypeVar, cast

from delivery_lab.errors import ModelError
from delivery_lab.events.readers import Reader, Readers, feed
from delivery_lab.events.run import Run
from delivery_lab.events.union import Event


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
T = TypeVar("T")


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


_latest: list[tuple[weakref.ref[Run], Callable[[Run], object], object]] = []


def read_once(run: Run, read: Callable[[Run], T]) -> T:
    """What is read of a run, by several in a row: it is read for the first of them.

    What was read of the latest run is kept as long as that run is. It must not hold the run.

    Args:
        run: the run.
        read: a function of a module that reads it, and depends on the run alone.
    """
    if _latest and _latest[0][0]() is run and _latest[0][1] is read:
        return cast(T, _latest[0][2])
    found = read(run)
    _latest[:] = [(weakref.ref(run, _forget), read, found)]
    return found


def _forget(gone: weakref.ref[Run]) -> None:
    if _latest and _latest[0][0] is gone:
        _latest.clear()


class NotKept(tuple[Event, ...]):
    """Stands for the events of a run that was read while it happened: whoever asks for one finds a bug."""

    __slots__ = ()

    def _refuse(self, *_: object) -> NoReturn:
        raise ModelError("the journal of this run was not kept: it was read while it happened")

    __iter__ = __len__ = __getitem__ = __bool__ = _refuse  # nothing of it can be had


NOT_KEPT = NotKept()
