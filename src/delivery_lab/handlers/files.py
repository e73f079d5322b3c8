"""What code may do to files: as on Lambda it writes to /tmp and nowhere else (LAM-FILES-1).

Python reports what is done to files, also where C code does it. So nothing of a user's project can be changed, whoever
may change it on this machine; and what code leaves behind in /tmp is removed when the run ends. Files that hold
credentials of this machine's user are not there, as they are not in Lambda.
"""

from __future__ import annotations

import errno
import os
import shutil
import sys
from collections.abc import Callable
from typing import Any

from delivery_lab.handlers.fibers import Fiber, current

_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_CHANGES = {
    "os.chmod": 1,
    "os.chown": 1,
    "os.link": 2,
    "os.mkdir": 1,
    "os.remove": 1,
    "os.removexattr": 1,
    "os.rename": 2,
    "os.rmdir": 1,
    "os.setxattr": 1,
    "os.symlink": 2,
    "os.truncate": 1,
    "os.utime": 1,
}
"""Events of Python that tell of a change, with how many of their arguments are paths."""
_OF_PATHS = frozenset({"open", "sqlite3.connect", *_CHANGES})
_SOURCES = frozenset({"os.symlink", "os.link"})
"""Events whose first path is only pointed to."""

_DEVICES = ("/dev/null", "/dev/stdout", "/dev/stderr", "/dev/fd/", "/dev/tty")
_TEMPORARY = tuple({f"{folder}/" for folder in ("/tmp", os.path.realpath("/tmp"))})  # noqa: S108 - Lambda's own
_SECRET_FOLDERS = ("/.aws/", "/.ssh/", "/.pulumi/", "/.config/gcloud/", "/.azure/", "/.kube/", "/.docker/")
_SECRET_FILES = ("/.netrc", "/.pgpass", "/.git-credentials", "/.pypirc")
_SECRET_VARIABLES = ("AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE", "AWS_WEB_IDENTITY_TOKEN_FILE")

_guards: list[FileGuard] = []
_installed: list[bool] = []


class FileGuard:
    """Guards the files of this machine for the time of a run.

    Args:
        refuse: ends the run with what code does and what it can do instead.
    """

    def __init__(self, refuse: Callable[[Fiber, str, str], None]) -> None:
        self._refuse = refuse
        self._made: dict[str, None] = {}
        named = (os.environ.get(name) for name in _SECRET_VARIABLES)
        self._secret = {os.path.abspath(os.path.expanduser(path)) for path in named if path}  # noqa: PTH100, PTH111

    def begin(self) -> None:
        """Guard from now on. Python cannot be told to stop reporting, so it is asked to once."""
        if not _installed:
            _installed.append(True)
            sys.addaudithook(_hook)
        _guards.append(self)

    def end(self) -> None:
        """Guard no longer, and remove what code has left in /tmp."""
        if self in _guards:
            _guards.remove(self)
        while self._made:
            path, _ = self._made.popitem()
            try:
                shutil.rmtree(path) if os.path.isdir(path) and not os.path.islink(path) else os.remove(path)  # noqa: PTH112, PTH114, PTH107
            except OSError:
                continue

    def audit(self, fiber: Fiber, event: str, arguments: tuple[Any, ...]) -> None:
        """Let Python go on, or raise what Lambda's file system would.

        Raises:
            OSError: the file is read-only, or is none of Lambda's.
        """
        if event == "open":
            self._opens(fiber, *arguments)
        elif event == "sqlite3.connect":
            self._connects(fiber, arguments[0])
        else:
            first = 1 if event in _SOURCES else 0
            for path in arguments[first : _CHANGES[event]]:
                self._changes(fiber, path, makes=event in ("os.mkdir", "os.rename", "os.symlink", "os.link"))

    def _opens(self, fiber: Fiber, path: Any, mode: Any, flags: Any) -> None:
        if (isinstance(mode, str) and not set(mode).isdisjoint("wax+")) or (
            isinstance(flags, int) and flags & _WRITING
        ):
            self._changes(fiber, path, makes=True)
        else:
            self._reads(path)

    def _reads(self, path: Any) -> None:
        """Hide credentials and variables of this machine's user."""
        if isinstance(path, int) or path is None:
            return
        place = os.path.abspath(os.fsdecode(path))  # noqa: PTH100 - `resolve` would touch the file
        if place.startswith("/proc/") and place.endswith("/environ"):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), os.fsdecode(path))
        if place in self._secret or _holds_secrets(place):
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), os.fsdecode(path))

    def _changes(self, fiber: Fiber, path: Any, *, makes: bool) -> None:
        if isinstance(path, int) or path is None:
            return
        place = os.path.abspath(os.fsdecode(path))  # noqa: PTH100
        if place.startswith(_DEVICES):
            return
        real = os.path.join(os.path.realpath(os.path.dirname(place)), os.path.basename(place))  # noqa: PTH118, PTH119, PTH120
        if not real.startswith(_TEMPORARY) or fiber.environment.holds(real):
            raise OSError(errno.EROFS, os.strerror(errno.EROFS), os.fsdecode(path))
        if makes and not os.path.lexists(real):
            self._made[real] = None

    def _connects(self, fiber: Fiber, database: Any) -> None:
        """A database of SQLite: C code opens it, and would write to it."""
        text = os.fsdecode(database) if isinstance(database, (str, bytes, os.PathLike)) else ""
        plain = text.removeprefix("file:").partition("?")[0]
        if plain in ("", ":memory:") or "mode=memory" in text or "mode=ro" in text or "immutable=1" in text:
            return
        try:
            self._changes(fiber, plain, makes=True)
        except OSError:
            if not os.path.exists(plain):  # noqa: PTH110
                raise
            self._refuse(
                fiber,
                f"opens the database {plain}, which is read-only on Lambda",
                "open it with sqlite3.connect('file:NAME?mode=ro', uri=True), or copy it to /tmp first",
            )


def _holds_secrets(place: str) -> bool:
    return any(folder in place for folder in _SECRET_FOLDERS) or place.endswith(_SECRET_FILES)


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    if _guards and event in _OF_PATHS:
        fiber = current()
        if fiber is not None:
            _guards[-1].audit(fiber, event, arguments)
