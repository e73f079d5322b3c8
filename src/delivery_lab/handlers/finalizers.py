"""What code of functions hangs on the end of its objects: it happens in its environment, or not at all.

Python frees objects when it likes: while the lab has control, and after the run, when /tmp, the network and the clock
are this machine's own. On Lambda an environment is frozen then, or gone, and nothing of it is called any more. So
`weakref.finalize` and `__del__` of a function's own classes do nothing outside of their environments; and what code of
a function does there all the same, such as the `finally` of a generator that nobody went on with, is refused.
"""

from __future__ import annotations

import errno
import os
import weakref
from collections.abc import Callable, Iterable
from types import FrameType, FunctionType, ModuleType
from typing import Any

from greenlet import getcurrent

from delivery_lab.handlers.fibers import Fiber, current
from delivery_lab.handlers.patches import Patches

OF_THE_WORLD = frozenset(
    {
        *("socket.connect", "socket.sendto", "socket.sendmsg", "socket.getaddrinfo", "socket.gethostbyname"),
        *(
            "subprocess.Popen",
            "os.system",
            "os.exec",
            "os.posix_spawn",
            "os.fork",
            "os.forkpty",
            "os.kill",
            "os.killpg",
        ),
    }
)
"""Events of Python that tell of what leaves this process."""
LOADS_FUNCTIONS = "loads_functions"
"""Attribute that is True of what has loaded a module of a function."""
_DEL = "__del__"


class LateError(OSError):
    """Code of a function has done something when it no longer runs."""


def refuse_late(frame: FrameType | None) -> None:
    """Refuse what code of a function does while the lab has control.

    Args:
        frame: of whoever does something; frames further out may be the function's.

    Raises:
        LateError: it is the function's.
    """
    if type(getcurrent()) is Fiber:  # the lab does it, because code that runs has asked for something
        return
    while frame is not None:
        if getattr(frame.f_globals.get("__loader__"), LOADS_FUNCTIONS, False) is True:
            raise LateError(errno.EPERM, os.strerror(errno.EPERM))
        frame = frame.f_back


def install(patches: Patches) -> None:
    """Have finalizers that code makes called in its environment only."""
    patches.set(weakref.finalize, "__init__", _finalize(weakref.finalize.__init__))


def keep_to_environments(modules: Iterable[ModuleType]) -> None:
    """Have `__del__` of the classes that modules of a function define do something in environments only."""
    for module in modules:
        for value in list(vars(module).values()):
            if isinstance(value, type) and value.__module__ == module.__name__:
                _keep_to_environments(value)


def _keep_to_environments(kind: type) -> None:
    for name, value in list(vars(kind).items()):
        if name == _DEL and isinstance(value, FunctionType) and value.__module__ == kind.__module__:
            setattr(kind, _DEL, _in_environment(value))
        elif isinstance(value, type) and value.__qualname__.startswith(f"{kind.__qualname__}."):
            _keep_to_environments(value)


def _in_environment(real: Callable[[Any], object]) -> Callable[[Any], None]:
    def __del__(self: Any) -> None:  # noqa: N807 - it stands for one
        if current() is not None:
            real(self)

    return __del__


def _finalize(real: Callable[..., None]) -> Callable[..., None]:
    def init(self: Any, thing: Any, function: Callable[..., object], /, *args: Any, **named: Any) -> None:
        if current() is None:
            real(self, thing, function, *args, **named)
            return

        def call(*args: Any, **named: Any) -> object:
            return function(*args, **named) if current() is not None else None

        real(self, thing, call, *args, **named)
        self.atexit = False

    return init
