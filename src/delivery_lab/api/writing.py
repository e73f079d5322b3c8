"""Files that commands write: one place says why one cannot be written, and it is an output that fails (exit code 1)."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from delivery_lab.errors import LabError


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
        if make_folder:
            path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", encoding="utf-8", newline="") as file:
            file.writelines((text,) if isinstance(text, str) else text)
    except OSError as error:
        named = f"{option}: " if option else ""
        raise LabError(f"{named}{path} cannot be written: {error.strerror}") from error
