"""Folders of this process in the machine's temporary folder: gone with the process, or else with the next one.

All of a process lie in one folder that carries its id, and which it has locked. A process that is killed removes
nothing. So the first folder of a process makes it look for those of others: what nobody has locked, and whose process
is not there any more, is removed. Both are asked, for code of a handler may close files of the process, and the
machine may share its temporary folder with containers that have process ids of their own.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import shutil
import stat
import tempfile
import threading
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path

_PREFIX = "delivery-lab-of-"
_NAME = re.compile(rf"{_PREFIX}(\d+)-[0-9a-f]+")
_YOUNG_SECONDS = 60
"""A folder may be so old before its process has locked it."""
_FOLDER_MODE = 0o700

_lock = threading.RLock()
_numbers = count(1)
_roots: dict[int, tuple[Path, int]] = {}
"""By process id, for one that begins as a copy of this one: the folder, and the file descriptor that locks it."""


def new_folder(kind: str) -> Path:
    """Make an empty folder that is this process's own; `remove_folder` has to follow.

    Args:
        kind: what it is for; its name begins with it.
    """
    with _lock:
        folder = _root() / f"{kind}-{next(_numbers)}"
        folder.mkdir(mode=_FOLDER_MODE)
        return folder


def remove_folder(folder: Path) -> None:
    """Remove such a folder with everything in it, whatever its access rights say."""
    with _lock:
        _remove(folder)
        mine = _roots.get(os.getpid())
        if mine is None or folder.parent != mine[0]:
            return
        with contextlib.suppress(OSError):
            mine[0].rmdir()  # it is empty: that was the last one
            del _roots[os.getpid()]
            os.close(mine[1])


@contextlib.contextmanager
def own_folder(kind: str) -> Iterator[Path]:
    """A folder for as long as the block lasts."""
    folder = new_folder(kind)
    try:
        yield folder
    finally:
        remove_folder(folder)


def remove_all() -> None:
    """Remove everything of this process, which is about to end.

    A second signal may ask for it while this is at work, and end the process after that: so it has to find the folder.
    """
    mine = _roots.get(os.getpid())
    if mine is not None:
        _remove(mine[0])
        _roots.pop(os.getpid(), None)


def _root() -> Path:
    """The folder of this process."""
    process = os.getpid()
    if process not in _roots or not _roots[process][0].is_dir():  # one that is gone could not be made, or was cleared
        for _, lock in _roots.values():  # of one that is gone, or of the process that this one began as a copy of
            with contextlib.suppress(OSError):
                os.close(lock)
        _roots.clear()
        place = Path(tempfile.gettempdir()).resolve()
        _remove_left(place)
        # Not `mkdtemp`: that would draw from what names the temporary files of code.
        root = place / f"{_PREFIX}{process}-{os.urandom(4).hex()}"
        _roots[process] = root, -1  # before it is there: a signal may end the process at any moment
        root.mkdir(mode=_FOLDER_MODE)
        lock = os.open(root, os.O_RDONLY | os.O_CLOEXEC)
        with contextlib.suppress(OSError):  # some network file systems have no locks
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        _roots[process] = root, lock
    return _roots[process][0]


def _remove_left(place: Path) -> None:
    """Remove what processes have left that were killed."""
    with contextlib.suppress(OSError), os.scandir(place) as entries:
        for entry in entries:
            found = _NAME.fullmatch(entry.name)
            if found and not _lives(int(found[1])):
                # Those of other users cannot be opened, and other processes may be faster at the same work.
                with contextlib.suppress(OSError):
                    _remove_unless_locked(Path(entry.path))


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        return True
    return True


def _remove_unless_locked(folder: Path) -> None:
    """Remove a folder of this user that is old enough.

    Raises:
        OSError: it is locked, a link, or not to be opened.
    """
    lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        status = os.fstat(lock)
        if status.st_uid == os.geteuid() and status.st_mtime < time.time() - _YOUNG_SECONDS:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            _remove(folder)
    finally:
        os.close(lock)


def _remove(folder: Path) -> None:
    """Remove a folder; nobody but root may remove what stands in one that is read-only."""
    shutil.rmtree(folder, ignore_errors=True)
    if not folder.is_dir():
        return
    for above, names, _ in os.walk(folder):
        for name in names:
            path = Path(above, name)
            with contextlib.suppress(OSError):
                if not stat.S_ISLNK(path.lstat().st_mode):
                    path.chmod(_FOLDER_MODE)
    shutil.rmtree(folder, ignore_errors=True)
