"""Sockets inside handlers: names have made-up addresses, and who connects to one talks to the workload's answers.

Everything that speaks HTTP/1.1 over a socket of Python's ends up here: http.client, urllib, urllib3, requests, httpx,
asyncio and aiohttp. What it sends is answered by `connections`; there is no network.
"""

from __future__ import annotations

import errno
import ipaddress
import select
import socket
from collections.abc import Callable
from typing import Any

from delivery_lab.handlers.connections import Connection, connection_of, wait_to_read
from delivery_lab.handlers.fibers import Fiber, current
from delivery_lab.handlers.patches import Patches
from delivery_lab.handlers.process_effects import NO_NETWORK, refuse
from delivery_lab.handlers.unopened import (
    error_of_socket,
    fail_to_look_up,
    fail_to_open,
    failure_of,
    unopened_of,
)
from delivery_lab.handlers.virtual_time import microseconds_of

_INTERNET = (socket.AF_INET, socket.AF_INET6)
_ADDRESSES = ipaddress.IPv4Network("198.18.0.0/15")
"""Addresses that no host has: they are set apart for benchmarks (RFC 2544)."""
_PIECE = 65_536

_names: dict[str, str] = {}
_hosts: dict[str, str] = {}


def address_of(host: str) -> str:
    """The made-up address of a name; an address stands for itself."""
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        pass
    if host not in _names:
        address = str(_ADDRESSES[len(_names) + 1])
        _names[host], _hosts[address] = address, host
    return _names[host]


def install(patches: Patches) -> None:
    """Make connections of handlers virtual."""
    _names.clear()
    _hosts.clear()
    kind: Any = socket.socket
    patches.set(kind, "connect", _connect(kind.connect, None))
    patches.set(kind, "connect_ex", _connect(kind.connect_ex, 0))
    for name in ("send", "sendmsg"):
        patches.set(kind, name, _send(getattr(kind, name)))
    patches.set(kind, "sendall", _send_all(kind.sendall))
    for name in ("recv", "recv_into"):
        patches.set(kind, name, _receive(getattr(kind, name)))
    patches.set(kind, "_real_close", _close(kind._real_close))
    patches.set(kind, "setsockopt", _of_connection(kind.setsockopt, lambda *_: None))
    patches.set(kind, "getsockopt", error_of_socket(kind.getsockopt))
    patches.set(kind, "getpeername", _of_connection(kind.getpeername, _peer))
    patches.set(kind, "getsockname", _of_connection(kind.getsockname, lambda *_: ("169.254.76.1", 40_000)))
    patches.set(socket, "getaddrinfo", _look_up(socket.getaddrinfo))
    patches.set(socket, "gethostbyname", _by_name(socket.gethostbyname))


def _peer(connection: Connection) -> tuple[str, int]:
    return address_of(connection.host), connection.port


def _connect(real: Callable[..., Any], answer: int | None) -> Callable[..., Any]:
    def connect(self: socket.socket, address: Any) -> Any:
        fiber = current()
        if fiber is None or self.family not in _INTERNET:
            return real(self, address)
        if self.type != socket.SOCK_STREAM:
            refuse(fiber, f"connects a socket to {address!r} that is none of TCP", NO_NETWORK)
        named, port = str(address[0]), int(address[1])
        host = _hosts.get(named, named)
        failed = failure_of(fiber, host, port, look_up=False)
        if failed is None:
            Connection(fiber, self, host, port)
            return answer
        try:
            return fail_to_open(fiber, self, failed)
        except OSError as error:
            if answer is None:
                raise
            return errno.EAGAIN if error.errno is None else error.errno

    return connect


def _send(real: Callable[..., Any]) -> Callable[..., Any]:
    def send(self: socket.socket, *args: Any) -> Any:
        fiber = current()
        connection = None if fiber is None else connection_of(self)
        sent = real(self, *args)
        if fiber is not None and connection is not None:
            connection.hear(fiber)
        return sent

    return send


def _send_all(real: Callable[..., Any]) -> Callable[..., Any]:
    def send_all(self: socket.socket, data: Any, *flags: Any) -> Any:
        if current() is None or connection_of(self) is None:
            return real(self, data, *flags)
        left = memoryview(data).cast("B")
        while left:
            left = left[self.send(left[:_PIECE]) :]
        return None

    return send_all


def _receive(real: Callable[..., Any]) -> Callable[..., Any]:
    def receive(self: socket.socket, *args: Any) -> Any:
        fiber = current()
        connection = None if fiber is None else connection_of(self)
        if fiber is not None and connection is not None:
            _wait(fiber, self, connection)
            connection.raise_reset()
        return real(self, *args)

    return receive


def _wait(fiber: Fiber, sock: socket.socket, connection: Connection) -> None:
    """Wait for something to read, as long as the socket's timeout lets it.

    Raises:
        TimeoutError: there is nothing within the timeout.
    """
    connection.pump()
    limit_seconds = sock.gettimeout()
    if limit_seconds == 0 or _readable(sock):
        return
    limit = None if limit_seconds is None else microseconds_of(limit_seconds)
    if not wait_to_read(fiber, lambda: _readable(sock), limit):
        raise TimeoutError("timed out")


def _readable(sock: socket.socket) -> bool:
    file = sock.fileno()
    if file < 0:
        return True  # another thread has closed it: the read says so
    poll = select.poll()
    poll.register(file, select.POLLIN)
    return bool(poll.poll(0))


def _close(real: Callable[..., Any]) -> Callable[..., Any]:
    def close(self: socket.socket, *args: Any) -> Any:
        for end in (connection_of(self), unopened_of(self)):
            if end is not None:
                end.close()
        return real(self, *args)

    return close


def _of_connection(real: Callable[..., Any], answer: Callable[..., Any]) -> Callable[..., Any]:
    def call(self: socket.socket, *args: Any) -> Any:
        connection = None if current() is None else connection_of(self)
        return real(self, *args) if connection is None else answer(connection, *args)

    return call


def _look_up(real: Callable[..., Any]) -> Callable[..., Any]:
    """Stands for `socket.getaddrinfo`: every name has an address of version 4."""

    def getaddrinfo(
        host: Any,
        port: Any,
        family: int = 0,
        type: int = 0,  # noqa: A002  # as callers name it
        proto: int = 0,
        flags: int = 0,
    ) -> list[Any]:
        name = host.decode() if isinstance(host, bytes) else host
        if current() is None or not name or name == socket.gethostname():
            return list(real(host, port, family, type, proto, flags))
        if family not in (0, socket.AF_INET):
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        _fail_to_look_up(name, port)
        # The rest of the entry (kind of socket, protocol, number of the port) is what this machine says of an address.
        return list(real(address_of(name), port, socket.AF_INET, type, proto, 0))

    return getaddrinfo


def _by_name(real: Callable[[str], str]) -> Callable[[str], str]:
    def gethostbyname(hostname: str) -> str:
        if current() is None:
            return real(hostname)
        _fail_to_look_up(hostname, None)
        return address_of(hostname)

    return gethostbyname


def _fail_to_look_up(name: str, port: Any) -> None:
    """Raise what a look-up raises of a name that has no address."""
    fiber = current()
    if fiber is None or address_of(name) == name:  # an address needs no look-up
        return
    number = int(port) if str(port).isdigit() else {"https": 443, "http": 80}.get(str(port))
    failed = failure_of(fiber, name, number, look_up=True)
    if failed is not None:
        fail_to_look_up(fiber, failed)
