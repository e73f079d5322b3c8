"""Archives that are files: zip, and tar, which Pulumi turns into zip before it hands them to AWS.

What somebody else has packed is not to be trusted: it may be damaged or encrypted, be a thousand times as large as its
file, and name places outside of its folder. Links stay links, as on Lambda; they are made last, so that nothing is
written through one.
"""

from __future__ import annotations

import errno
import io
import lzma
import shutil
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import IO

from delivery_lab.errors import HandlerLoadError

MOST_BYTES = 262_144_000
"""What Lambda takes of a function and its layers, unpacked (250 MB, gettingstarted-limits.html of its guide)."""
_DAMAGED = (
    *(zipfile.BadZipFile, tarfile.TarError, zlib.error, lzma.LZMAError, EOFError, OSError, ValueError, OverflowError),
    RuntimeError,  # it is packed in a way that this Python does not know
)
_OF_THE_MACHINE = (errno.ENOSPC, errno.EDQUOT, errno.EMFILE, errno.ENFILE, errno.ENOMEM)
_ENCRYPTED = 1
"""The bit of an entry that says so."""
_Open = Callable[[], IO[bytes] | None]


@dataclass(frozen=True, slots=True)
class _PackedEntry:
    """A file, a folder or a link in an archive."""

    name: str
    size: int
    open: _Open
    is_folder: bool = False
    link: bool = False


def is_machines(error: Exception) -> bool:
    """Whether it is this machine that has no room, memory or open files left, and nothing is wrong with the file."""
    return isinstance(error, OSError) and error.errno in _OF_THE_MACHINE


def unpack(owner: str, path: Path, target: Path) -> None:
    """Write what is in an archive into a folder.

    Args:
        owner: whose archive it is, for messages.
        path: the archive.
        target: an empty folder, of which nothing is left.

    Raises:
        HandlerLoadError: it cannot be unpacked, or has more than Lambda takes.
        OSError: this machine has no room for it.
    """
    try:
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                _write(_within_bound(owner, path, _of_zip(archive)), target)
        else:
            with tarfile.open(path) as packed:
                _write(_within_bound(owner, path, _of_tar(packed)), target)
    except _DAMAGED as error:
        if is_machines(error):
            raise
        told = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise HandlerLoadError(
            f"the archive of {owner} cannot be unpacked: {path}: {told}\n  fix: build it again"
        ) from None


def place_of(text: str) -> PurePosixPath:
    """A path inside an archive; `.` and a leading `/` mean its top, and `..` leads nowhere."""
    return PurePosixPath(*(part for part in PurePosixPath(text).parts if part not in ("/", "..", "//")))


def _of_zip(archive: zipfile.ZipFile) -> Iterator[_PackedEntry]:
    for info in archive.infolist():
        if info.flag_bits & _ENCRYPTED:
            raise zipfile.BadZipFile(f"{info.filename} is encrypted")
        mode = info.external_attr >> 16
        opened = partial(archive.open, info)
        yield _PackedEntry(info.filename, info.file_size, opened, info.is_dir(), stat.S_ISLNK(mode))


def _of_tar(archive: tarfile.TarFile) -> Iterator[_PackedEntry]:
    for member in archive:
        opened = partial(archive.extractfile, member)
        if member.isdir() or member.isreg() or member.islnk():
            yield _PackedEntry(member.name, member.size, opened, member.isdir())
        elif member.issym():
            text = member.linkname.encode("utf-8", "surrogateescape")
            yield _PackedEntry(member.name, len(text), partial(io.BytesIO, text), link=True)


def _within_bound(owner: str, path: Path, entries: Iterator[_PackedEntry]) -> list[_PackedEntry]:
    """All entries; no further one is looked for once it is too much, for that would unpack what comes before."""
    found, size = [], 0
    for entry in entries:
        found.append(entry)
        size += entry.size
        if size > MOST_BYTES:
            raise HandlerLoadError(
                f"the archive of {owner} has more than {MOST_BYTES:,} bytes unpacked, the most that Lambda takes of a "
                f"function and its layers: {path}\n"
                "  fix: leave out what it does not need, or deploy it as a container image"
            )
    return found


def _write(entries: list[_PackedEntry], target: Path) -> None:
    links: dict[Path, str] = {}
    for entry in entries:
        place = target / place_of(entry.name)
        if place == target:
            continue
        if entry.is_folder:
            place.mkdir(parents=True, exist_ok=True)
            continue
        place.parent.mkdir(parents=True, exist_ok=True)
        with entry.open() or io.BytesIO(b"") as content:
            if entry.link:
                links[place] = content.read().decode("utf-8", "surrogateescape")
                continue
            links.pop(place, None)  # of two with one name the later counts
            with place.open("wb") as file:
                shutil.copyfileobj(content, file)
    for place, leads_to in links.items():
        place.unlink(missing_ok=True)
        place.symlink_to(leads_to)
