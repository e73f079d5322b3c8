"""How a program could end or replace the process that evaluates it: an error with its line, and the lab goes on.

In a deployment the process is the program's own. Processes that a program forks may end themselves as they like.
"""

from __future__ import annotations

import _thread
import os
import posix
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from delivery_lab.errors import LabError, ProgramError
from delivery_lab.process_wide import open_files
from delivery_lab.program.frames import Frames

Refuse = Callable[[LabError, str], None]
"""Takes what is refused and the place of the call; the evaluation ends with the first."""

_WAYS = ((os, "_exit"), (os, "abort"), (os, "execv"), (os, "execve"), (os, "kill"), (os, "killpg"), (os, "closerange"))
_SIGNALS = frozenset({"kill", "killpg", "raise_signal"})


class Left(BaseException):
    """Ends a program that wanted to end the process: no `except Exception` of its own keeps it."""


@contextmanager
def staying(frames: Frames, refuse: Refuse) -> Iterator[None]:
    """Keep the process for the time of a run.

    Args:
        frames: knows the project's files.
        refuse: is told of what the program wanted to do.
    """
    ways = [*_WAYS, *((posix, name) for _, name in _WAYS), (signal, "raise_signal"), (_thread, "interrupt_main")]
    ways += [(threading, "_shutdown")]  # after which no thread can be started any more
    real = [(module, name, getattr(module, name)) for module, name in ways]
    theirs = frozenset(open_files() or ())
    for module, name, function in real:
        setattr(module, name, _guarded(f"{module.__name__}.{name}", function, frames, refuse, theirs))
    try:
        yield
    finally:
        for module, name, function in real:
            setattr(module, name, function)


def _guarded(
    name: str, real: Callable[..., Any], frames: Frames, refuse: Refuse, theirs: frozenset[int]
) -> Callable[..., Any]:
    process = os.getpid()

    def call(*args: Any, **named: Any) -> Any:
        if os.getpid() != process or not _ends(name.rpartition(".")[2], args, process, theirs):
            return real(*args, **named)
        position = frames.of_frame(sys._getframe(1))
        place = f" ({position})" if position else ""
        refuse(ProgramError(f"the program called {name} before it was done{place}"), position)
        raise Left(name)

    return call


def _ends(name: str, args: tuple[Any, ...], process: int, theirs: frozenset[int]) -> bool:
    """Whether a call ends or replaces this process; signal 0 only asks whether there is one.

    To close the files of the lab ends it as well: C code that works with one aborts.
    """
    if name == "closerange":
        return any(args[0] <= number < args[1] for number in theirs) if len(args) > 1 else False
    if name not in _SIGNALS:  # among them `interrupt_main`, whose signal is SIGINT unless it is given another
        return True
    if not args or not args[-1]:
        return False
    return name == "raise_signal" or args[0] in (0, -1, os.getpgid(0)) or (name == "kill" and args[0] == process)
