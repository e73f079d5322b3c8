"""What code does while it is imported that another import would do otherwise: then it has to be imported again.

Whether a function's loaded code may be used for another environment depends on this. What is noticed: reading a
clock, drawing at random, waiting, API calls, writing to the log, threads, files outside of the code, processes and
sockets, and the one environment variable that differs between environments of a function.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from typing import Any

from delivery_lab.handlers import function_changes

_FILES = frozenset(
    {
        "os.chmod", "os.chown", "os.link", "os.mkdir", "os.mkfifo", "os.mknod", "os.remove", "os.removexattr",
        "os.rename", "os.rmdir", "os.setxattr", "os.symlink", "os.truncate", "os.unlink", "os.utime", "shutil.copyfile",
        "shutil.copymode", "shutil.copystat", "shutil.copytree", "shutil.make_archive", "shutil.move", "shutil.rmtree",
        "shutil.unpack_archive", "tempfile.mkdtemp", "tempfile.mkstemp", "sqlite3.connect",
    }
)  # fmt: skip
_PROCESS = (
    "os.fork",
    "os.exec",
    "os.posix_spawn",
    "os.spawn",
    "os.system",
    "os.kill",
    "subprocess.",
    "pty.",
    "signal.",
)
OWN_FOLDERS = "environment"
"""How the names of folders begin that stand for an environment's /tmp: the lab makes them, not the code."""
_LOOKING = frozenset({"os.listdir", "os.scandir", "os.walk", "glob.glob"})
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


class Importing:
    """The import of one environment's code.

    Args:
        folders: files and folders that code may read: its own and what is installed.
    """

    def __init__(self, folders: Iterable[str]) -> None:
        self._folders = tuple(folders)
        self.reason = ""
        """What it did that cannot be repeated, "" for nothing."""

    def note(self, what: str) -> None:
        """Note something that it does; the first thing is kept."""
        self.reason = self.reason or what

    def audit(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Look at an audit event of Python."""
        if event == "open":
            self._opens(*arguments)
        elif event in _LOOKING:
            self._looks(arguments[0] if arguments else None)
        elif event in _FILES and OWN_FOLDERS not in str(arguments[:1]):
            self.note("changes files while it is imported")
        elif event.startswith(_PROCESS):
            self.note("starts or signals a process while it is imported")
        elif event.startswith("socket.") and event != "socket.gethostname":
            self.note("opens a socket while it is imported")
        elif event.startswith("ctypes."):
            self.note("uses ctypes while it is imported")

    def _opens(self, path: object, mode: object, flags: object) -> None:
        if (isinstance(mode, str) and set(mode) & set("wax+")) or (isinstance(flags, int) and flags & _WRITING):
            self.note("writes to a file while it is imported")
        else:
            self._looks(path)

    def _looks(self, path: object) -> None:
        if isinstance(path, int):
            return
        # `resolve` would follow links, and the working directory of a function is made of some.
        place = os.path.abspath(os.fsdecode(path)) if isinstance(path, (str, bytes)) else ""  # noqa: PTH100
        if not place.startswith(self._folders):
            self.note(f"reads {place or 'a folder'} while it is imported")


_under_way: list[Importing] = []
_installed: list[bool] = []


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    if _under_way:
        _under_way[-1].audit(event, arguments)
    if event in function_changes.EVENTS:
        function_changes.note(arguments)


def watch_imports() -> None:
    """Have Python report what it does; it cannot be told to stop, so this is done once, and only where it is of use."""
    if not _installed:
        _installed.append(True)
        function_changes.begin()
        sys.addaudithook(_hook)


def begin(importing: Importing) -> None:
    """An import begins; `end` must follow."""
    _under_way.append(importing)


def end() -> None:
    """The import is over."""
    _under_way.pop()
