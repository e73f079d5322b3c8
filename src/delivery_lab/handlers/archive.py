"""Archives of functions and layers, as a tree of the real files that stand in them.

What is not a plain file or folder on disk (zip files, text in the program) is written to a folder of the run
first, so that every line of a traceback can be found and `__file__` can be opened. A function that is put together of
several parts is put together for real: its code finds files beside its own and in its working directory.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from delivery_lab.errors import HandlerLoadError, describe_instead
from delivery_lab.handlers.unpacking import is_machines, place_of, unpack
from delivery_lab.input_files import is_packed, no_file
from delivery_lab.model.runtime import CodeSource

_TOP = PurePosixPath()
_MODULES = (".py", ".so", ".pyd")
_MOST_COPIED_BYTES = 16 * 1024 * 1024
"""Larger files are data: they are linked to, for a copy would take as long as the run, and as much room."""


@contextmanager
def _readable(owner: str) -> Iterator[None]:
    """Say whose code it is where a file or folder cannot be read."""
    try:
        yield
    except OSError as error:
        if is_machines(error):
            raise
        raise HandlerLoadError(
            f"the code of {owner} cannot be read: {error.filename}: {error.strerror}\n"
            "  fix: make it readable, or take it out of the archive"
        ) from None


@dataclass(frozen=True, slots=True)
class Archive:
    """Real files and folders by their place in an archive.

    Attributes:
        roots: places and what stands there. Where two hold the same path, the later one wins, as in a zip.
        origins: of files that were copied, where the user has them; tracebacks name those.
        parts: the files and folders that it was made of, as messages name them.
    """

    roots: tuple[tuple[PurePosixPath, Path], ...]
    origins: Mapping[str, str] = field(default_factory=dict)
    parts: tuple[Path, ...] = ()

    @property
    def files(self) -> tuple[str, ...]:
        """Files and folders of the user's (or of the run's, where text was written out) that the code comes from."""
        return tuple(str(path) for path in self.parts or (path for _, path in self.roots))

    def file(self, place: PurePosixPath) -> Path | None:
        """The file at a place, or None."""
        return next((path for path in self._candidates(place) if path.is_file()), None)

    def folders(self, place: PurePosixPath) -> list[Path]:
        """The real folders that make up the folder at a place; several where roots overlap."""
        return [path for path in self._candidates(place) if path.is_dir()]

    def has_folder(self, place: PurePosixPath) -> bool:
        """Whether there is a folder at a place; a root deeper down makes all folders above it."""
        return bool(self.folders(place)) or any(place in root.parents for root, _ in self.roots)

    def importable(self, place: PurePosixPath) -> set[str]:
        """Names of the modules and packages directly in a folder."""
        names = {root.relative_to(place).parts[0] for root, _ in self.roots if place in root.parents}
        for folder in self.folders(place):
            names.update(entry.name for entry in folder.iterdir() if entry.is_dir() or entry.suffix in _MODULES)
        return {name.partition(".")[0] if name.endswith(_MODULES) else name for name in names}

    def _candidates(self, place: PurePosixPath) -> Iterator[Path]:
        for root, path in reversed(self.roots):
            if root == place:
                yield path
            elif root == _TOP or root in place.parents:
                yield path / place.relative_to(root)


class Archives:
    """Archives of one run; each source is looked at once.

    Args:
        scratch: an existing folder for what has to be written out.
    """

    def __init__(self, scratch: Path) -> None:
        self._scratch = scratch
        self._known: dict[CodeSource, Archive] = {}
        self._assembled: dict[CodeSource, Archive] = {}
        self._directories: dict[tuple[tuple[PurePosixPath, Path], ...], Path] = {}

    def function(self, name: str, source: CodeSource) -> Archive:
        """The archive of a function.

        Raises:
            HandlerLoadError: one of its files or folders does not exist or cannot be read, or it is empty.
        """
        for _, path in source.roots:
            if not Path(path).exists():
                raise HandlerLoadError(
                    f"the code of function {name} is missing: {path} does not exist\n"
                    "  fix: correct the path in the program, or build what should stand there\n"
                    f"  or {describe_instead(name)}"
                )
        if not source.roots and not source.inline:
            raise HandlerLoadError(
                f"function {name} has no code that could be run\n  fix: give it a code archive\n"
                f"  or {describe_instead(name)}"
            )
        found = self._assembled.get(source)
        if found is None:
            with _readable(f"function {name}"):
                archive = self._archive(name, source)
                found = self._assembled[source] = self._one_folder(f"function {name}", archive)
        return found

    def layer(self, name: str, source: CodeSource) -> Archive:
        """The archive of a layer. What has not been built yet is left out: its packages may come from the venv."""
        there = tuple((place, path) for place, path in source.roots if Path(path).exists())
        with _readable(name):
            return self._archive(name, CodeSource(there, source.inline, source.plain))

    def working_directory(self, name: str, archive: Archive) -> Path:
        """A folder of the run in which code finds what is at the top of its archive.

        In Lambda it is the code's own folder, and read-only. Here that would be the user's, and what a handler writes
        beside its code must not end up in a project. So files are copied, folders are linked to, and nothing can be
        added unless the lab runs as root.
        """
        found = self._directories.get(archive.roots)
        if found is None:
            found = self._directories[archive.roots] = self._folder()
            with _readable(f"function {name}"):
                for folder in archive.folders(_TOP):
                    for entry in folder.iterdir():
                        if entry.is_file() and entry.stat().st_size <= _MOST_COPIED_BYTES:
                            shutil.copyfile(entry, found / entry.name)
                        else:
                            entry.stat()  # a link that leads nowhere cannot be deployed
                            (found / entry.name).symlink_to(entry, target_is_directory=entry.is_dir())
            found.chmod(0o555)
        return found

    def _archive(self, name: str, source: CodeSource) -> Archive:
        found = self._known.get(source)
        if found is None:
            roots = [
                (place_of(place), Path(path).absolute() if place in source.plain else self._unpacked(name, path))
                for place, path in source.roots
            ]
            if source.inline:
                roots.append((_TOP, self._written(source.inline)))
            found = self._known[source] = Archive(tuple(roots))
        return found

    def _one_folder(self, owner: str, archive: Archive) -> Archive:
        """The archive as one real folder."""
        if len(archive.roots) == 1 and archive.roots[0][0] == _TOP and archive.roots[0][1].is_dir():
            return archive
        target = self._folder()
        origins: dict[str, str] = {}

        def copy(source: str, copied: str) -> None:
            with _readable(owner):
                if not no_file(Path(source)):  # a pipe or a device might never end, and no code opens one
                    shutil.copyfile(source, copied)
                    origins[copied] = source

        for place, path in archive.roots:
            if path.is_dir():
                shutil.copytree(
                    path,
                    target / place,
                    ignore=shutil.ignore_patterns("__pycache__"),
                    copy_function=copy,
                    dirs_exist_ok=True,
                )
            else:
                (target / place).parent.mkdir(parents=True, exist_ok=True)
                copy(str(path), os.fspath(target / place))
        return Archive(((_TOP, target),), origins, tuple(path for _, path in archive.roots))

    def _unpacked(self, name: str, text: str) -> Path:
        path = Path(text).absolute()
        if not path.is_file() or not is_packed(path):
            return path
        target = self._folder()
        unpack(name, path, target)
        return target

    def _written(self, inline: tuple[tuple[str, str], ...]) -> Path:
        target = self._folder()
        for place, text in inline:
            file = target / place_of(place)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        return target

    def _folder(self) -> Path:
        folder = self._scratch / f"archive-{sum(1 for _ in self._scratch.iterdir()) + 1}"
        folder.mkdir()
        return folder
