"""Connections that fail while they are opened: names without an address, refusals, packets that nobody gets.

A socket that does not block gets one end of a connected pair that takes nothing more, so whatever waits for it to be
writable (`select`, the loop of asyncio) waits as long as the real one would; then the other end is closed.
"""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from delivery_lab.handlers.virtual_time import microseconds_of
from delivery_lab.model.clock import seconds
from delivery_lab.model.runtime import Caller, Connecting, ConnectionFailed

if TYPE_CHECKING:
    from delivery_lab.handlers.fibers import Fiber, FiberEnvironment

LONGEST_OPENING_SECONDS = 127.0
"""For how long Linux sends its first packet again and again (`tcp_syn_retries` of 6, SIM-ANSWER-2)."""
_ERRORS = {Connecting.REFUSED: errno.ECONNREFUSED, Connecting.DROPPED: errno.ETIMEDOUT}

_waiting: WeakKeyDictionary[socket.socket, Unopened] = WeakKeyDictionary()


class Unopened:
    """A connection of a socket that does not block, on its way to an error.

    Args:
        fiber: who opens it.
        sock: its socket; the file is replaced by one end of a pair.
        code: number of the error that it ends with.
        after: microseconds until then.
    """

    def __init__(self, fiber: Fiber, sock: socket.socket, code: int, after: int) -> None:
        self.environment: FiberEnvironment = fiber.environment
        self.code = 0
        ours, theirs = socket.socketpair()
        with theirs:
            os.dup2(theirs.fileno(), sock.fileno(), inheritable=False)
        os.set_blocking(sock.fileno(), False)
        self._ours = ours.detach()
        _fill(sock.fileno())
        _waiting[sock] = self
        fiber.environment.host.scheduler.after(after, self._end, code)

    def __del__(self) -> None:
        self.close()

    def close(self) -> None:
        """The socket is closed, or the process of its environment has ended."""
        if self._ours >= 0:
            ours, self._ours = self._ours, -1
            os.close(ours)

    def _end(self, code: int) -> None:
        self.code = code
        self.close()
        self.environment.wake_polling()


def unopened_of(sock: socket.socket) -> Unopened | None:
    """What a socket waits for, None where it is a socket like any other."""
    return _waiting.get(sock)


def is_unopened(file: int) -> bool:
    """Whether a file is that of a socket whose connection fails."""
    return any(sock.fileno() == file for sock in _waiting)


def close_unopened(environment: FiberEnvironment) -> None:
    """Close both ends of what an environment has not opened whose process has ended."""
    for sock, unopened in list(_waiting.items()):
        if unopened.environment is environment:
            unopened.close()
            sock._real_close()  # type: ignore[attr-defined]  # see `connections.close_connections`


def failure_of(fiber: Fiber, host: str, port: int | None, look_up: bool) -> ConnectionFailed | None:
    """What becomes of a look-up or of a connection, None where it succeeds."""
    environment = fiber.environment
    web = environment.host.web
    if web is None or not web.may_not_open:
        return None
    found: list[ConnectionFailed] = []

    def ask() -> None:
        try:
            web.open(host, port, look_up, Caller(environment.function.name, fiber.request_id))
        except ConnectionFailed as failed:
            found.append(failed)

    environment.host.scheduler.after(0, ask)  # the model answers in the hub
    environment.host.sleep(fiber, 0)
    return found[0] if found else None


def fail_to_open(fiber: Fiber, sock: socket.socket, failed: ConnectionFailed) -> None:
    """Let a socket's connection fail as the system would, in virtual time.

    Raises:
        OSError: the connection failed, or has begun to where the socket does not block.
    """
    code, after = _ERRORS[failed.how], _time_of(fiber, failed)
    limit_seconds = sock.gettimeout()
    if limit_seconds == 0:
        Unopened(fiber, sock, code, after)
        raise BlockingIOError(errno.EINPROGRESS, os.strerror(errno.EINPROGRESS))
    if limit_seconds is not None and microseconds_of(limit_seconds) < after:
        fiber.environment.host.sleep(fiber, microseconds_of(limit_seconds))
        raise TimeoutError("timed out")
    fiber.environment.host.sleep(fiber, after)
    raise OSError(code, os.strerror(code))


def fail_to_look_up(fiber: Fiber, failed: ConnectionFailed) -> None:
    """Let a look-up fail as the system's would, in virtual time.

    Raises:
        gaierror: the name has no address.
    """
    fiber.environment.host.sleep(fiber, _time_of(fiber, failed))
    raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")


def error_of_socket(real: Callable[..., Any]) -> Callable[..., Any]:
    """Stands for `socket.getsockopt`: the error of a connection that did not open is read once, as from the system."""

    def getsockopt(self: socket.socket, *args: Any) -> Any:
        unopened = unopened_of(self)
        if unopened is None or args[:2] != (socket.SOL_SOCKET, socket.SO_ERROR):
            return real(self, *args)
        code, unopened.code = unopened.code, 0
        return code

    return getsockopt


def _time_of(fiber: Fiber, failed: ConnectionFailed) -> int:
    if failed.how is Connecting.DROPPED:
        return seconds(LONGEST_OPENING_SECONDS)
    environment = fiber.environment
    return environment.latency.randint(*environment.host.api_latency) + failed.delay


def _fill(file: int) -> None:
    """Write into a file until it takes nothing more."""
    try:
        while True:
            os.write(file, b"\0" * 65_536)
    except BlockingIOError:
        return
