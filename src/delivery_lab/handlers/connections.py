"""Connections of handlers to HTTP addresses: one end is the handler's own socket, the other answers in virtual time.

A connection is a pair of connected files of this machine, so whatever waits for the handler's socket (`select`, the
loop of asyncio) sees what really can be read. Requests are read off the other end as soon as they are sent; the
response is written when it is due. TLS is left out on both ends (`plain_tls`).
"""

from __future__ import annotations

import errno
import os
import socket
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from delivery_lab.errors import NotModelledError, describe_instead
from delivery_lab.events import ChangeRequested
from delivery_lab.handlers.http_messages import NotHttpError, ReadRequest, read_request, write_response
from delivery_lab.model.clock import seconds
from delivery_lab.model.runtime import Caller, Connecting, ConnectionFailed

if TYPE_CHECKING:
    from delivery_lab.handlers.fibers import Fiber, FiberEnvironment

TLS_MARK = b"\x16delivery-lab tls\n"
"""What `plain_tls` sends in place of a TLS handshake where it does not know the connection."""
_CHUNK = 65_536
_SILENCE = seconds(0.5)
"""A client of HTTP speaks first; one that says nothing for so long waits for a greeting."""

_connections: WeakKeyDictionary[socket.socket, Connection] = WeakKeyDictionary()


def connection_of(sock: socket.socket) -> Connection | None:
    """The connection of a socket, None where it is a socket like any other."""
    return _connections.get(sock)


def is_connection(file: int) -> bool:
    """Whether a file is a handler's end of a connection."""
    return any(connection.file == file for connection in _connections.values())


def close_connections(environment: FiberEnvironment) -> None:
    """Close both ends of the connections of an environment whose process has ended."""
    for sock, connection in list(_connections.items()):
        if connection.environment is environment:
            connection.close()
            sock._real_close()  # type: ignore[attr-defined]  # files made of it stay with code that never goes on


class Connection:
    """One connection.

    Args:
        fiber: who opens it.
        sock: the handler's socket; its file is replaced by one end of the pair.
        host: the host as the handler named it.
        port: the port.
    """

    def __init__(self, fiber: Fiber, sock: socket.socket, host: str, port: int) -> None:
        self.host = host
        self.port = port
        self.tls = port == 443
        self.file = sock.fileno()
        self.heard = False
        self.environment: FiberEnvironment = fiber.environment
        self._caller = Caller(fiber.environment.function.name, fiber.request_id)
        self._line = fiber.environment.line_of(sys._getframe())
        self._received = b""
        self._to_write = b""
        self._closing = False
        self._reset = False
        ours, theirs = socket.socketpair()
        with theirs:
            os.dup2(theirs.fileno(), self.file, inheritable=False)
        os.set_blocking(self.file, sock.gettimeout() is None)
        ours.setblocking(False)
        self._ours = ours.detach()
        self.move_to(sock)
        fiber.environment.host.scheduler.after(_SILENCE, self._refuse_silence)

    def __del__(self) -> None:
        self.close()

    def move_to(self, sock: socket.socket) -> None:
        """Another socket object stands for the handler's end from now on."""
        self.file = sock.fileno()
        _connections[sock] = self

    def close(self) -> None:
        """The handler has closed its end, or its environment is gone."""
        if self._ours >= 0:
            ours, self._ours = self._ours, -1
            os.close(ours)

    def hear(self, fiber: Fiber) -> None:
        """Read what the handler has sent by now, and have each request answered."""
        self._received += self._read()
        if self._received.startswith(TLS_MARK):
            self.tls, self._received = True, self._received.removeprefix(TLS_MARK)
        if not self._received:
            return
        self.heard = True
        self._line = fiber.environment.line_of(sys._getframe())
        self._caller = Caller(fiber.environment.function.name, fiber.request_id)
        try:
            while (read := read_request(self._received, self._scheme, f"{self.host}:{self.port}")) is not None:
                self._received = self._received[read.size :]
                change = self.environment.watch.sends(read.request)
                fiber.environment.host.scheduler.after(0, self._ask, read, self._caller, self._line, change)
        except NotHttpError:
            fiber.environment.host.abort(self._refusal("and speaks no HTTP/1.1 there"))

    def pump(self) -> None:
        """Write what is left of a response that did not fit in at once."""
        while self._to_write and self._ours >= 0:
            try:
                written = os.write(self._ours, self._to_write[:_CHUNK])
            except BlockingIOError:
                return
            except (BrokenPipeError, ConnectionResetError):
                self._to_write = b""
                return
            self._to_write = self._to_write[written:]
        if self._closing:
            self.close()

    def _read(self) -> bytes:
        parts = []
        while self._ours >= 0:
            try:
                part = os.read(self._ours, _CHUNK)
            except (BlockingIOError, ConnectionResetError):
                break
            if not part:
                break
            parts.append(part)
        return b"".join(parts)

    @property
    def _scheme(self) -> str:
        return "https" if self.tls else "http"

    def _ask(self, read: ReadRequest, caller: Caller, line: str, change: ChangeRequested | None) -> None:
        """A request has arrived, and asks for a change, if any. Called in the hub."""
        if self._ours < 0:
            return
        host = self.environment.host
        if host.web is None:
            raise self._refusal("and the simulation has no network")
        try:
            response = host.web.request(read.request, caller)
        except ConnectionFailed as failed:
            if change is not None:
                self.environment.watch.unanswered(change)
            if failed.how is not Connecting.SILENT:
                delay = self.environment.latency.randint(*host.api_latency) + failed.delay
                host.scheduler.after(delay, self._break, failed.how)
            return
        except NotModelledError as error:
            what, _, fix = str(error).partition("\n")
            raise NotModelledError(f"{what}, at {line}\n{fix}") from None
        if change is not None:
            self.environment.watch.answered(change, response.status)
        delay = self.environment.latency.randint(*host.api_latency) + response.delay
        host.scheduler.after(delay, self._respond, write_response(read, response), read.closing)

    def _respond(self, data: bytes, closing: bool) -> None:
        self._to_write += data
        self._closing = self._closing or closing
        self.pump()
        self.environment.wake_polling()

    def _break(self, how: Connecting) -> None:
        """The other end goes away without a response."""
        self._reset = how is Connecting.RESET
        self.close()
        self.environment.wake_polling()

    def raise_reset(self) -> None:
        """Raise what a read raises once the other end has reset the connection.

        Raises:
            ConnectionResetError: it has.
        """
        if self._reset:
            raise ConnectionResetError(errno.ECONNRESET, os.strerror(errno.ECONNRESET))

    def _refuse_silence(self) -> None:
        if self._ours >= 0 and not self.heard and self.environment.active:
            raise self._refusal("and waits for what is said there first: that is no HTTP")

    def _refusal(self, what: str) -> NotModelledError:
        return NotModelledError(
            f"function {self._caller.function} connects to {self.host}:{self.port} at {self._line}, {what}\n"
            f"  fix: {describe_instead(self._caller.function)}"
        )


def wait_to_read(fiber: Fiber, ready: Callable[[], bool], limit: int | None) -> bool:
    """Wait until there is something to read, `limit` microseconds at most; returns whether there is."""
    host, polling = fiber.environment.host, fiber.environment.polling
    until = None if limit is None else host.scheduler.now + limit
    while not ready() and (until is None or host.scheduler.now < until):
        polling[fiber] = ready
        host.park(fiber, None if until is None else until - host.scheduler.now)
        polling.pop(fiber, None)
    return ready()
