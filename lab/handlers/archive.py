"""Archives of functions and layers, as a tree of the real files that stand in them.

What is not a plain file or folder on disk (zip files, text in the program) is written to a folder of the run
first, so that every line of a traceback can be found and `__file__` can be opened.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from lab.errors import HandlerLoadError
from lab.model.runtime import CodeSource

_TOP = PurePosixPath()


@dataclass(frozen=True, slots=True)
class Archive:
    """Real files and folders by their place in an archive.

    Attributes:
        roots: places and what stands there. Where two hold the same path, the later one wins, as in a zip.
    """

    roots: tuple[tuple[PurePosixPath, Path], ...]

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
            names.update(entry.name for entry in folder.iterdir() if entry.is_dir() or entry.suffix == ".py")
        return {name.removesuffix(".py") for name in names}

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

    def function(self, name: str, source: CodeSource) -> Archive:
        """The archive of a function.

        Raises:
            HandlerLoadError: one of its files or folders does not exist, or it is empty.
        """
        for _, path in source.roots:
            if not Path(path).exists():
                raise HandlerLoadError(
                    f"the code of function {name} is missing: {path} does not exist\n"
                    "  fix: correct the path in the program, or build what should stand there"
                )
        if not source.roots and not source.inline:
            raise HandlerLoadError(f"function {name} has no code that could be run\n  fix: give it a code archive")
        return self._archive(name, source)

    def layer(self, name: str, source: CodeSource) -> Archive:
        """The archive of a layer. What has not been built yet is left out: its packages may come from the venv."""
        there = tuple((place, path) for place, path in source.roots if Path(path).exists())
        return self._archive(name, CodeSource(there, source.inline))

    def _archive(self, name: str, source: CodeSource) -> Archive:
        found = self._known.get(source)
        if found is None:
            roots = [(_place(place), self._unpacked(name, Path(path).absolute())) for place, path in source.roots]
            if source.inline:
                roots.append((_TOP, self._written(source.inline)))
            found = self._known[source] = Archive(tuple(roots))
        return found

    def _unpacked(self, name: str, path: Path) -> Path:
        if path.is_dir() or not zipfile.is_zipfile(path):
            return path
        target = self._folder()
        try:
            with zipfile.ZipFile(path) as archive:
                archive.extractall(target)
        except (zipfile.BadZipFile, OSError) as error:
            raise HandlerLoadError(
                f"the archive of {name} cannot be unpacked: {path}: {error}\n  fix: build it again"
            ) from None
        return target

    def _written(self, inline: tuple[tuple[str, str], ...]) -> Path:
        target = self._folder()
        for place, text in inline:
            file = target / _place(place)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        return target

    def _folder(self) -> Path:
        folder = self._scratch / f"archive-{sum(1 for _ in self._scratch.iterdir()) + 1}"
        folder.mkdir()
        return folder


def _place(text: str) -> PurePosixPath:
    """A path inside an archive; `.` and a leading `/` mean its top."""
    return PurePosixPath(*(part for part in PurePosixPath(text).parts if part not in ("/", "..")))
