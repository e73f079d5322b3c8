"""The smallest case that still fails: simpler ones are tried, and the first that fails too is gone on with.

A pass knows one way to make a case simpler and yields candidates, the boldest first. All passes are repeated until none
of them finds anything. How much is tried is a number of tries and no time, so that the result is the same everywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")

Pass = Callable[[T], Iterator[T]]
"""Yields simpler cases than the given one."""


@dataclass(frozen=True, slots=True)
class Shrunk(Generic[T]):
    """What shrinking came to.

    Attributes:
        case: the smallest case that was found.
        tries: how many cases were tried.
        complete: whether nothing simpler was left to try; else the tries were used up.
    """

    case: T
    tries: int
    complete: bool


class _UsedUpError(Exception):
    """There are no tries left."""


def shrink(case: T, passes: Sequence[Pass[T]], fails: Callable[[T], bool], most_tries: int) -> Shrunk[T]:
    """Look for the smallest case that fails for the same reason.

    Args:
        case: one that fails.
        passes: ways to make it simpler. A pass may never yield what it was given, or a simpler one's origin.
        fails: whether a case fails for the same reason.
        most_tries: so many cases are tried at most.
    """
    tries = 0

    def tried(candidate: T) -> bool:
        nonlocal tries
        if tries == most_tries:
            raise _UsedUpError
        tries += 1
        return fails(candidate)

    try:
        found = True
        while found:
            found = False
            for simpler in passes:
                better = _further(case, simpler, tried)
                while better is not None:
                    found, case = True, better
                    better = _further(case, simpler, tried)
    except _UsedUpError:
        return Shrunk(case, tries, complete=False)
    return Shrunk(case, tries, complete=True)


def _further(case: T, simpler: Pass[T], fails: Callable[[T], bool]) -> T | None:
    return next((candidate for candidate in simpler(case) if fails(candidate)), None)
