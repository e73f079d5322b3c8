"""Files in the user's cache folder: what can be computed again, kept from command to command."""

from __future__ import annotations

import functools
import os
import stat
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

_LAB = Path(__file__).resolve().parent.parent


def cache_folder() -> Path:
    """The user's folder for what can be computed again."""
    return user_caches() / "delivery-lab"


def user_caches() -> Path:
    """Where the user's programs keep what can be computed again."""
    usual = Path.home() / ("Library/Caches" if sys.platform == "darwin" else ".cache")
    return Path(os.environ.get("XDG_CACHE_HOME") or usual)


def read_kept(file: Path) -> bytes | None:
    """The content of a file that this user alone can have written; None for any other, and where users have no ids.

    Raises:
        OSError: it is not there, or cannot be read.
    """
    found = file.stat()
    if not hasattr(os, "getuid") or found.st_uid != os.getuid() or found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        return None
    return file.read_bytes()


def keep(file: Path, content: bytes, at_most: int) -> None:
    """Write a file; where that is not possible, there is none.

    Args:
        file: the file.
        content: what is in it.
        at_most: so many files are kept in its folder, of which the oldest go.
    """
    with suppress(Exception):
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=file.parent)
        with os.fdopen(handle, "wb") as written:
            written.write(content)
        Path(name).replace(file)
        older = sorted(file.parent.iterdir(), key=lambda each: each.stat().st_mtime_ns)[:-at_most]
        for each in older:
            each.unlink()


def installed_stamps() -> list[tuple[str, int]]:
    """When something was last installed, by folder."""
    folders = [Path(entry) for entry in sys.path if Path(entry).name in ("site-packages", "dist-packages")]
    return [(str(folder), folder.stat().st_mtime_ns) for folder in folders if folder.is_dir()]


@functools.cache
def lab_stamps() -> list[str]:
    """When the lab's own code was changed, which happens under whoever works on it; what is loaded stays as it is."""
    return code_stamps(_LAB, ".py")


def code_stamps(root: Path, *endings: str) -> list[str]:
    """When and how each file below a folder was changed.

    Args:
        root: the folder.
        endings: of the names of the files that count.
    """
    found = []
    for folder, _, names in os.walk(root):
        for name in sorted(names):
            if name.endswith(endings):
                path = os.path.join(folder, name)  # noqa: PTH118 - thousands of them
                found.append(f"{path} {os.stat(path).st_mtime_ns}")  # noqa: PTH116
    return found
