"""From a Pulumi archive to the files of a function on this machine."""

from __future__ import annotations

import tarfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from delivery_lab.errors import HandlerLoadError, NotModelledError, ProgramError

_Parts = Iterator[tuple[str, str | Path]]


class _Inline(str):
    """Text of a file that exists in the program only."""


@dataclass(frozen=True, slots=True)
class CodeFiles:
    """Where the code of a function or layer is on this machine.

    Attributes:
        roots: pairs of a path inside the archive ("" is its top) and the file or folder that stands there.
        inline: pairs of a path inside the archive and the text that stands there.
    """

    roots: tuple[tuple[str, str], ...] = ()
    inline: tuple[tuple[str, str], ...] = ()


def code_files(archive: Any, project_dir: Path, owner: str, *, optional: bool = False) -> CodeFiles:
    """Where the code of an archive is.

    Args:
        archive: a `pulumi.FileArchive` or `pulumi.AssetArchive`.
        project_dir: folder that relative paths start from, as in a deployment.
        owner: name of the function or layer, for messages.
        optional: whether files that are missing are left out, as a layer's are that was not built yet.

    Raises:
        HandlerLoadError: a file or folder is missing.
        ProgramError: an archive is a plain file.
        NotModelledError: the code is not on this machine (a remote archive).
    """
    roots: list[tuple[str, str]] = []
    inline: list[tuple[str, str]] = []
    for path, place in _parts(archive, "", project_dir, owner):
        if isinstance(place, _Inline):
            inline.append((path, str(place)))
        elif isinstance(place, Path) and place.exists():
            _refuse_plain_file(archive, place, owner)
            roots.append((path, str(place)))
        elif not optional:
            raise HandlerLoadError(
                f"the code of {owner} is missing: there is no {place}\n"
                "  fix: create it, or correct the path in the program (paths start at the project's folder)"
            )
    return CodeFiles(tuple(roots), tuple(inline))


def _refuse_plain_file(archive: Any, place: Path, owner: str) -> None:
    """Refuse an archive that is a file and no archive, as Pulumi does."""
    import pulumi

    if place.is_file() and _is_archive(archive, place, pulumi.FileArchive) and not _is_packed(place):
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


def _is_packed(place: Path) -> bool:
    return zipfile.is_zipfile(place) or tarfile.is_tarfile(place)


def _parts(archive: Any, prefix: str, project_dir: Path, owner: str) -> _Parts:
    import pulumi  # not before there are resources, which Pulumi has made

    if isinstance(archive, pulumi.AssetArchive):
        for name, part in archive.assets.items():
            inner = "" if name in (".", "./", "/") else name.strip("/").removeprefix("./")
            yield from _parts(part, "/".join(filter(None, (prefix, inner))), project_dir, owner)
    elif isinstance(archive, (pulumi.FileArchive, pulumi.FileAsset)):
        yield prefix, (project_dir / str(archive.path)).resolve()
    elif isinstance(archive, str):  # the provider hands a plain text on as the name of a file
        yield prefix, (project_dir / archive).resolve()
    elif isinstance(archive, pulumi.StringAsset):
        yield prefix, _Inline(str(archive.text))
    else:
        raise NotModelledError(
            f"the code of {owner} is a {type(archive).__name__}, which is not on this machine\n"
            "  nearest: pulumi.FileArchive of a local folder"
        )
