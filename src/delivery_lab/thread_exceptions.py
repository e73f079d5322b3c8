"""Raises in another thread, and takes it back without leaving anything behind.

Python notes for the whole process that an exception waits for one of its threads, and forgets that only when some
thread raises the one that waits for it. `PyThreadState_SetAsyncExc(thread, None)` takes the exception away and leaves
the note. With it each thread looks for something to do at each call and each turn of a loop, and in Python 3.11 a
function that is traced or profiled never gets past its first instruction. So what is not wanted any more is raised
where it does no harm, here.
"""

from __future__ import annotations

import ctypes
import threading

_set_exception = ctypes.pythonapi.PyThreadState_SetAsyncExc
_get_ident = threading.get_ident


class _NotWantedError(BaseException):
    """Takes the place of what waits for this thread."""


def raise_in(thread: int, error: type[BaseException]) -> None:
    """Raise in a thread, as soon as it runs Python; instead of what waits to be raised there, if anything does.

    Args:
        thread: its ident; nothing happens where it has ended.
        error: the class, of which an instance is made there.
    """
    _set_exception(ctypes.c_ulong(thread), ctypes.py_object(error))


def take_back() -> None:
    """Raise no more in the running thread what waits for it, and let no thread look for it any more.

    One that waits for another thread is raised there all the same: Python notes it again when that thread goes on.
    """
    try:
        raise_in(_get_ident(), _NotWantedError)
        while True:  # Python looks at the end of each turn, if not before
            pass
    except _NotWantedError:
        return
