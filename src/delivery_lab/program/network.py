"""No network for programs: what a program asks over a socket gets the answer of a machine without any.

A program may have a value of its own for that case, and goes on with it; a note names whom it wanted to ask. This
machine itself can be reached: the SDK speaks to its engine there.
"""

from __future__ import annotations

import errno
import ipaddress
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from delivery_lab.program.frames import Frames

_LOOK_UPS = ("gethostbyname", "gethostbyname_ex", "gethostbyaddr", "getnameinfo")
_LOCAL_NAMES = frozenset({"", "localhost", "localhost.localdomain", "ip6-localhost"})


@contextmanager
def offline(frames: Frames, note: Callable[[str], None]) -> Iterator[None]:
    """Keep the program of a run off the network.

    Args:
        frames: knows the project's files.
        note: is told whom the program wanted to ask, once for each.
    """
    replacements = _Offline(frames, note)
    kind: Any = socket.socket
    of_sockets: dict[str, Callable[[Any], Any]] = {
        "connect": replacements.connect,
        "connect_ex": replacements.connect_ex,
        "sendto": replacements.send_to,
        "sendmsg": replacements.send_message,
    }
    before = {name: getattr(socket, name) for name in ("getaddrinfo", *_LOOK_UPS)}
    for name, make in of_sockets.items():
        setattr(kind, name, make(getattr(kind, name)))
    for name, real in before.items():
        setattr(socket, name, replacements.look_up(real))
    try:
        yield
    finally:
        for name in of_sockets:
            delattr(kind, name)  # that of the class below is there again
        for name, real in before.items():
            setattr(socket, name, real)


class _Offline:
    """What stands in for Python's ways to the network.

    Args:
        frames: knows the project's files.
        note: is told whom the program wanted to ask.
    """

    def __init__(self, frames: Frames, note: Callable[[str], None]) -> None:
        self._frames, self._note = frames, note
        self._said: set[str] = set()

    def _refuse(self, host: str) -> OSError:
        if host not in self._said and not _is_machine_itself(host):
            self._said.add(host)
            position = self._frames.of_frame(sys._getframe(2))
            place = f" ({position})" if position else ""
            self._note(
                f"the program asks {host} over the network{place}: nothing is sent, and it gets an error instead"
            )
        return OSError(errno.ENETUNREACH, f"Delivery Lab sends nothing to {host} while it evaluates a program")

    def connect(self, real: Callable[..., None]) -> Callable[..., None]:
        """For `socket.connect`."""

        def connect(one: socket.socket, address: Any) -> None:
            if _leaves(one, address):
                raise self._refuse(str(address[0]))
            real(one, address)

        return connect

    def connect_ex(self, real: Callable[..., int]) -> Callable[..., int]:
        """For `socket.connect_ex`, which returns the error."""

        def connect_ex(one: socket.socket, address: Any) -> int:
            if _leaves(one, address):
                return self._refuse(str(address[0])).errno or errno.ENETUNREACH
            return real(one, address)

        return connect_ex

    def send_to(self, real: Callable[..., int]) -> Callable[..., int]:
        """For `socket.sendto`, whose last argument is an address."""

        def send_to(one: socket.socket, data: Any, *args: Any) -> int:
            if args and _leaves(one, args[-1]):
                raise self._refuse(str(args[-1][0]))
            return real(one, data, *args)

        return send_to

    def send_message(self, real: Callable[..., int]) -> Callable[..., int]:
        """For `socket.sendmsg`, whose fourth argument is an address."""

        def send_message(one: socket.socket, buffers: Any, *args: Any) -> int:
            if len(args) > 2 and args[2] is not None and _leaves(one, args[2]):
                raise self._refuse(str(args[2][0]))
            return real(one, buffers, *args)

        return send_message

    def look_up(self, real: Callable[..., Any]) -> Callable[..., Any]:
        """For what looks up addresses of names, or names of addresses."""

        def look_up(host: Any, *args: Any, **named: Any) -> Any:
            asked = host[0] if isinstance(host, tuple) else host
            name = asked.decode() if isinstance(asked, bytes) else asked
            if name is not None and not _is_local(str(name)):
                raise self._refuse(str(name))
            return real(host, *args, **named)

        return look_up


def _leaves(one: socket.socket, address: Any) -> bool:
    return one.family in (socket.AF_INET, socket.AF_INET6) and not _is_local(str(address[0]))


def _is_local(host: str) -> bool:
    """Whether a name or an address is this machine."""
    if host.lower() in _LOCAL_NAMES or host == socket.gethostname():
        return True
    try:
        return ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return False


def _is_machine_itself(host: str) -> bool:
    """Whether an address is that of the machine's own metadata, which SDKs ask for credentials by themselves."""
    try:
        return ipaddress.ip_address(host).is_link_local or host == "fd00:ec2::254"
    except ValueError:
        return False
