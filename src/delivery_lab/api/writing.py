"""Files that commands write: one place says why one cannot be written, and it is an output that fails (exit code 1)."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable
from pathlib import Path

from delivery_lab.errors import LabError
from delivery_lab.input_files import FOLDER, no_file


def refuse_unwritable(path: Path, option: str = "") -> None:
    """Find out before long work whether its result can be written. What is there stays as it is.

    Args:
        path: where to.
        option: the option that names the file, for the message; "" for none.

    Raises:
        LabError: the file cannot be written.
    """
    there = os.path.lexists(path)
    try:
        _refuse_pipes(path)
        if there and not path.is_file() and not path.is_dir():
            return  # a pipe of the shell or a device: opening it is more than a question
        path.open("ab").close()
        if not there:
            path.unlink()
    except OSError as error:
        raise _cannot(path, option, error) from error


def write_file(path: Path, text: str | Iterable[str], option: str = "", *, make_folder: bool = False) -> None:
    """Write a text as UTF-8, with the line ends that it has, over what is there.

    Args:
        path: where to.
        text: the text, or parts of it, which need not all be held at once.
        make_folder: whether to make the folders around it.
        option: the option that names the file, for the message; "" for none.

    Raises:
        LabError: the file cannot be written.
    """
    try:
        _refuse_pipes(path)
        if make_folder:
            path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", encoding="utf-8", newline="") as file:
            file.writelines((text,) if isinstance(text, str) else text)
    except OSError as error:
        raise _cannot(path, option, error) from error


def _refuse_pipes(path: Path) -> None:
    """A named pipe keeps who opens it waiting until somebody reads; what the shell has opened (/dev/fd) is read.

    Raises:
        OSError: it is one, or a socket.
    """
    kind = "" if str(path).startswith("/dev/") or not path.exists() else no_file(path)
    if kind and kind != "a device":
        raise OSError(errno.EINVAL, f"it is {kind}, not a file", str(path))


def _cannot(path: Path, option: str, error: OSError) -> LabError:
    named = f"{option}: " if option else ""
    why = FOLDER if isinstance(error, IsADirectoryError) else error.strerror
    return LabError(f"{named}{path} cannot be written: {why}")
