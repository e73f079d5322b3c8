"""Threads, locks and thread-local data inside a handler, all on one real thread.

Python's own `threading` (and with it `queue` and `concurrent.futures`) is built on a few primitives of
`_thread`. Those primitives are replaced: inside a handler they are made of fibers, anywhere else they are the
real ones. So every class above them (Event, Condition, Timer, ThreadPoolExecutor, ...) is the standard
library's own code, also when a shared package uses it. What the modules keep per process (the table of living
threads, the executor's list of queues) belongs to each environment: see `isolation`.
"""

from __future__ import annotations

import _frozen_importlib
import _thread
import queue
import sys
import threading
import traceback
from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any
from weakref import WeakKeyDictionary

from greenlet import getcurrent

from delivery_lab.handlers.fibers import Fiber, ThreadIdentity, current
from delivery_lab.handlers.patches import Patches
from delivery_lab.handlers.virtual_time import let_polling_get_on, microseconds_of

_allocate_real_lock = _thread.allocate_lock
_RealSimpleQueue = queue.SimpleQueue
_real_get_ident = _thread.get_ident


class Numbers:
    """Whole numbers in order, as `itertools.count`; the next one can be read without being taken.

    Args:
        following: the first.
    """

    def __init__(self, following: int = 0) -> None:
        self.following = following

    def __iter__(self) -> Numbers:
        return self

    def __next__(self) -> int:
        self.following += 1
        return self.following - 1


class VirtualLock:
    """A lock between fibers; whoever waited longest gets it first.

    Outside handlers it can be taken when it is free, but not waited for.
    """

    __slots__ = ("__weakref__", "_held", "_waiting")

    def __init__(self) -> None:
        self._held = False
        self._waiting: deque[Fiber] = deque()

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        """As `threading.Lock.acquire`, in virtual time.

        Raises:
            ValueError: a timeout is given that makes no sense.
            OverflowError: it is longer than Python's own locks take.
            RuntimeError: host code would have to wait for a handler.
        """
        if timeout != -1 and (timeout < 0 or not blocking):
            rule = (
                "can't specify a timeout for a non-blocking call" if not blocking else "timeout value must be positive"
            )
            raise ValueError(rule)
        if not self._held:
            self._held = True
            return True
        fiber = current()
        if not blocking or timeout == 0:
            if fiber is not None:
                let_polling_get_on(fiber)
            return False
        limit = None if timeout == -1 else microseconds_of(timeout)
        if fiber is None:
            raise RuntimeError("code outside a handler waits for a lock that a handler holds")
        self._waiting.append(fiber)
        if fiber.environment.host.park(fiber, limit):
            return True
        self._waiting.remove(fiber)
        return False

    def release(self) -> None:
        """Hand the lock to the fiber that has waited longest, or free it."""
        if not self._held:
            raise RuntimeError("release unlocked lock")
        if self._waiting:
            successor = self._waiting.popleft()
            successor.environment.host.wake(successor)
        else:
            self._held = False

    def locked(self) -> bool:
        """Whether somebody holds it."""
        return self._held

    def __enter__(self) -> bool:
        return self.acquire()

    def __exit__(self, *_: object) -> None:
        self.release()

    def _at_fork_reinit(self) -> None:
        self.__init__()  # type: ignore[misc]  # what the real lock does too; `threading` calls it by this name


class Lock:
    """Stands for `threading.Lock`: makes a virtual lock inside a handler, a real one elsewhere."""

    def __new__(cls) -> Any:
        """Make the lock that fits the caller."""
        return _allocate_real_lock() if current() is None else VirtualLock()


class SimpleQueue:
    """Stands for `queue.SimpleQueue`: the library's Python version, which is made of locks, inside a handler."""

    def __new__(cls) -> Any:
        """Make the queue that fits the caller."""
        pure: Any = queue._PySimpleQueue  # type: ignore[attr-defined]  # the stubs leave the Python version out
        return _RealSimpleQueue() if current() is None else pure()

    def __class_getitem__(cls, item: object) -> Any:
        return _RealSimpleQueue[item]  # type: ignore[valid-type]  # a generic alias made at run time


def _recursive_lock(real: Callable[[], Any]) -> Callable[[], Any]:
    pure: Any = threading._PyRLock  # type: ignore[attr-defined]  # the stubs leave the Python version out

    def recursive_lock() -> Any:
        return real() if current() is None else pure()

    return recursive_lock


def get_ident() -> int:
    """As `threading.get_ident`; every fiber has its own."""
    fiber = current()
    return _real_get_ident() if fiber is None else fiber.identity.ident


def _launch(
    fiber: Fiber, function: Callable[..., object], arguments: tuple[Any, ...], keywords: Mapping[str, Any]
) -> tuple[Fiber, VirtualLock]:
    """Start a virtual thread; the lock is released when it has ended."""
    ended = VirtualLock()
    ended.acquire()

    def run() -> None:
        try:
            function(*arguments, **keywords)
        except SystemExit:
            pass
        except BaseException:  # noqa: BLE001  # what a thread raises ends that thread and is printed, nothing else
            with suppress(Exception):  # what the code has put in the place of standard error may be anything
                traceback.print_exc(file=sys.stderr)
        thread = current()
        if thread is not None and thread.sentinel is not None:
            thread.sentinel.release()
        ended.release()

    return fiber.environment.spawn(fiber, run), ended


def _start_new_thread(real: Callable[..., int]) -> Callable[..., int]:
    def start_new_thread(
        function: Callable[..., object], args: tuple[Any, ...], kwargs: Mapping[str, Any] | None = None
    ) -> int:
        fiber = current()
        if fiber is None:
            return real(function, args, dict(kwargs or {}))
        return _launch(fiber, function, args, kwargs or {})[0].identity.ident

    return start_new_thread


def _set_sentinel(real: Callable[[], Any]) -> Callable[[], Any]:
    def set_sentinel() -> Any:
        fiber = current()
        if fiber is None:
            return real()
        fiber.sentinel = VirtualLock()
        return fiber.sentinel

    return set_sentinel


_real_pool_number: Callable[[], int] = ThreadPoolExecutor._counter  # type: ignore[attr-defined]  # not in the stubs


def _pool_number() -> int:
    """The number in the names of an executor's threads, counted for each environment."""
    fiber = current()
    return _real_pool_number() if fiber is None else next(fiber.environment.pool_numbers)


class _ThreadHandle:
    """What `threading` of Python 3.13 and later keeps of a started thread."""

    def __init__(self) -> None:
        self.ident: int | None = None
        self._ended: VirtualLock | None = None

    def start(self, thread: Fiber, ended: VirtualLock) -> None:
        self.ident = thread.identity.ident
        self._ended = ended

    def join(self, timeout: float | None = None) -> None:
        if self._ended is not None and self._ended.acquire(timeout=-1 if timeout is None or timeout < 0 else timeout):
            self._ended.release()

    def is_done(self) -> bool:
        return self._ended is not None and not self._ended.locked()

    def _set_done(self) -> None:
        """Part of the interface; nothing to do, the fiber's end says it."""


def _thread_handle(real: Callable[[], Any]) -> Callable[[], Any]:
    def thread_handle() -> Any:
        return real() if current() is None else _ThreadHandle()

    return thread_handle


def _start_joinable_thread(real: Callable[..., Any]) -> Callable[..., Any]:
    def start_joinable_thread(function: Callable[[], object], handle: Any = None, daemon: bool = True) -> Any:
        fiber = current()
        if fiber is None:
            return real(function, handle=handle, daemon=daemon)
        found = handle or _ThreadHandle()
        found.start(*_launch(fiber, function, (), {}))
        return found

    return start_joinable_thread


class _HostThread(_thread._local):
    """The identity of a real thread of the host, as far as thread-local data is concerned."""

    def __init__(self) -> None:
        self.identity = ThreadIdentity(_real_get_ident())


_host_thread = _HostThread()


class Local:
    """Stands for `threading.local`: attributes of each virtual (or real) thread."""

    def __new__(cls, *args: Any, **kwargs: Any) -> Local:
        """Remember the arguments: `__init__` runs again in each thread that touches the object."""
        self = object.__new__(cls)
        object.__setattr__(self, "_local_arguments", (args, kwargs))
        object.__setattr__(self, "_local_dicts", WeakKeyDictionary())
        _of_this_thread(self, initialise=False)
        return self

    def __getattribute__(self, name: str) -> Any:
        _of_this_thread(self)
        return object.__getattribute__(self, name)

    def __setattr__(self, name: str, value: Any) -> None:
        _of_this_thread(self)
        object.__setattr__(self, name, value)

    def __delattr__(self, name: str) -> None:
        _of_this_thread(self)
        object.__delattr__(self, name)


_LOCAL_INTERNALS = ("_local_arguments", "_local_dicts")


def _of_this_thread(local: Local, *, initialise: bool = True) -> None:
    """Make the `__dict__` of `local` the one of the thread that is running."""
    fiber = current()
    identity = _host_thread.identity if fiber is None else fiber.identity
    mine = object.__getattribute__(local, "__dict__")
    dicts: WeakKeyDictionary[ThreadIdentity, dict[str, Any]] = mine["_local_dicts"]
    found = dicts.get(identity)
    if found is mine:
        return
    if found is None:
        found = dicts[identity] = {} if dicts else mine
        for name in _LOCAL_INTERNALS:
            found[name] = mine[name]
        object.__setattr__(local, "__dict__", found)
        if initialise:
            args, kwargs = found["_local_arguments"]
            type(local).__init__(local, *args, **kwargs)
    else:
        object.__setattr__(local, "__dict__", found)


class _ThreadsOfImports:
    """Stands for `_thread` in Python's import system, whose locks belong to a thread.

    A thread of a handler that imports a shared package does so as the host. It has the lock of that module by then, and
    is the same thread to the import system still.
    """

    def __getattr__(self, name: str) -> Any:
        return getattr(_thread, name)

    def get_ident(self) -> int:
        """The thread that is running, whoever's view it has."""
        running = getcurrent()
        return running.identity.ident if isinstance(running, Fiber) else _real_get_ident()


def install(patches: Patches) -> dict[int, Any]:
    """Put the virtual primitives beneath `threading`, `queue` and `_thread`.

    Returns:
        The replaced functions by the `id` of the real one.
    """
    made: dict[str, Any] = {
        "allocate_lock": Lock,
        "_allocate_lock": Lock,
        "Lock": Lock,
        "get_ident": get_ident,
        "get_native_id": get_ident,
        "local": Local,
        "_local": Local,
    }
    for name, wrap in (
        ("_CRLock", _recursive_lock),
        ("start_new_thread", _start_new_thread),
        ("_start_new_thread", _start_new_thread),
        ("start_joinable_thread", _start_joinable_thread),
        ("_start_joinable_thread", _start_joinable_thread),
        ("_set_sentinel", _set_sentinel),
        ("_ThreadHandle", _thread_handle),
    ):
        real = getattr(threading, name, None) or getattr(_thread, name, None)
        if real is not None:
            made[name] = wrap(real)
    by_id = {
        id(_allocate_real_lock): Lock,
        id(_real_get_ident): get_ident,
        id(_RealSimpleQueue): SimpleQueue,
    }
    patches.set_where_present(threading, made)
    patches.set_where_present(_thread, made)
    patches.set(queue, "SimpleQueue", SimpleQueue)
    patches.set(_frozen_importlib, "_thread", _ThreadsOfImports())
    patches.set(ThreadPoolExecutor, "_counter", staticmethod(_pool_number))
    return by_id
