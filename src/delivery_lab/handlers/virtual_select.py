"""Waiting for files: in virtual time, until another thread of the same environment has written something.

There is nobody else who could write: processes are refused (see `process_effects`), and what the workload answers to
a request is written in virtual time (see `connections`). Waiting for no file at all is a sleep. `select.poll` and
`select.epoll` themselves stay real; selectors built on them do not.
"""

from __future__ import annotations

import select
import selectors
from asyncio import events
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from delivery_lab.handlers.connections import is_connection
from delivery_lab.handlers.fibers import Fiber, current
from delivery_lab.handlers.patches import Patches
from delivery_lab.handlers.process_effects import refuse
from delivery_lab.handlers.unopened import is_unopened
from delivery_lab.handlers.virtual_time import let_polling_get_on, microseconds_of

Found = TypeVar("Found", bound=Iterable[Any])


def install(patches: Patches) -> dict[int, Any]:
    """Make selectors and `select.select` virtual inside handlers.

    Returns:
        The replaced function by the `id` of the real one.
    """
    real = select.select
    patches.set(select, "select", _select(real))
    names = ("DefaultSelector", "SelectSelector", "PollSelector", "EpollSelector", "KqueueSelector")
    for kind in {vars(selectors)[name] for name in names if name in vars(selectors)}:
        patches.set(kind, "select", _select_of_a_selector(kind.select))
    return {id(real): select.select}


def _select(real: Callable[..., Any]) -> Callable[..., Any]:
    def virtual_select(rlist: Any, wlist: Any, xlist: Any, timeout: float | None = None, /) -> Any:
        fiber = current()
        if fiber is None or (timeout is not None and timeout < 0):
            return real(rlist, wlist, xlist, timeout)
        files = list(rlist), list(wlist), list(xlist)
        return _wait(fiber, lambda: real(*files, 0), timeout)

    return virtual_select


def _select_of_a_selector(real: Callable[..., Any]) -> Callable[..., Any]:
    def virtual_select(self: Any, timeout: float | None = None) -> Any:
        fiber = current()
        if fiber is None:
            return real(self, timeout)
        loop = events._get_running_loop()
        if loop is not None:
            files = [key.fd for key in self.get_map().values() if not is_connection(key.fd) and not is_unopened(key.fd)]
            if len(files) > 1:  # one is the loop's own, by which other threads wake it
                refuse(fiber, "waits for files or sockets", "the simulation has no pipes, and answers HTTP only")
            fiber.environment.loops.add(loop)
        return _wait(fiber, lambda: real(self, 0), None if timeout is None else max(0, timeout))

    return virtual_select


def _wait(fiber: Fiber, look: Callable[[], Found], timeout_seconds: float | None) -> Found:
    """Wait until `look` finds something or the time is over; returns what it found last."""
    host, polling = fiber.environment.host, fiber.environment.polling
    found = look()
    if timeout_seconds == 0:
        if not any(found):
            let_polling_get_on(fiber)
        return found
    until = None if timeout_seconds is None else host.scheduler.now + microseconds_of(timeout_seconds)
    while not any(found) and (until is None or host.scheduler.now < until):
        polling[fiber] = lambda: any(look())
        host.park(fiber, None if until is None else until - host.scheduler.now)
        polling.pop(fiber, None)
        found = look()
    return found
