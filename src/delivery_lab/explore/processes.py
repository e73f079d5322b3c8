"""How processes begin and end that share the work: those of many seeds, and those of many stacks."""

from __future__ import annotations

import contextlib
import ctypes
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import resource_tracker
from multiprocessing.context import BaseContext
from types import FrameType
from typing import Any

from delivery_lab.handlers.fibers import as_host
from delivery_lab.own_folders import remove_all
from delivery_lab.own_process import OwnProcess, claim

_SET_SIGNAL_OF_PARENTS_DEATH = 1
_OF_SIGNALS = 128
_HELD_BACK = frozenset({signal.SIGINT, signal.SIGTERM, signal.SIGHUP})


def process_context() -> BaseContext:
    """Processes that begin with everything imported, where forking is safe; else such as begin anew."""
    alone = threading.active_count() == 1
    if sys.platform == "linux" and alone:
        return multiprocessing.get_context("fork")
    resource_tracker.ensure_running()  # where it is started within `starting_workers`, it lets the signals through
    return multiprocessing.get_context("spawn")


@contextlib.contextmanager
def worker_pool(processes: int, begin: Callable[..., None], *told: Any) -> Iterator[ProcessPoolExecutor]:
    """Processes that share the work.

    Where the block is left by an exception nobody wants what they are doing: they end at once, and leave nothing
    (`begin_worker`). They start when work is handed to them, which is done within `starting_workers`.

    Args:
        processes: how many.
        begin: is called in each before anything else, and calls `begin_worker`.
        told: what it is called with.
    """
    pool = ProcessPoolExecutor(processes, process_context(), begin, told)
    try:
        yield pool
    except BaseException:
        for process in list((pool._processes or {}).values()):
            process.terminate()
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


@contextlib.contextmanager
def starting_workers() -> Iterator[None]:
    """Hold back Ctrl-C, SIGTERM and SIGHUP while processes are started, and in each of them until `begin_worker`.

    A process that is interrupted before it has said what its signals mean ends with a traceback, and one that is
    interrupted while it starts others loses sight of those that it has started.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _HELD_BACK)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


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
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _HELD_BACK)
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
