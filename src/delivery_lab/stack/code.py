"""From a Pulumi archive to the files of a function on this machine."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from delivery_lab.errors import HandlerLoadError, NotModelledError, ProgramError
from delivery_lab.input_files import is_packed, no_file
from delivery_lab.program.assets import AssetArchive, FileArchive, FileAsset, StringAsset

_Parts = Iterator[tuple[str, str]]


class _Inline(str):
    """Text of a file that exists in the program only."""


class _File(str):
    """Path of a file that stays what it is."""


@dataclass(frozen=True, slots=True)
class CodeFiles:
    """Where the code of a function or layer is on this machine.

    Attributes:
        roots: pairs of a path inside the archive ("" is its top) and the file or folder that stands there.
        inline: pairs of a path inside the archive and the text that stands there.
        plain: paths inside the archive of files that stay what they are, such as a zip file that the code opens.
    """

    roots: tuple[tuple[str, str], ...] = ()
    inline: tuple[tuple[str, str], ...] = ()
    plain: tuple[str, ...] = ()


def code_files(archive: Any, project_dir: Path, owner: str, *, optional: bool = False) -> CodeFiles:
    """Where the code of an archive is.

    Args:
        archive: a `FileArchive` or `AssetArchive` of `program.assets`.
        project_dir: folder that relative paths start from, as in a deployment.
        owner: name of the function or layer, for messages.
        optional: whether files that are missing are left out, as a layer's are that was not built yet.

    Raises:
        HandlerLoadError: a file or folder is missing.
        ProgramError: an archive is a plain file, or what nobody can read to its end: a pipe, a socket, a device.
        NotModelledError: the code is not on this machine (a remote archive).
    """
    roots: list[tuple[str, str]] = []
    inline: list[tuple[str, str]] = []
    plain: list[str] = []
    for path, text in _parts(archive, "", project_dir, owner):
        if isinstance(text, _Inline):
            inline.append((path, str(text)))
            continue
        place = Path(os.path.realpath(project_dir / text))  # `resolve` fails where links lead in a circle
        if place.exists():
            _refuse_no_file(place, owner)
            _refuse_plain_file(archive, place, owner)
            roots.append((path, str(place)))
            plain.extend([path] if isinstance(text, _File) else [])
        elif not optional:
            raise HandlerLoadError(
                f"the code of {owner} is missing: there is no {place}\n"
                "  fix: create it, or correct the path in the program (paths start at the project's folder)"
            )
    return CodeFiles(tuple(roots), tuple(inline), tuple(plain))


def _refuse_no_file(place: Path, owner: str) -> None:
    """Refuse what would keep who opens it waiting, or never ends."""
    if kind := no_file(place):
        raise ProgramError(
            f"the code of {owner} is {kind}, not a file or folder: {place}\n"
            "  fix: put a file or folder in its place, or correct the path in the program"
        )


def _refuse_plain_file(archive: Any, place: Path, owner: str) -> None:
    """Refuse an archive that is a file and no archive, as Pulumi does."""
    if place.is_file() and _is_archive(archive, place, FileArchive) and not is_packed(place):
        raise ProgramError(
            f"the code of {owner} is no archive: pulumi.FileArchive of {place}, which is a plain file\n"
            f'  fix: pulumi.AssetArchive({{"{place.name}": pulumi.FileAsset(...)}}), or a FileArchive of its folder'
        )


def _is_archive(archive: Any, place: Path, kind: type) -> bool:
    """Whether a program gives a place as an archive, and not as a file within one."""
    if isinstance(archive, kind):
        return Path(str(getattr(archive, "path", ""))).name == place.name
    parts = getattr(archive, "assets", None)
    return isinstance(parts, dict) and any(_is_archive(part, place, kind) for part in parts.values())


def _parts(archive: Any, prefix: str, project_dir: Path, owner: str) -> _Parts:
    if isinstance(archive, AssetArchive):
        for name, part in archive.assets.items():
            inner = "" if name in (".", "./", "/") else name.strip("/").removeprefix("./")
            yield from _parts(part, "/".join(filter(None, (prefix, inner))), project_dir, owner)
    elif isinstance(archive, (FileArchive, FileAsset)):
        yield prefix, (_File if isinstance(archive, FileAsset) else str)(archive.path)
    elif isinstance(archive, str):  # the provider hands a plain text on as the name of a file
        yield prefix, str(archive)
    elif isinstance(archive, StringAsset):
        yield prefix, _Inline(str(archive.text))
    else:
        raise NotModelledError(
            f"the code of {owner} is a {type(archive).__name__}, which is not on this machine\n"
            "  nearest: pulumi.FileArchive of a local folder"
        )
