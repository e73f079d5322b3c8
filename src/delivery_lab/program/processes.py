"""Processes that a program starts while it builds the graph: `pip install -t build`, `npm run build`, `git rev-parse`.

They are real: a program goes on with what they make, as it does in `pulumi preview`. So each is said before it
starts, and what they made in the project is removed when the lab ends. What was there before stays, changed or not.

A process that begins as a copy of this one (`os.fork`, `multiprocessing`) has no engine to speak to. It goes on with
the program, and ends where the program ends, or with this process.
"""

from __future__ import annotations

import _posixsubprocess
import atexit
import contextlib
import ctypes
import os
import posix
import shlex
import shutil
import signal
import subprocess
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from delivery_lab.program.frames import Frames
from delivery_lab.program.project import Project

_SKIPPED = frozenset({".git", ".venv", "venv", "node_modules"})
"""Folders that are not looked through: too large, and not what a bundle is made in."""

_made: dict[Path, None] = {}

_FORKS = ("fork", "forkpty")
_SPAWNS = ("posix_spawn", "posix_spawnp")
_SIGNAL_OF_PARENTS_DEATH = 1


@contextlib.contextmanager
def announced_processes(project: Project, stack: str) -> Iterator[None]:
    """Say each process of the program before it starts, on standard error, and note what it made.

    Args:
        project: the program's project.
        stack: name of the stack.
    """
    watch = _Watch(project, stack)
    popen, system = subprocess.Popen, os.system
    replaced = [(module, name, getattr(module, name)) for module in (os, posix) for name in (*_FORKS, *_SPAWNS)]
    replaced += [(posix, "system", posix.system), (_posixsubprocess, "fork_exec", _posixsubprocess.fork_exec)]

    class AnnouncedPopen(popen):  # type: ignore[misc, valid-type]
        """Starts a process and says so."""

        def __init__(self, args: Any, *rest: Any, **named: Any) -> None:
            self._there_before = watch.starts(args)
            with watch.said():
                super().__init__(args, *rest, **named)

        def wait(self, timeout: float | None = None) -> int:
            """As of any process; then what it made is noted."""
            code: int = super().wait(timeout)
            watch.ended(self._there_before)
            return code

    def announced_system(command: Any) -> int:
        there_before = watch.starts(command)
        code = system(command)
        watch.ended(there_before)
        return code

    for module, name, real in replaced:
        setattr(module, name, _announced(name, real, watch))
    subprocess.Popen = AnnouncedPopen  # type: ignore[misc]
    os.system = posix.system = announced_system
    try:
        yield
    finally:
        subprocess.Popen = popen  # type: ignore[misc]
        os.system = system
        for module, name, real in replaced:
            setattr(module, name, real)
        watch.all_ended()


def _announced(name: str, real: Callable[..., Any], watch: _Watch) -> Callable[..., Any]:
    def start(*args: Any, **named: Any) -> Any:
        if name in _FORKS:
            watch.starts(f"a copy of itself by os.{name}")
        else:
            watch.starts(args[1] if name in _SPAWNS and len(args) > 1 else args[0])
        started = real(*args, **named)
        if name in _FORKS and 0 in (started, started[0] if isinstance(started, tuple) else None):
            _end_with_parent()
        return started

    return start


@contextlib.contextmanager
def ending_copies() -> Iterator[None]:
    """End a copy of this process that a program has made, where the program ends: it has no engine to speak to."""
    process = os.getpid()
    try:
        yield
    except BaseException as error:
        if os.getpid() != process:
            if not isinstance(error, SystemExit):
                traceback.print_exc()
            _leave(error.code if isinstance(error, SystemExit) and isinstance(error.code, int) else 1)
        raise
    if os.getpid() != process:
        _leave(0)


def _leave(code: int) -> None:
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
    os._exit(code)


def _end_with_parent() -> None:
    """Have this process end when the one that it is a copy of does: on Linux, where it can be asked for."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(_SIGNAL_OF_PARENTS_DEATH, int(signal.SIGKILL), 0, 0, 0)


def remove_what_was_made() -> None:
    """Remove what processes of programs made in their projects."""
    while _made:
        path, _ = _made.popitem()
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


atexit.register(remove_what_was_made)


class _Watch:
    """Tells of the processes of one program."""

    def __init__(self, project: Project, stack: str) -> None:
        self._root = project.root
        self._stack = stack
        self._frames = Frames(project)
        self._before: frozenset[Path] | None = None
        self._is_said = False

    @contextlib.contextmanager
    def said(self) -> Iterator[None]:
        """What starts in this block has been said."""
        self._is_said = True
        try:
            yield
        finally:
            self._is_said = False

    def all_ended(self) -> None:
        """The program has ended: remember what is new of processes that nobody has waited for."""
        self.ended(self._before)

    def starts(self, command: str | bytes | os.PathLike[str] | Sequence[Any]) -> frozenset[Path] | None:
        """A process is about to start; what there is in the project before, None where the lab itself starts it."""
        position = self._position()
        if self._is_said or not position:  # no line of the project asks for it, so it belongs to the lab
            return None
        print(
            f"note: {self._stack}: the program starts a process: {_shown(command)}{position}; "
            f"what it adds to {self._root} is removed when the lab ends",
            file=sys.stderr,
            flush=True,
        )
        found = frozenset(_entries(self._root))
        if self._before is None:
            self._before = found
        return found

    def _position(self) -> str:
        places = ((self._frames.label(frame.filename), frame.lineno) for frame in reversed(traceback.extract_stack()))
        found = next(((label, line) for label, line in places if label), None)
        return f" ({found[0]}:{found[1]})" if found is not None else ""

    def ended(self, before: frozenset[Path] | None) -> None:
        """A process has ended: remember what is new, folders and not what is in them."""
        if before is None:
            return
        for path in _entries(self._root):
            if path not in before and not any(above in _made for above in path.parents):
                _made[path] = None


def _entries(root: Path) -> Iterator[Path]:
    for folder, folders, files in os.walk(root):
        folders[:] = sorted(name for name in folders if name not in _SKIPPED)
        yield from (Path(folder, name) for name in (*folders, *files))


def _shown(command: str | bytes | os.PathLike[str] | Sequence[Any]) -> str:
    if isinstance(command, str | bytes | os.PathLike):
        return os.fsdecode(command)
    paths = (str, bytes, os.PathLike)
    return shlex.join(os.fsdecode(part) if isinstance(part, paths) else str(part) for part in command)
