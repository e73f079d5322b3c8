"""What the whole process has once, and a handler could change for the lab: its user, its limits, its open files.

Functions run as a user without privileges on Lambda (`sbx_user1051`), so that another user, another root folder and
other clocks are refused to them, whoever runs the lab. Limits and priorities are accepted and stay as they are: none
of them decides what becomes of a message. What code needs for itself (how deep it may recurse, whether garbage is
collected, the rights of new files) is in force until the run is over.
"""

from __future__ import annotations

import errno
import gc
import locale
import os
import posix
import resource
import signal
import socket
import sys
import time
from collections.abc import Callable
from typing import Any

import greenlet

from delivery_lab.handlers.fibers import current
from delivery_lab.handlers.patches import Patches
from delivery_lab.handlers.process_effects import refuse
from delivery_lab.process_wide import open_files

_NOT_PERMITTED = {
    os: (
        *("chroot", "setuid", "setgid", "seteuid", "setegid", "setreuid", "setregid", "setresuid", "setresgid"),
        *("setgroups", "initgroups", "sched_setscheduler", "setns", "unshare"),
    ),
    socket: ("sethostname",),
    time: ("clock_settime", "clock_settime_ns"),
}
"""What only a privileged user may do."""
_ANSWERS: dict[Any, dict[str, object]] = {
    os: {
        "nice": 0,
        "setpriority": None,
        "setsid": None,
        "setpgid": None,
        "setpgrp": None,
        "sched_setaffinity": None,
        "sched_setparam": None,
        "tcsetpgrp": None,
    },
    resource: {"setrlimit": None},
    signal: {"set_wakeup_fd": -1, "siginterrupt": None},
    sys: {"setswitchinterval": None},
    greenlet: {"settrace": None},
}
"""What is accepted, and what the caller is answered."""
_STREAMS = 3
"""So many files are standard input, output and error."""


def install(patches: Patches) -> dict[int, Any]:
    """Keep the process as it is; returns what is replaced, by `id`."""
    replaced: dict[int, Any] = {}

    def replace(module: Any, name: str, wrap: Callable[[Any], Any]) -> None:
        real = getattr(module, name, None)
        if real is not None:
            new = replaced[id(real)] = wrap(real)
            for place in (module, posix) if module is os else (module,):
                patches.set(place, name, new)

    for module, names in _NOT_PERMITTED.items():
        for name in names:
            replace(module, name, _not_permitted)
    for module, answers in _ANSWERS.items():
        for name, answer in answers.items():
            replace(module, name, _without_effect(answer))
    replace(resource, "prlimit", _limits)
    hosts = _Files()
    replace(os, "close", _close)
    replace(os, "closerange", lambda real: _close_range(real, hosts))
    replace(os, "dup2", _duplicate)
    replace(sys, "addaudithook", _audit)
    return replaced


class Settings:
    """What code may set for itself while a run lasts."""

    def __init__(self) -> None:
        self._deep, self._collects, self._often = sys.getrecursionlimit(), gc.isenabled(), gc.get_threshold()
        self._mask = os.umask(0)
        os.umask(self._mask)
        self._locale = locale.setlocale(locale.LC_ALL)

    def put_back(self) -> None:
        """Have everything as it was."""
        sys.setrecursionlimit(self._deep)
        gc.set_threshold(*self._often)
        (gc.enable if self._collects else gc.disable)()
        os.umask(self._mask)
        if locale.setlocale(locale.LC_ALL) != self._locale:
            locale.setlocale(locale.LC_ALL, self._locale)


def _not_permitted(real: Callable[..., Any]) -> Callable[..., Any]:
    def call(*args: Any, **named: Any) -> Any:
        if current() is None:
            return real(*args, **named)
        raise PermissionError(errno.EPERM, os.strerror(errno.EPERM))

    return call


def _without_effect(answer: object) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    def wrap(real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **named: Any) -> Any:
            return real(*args, **named) if current() is None else answer

        return call

    return wrap


def _limits(real: Callable[..., Any]) -> Callable[..., Any]:
    """Stands for `resource.prlimit`, whose third argument sets a limit."""

    def prlimit(process: int, which: int, *limits: Any) -> Any:
        return real(process, which, *(limits if current() is None else ()))

    return prlimit


def _close(real: Callable[[int], None]) -> Callable[[int], None]:
    """Stands for `os.close`. Other files of the lab's can be closed: its garbage is collected in handlers, too."""

    def close(fd: int) -> None:
        if current() is None or not 0 <= fd < _STREAMS:
            real(fd)

    return close


def _close_range(real: Callable[[int, int], None], hosts: _Files) -> Callable[[int, int], None]:
    def closerange(first: int, end: int, /) -> None:
        for host in hosts.between(first, end) if current() is not None else ():
            if first < host:  # CPython takes the range from 0 up to 0 for all files
                real(first, host)
            first = host + 1
        if first < end:
            real(first, end)

    return closerange


def _duplicate(real: Callable[..., int]) -> Callable[..., int]:
    def dup2(fd: int, fd2: int, inheritable: bool = True) -> int:
        fiber = current()
        if fiber is not None and 0 <= fd2 < _STREAMS:
            refuse(fiber, "puts another file in the place of standard output", "write to sys.stdout, which is its log")
        return real(fd, fd2, inheritable)

    return dup2


def _audit(real: Callable[..., Any]) -> Callable[..., Any]:
    def addaudithook(hook: Any) -> None:
        fiber = current()
        if fiber is not None:
            refuse(fiber, "adds an audit hook, which nobody can take back", "leave it out for the simulation")
        real(hook)

    return addaudithook


class _Files:
    """The files that this process has open before code of handlers runs."""

    def __init__(self) -> None:
        self._kept: dict[int, tuple[int, int]] = {}
        numbers = open_files()
        for number in range(_STREAMS) if numbers is None else numbers:
            found = _identity(number)  # the one that the list itself was read from is closed by now
            if found is not None:
                self._kept[number] = found

    def holds(self, number: int) -> bool:
        """Whether a file descriptor is one of them still: numbers are used again."""
        return number in self._kept and self._kept[number] == _identity(number)

    def between(self, first: int, end: int) -> list[int]:
        """Those of them from a number up to another."""
        return [number for number in sorted(self._kept) if first <= number < end and self.holds(number)]


def _identity(number: int) -> tuple[int, int] | None:
    try:
        status = os.fstat(number)
    except OSError:
        return None
    return status.st_dev, status.st_ino
