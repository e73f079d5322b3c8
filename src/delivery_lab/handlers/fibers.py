"""Greenlets that carry a function's code, and what may be asked about them.

A *fiber* is one virtual thread of one execution environment. The greenlet that runs the scheduler is the
*hub*; a fiber runs until it waits for something and then switches back to the hub. Everything that behaves
differently inside a handler (clocks, locks, randomness, boto3) asks `current()`, so host code, and code on
other threads of the host, never notices that a simulation is under way.
"""

from __future__ import annotations

import ctypes
from asyncio import AbstractEventLoop
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from greenlet import getcurrent, greenlet

if TYPE_CHECKING:
    from delivery_lab.handlers.environment import HandlerEnvironment
    from delivery_lab.handlers.virtual_threads import VirtualLock
    from delivery_lab.model.clock import Timer


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class ThreadIdentity:
    """What stays the same for one virtual thread; the main thread of an environment keeps it across invokes.

    Attributes:
        ident: what `threading.get_ident()` answers.
    """

    ident: int


@dataclass(slots=True)
class Plan:
    """What a waiting fiber waits for: at `instant`, `action(*arguments)` happens in the hub."""

    instant: int
    action: Callable[..., None]
    arguments: tuple[Any, ...]
    timer: Timer | None = None


class Fiber(greenlet):
    """One virtual thread.

    Attributes:
        environment: the execution environment it belongs to.
        identity: its identity as a thread.
        request_id: the invoke that started it, None during initialisation.
        plan: what will wake it, None while it runs or waits for another fiber.
        host_view: above 0 while the fiber imports a shared package, which must see the host's real modules.
        running_loop: the asyncio loop that runs in it.
        sentinel: lock that Python's `threading` wants released at the thread's end.
        polled_at: the instant at which it last looked for something in vain, without waiting.
        polls: how often it did so at that instant.
    """

    def __init__(
        self,
        environment: HandlerEnvironment,
        identity: ThreadIdentity,
        run: Callable[[], None],
        request_id: str | None,
        hub: greenlet,
    ) -> None:
        super().__init__(run, hub)
        self.environment = environment
        self.identity = identity
        self.request_id = request_id
        self.plan: Plan | None = None
        self.host_view = 0
        self.running_loop: AbstractEventLoop | None = None
        self.sentinel: VirtualLock | None = None
        self.polled_at = -1
        self.polls = 0


def current() -> Fiber | None:
    """The fiber that is running, or None for code of the host (including imports done for all environments)."""
    running = getcurrent()
    if type(running) is Fiber and not running.host_view:
        return running
    return None


def never_resume(fiber: Fiber) -> None:
    """Make sure that a suspended fiber never runs again, not even when it is garbage-collected.

    greenlet ends a suspended greenlet that nobody refers to by raising `GreenletExit` in it, which would run
    the handler's `finally` blocks: AWS's kill runs none. There is no way to free such a stack without running
    it (even generators on it would be closed), so it is given one reference that is never taken back, which
    holds also while the interpreter shuts down. The price is the memory of the stack, some 10 to 50 kB.
    """
    if fiber and not fiber.dead:
        keep_for_ever(fiber)


def keep_for_ever(thing: object) -> None:
    """Take a reference that is never given back."""
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(thing))
