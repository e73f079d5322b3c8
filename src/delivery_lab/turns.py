"""Threads take turns: a program and handlers change what belongs to the whole process while they run.

The working folder, `os.environ`, `sys.modules` and the clocks are there once for all threads. So a run or an evaluation
in one thread waits for that in another; within one thread they nest. Python's table of threads is among what belongs
to the process: while handlers run, no other thread may begin or end.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

TURN = threading.RLock()
"""Held by the thread whose program or handlers have the process."""

_get_ident = threading.get_ident
_stands_for: dict[int, int] = {}


@contextmanager
def standing_in(thread: int) -> Iterator[None]:
    """The thread that is running works for another, which waits for it and has its turn.

    Args:
        thread: ident of the other.
    """
    mine = _get_ident()
    _stands_for[mine] = thread
    try:
        yield
    finally:
        del _stands_for[mine]


def turn_of() -> int:
    """Ident of the thread whose turn the running thread has."""
    mine = _get_ident()
    return _stands_for.get(mine, mine)
