"""Files that are read because somebody named them: a file, or what a shell hands over, and never without an end.

A named pipe keeps who opens it waiting for somebody who writes, and a device such as /dev/zero never ends. What a shell
opens itself (`< FILE`, `<(command)`) is read, whatever it is: it has a writer.
"""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

MOST_MEBIBYTES = 64
"""No file that somebody writes for the lab, and no state of a stack, comes near it."""
MOST_BYTES = MOST_MEBIBYTES * 1024 * 1024
_OPENED_BY_A_SHELL = ("/dev/stdin", "/dev/fd/", "/proc/self/fd/", os.devnull)
FOLDER = "it is a folder, not a file"
_PACKED = (b"\x1f\x8b", b"BZh", b"\xfd7zXZ\x00", b"\x5d\x00\x00")
"""How files begin that gzip, bzip2, xz and lzma have packed."""
_TAR, _TAR_AT = b"ustar", 257
"""What every tar has, and where."""
_KINDS = {
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


def read_bytes(path: Path) -> bytes:
    """What is in a file.

    Raises:
        OSError: it cannot be read, is no file, or has more than `MOST_BYTES`; `strerror` says so.
    """
    if kind := no_file(path):
        raise OSError(errno.EINVAL, f"it is {kind}, not a file", str(path))
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except IsADirectoryError as error:
        raise OSError(errno.EISDIR, FOLDER, str(path)) from error
    if len(content) > MOST_BYTES:
        raise OSError(errno.EFBIG, f"it has more than {MOST_MEBIBYTES} MiB, the most that is read", str(path))
    return content


def is_packed(path: Path) -> bool:
    """Whether a file is an archive that Pulumi knows: zip or tar, packed or not.

    Python takes minutes to find no tar in a large file of zeros, so its first bytes are looked at before.

    Raises:
        OSError: it cannot be read.
    """
    import tarfile  # here, for few commands need them, and they take half as long as `list`
    import zipfile

    with path.open("rb") as file:
        first = file.read(_TAR_AT + len(_TAR))
    if first.startswith(_PACKED) or first[_TAR_AT:] == _TAR:
        return tarfile.is_tarfile(path)
    return zipfile.is_zipfile(path)


def no_file(path: Path) -> str:
    """What a path leads to where that can be opened and is no file, such as "a named pipe"; "" for files and folders.

    Raises:
        OSError: it leads nowhere.
    """
    if str(path).startswith(_OPENED_BY_A_SHELL):
        return ""
    return _KINDS.get(stat.S_IFMT(path.stat().st_mode), "")
