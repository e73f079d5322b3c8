"""Where the code of functions is on this machine: their archives, unpacked once, and the search paths of imports."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from delivery_lab.handlers.archive import Archives
from delivery_lab.handlers.modules import SearchPath
from delivery_lab.model.runtime import FunctionConfig
from delivery_lab.own_folders import new_folder, remove_folder

_TASK_ROOT = PurePosixPath("/var/task")
"""Where the archive of a function is in Lambda."""


class CodePlaces:
    """Archives and search paths, for one run or for many of the same deployment. Folders are read once."""

    def __init__(self) -> None:
        self._scratch = new_folder("code")
        self._archives = Archives(self._scratch)
        self._search: dict[tuple[object, ...], SearchPath] = {}
        self._stamps: dict[Path, object] = {}

    def search_path(self, function: FunctionConfig) -> SearchPath:
        """Where a function's imports look.

        Raises:
            HandlerLoadError: the function's code does not exist.
        """
        more = _python_path(function.environment.get("PYTHONPATH", ""))
        key = (function.code, function.layers, more)
        known = self._search.get(key)
        if known is None:
            archives = self._archives
            layers = [archives.layer(f"a layer of function {function.name}", layer) for layer in function.layers]
            archive = archives.function(function.name, function.code)
            known = self._search[key] = SearchPath(
                archive, layers, archives.working_directory(function.name, archive), more
            )
            self._stamps[known.working_directory] = _stamp(known.working_directory)
        return known

    @property
    def untouched(self) -> bool:
        """Whether the folders in which code runs hold what they held: root may write there."""
        return all(_stamp(folder) == stamp for folder, stamp in self._stamps.items())

    def remove(self) -> None:
        """Delete what was written out."""
        remove_folder(self._scratch)


def _python_path(variable: str) -> tuple[PurePosixPath, ...]:
    """Folders of the function's own archive that its variable PYTHONPATH names: Lambda leaves that to Python."""
    places = (PurePosixPath(entry) for entry in variable.split(":") if entry)
    return tuple(place.relative_to(_TASK_ROOT) for place in places if place.is_relative_to(_TASK_ROOT))


def _stamp(folder: Path) -> object:
    """What stands in a folder, and when it was written."""
    return [(entry.name, entry.stat().st_mtime_ns, entry.stat().st_size) for entry in sorted(folder.iterdir())]
