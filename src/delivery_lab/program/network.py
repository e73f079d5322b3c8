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

_LOCAL_NAMES = frozenset({"", "localhost", "localhost.localdomain", "ip6-localhost"})


@contextmanager
def offline(frames: Frames, note: Callable[[str], None]) -> Iterator[None]:
    """Keep the program of a run off the network.

    Args:
        frames: knows the project's files.
        note: is told whom the program wanted to ask, once for each.
    """
    said: set[str] = set()
    real_connect, real_connect_ex, real_look_up = socket.socket.connect, socket.socket.connect_ex, socket.getaddrinfo

    def refuse(host: str) -> OSError:
        if host not in said and not _is_machine_itself(host):
            said.add(host)
            position = frames.of_frame(sys._getframe(2))
            place = f" ({position})" if position else ""
            note(f"the program asks {host} over the network{place}: nothing is sent, and it gets an error instead")
        return OSError(errno.ENETUNREACH, f"Delivery Lab sends nothing to {host} while it evaluates a program")

    def connect(self: socket.socket, address: Any) -> None:
        if _leaves(self, address):
            raise refuse(str(address[0]))
        real_connect(self, address)

    def connect_ex(self: socket.socket, address: Any) -> int:
        if _leaves(self, address):
            refuse(str(address[0]))
            return errno.ENETUNREACH
        return real_connect_ex(self, address)

    def look_up(host: Any, *args: Any, **named: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        if name is not None and not _is_local(str(name)):
            raise refuse(str(name))
        return real_look_up(host, *args, **named)

    for target, name, value in (
        (socket.socket, "connect", connect),
        (socket.socket, "connect_ex", connect_ex),
        (socket, "getaddrinfo", look_up),
    ):
        setattr(target, name, value)
    try:
        yield
    finally:
        del socket.socket.connect, socket.socket.connect_ex  # those of the class below are there again
        socket.getaddrinfo = real_look_up


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
