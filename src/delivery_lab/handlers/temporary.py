"""The /tmp of an execution environment: a folder of its own, of the configured size (LAM-FILES-1).

It lies in a folder of this machine that nobody else knows, and what code reads and writes below /tmp is found there
(`temporary_files`). It is made when it is first asked for, kept while the environment is warm, handed on where Lambda
resets an environment after a timeout or an exit, and gone after the run.
"""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

from delivery_lab.handlers.fibers import as_host
from delivery_lab.handlers.host_modules import INSTALLED_PATHS
from delivery_lab.handlers.importing import OWN_FOLDERS
from delivery_lab.model.runtime import FunctionConfig
from delivery_lab.own_folders import new_folder, remove_folder

ROOT = "/tmp"  # noqa: S108 - Lambda's own
_BELOW = f"{ROOT}/"
_BLOCK_BYTES = 4096


class Temporary:
    """The /tmp of one environment.

    Args:
        size_mb: `EphemeralStorage`, in MiB.

    Attributes:
        files: file descriptors that code has opened here for writing.
    """

    def __init__(self, size_mb: int) -> None:
        self.size_bytes = size_mb << 20
        self.files: set[int] = set()
        self._folder = ""
        self._used_bytes = 0

    @property
    def folder(self) -> str:
        """Where it really is, without a link on the way."""
        if not self._folder:
            with as_host():
                self._folder = str(new_folder(OWN_FOLDERS))
        return self._folder

    def real(self, path: str) -> str | None:
        """Where a path of the code's really is; None for one that is not below /tmp, or that is installed here."""
        if not path.startswith(ROOT):
            return None
        place = os.path.normpath(path)
        if place == ROOT:
            return self.folder
        if not place.startswith(_BELOW) or place.startswith(INSTALLED_PATHS) or self.holds(place):
            return None
        return self.folder + path[len(ROOT) :] if place == path.rstrip("/") else self.folder + place[len(ROOT) :]

    def beside(self, path: str) -> str | None:
        """Where a relative path really is; None unless the working directory lies here."""
        if not self._folder:
            return None
        with as_host():
            folder = os.getcwd()  # noqa: PTH109 - it is asked for every path
        return f"{folder}/{path}" if self.holds(folder) else None

    def holds(self, real: str) -> bool:
        """Whether a real path lies here."""
        return bool(self._folder) and (real == self._folder or real.startswith(f"{self._folder}/"))

    def seen(self, real: str) -> str:
        """A real path as the code knows it."""
        return ROOT + real[len(self._folder) :] if self.holds(real) else real

    def free_bytes(self) -> int:
        """How much can still be written; what was removed is free again."""
        with as_host():
            found = (Path(folder, name) for folder, _, names in os.walk(self.folder) for name in names)
            self._used_bytes = sum(map(_bytes_of, found))
        return max(0, self.size_bytes - self._used_bytes)

    def room(self, file: int, length: int, position: int | None = None) -> int:
        """How many of so many bytes can be written to a file.

        Raises:
            OSError: there is no space left.
        """
        status = os.fstat(file)
        if not stat.S_ISREG(status.st_mode) or not length:
            return length
        if position is None:
            position = os.lseek(file, 0, os.SEEK_CUR)
        growth = position + length - status.st_size
        if growth <= 0:
            return length
        if self._used_bytes + growth > self.size_bytes:
            free = self.free_bytes()
            if free < growth:
                fits = length - (growth - free)
                if fits <= 0:
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
                length, growth = fits, free
        self._used_bytes += growth
        return length

    def status(self) -> os.statvfs_result:
        """What the file system says of itself."""
        free = self.free_bytes() // _BLOCK_BYTES
        whole = self.size_bytes // _BLOCK_BYTES
        return os.statvfs_result((_BLOCK_BYTES, _BLOCK_BYTES, whole, free, free, 32_768, 32_000, 32_000, 4096, 255))

    def remove(self) -> None:
        """Forget it with everything in it."""
        if self._folder:
            remove_folder(Path(self._folder))
            self._folder = ""
            self._used_bytes = 0


class Temporaries:
    """The /tmp of each environment of a run."""

    def __init__(self) -> None:
        self._all: list[Temporary] = []
        self._kept: dict[str, list[Temporary]] = {}

    def take(self, function: FunctionConfig) -> Temporary:
        """That of a new environment: of one that was reset, or an empty one."""
        kept = self._kept.get(function.arn)
        if kept:
            return kept.pop(0)
        self._all.append(Temporary(function.temporary_mb))
        return self._all[-1]

    def give_back(self, function: FunctionConfig, temporary: Temporary, *, again: bool) -> None:
        """An environment has no more use for it.

        Args:
            function: the function.
            temporary: its /tmp.
            again: whether Lambda resets the environment, as after a timeout: what is in /tmp stays then.
        """
        temporary.files.clear()
        if again:
            self._kept.setdefault(function.arn, []).append(temporary)
        else:
            temporary.remove()
            self._all.remove(temporary)

    def remove(self) -> None:
        """The run is over."""
        for each in self._all:
            each.remove()
        self._all.clear()
        self._kept.clear()


def _bytes_of(path: Path) -> int:
    try:
        return path.lstat().st_size
    except OSError:
        return 0
