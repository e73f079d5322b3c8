"""Where the code of functions is on this machine: their archives, unpacked once, and the search paths of imports."""

from __future__ import annotations

import tempfile
from pathlib import Path

from delivery_lab.handlers.archive import Archives
from delivery_lab.handlers.modules import SearchPath
from delivery_lab.model.runtime import FunctionConfig


class CodePlaces:
    """Archives and search paths, for one run or for many of the same deployment. Folders are read once."""

    def __init__(self) -> None:
        self._scratch = tempfile.TemporaryDirectory(prefix="delivery-lab-")
        self._archives = Archives(Path(self._scratch.name))
        self._search: dict[tuple[object, ...], SearchPath] = {}
        self._stamps: dict[Path, object] = {}

    def search_path(self, function: FunctionConfig) -> SearchPath:
        """Where a function's imports look.

        Raises:
            HandlerLoadError: the function's code does not exist.
        """
        key = (function.code, function.layers)
        known = self._search.get(key)
        if known is None:
            archives = self._archives
            layers = [archives.layer(f"a layer of function {function.name}", layer) for layer in function.layers]
            archive = archives.function(function.name, function.code)
            known = self._search[key] = SearchPath(archive, layers, archives.working_directory(archive))
            self._stamps[known.working_directory] = _stamp(known.working_directory)
        return known

    @property
    def untouched(self) -> bool:
        """Whether the folders in which code runs hold what they held: root may write there."""
        return all(_stamp(folder) == stamp for folder, stamp in self._stamps.items())

    def remove(self) -> None:
        """Delete what was written out."""
        self._scratch.cleanup()


def _stamp(folder: Path) -> object:
    """What stands in a folder, and when it was written."""
    return [(entry.name, entry.stat().st_mtime_ns, entry.stat().st_size) for entry in sorted(folder.iterdir())]
