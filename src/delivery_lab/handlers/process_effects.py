"""What a handler could do to the host's process, and what happens instead.

Leaving the process is answered as Lambda answers it. Hooks for the process's end or for signals are accepted and
never called: AWS ends environments without calling them, too. What would leave the simulation is refused by name:
another process, a datagram, the name of an address. So is an alarm, which would ring in
real time.
"""

from __future__ import annotations

import _posixsubprocess
import _socket
import atexit
import errno
import ipaddress
import os
import platform
import posix
import signal
import socket
import subprocess
import sys
from asyncio import events
from collections.abc import Callable
from multiprocessing.forkserver import ForkServer
from multiprocessing.resource_tracker import ResourceTracker
from typing import Any

from delivery_lab.errors import HandlerError, describe_instead
from delivery_lab.handlers import leaving
from delivery_lab.handlers.fibers import Fiber, current
from delivery_lab.handlers.patches import Patches
from delivery_lab.handlers.virtual_threads import Local
from delivery_lab.model.clock import seconds

_INTERNET = (socket.AF_INET, socket.AF_INET6)
_PACKETS, _KERNEL = getattr(socket, "AF_PACKET", None), getattr(socket, "AF_NETLINK", None)
NO_NETWORK = (
    "the simulation has no network; AWS services are answered when they are called through boto3, HTTP addresses by "
    "`answers` in the workload, anything else has to be switched off for it"
)
OF_SOCKETS = frozenset({"socket.connect", "socket.sendto", "socket.sendmsg"})
"""Events of Python that tell of a socket with an address."""
_ALARMS: dict[str, object] = {"alarm": 0, "setitimer": (0.0, 0.0)}
"""Functions that set an alarm, with their answer when there was none."""


def install(patches: Patches) -> dict[int, Any]:
    """Shield the host's process from code inside handlers; returns what is replaced, by `id`."""
    for name in ("putenv", "unsetenv", "register_at_fork"):
        if hasattr(os, name):
            patches.set(os, name, _without_effect(getattr(os, name), None))
    patches.set(atexit, "register", _registration(atexit.register))
    patches.set(signal, "signal", _without_effect(signal.signal, signal.SIG_DFL))
    if hasattr(signal, "pthread_sigmask"):
        # What a handler blocks would stay blocked if it is stopped before it unblocks it: Ctrl-C, for one.
        patches.set(signal, "pthread_sigmask", _without_effect(signal.pthread_sigmask, set()))
    for name in ("pause", "sigwait", "sigwaitinfo", "sigtimedwait"):
        if hasattr(signal, name):
            patches.set(signal, name, _waiting(getattr(signal, name)))
    replaced = leaving.install(patches, refuse)
    _refuse_processes_and_alarms(patches)
    _refuse_networks(patches)
    policy: Any = vars(events).get("BaseDefaultEventLoopPolicy") or vars(events).get("_BaseDefaultEventLoopPolicy")
    if policy is not None:
        patches.set(policy, "_Local", _loops_per_thread())
    return replaced


def _refuse_processes_and_alarms(patches: Patches) -> None:
    for name in ("fork", "forkpty", "system", "posix_spawn", "posix_spawnp"):
        for module in (os, posix):
            if hasattr(module, name):
                patches.set(module, name, _process(getattr(module, name)))
    patches.set(subprocess.Popen, "__init__", _process(subprocess.Popen.__init__))
    patches.set(_posixsubprocess, "fork_exec", _process(_posixsubprocess.fork_exec))  # multiprocessing's own way
    # They start a process while they hold a lock that the host needs, too; refused code never gives a lock back.
    for server in (ResourceTracker, ForkServer):
        patches.set(server, "ensure_running", _process(server.ensure_running))
    if "_Processor" in vars(platform):
        patches.set(platform._Processor, "from_subprocess", staticmethod(_processor))  # type: ignore[attr-defined]  # not in the stubs
    for name, off in _ALARMS.items():
        if hasattr(signal, name):
            patches.set(signal, name, _alarm(getattr(signal, name), off))


def _refuse_networks(patches: Patches) -> None:
    patches.set(socket.socket, "__init__", _privileged(socket.socket.__init__))
    patches.set(socket.socket, "sendto", _send_to(socket.socket.sendto))
    patches.set(socket.socket, "sendmsg", _send_message(socket.socket.sendmsg))
    patches.set(socket, "gethostbyname_ex", _look_up(socket.gethostbyname_ex))
    for name in ("gethostbyaddr", "getnameinfo"):
        patches.set(socket, name, _look_up_name(getattr(socket, name)))


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


def _process(real: Callable[..., Any]) -> Callable[..., Any]:
    def start(*args: Any, **kwargs: Any) -> Any:
        fiber = current()
        if fiber is not None:
            refuse(fiber, "starts another process", "use threads, which run in virtual time")
        return real(*args, **kwargs)

    return start


def _waiting(real: Callable[..., Any]) -> Callable[..., Any]:
    """Stands for functions that wait for a signal: none comes, so that the function runs into its timeout."""

    def wait(*args: Any) -> Any:
        fiber = current()
        if fiber is None:
            return real(*args)
        limit = None
        if len(args) > 1:  # `sigtimedwait`
            if args[1] < 0:
                raise ValueError("timeout must be non-negative")
            limit = seconds(args[1])
        fiber.environment.host.park(fiber, limit)
        return None

    return wait


def _processor() -> str:
    """What `platform.platform()` would otherwise start a process for."""
    return platform.machine()


def _alarm(real: Callable[..., Any], off: object) -> Callable[..., Any]:
    """Stands for `signal.alarm` and `signal.setitimer`, whose last arguments are times: 0 switches it off."""

    def alarm(*args: Any) -> Any:
        fiber = current()
        if fiber is None:
            return real(*args)
        if any(args if len(args) == 1 else args[1:]):
            refuse(fiber, "sets an alarm, and signals are not simulated", "use threading.Timer, which is virtual")
        return off

    return alarm


def _send_to(real: Callable[..., Any]) -> Callable[..., Any]:
    """Stands for `socket.sendto`. What goes to this machine itself may go: nobody waits for an answer."""

    def send_to(self: socket.socket, data: Any, *args: Any) -> Any:
        fiber = current()
        if fiber is not None and self.family in _INTERNET and args and not _is_here(args[-1][0]):
            refuse(fiber, f"sends to {args[-1]!r}", NO_NETWORK)
        return real(self, data, *args)

    return send_to


def _send_message(real: Callable[..., Any]) -> Callable[..., Any]:
    """Stands for `socket.sendmsg`, whose fourth argument is an address where the socket has none."""

    def send_message(self: socket.socket, buffers: Any, *args: Any) -> Any:
        fiber = current()
        address = args[2] if len(args) > 2 else None
        if fiber is not None and self.family in _INTERNET and address is not None and not _is_here(address[0]):
            refuse(fiber, f"sends to {address!r}", NO_NETWORK)
        return real(self, buffers, *args)

    return send_message


def _privileged(real: Callable[..., None]) -> Callable[..., None]:
    """Stands for the making of a socket: functions have no right to raw ones, whoever runs the lab."""

    def init(self: socket.socket, family: int = -1, type: int = -1, *args: Any, **named: Any) -> None:  # noqa: A002
        if current() is not None and (type == socket.SOCK_RAW or family == _PACKETS) and family != _KERNEL:
            raise PermissionError(errno.EPERM, os.strerror(errno.EPERM))
        real(self, family, type, *args, **named)

    return init


def _look_up_name(real: Callable[..., Any]) -> Callable[..., Any]:
    """Stands for `socket.gethostbyaddr` and `socket.getnameinfo`, which ask the network for the name of an address."""

    def look_up_name(host: Any, *flags: int) -> Any:
        fiber = current()
        address = host[0] if isinstance(host, tuple) else host
        numeric = bool(flags and flags[0] & socket.NI_NUMERICHOST)
        if fiber is not None and not numeric and address != socket.gethostname() and not _is_here(address):
            refuse(fiber, f"looks up the name of {address!r}", NO_NETWORK)
        return real(host, *flags)

    return look_up_name


def _look_up(real: Callable[..., Any]) -> Callable[..., Any]:
    """Stands for `socket.getaddrinfo` and its kin; where there is no network they fail, elsewhere they do not."""

    def look_up(host: Any, *args: Any, **kwargs: Any) -> Any:
        fiber = current()
        if fiber is not None and not _needs_no_network(host):
            refuse(fiber, f"looks up the address of {host!r}", NO_NETWORK)
        return real(host, *args, **kwargs)

    return look_up


def _needs_no_network(host: Any) -> bool:
    return host in (None, "", b"", socket.gethostname()) or _is_here(host) or _address(host) is not None


def _is_here(host: Any) -> bool:
    address = _address(host)
    return host in ("localhost", b"localhost") or (address is not None and address.is_loopback)


def _address(host: Any) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host.decode() if isinstance(host, bytes) else host)
    except ValueError:
        return None


def refuse_raw(fiber: Fiber, event: str, sock: _socket.socket, address: Any) -> None:
    """End the run where code reaches the internet with what Python's sockets are made of, past what answers for them.

    Args:
        fiber: whose code it is.
        event: what Python tells of, one of `OF_SOCKETS`.
        sock: the socket.
        address: where to; None for where it is connected to.
    """
    if (
        sock.family not in _INTERNET
        or address is None
        or (event != "socket.connect" and isinstance(sock, socket.socket))
    ):
        return  # what stands for `connect` never calls the real one, and what stands for the others has looked
    refuse(fiber, f"uses the module _socket to reach {address!r}", NO_NETWORK)


def refuse(fiber: Fiber, what: str, fix: str) -> None:
    """End the run: code does what the simulation cannot follow. Called by what stands in for the real function."""
    environment = fiber.environment
    line, name = environment.line_of(sys._getframe(2)), environment.function.name
    instead = describe_instead(name)
    environment.host.abort(HandlerError(f"function {name} {what} at {line}\n  fix: {fix}\n  or {instead}"))
