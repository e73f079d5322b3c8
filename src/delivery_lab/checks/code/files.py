"""The files of a function and of its layers, by the path that they have after deployment."""

from __future__ import annotations

import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path

from delivery_lab.stack.code import CodeFiles

LARGEST_FILE_BYTES = 500_000
"""Files above are data or generated; they are not read."""
DAMAGED_ZIP = (OSError, ValueError, zipfile.BadZipFile, zlib.error, EOFError, RuntimeError)
"""What reading a damaged or encrypted zip file raises."""


@dataclass(frozen=True, slots=True)
class Files:
    """One archive."""

    source: CodeFiles

    def read(self, path: str) -> str | None:
        """The text of a file, None where the archive has no such file (or none that can be read)."""
        inline = dict(self.source.inline)
        if path in inline:
            return inline[path]
        found = (_read(Path(place), prefix, path) for prefix, place in self.source.roots)
        return next((text for text in found if text is not None), None)


def _read(place: Path, prefix: str, path: str) -> str | None:
    if prefix == path:
        return _text(place)
    if prefix and not path.startswith(f"{prefix}/"):
        return None
    inner = path[len(prefix) + 1 :] if prefix else path
    if place.is_dir():
        return _text(place / inner)
    if place.is_file() and zipfile.is_zipfile(place):
        return _zipped(place, inner)
    return None


def _text(file: Path) -> str | None:
    try:
        if file.is_file() and file.stat().st_size <= LARGEST_FILE_BYTES:
            return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return None
    return None


def _zipped(archive: Path, path: str) -> str | None:
    try:
        with zipfile.ZipFile(archive) as opened:
            if opened.getinfo(path).file_size <= LARGEST_FILE_BYTES:
                return opened.read(path).decode("utf-8")
    except (KeyError, *DAMAGED_ZIP):
        return None  # not in there, damaged or encrypted
    return None
