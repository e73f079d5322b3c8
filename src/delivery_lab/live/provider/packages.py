"""Zip files out of assets and archives: the code of functions and the contents of layers."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from delivery_lab.errors import UsageError
from delivery_lab.input_files import no_file
from delivery_lab.program.assets import AssetArchive, FileArchive, FileAsset, StringAsset

_EPOCH = (1980, 1, 1, 0, 0, 0)
"""The first instant that a zip file can hold: the same code gives the same file."""


def zipped(archive: Any) -> bytes:
    """The archive as a zip file, the same bytes for the same contents.

    Raises:
        UsageError: it is not on this machine.
    """
    if isinstance(archive, FileArchive) and Path(archive.path).is_file():
        return Path(archive.path).read_bytes()
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as target:
        for name, content in sorted(_files(archive, "")):
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            target.writestr(entry, content, compresslevel=1)
    return buffer.getvalue()


def _files(archive: Any, prefix: str) -> Iterator[tuple[str, bytes]]:
    if isinstance(archive, AssetArchive):
        for name, member in archive.assets.items():
            yield from _files(member, f"{prefix}/{name}" if prefix else name)
    elif isinstance(archive, FileArchive):
        root = Path(archive.path)
        for path in root.rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts:
                yield f"{prefix}/{path.relative_to(root).as_posix()}".removeprefix("/"), path.read_bytes()
    elif isinstance(archive, FileAsset):
        if kind := no_file(Path(archive.path)):
            raise UsageError(
                f"{prefix or 'code'} is {kind}, not a file: {archive.path}\n  fix: put a file in its place"
            )
        yield prefix, Path(archive.path).read_bytes()
    elif isinstance(archive, StringAsset):
        yield prefix, archive.text.encode()
    else:
        raise UsageError(
            f"{prefix or 'code'} is a {type(archive).__name__}: this provider takes what is on this machine"
        )
