"""No network for C libraries while handlers run, on Linux: the kernel asks before it gives a socket of the internet.

Python sees nothing of what a C library sends, and a list of such libraries (`clients`) is never complete. So the
kernel is asked to stop whoever wants a socket of the internet (a filter of seccomp) and to have another process say
what becomes of it (`network_supervisor`): while handlers run it is refused, and the run ends with the library and the
line; at any other time it is not. Sockets that Python makes are let through, since what is sent over those is answered.

A filter can never be taken back. So there is one only in processes of the command and in those it starts, never in the
process of somebody who uses the lab as a library: there, and on other systems, C clients are refused by name alone.
"""

from __future__ import annotations

import array
import ctypes
import errno
import os
import platform
import signal
import socket
import struct
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

from delivery_lab.errors import HandlerError, describe_instead
from delivery_lab.handlers import network_supervisor
from delivery_lab.handlers.fibers import FiberEnvironment, current
from delivery_lab.handlers.network_supervisor import HEAD, LETS, NAME_BYTES, REFUSES, SLOT_BYTES, SLOTS, slot
from delivery_lab.handlers.patches import Patches
from delivery_lab.handlers.process_effects import NO_NETWORK
from delivery_lab.own_process import OwnProcess, claim, claimed

_SET_NO_NEW_PRIVILEGES, _SET_PTRACER = 38, 0x59616D61
_FILTER, _NEW_LISTENER, _WAIT_KILLABLE = 1, 1 << 3, 1 << 5
_ALLOW, _ASK = 0x7FFF0000, 0x7FC00000
_LOAD, _IS, _RETURN = 0x20, 0x15, 0x06
_AT_NUMBER, _AT_MACHINE, _AT_FIRST_ARGUMENT = 0, 4, 16


@dataclass(frozen=True, slots=True)
class _Machine:
    """Numbers of a processor's kernel: its own, and those of two calls."""

    audit: int
    seccomp: int
    socket: int


_MACHINES = {"x86_64": _Machine(0xC000003E, 317, 41), "aarch64": _Machine(0xC00000B7, 277, 198)}

_shields: list[Shield] = []
_failed: list[str] = []
_sockets: list[Sockets] = []
"""Of the run that is under way."""


def is_offered() -> bool:
    """Whether the kernel of this system has such filters; none is installed."""
    return platform.machine() in _MACHINES and Path("/proc/sys/kernel/seccomp/actions_avail").is_file()


def why_not() -> str:
    """Why C libraries of handlers are refused by name alone, "" where the kernel refuses them."""
    return "" if _shield() else (_failed or ["this process is not the command's own"])[0]


@dataclass(frozen=True, slots=True)
class Shield:
    """The filter of this process, and the table in which it says what it is doing.

    Attributes:
        table: file descriptor of the table.
    """

    table: int

    def set(self, state: int) -> None:
        """Say what this process is doing."""
        process = os.getpid()
        os.pwrite(self.table, HEAD.pack(state, process), slot(process))

    def take_refused(self) -> str:
        """The library that was refused a socket, "" for none; it is told once."""
        place = slot(os.getpid()) + HEAD.size
        name = os.pread(self.table, NAME_BYTES, place).rstrip(b"\0").decode(errors="replace")
        if name:
            os.pwrite(self.table, bytes(NAME_BYTES), place)
        return name


class Sockets:
    """Refuses sockets to C libraries for the time of a run. Does nothing where there is no filter.

    Args:
        abort: ends the run from within a fiber.
    """

    def __init__(self, abort: Callable[[BaseException], None]) -> None:
        self._abort = abort
        self._patches = Patches()
        self._shield: Shield | None = None
        self._called: FiberEnvironment | None = None
        self._refused: HandlerError | None = None

    def begin(self) -> None:
        """Handlers run from now on."""
        if threading.current_thread() is not threading.main_thread():
            return
        self._shield = _shield()
        if self._shield is not None:
            _sockets.append(self)
            made = _made_by_python(socket.socket.__init__, self._shield)
            self._patches.set(socket.socket, "__init__", made)
            self._shield.set(REFUSES)

    def end(self) -> None:
        """Handlers run no longer."""
        if self._shield is not None:
            self._shield.set(LETS)
            self._shield = None
            self._patches.undo()
            _sockets.remove(self)

    def ran(self, environment: FiberEnvironment) -> None:
        """Code of an environment has given control up.

        Raises:
            HandlerError: a thread of a C library wanted to connect while no code of handlers ran.
        """
        self._called = environment
        if self._refused is not None:
            refused, self._refused = self._refused, None
            raise refused

    def refused(self, library: str, frame: FrameType | None) -> None:
        """A C library was refused a socket."""
        fiber = current()
        if fiber is not None:
            self._abort(_error(library, fiber.environment, f"at {fiber.environment.line_of(frame)}"))
        elif self._called is not None:
            self._refused = _error(library, self._called, "in a thread of its own")


def _error(library: str, environment: FiberEnvironment, where: str) -> HandlerError:
    name = environment.function.name
    return HandlerError(
        f"function {name} connects with the C library {library}, which sends past Python, {where}\n"
        f"  fix: {NO_NETWORK}\n  or {describe_instead(name)}"
    )


def _made_by_python(real: Callable[..., None], shield: Shield) -> Callable[..., None]:
    def init(*args: Any, **named: Any) -> None:
        shield.set(LETS)
        try:
            real(*args, **named)
        finally:
            shield.set(REFUSES)

    return init


def _shield() -> Shield | None:
    own = claimed()
    if own is not None and not _shields and not _failed:
        try:
            _shields.append(_inherited(own.sockets) if own.sockets else _installed())
        except OSError as error:
            _failed.append(f"this system does not offer it: {error.strerror or error}")
    return _shields[0] if _shields else None


def _inherited(table: str) -> Shield:
    """The shield of the process that started this one, which has had its filter from the beginning."""
    shield = Shield(os.open(table, os.O_RDWR | os.O_CLOEXEC))
    _hear()
    return shield


def _installed() -> Shield:
    """Install the filter.

    Raises:
        OSError: this system has none, or refuses it.
    """
    machine = _MACHINES.get(platform.machine())
    if sys.platform != "linux" or machine is None or not sys.executable:
        raise OSError(errno.ENOSYS, f"no filter is known for {sys.platform} on {platform.machine()}")
    table = os.memfd_create("delivery-lab-sockets", os.MFD_CLOEXEC)
    os.ftruncate(table, SLOTS * SLOT_BYTES)
    ours, theirs = socket.socketpair()
    with ours, theirs:
        supervisor = _start(theirs.fileno())
        libc = ctypes.CDLL(None, use_errno=True)
        libc.prctl(_SET_PTRACER, supervisor, 0, 0, 0)  # so that it may look which library asks
        _hear()
        try:
            kernel = _filter(libc, machine)
        except OSError:
            os.kill(supervisor, signal.SIGKILL)
            os.waitpid(supervisor, 0)
            os.close(table)
            raise
        socket.send_fds(ours, [b"\0"], [table, kernel])
        os.close(kernel)
    claim(OwnProcess(f"/proc/{os.getpid()}/fd/{table}"))
    return Shield(table)


def _start(control: int) -> int:
    """Start the supervisor, with no file of ours but its end of the socket and standard error.

    It lives as long as this process, whatever signals come: Ctrl-C reaches all processes of a terminal. They are
    blocked from its first instant on, for Python takes some time to load what it would ignore them with.
    """
    file = Path(network_supervisor.__file__)
    quiet = [(os.POSIX_SPAWN_OPEN, number, os.devnull, os.O_RDWR, 0) for number in (0, 1)]
    given = [*quiet, (os.POSIX_SPAWN_DUP2, control, control)]
    os.set_inheritable(control, True)
    words = [sys.executable, "-I", "-S", str(file), str(control)]
    ends = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    return os.posix_spawn(sys.executable, words, dict(os.environ), file_actions=given, setsigmask=ends)


def _filter(libc: Any, machine: _Machine) -> int:
    """Have the kernel ask; returns where it does."""
    steps = [
        (_LOAD, 0, 0, _AT_MACHINE),
        (_IS, 0, 6, machine.audit),
        (_LOAD, 0, 0, _AT_NUMBER),
        (_IS, 0, 4, machine.socket),
        (_LOAD, 0, 0, _AT_FIRST_ARGUMENT),
        (_IS, 1, 0, int(socket.AF_INET)),
        (_IS, 0, 1, int(socket.AF_INET6)),
        (_RETURN, 0, 0, _ASK),
        (_RETURN, 0, 0, _ALLOW),
    ]
    written = array.array("B", b"".join(struct.pack("=HBBI", *step) for step in steps))
    program = struct.pack("@HP", len(steps), written.buffer_info()[0])
    if libc.prctl(_SET_NO_NEW_PRIVILEGES, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    for flags in (_NEW_LISTENER | _WAIT_KILLABLE, _NEW_LISTENER):  # older kernels do not know the second
        kernel = libc.syscall(machine.seccomp, _FILTER, flags, program)
        if kernel >= 0:
            return int(kernel)
    raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def _hear() -> None:
    """Hear of what was refused; the signal stays taken, for its default is to end the process."""
    signal.signal(signal.SIGSYS, _on_signal)


def _on_signal(_number: int, frame: FrameType | None) -> None:
    name = _shields[0].take_refused() if _shields else ""
    if name and _sockets:
        _sockets[-1].refused(name, frame)
