"""What a handler could do to the host's process, and what happens instead.

Leaving the process is answered as Lambda answers it. Hooks for the process's end or for signals are accepted and
never called: AWS ends environments without calling them, too. A fork or a network connection would leave the
simulation, so they are refused by name.
"""

from __future__ import annotations

import atexit
import os
import selectors
import signal
import socket
import sys
from asyncio import events
from collections.abc import Callable
from typing import Any

from lab.errors import HandlerError
from lab.handlers.fibers import Fiber, current
from lab.handlers.patches import Patches
from lab.handlers.virtual_threads import Local
from lab.model.clock import seconds

_NO_NETWORK = (
    "the simulation has no network; AWS services are answered when they are called through boto3, "
    "anything else has to be switched off for it"
)


def install(patches: Patches) -> None:
    """Shield the host's process from code inside handlers."""
    for name in ("putenv", "unsetenv", "register_at_fork"):
        if hasattr(os, name):
            patches.set(os, name, _without_effect(getattr(os, name), None))
    patches.set(atexit, "register", _registration(atexit.register))
    patches.set(signal, "signal", _without_effect(signal.signal, signal.SIG_DFL))
    patches.set(os, "_exit", _exit(os._exit))
    if hasattr(os, "fork"):
        patches.set(os, "fork", _fork(os.fork))
    for name in ("getaddrinfo", "gethostbyname", "gethostbyname_ex"):
        patches.set(socket, name, _look_up(getattr(socket, name)))
    patches.set(socket.socket, "connect", _connect(socket.socket.connect))
    patches.set(socket.socket, "connect_ex", _connect(socket.socket.connect_ex))
    policy: Any = vars(events).get("BaseDefaultEventLoopPolicy") or vars(events).get("_BaseDefaultEventLoopPolicy")
    if policy is not None:
        patches.set(policy, "_Local", _loops_per_thread())
    patches.set(selectors.DefaultSelector, "select", _select(selectors.DefaultSelector.select))


def _loops_per_thread() -> type[Local]:
    """What asyncio's policy keeps for each thread, for virtual threads, too."""
    return type("_Local", (Local,), {"_loop": None, "_set_called": False})


def _without_effect(real: Callable[..., Any], answer: object) -> Callable[..., Any]:
    def call(*args: Any, **kwargs: Any) -> Any:
        return real(*args, **kwargs) if current() is None else answer

    return call


def _registration(real: Callable[..., Any]) -> Callable[..., Any]:
    def register(function: Any, /, *args: Any, **kwargs: Any) -> Any:
        return real(function, *args, **kwargs) if current() is None else function

    return register


def _exit(real: Callable[[int], Any]) -> Callable[[int], Any]:
    def leave(status: int) -> None:
        fiber = current()
        if fiber is None:
            real(status)
        else:
            fiber.environment.exit(fiber, status)

    return leave


def _fork(real: Callable[[], int]) -> Callable[[], int]:
    def fork() -> int:
        fiber = current()
        if fiber is not None:
            _refuse(fiber, "forks a process", "use threads, which run in virtual time")
        return real()

    return fork


def _look_up(real: Callable[..., Any]) -> Callable[..., Any]:
    """Without it, code would fail where there is no network, and that would count as a failure of the function."""

    def look_up(host: Any, *args: Any, **kwargs: Any) -> Any:
        fiber = current()
        if fiber is not None:
            _refuse(fiber, f"looks up the address of {host!r}", _NO_NETWORK)
        return real(host, *args, **kwargs)

    return look_up


def _connect(real: Callable[..., Any]) -> Callable[..., Any]:
    def connect(self: socket.socket, address: Any) -> Any:
        fiber = current()
        if fiber is not None and self.family in (socket.AF_INET, socket.AF_INET6):
            _refuse(fiber, f"opens a network connection to {address!r}", _NO_NETWORK)
        return real(self, address)

    return connect


def _select(real: Callable[..., Any]) -> Callable[..., Any]:
    """Make the wait of asyncio's event loop virtual: for a time, or until another thread wakes it."""

    def select(self: Any, timeout: float | None = None) -> Any:
        fiber = current()
        if fiber is None:
            return real(self, timeout)
        if len(self.get_map()) > 1:
            _refuse(fiber, "waits for files or sockets", "the simulation has no network and no pipes")
        host = fiber.environment.host
        fiber.environment.loops.add(events.get_running_loop())
        until = None if timeout is None else host.scheduler.now + max(0, seconds(timeout))
        ready = real(self, 0)
        while not ready and (until is None or host.scheduler.now < until):
            fiber.environment.polling[fiber] = lambda: bool(real(self, 0))
            host.park(fiber, None if until is None else until - host.scheduler.now)
            fiber.environment.polling.pop(fiber, None)
            ready = real(self, 0)
        return ready

    return select


def _refuse(fiber: Fiber, what: str, fix: str) -> None:
    environment = fiber.environment
    line = environment.line_of(sys._getframe(2))
    environment.host.abort(HandlerError(f"function {environment.function.name} {what} at {line}\n  fix: {fix}"))
