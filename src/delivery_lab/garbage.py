"""Python's garbage collector while a program is evaluated or a run lasts.

It is generational: what has survived is looked at more rarely. A run makes objects by the hundred thousand of which
almost none dies before its end, beside half a million of imported packages that never die. So what the collector does
by default is wrong here by a factor: it would look through all of them again and again.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

_GROWTH = 1.5
"""By how much objects may become more before all are looked through. Python's own rule is a quarter; each look takes a
quarter of a second once all packages are imported."""
_LEAST = 1_500_000
"""By so many blocks of memory (some 100 MB) they have to become more besides. A process of a command has a million or
two: those that its first runs import are not garbage, and a command ends before the rest is worth a look."""
_LOOK_EVERY = 8
"""So many evaluations or runs go by before the objects are counted again, which takes a fiftieth of a short run."""


class _OldGarbage:
    """What became garbage outside of evaluations and runs, or between two of them.

    Each of them ends with a collection of what it made itself, after which Python counts anew what has come since it
    last looked through everything. In a process that makes many runs it never would again.
    """

    def __init__(self) -> None:
        self._blocks_kept = 0
        self._not_looked = 0

    def begin(self) -> None:
        """Before the first evaluation or run: what is there by now are imported packages, and hardly any garbage.

        A command of one run would look through all of them when it is over, which is a twentieth of its time.
        """
        self._blocks_kept = self._blocks_kept or sys.getallocatedblocks()

    def collect_if_grown(self) -> None:
        """Look through all objects, if there are many more than the last time. They must not be frozen."""
        self._not_looked += 1
        if self._not_looked < _LOOK_EVERY:
            return
        self._not_looked = 0
        # Blocks of memory are counted by the pool. To count the objects takes a second where there are millions.
        if sys.getallocatedblocks() > max(self._blocks_kept * _GROWTH, self._blocks_kept + _LEAST):
            gc.collect()
            self._blocks_kept = sys.getallocatedblocks()


_old_garbage = _OldGarbage()
_frozen = [False]


def is_frozen() -> bool:
    """Whether what was there before a run is told from what the run makes: inside `rare_garbage_collection`.

    `gc.get_freeze_count` says the same, and counts millions of objects for it.
    """
    return _frozen[0]


@contextmanager
def rare_garbage_collection(collecting: AbstractContextManager[None] | None = None) -> Iterator[None]:
    """Keep the garbage collector to what a run makes, let it look less often, and have the run take its garbage along.

    Half a million objects of imported packages are no garbage, and neither are the events of a run, which only ever
    become more; looking through them again and again takes a third of the time. What is left of a run when it is over
    is full of cycles. It goes before it is mixed up with the older objects, so many runs need no more memory than one.

    Args:
        collecting: held while it goes.
    """
    thresholds = gc.get_threshold()
    _old_garbage.begin()
    gc.freeze()
    _frozen[0] = True
    gc.set_threshold(100_000, 20, 100)
    try:
        yield
    finally:
        gc.set_threshold(*thresholds)
        with collecting or nullcontext():
            gc.collect()
        gc.unfreeze()
        _frozen[0] = False  # of one around it, too
        _old_garbage.collect_if_grown()
