"""What code may do to files: as on Lambda it writes to /tmp and nowhere else (LAM-FILES-1).

Python reports what is done to files, also where C code does it. So nothing of a user's project can be changed, whoever
may change it on this machine. /tmp is the environment's own (`temporary_files`). Files that hold credentials of this
machine's user are not there, as they are not in Lambda.
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable
from typing import Any

from delivery_lab.handlers.fibers import Fiber, as_host, current
from delivery_lab.handlers.finalizers import OF_THE_WORLD, refuse_late
from delivery_lab.handlers.process_effects import OF_SOCKETS, refuse_raw
from delivery_lab.process_wide import is_written

_CHANGES: dict[str, tuple[tuple[int, int | None], ...]] = {
    "os.chmod": ((0, 2),),
    "os.chown": ((0, 3),),
    "os.link": ((1, 3),),
    "os.mkdir": ((0, 2),),
    "os.remove": ((0, 1),),
    "os.removexattr": ((0, None),),
    "os.rename": ((0, 2), (1, 3)),
    "os.rmdir": ((0, 1),),
    "os.setxattr": ((0, None),),
    "os.symlink": ((1, 2),),
    "os.truncate": ((0, None),),
    "os.utime": ((0, 3),),
}
"""Events of Python that tell of a change: which of their arguments are paths, and which say the folder of each."""
_OF_PATHS = frozenset({"open", "sqlite3.connect", *_CHANGES})
_DEVICES = ("/dev/null", "/dev/stdout", "/dev/stderr", "/dev/fd/", "/dev/tty")
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
        named = (os.environ.get(name) for name in _SECRET_VARIABLES)
        self._secret = {os.path.abspath(os.path.expanduser(path)) for path in named if path}  # noqa: PTH100, PTH111

    def begin(self) -> None:
        """Guard from now on. Python cannot be told to stop reporting, so it is asked to once."""
        if not _installed:
            _installed.append(True)
            sys.addaudithook(_hook)
        _guards.append(self)

    def end(self) -> None:
        """Guard no longer."""
        if self in _guards:
            _guards.remove(self)

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
            for path, folder in _CHANGES[event]:
                beside = arguments[folder] if folder is not None and folder < len(arguments) else -1
                self._changes(fiber, arguments[path], beside)

    def _opens(self, fiber: Fiber, path: Any, mode: Any, flags: Any) -> None:
        if is_written(mode, flags):
            self._changes(fiber, path)
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

    def _changes(self, fiber: Fiber, path: Any, beside: int = -1) -> None:
        if isinstance(path, int) or path is None:
            return
        place = os.path.abspath(os.path.join(_folder(beside), os.fsdecode(path)))  # noqa: PTH100, PTH118
        if place.startswith(_DEVICES):
            return
        real = os.path.join(os.path.realpath(os.path.dirname(place)), os.path.basename(place))  # noqa: PTH118, PTH119, PTH120
        if not fiber.environment.temporary.holds(real):
            raise OSError(errno.EROFS, os.strerror(errno.EROFS), os.fsdecode(path))

    def _connects(self, fiber: Fiber, database: Any) -> None:
        """A database of SQLite: C code opens it, and would write to it."""
        text = os.fsdecode(database) if isinstance(database, (str, bytes, os.PathLike)) else ""
        plain = text.removeprefix("file:").partition("?")[0]
        if plain in ("", ":memory:") or "mode=memory" in text or "mode=ro" in text or "immutable=1" in text:
            return
        try:
            self._changes(fiber, plain)
        except OSError:
            if not os.path.exists(plain):  # noqa: PTH110
                raise
            self._refuse(
                fiber,
                f"opens the database {plain}, which is read-only on Lambda",
                "open it with sqlite3.connect('file:NAME?mode=ro', uri=True), or copy it to /tmp first",
            )


def _folder(descriptor: int) -> str:
    """The folder that a file descriptor is open on, "" for the working directory."""
    if descriptor < 0:
        return ""
    try:
        return os.readlink(f"/proc/self/fd/{descriptor}")  # noqa: PTH115 - it is asked for every change
    except OSError:
        return ""


def _holds_secrets(place: str) -> bool:
    return any(folder in place for folder in _SECRET_FOLDERS) or place.endswith(_SECRET_FILES)


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    if event not in _OF_PATHS:
        if event in OF_THE_WORLD:
            refuse_late(sys._getframe(1))
            fiber = current()
            if fiber is not None and event in OF_SOCKETS:
                refuse_raw(fiber, event, *arguments)
        return
    fiber = current()
    if fiber is None:
        if event != "open" or is_written(*arguments[1:]):
            refuse_late(sys._getframe(1))
    elif _guards:
        with as_host():  # what is asked about a path is asked about the real one
            _guards[-1].audit(fiber, event, arguments)
