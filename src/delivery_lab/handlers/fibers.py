"""Greenlets that carry a function's code, and what a fiber may ask of the world around it.

A *fiber* is one virtual thread of one execution environment. The greenlet that runs the scheduler is the
*hub*; a fiber runs until it waits for something and then switches back to the hub. Everything that behaves
differently inside a handler (clocks, locks, randomness, boto3) asks `current()`, so host code, and code on
other threads of the host, never notices that a simulation is under way.

This module is the lowest of the package. The protocols say what the modules above it need of the host of the run
and of an execution environment, whose classes stand at the top (`host`, `environment`).
"""

from __future__ import annotations

import ctypes
from asyncio import AbstractEventLoop
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import TYPE_CHECKING, Any, Protocol

from greenlet import getcurrent, greenlet

if TYPE_CHECKING:
    import os
    import random

    from delivery_lab.events import LogLine
    from delivery_lab.handlers.importing import Importing
    from delivery_lab.handlers.own_names import OwnNames
    from delivery_lab.handlers.reach import Reach
    from delivery_lab.handlers.watching import Watch
    from delivery_lab.model.clock import Scheduler, Timer
    from delivery_lab.model.randomness import RandomStreams
    from delivery_lab.model.runtime import FunctionConfig, WebApi


_parent: Any = vars(greenlet)["parent"]


class FiberHost(Protocol):
    """What code in a fiber asks of the host of the run. A method that waits gives up control to the hub."""

    @property
    def scheduler(self) -> Scheduler:
        """The clock of the run."""

    @property
    def streams(self) -> RandomStreams:
        """The random streams of the run."""

    @property
    def lines(self) -> list[LogLine]:
        """Lines that handlers have written and the log has not got yet."""

    def deliver_lines(self) -> None:
        """Pass the lines on to the log. Called in the hub."""

    def sleep(self, fiber: Fiber, duration: int) -> None:
        """Let `duration` microseconds pass for a fiber."""

    def park(self, fiber: Fiber, limit: int | None) -> bool:
        """Wait until another fiber wakes this one, `limit` microseconds at most; returns whether it was woken."""

    def wake(self, fiber: Fiber) -> None:
        """Let a fiber go on at the current instant."""

    def call_aws(
        self,
        fiber: Fiber,
        service: str,
        operation: str,
        parameters: dict[str, Any],
        read_timeout_seconds: float | None = None,
    ) -> dict[str, Any]:
        """Make an API call and wait for its answer."""

    @property
    def api_latency(self) -> tuple[int, int]:
        """Least and most microseconds that a call takes (SIM-API-1)."""

    @property
    def web(self) -> WebApi | None:
        """Answers requests to HTTP addresses; None where each is refused."""

    def abort(self, error: BaseException) -> None:
        """End the run with an error. The fiber that is running never goes on."""


class ProcessWorld(Protocol):
    """What a process has of its own; it is exchanged with the host's when control passes."""

    def enter(self) -> None:
        """Put the environment's state in place; `leave` must follow."""

    def leave(self) -> None:
        """Put the host's state back and keep what the environment made of its own."""

    def leave_wholly(self) -> None:
        """The same, with what would stay in place until another environment is entered."""

    @property
    def names(self) -> OwnNames:
        """What it has changed of modules that everybody shares."""

    def follow(self, reach: Reach) -> None:
        """Code of its own is about to be executed that can change what everybody shares."""


class FiberTemporary(Protocol):
    """What code in a fiber asks of the /tmp of its environment."""

    @property
    def files(self) -> set[int]:
        """File descriptors that code has opened there for writing."""

    def real(self, path: str) -> str | None:
        """Where an absolute path really is; None for one that is not below /tmp, or that is installed here."""

    def beside(self, path: str) -> str | None:
        """Where a relative path really is; None unless the working directory lies there."""

    def holds(self, real: str) -> bool:
        """Whether a real path lies there."""

    def seen(self, real: str) -> str:
        """A real path as the code knows it."""

    def free_bytes(self) -> int:
        """How much can still be written."""

    def room(self, file: int, length: int, position: int | None = None) -> int:
        """How many of so many bytes can be written to a file.

        Raises:
            OSError: there is no space left.
        """

    def status(self) -> os.statvfs_result:
        """What the file system says of itself."""


class FiberEnvironment(Protocol):
    """What code in a fiber, and the hub on its behalf, asks of the execution environment it belongs to.

    Attributes:
        recursion_limit: how deep its code may recurse, 0 for as deep as the host's.
        hosts_limit: how deep that is.
    """

    recursion_limit: int
    hosts_limit: int

    @property
    def host(self) -> FiberHost:
        """The host of the run."""

    @property
    def function(self) -> FunctionConfig:
        """The function whose code it runs."""

    @property
    def number(self) -> int:
        """Its number among the environments of the function."""

    @property
    def lateness(self) -> int:
        """By how many microseconds its clock is late (SIM-CLOCK-1)."""

    @property
    def state(self) -> ProcessWorld:
        """The process-wide state of the environment."""

    @property
    def entropy(self) -> random.Random:
        """Where all randomness of the environment comes from."""

    @property
    def latency(self) -> random.Random:
        """Where the latencies of its API calls come from."""

    @property
    def active(self) -> bool:
        """Whether an invoke is running, so that its code goes on."""

    @property
    def watch(self) -> Watch:
        """What is seen of its code."""

    @property
    def temporary(self) -> FiberTemporary:
        """Its /tmp."""

    @property
    def polling(self) -> dict[Fiber, Callable[[], bool]]:
        """Fibers that wait for files, and what says whether there is something to read."""

    @property
    def importing(self) -> Importing | None:
        """Notes what its code does while it is imported, None where nobody wants to know or it has been."""

    @property
    def loops(self) -> set[AbstractEventLoop]:
        """The asyncio loops of its code."""

    @property
    def pool_numbers(self) -> Iterator[int]:
        """Numbers for the names of an executor's threads."""

    def spawn(self, parent: Fiber, run: Callable[[], None]) -> Fiber:
        """Start a virtual thread; it gets its turn when the running fiber waits."""

    def exit(self, fiber: Fiber, code: int, reason: str = "") -> None:
        """End the process here and now, whichever thread asks for it. The fiber that is running never goes on.

        Args:
            fiber: the fiber that is running.
            code: exit status of the process.
            reason: what ended it, "" where it ended itself.
        """

    def holds(self, path: str) -> bool:
        """Whether a file belongs to the function's code, its layers or its working directory."""

    def owns(self, fiber: Fiber) -> bool:
        """Whether a fiber still belongs to the living process."""

    def wake_polling(self) -> None:
        """Wake the fibers whose files have something to read now."""

    def line_of(self, frame: FrameType | None) -> str:
        """Where in the function's code a frame is."""


class ThreadEnd(Protocol):
    """A lock that is released when a thread has ended."""

    def release(self) -> None:
        """Free it, or hand it to whoever waits for it."""


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
        polled_at: the instant at which it last looked for something without waiting and did not find it.
        polls: how often it did so at that instant.
        traced: what traces and what profiles it, as a thread has them of its own; None for what the host has.
    """

    def __init__(
        self,
        environment: FiberEnvironment,
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
        self.sentinel: ThreadEnd | None = None
        self.polled_at = -1
        self.polls = 0
        self.traced: tuple[Any, Any] | None = None

    @property
    def parent(self) -> None:  # type: ignore[override]  # that of a main greenlet
        """None, as a process's main greenlet has none: the hub is nobody's to switch to or to raise in."""
        return

    def end_in(self, hub: greenlet) -> None:
        """Have control pass to a hub when it has ended."""
        if _parent.__get__(self) is not hub:
            _parent.__set__(self, hub)


def current() -> Fiber | None:
    """The fiber that is running, or None for code of the host (including imports done for all environments)."""
    running = getcurrent()
    if type(running) is Fiber and not running.host_view:
        return running
    return None


@contextmanager
def as_host() -> Iterator[None]:
    """Look at files as the host, which finds its own ones, whoever is running."""
    fiber = current()
    if fiber is None:
        yield
        return
    fiber.host_view += 1
    try:
        yield
    finally:
        fiber.host_view -= 1


def never_resume(fiber: Fiber) -> None:
    """Make sure that a suspended fiber never runs again, not even when it is garbage-collected.

    greenlet ends a suspended greenlet that nobody refers to by raising `GreenletExit` in it, which would run
    the handler's `finally` blocks: AWS's kill runs none. There is no way to free such a stack without running
    it (even generators on it would be closed), so it is given one reference that is never taken back, which
    holds also while the interpreter shuts down. The price is the memory of the stack, and of what is referred to from
    there: some 50 kB, more where the code holds much. Nor can what it refers to be given back piece by piece:
    whatever is freed first may run code of the function, a `__del__` or the `finally` of a generator. Only with its
    process does it go, so processes that run many seeds are replaced (`explore.workers`).
    """
    if fiber and not fiber.dead:
        keep_for_ever(fiber)


_kept = [0]


def kept_for_ever() -> int:
    """How many things this process keeps until it ends."""
    return _kept[0]


def keep_for_ever(thing: object) -> None:
    """Take a reference that is never given back."""
    _kept[0] += 1
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(thing))
