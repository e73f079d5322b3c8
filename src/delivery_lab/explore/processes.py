"""How processes begin and end that share the work: those of many seeds, and those of many stacks."""

from __future__ import annotations

import contextlib
import ctypes
import multiprocessing
import os
import signal
import sys
import threading
from multiprocessing.context import BaseContext
from types import FrameType

from delivery_lab.handlers.fibers import as_host
from delivery_lab.own_folders import remove_all
from delivery_lab.own_process import OwnProcess, claim

_SET_SIGNAL_OF_PARENTS_DEATH = 1
_OF_SIGNALS = 128


def process_context() -> BaseContext:
    """Processes that begin with everything imported, where forking is safe; else such as begin anew."""
    alone = threading.active_count() == 1
    return multiprocessing.get_context("fork" if sys.platform == "linux" and alone else "spawn")


def begin_worker(parents: OwnProcess | None) -> None:
    """Make a process ready that shares the work, and whatever ends it, let it leave nothing behind.

    At Ctrl-C the terminal interrupts all processes, and the parent ends the others. Other signals end it at once,
    with its folders removed. On Linux so does the death of its parent, of which nothing else would tell it.

    Args:
        parents: what the process that started it tells.
    """
    claim(parents)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _leave)
    parent = multiprocessing.parent_process()
    if sys.platform == "linux" and parent is not None:
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(_SET_SIGNAL_OF_PARENTS_DEATH, int(signal.SIGTERM), 0, 0, 0)
        if os.getppid() != parent.pid:  # it has died before it was asked for
            _leave(signal.SIGTERM, None)


def _leave(number: int, _frame: FrameType | None) -> None:
    with as_host():  # whose code it was that was running does not matter any more
        remove_all()
        os._exit(_OF_SIGNALS + number)
