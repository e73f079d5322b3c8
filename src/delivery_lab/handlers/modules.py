"""Imports inside a handler: the function's own files afresh for each environment, packages shared.

The order is Lambda's: the function's archive, its layers, then what is installed, which here is the venv the lab
runs in. A package that only a layer holds and the venv has too is taken from the venv: layers hold wheels for
Lambda's platform. Modules of the host's own project are not there for a function that did not pack them, as they
would not be in AWS. Packages with compiled extensions are shared, too (`delivery_lab.handlers.compiled`): they come
from the archive where they fit this interpreter, else from the venv.
"""

from __future__ import annotations

import importlib
import importlib.machinery
import importlib.util
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.abc import MetaPathFinder
from importlib.machinery import (
    BuiltinImporter,
    ExtensionFileLoader,
    FrozenImporter,
    ModuleSpec,
    PathFinder,
    SourceFileLoader,
)
from itertools import repeat
from operator import is_
from pathlib import Path, PurePosixPath
from types import CodeType, ModuleType
from typing import Any

from delivery_lab.handlers.archive import Archive
from delivery_lab.handlers.compiled import asking_for, extension_at, extensions_of, version_here
from delivery_lab.handlers.fibers import current
from delivery_lab.handlers.host_modules import INSTALLED_PATHS, OF_HOST, GivenModule, is_installed
from delivery_lab.handlers.reach import Reach, reach_of

_TOP = PurePosixPath()
_LAYER_TOP = PurePosixPath("python")
_NO_ORIGINS: Mapping[str, str] = {}

_code: dict[tuple[str, int, int], CodeType] = {}
_reaches: dict[tuple[str, int, int], Reach] = {}
_shared: dict[str, ModuleType] = {}
"""Modules of packages with compiled extensions in archives, by their files: each is executed once in a process."""


class _FileLoader(SourceFileLoader):
    """Loads a source file without leaving `__pycache__` beside it; each version is compiled once.

    Args:
        fullname: name of the module.
        path: the file, as the module sees it.
        origin: the file that tracebacks name, where `path` is a copy.
    """

    loads_functions = True
    """As `finalizers.LOADS_FUNCTIONS` says."""

    def __init__(self, fullname: str, path: str, origin: str | None = None) -> None:
        super().__init__(fullname, path)
        self._origin = origin or path

    def _reach(self, key: tuple[str, int, int]) -> Reach:
        if key not in _reaches:
            _reaches[key] = reach_of(self.get_data(self._origin))
        return _reaches[key]

    def _version(self) -> tuple[str, int, int]:
        status = os.stat(self._origin)  # noqa: PTH116 - for each module of each environment
        return self._origin, status.st_mtime_ns, status.st_size

    def get_code(self, fullname: str) -> CodeType | None:
        """The code, which is about to be executed: what it can change of shared modules is its environment's own.

        Noted here, and not where it is executed, for that would be a frame in the tracebacks of what it raises.
        """
        key = self._version()
        fiber = current()
        if fiber is not None:
            fiber.environment.state.follow(self._reach(key))
        found = _code.get(key)
        if found is None:
            found = _code[key] = self.source_to_code(self.get_data(self._origin), self._origin)
        return found


class _SharedFileLoader(_FileLoader):
    """Loads a source file of a package with compiled extensions, for all environments."""

    def exec_module(self, module: ModuleType) -> None:
        super().exec_module(module)
        _shared[self.path] = module


class _ExtensionLoader(ExtensionFileLoader):
    """Loads a compiled extension, for all environments."""

    def exec_module(self, module: ModuleType) -> None:
        super().exec_module(module)
        _shared[self.path] = module


class SearchPath:
    """Where an environment's imports look: folders of archives in Lambda's order.

    Args:
        function: archive of the function.
        layers: archives of its layers, in the order of the function's list; later ones win.
        working_directory: where the function's code begins.
        more: folders of the function's archive in which imports look too.

    Attributes:
        substitutes: what is taken from the venv because what the archives hold does not fit, a sentence each.
        unfit: top-level modules with an extension that does not fit and that the venv has not, and that file.
        read_only: what paths of the code's files begin with.
    """

    def __init__(
        self,
        function: Archive,
        layers: Sequence[Archive],
        working_directory: Path,
        more: Sequence[PurePosixPath] = (),
    ) -> None:
        self.working_directory = working_directory
        self._function: list[tuple[Archive, PurePosixPath]] = [(function, top) for top in dict.fromkeys((_TOP, *more))]
        tops = [*self._versioned_tops(layers), _LAYER_TOP]
        self._layers = [(layer, top) for top in tops for layer in reversed(layers)]
        tops_of_function = [path for archive, top in self._function for path in archive.folders(top)]
        tops_of_layers = [path for archive, top in self._layers for path in archive.folders(top)]
        self.folders = [str(path) for path in (*tops_of_function, *tops_of_layers)]
        own = self._names(self._function)
        self.names = own | {name for name in self._names(self._layers) if not is_installed(name)}
        self._extensions = extensions_of((*tops_of_function, *tops_of_layers))
        self.substitutes = self._take_from_here((*tops_of_function, *tops_of_layers))
        self.unfit = {top: file for top, file in self._extensions.strangers.items() if top in self.names}
        self.files = tuple(dict.fromkeys(path for archive in (function, *layers) for path in archive.files))
        folders = (*self.files, *self.folders, str(working_directory))
        self.read_only = tuple({f"{os.path.realpath(folder)}/" for folder in folders})
        self._found: dict[str, Callable[[], ModuleSpec | None]] = {}

    @property
    def shares_extensions(self) -> bool:
        """Whether packages of the archives have compiled extensions that are loaded."""
        return bool(self._extensions.shared)

    def _take_from_here(self, folders: Sequence[Path]) -> tuple[str, ...]:
        """Take packages from the venv whose extensions do not fit, and say which."""
        said = []
        for stranger, file in self._extensions.strangers.items():
            if stranger not in self.names or not is_installed(stranger):
                continue
            taken = {top for top in asking_for(stranger, folders) & self.names if is_installed(top)}
            self.names -= taken
            versions = ", ".join(dict.fromkeys(map(version_here, sorted(taken))))
            said.append(f"{file.name} in its archive is for another Python or platform: {versions} from here is used")
        return tuple(dict.fromkeys(said))

    def find(self, fullname: str) -> ModuleSpec | None:
        """The spec of a module that stands in one of the archives.

        Archives do not change while a run lasts, so a module is looked for once, whichever environments import it.
        """
        if fullname.partition(".")[0] not in self.names:
            return None
        found = self._found.get(fullname) or self._look_for(fullname)
        if found is None:
            return None
        self._found[fullname] = found
        return found()

    def _look_for(self, fullname: str) -> Callable[[], ModuleSpec | None] | None:
        """What makes a spec of a module, of which each environment gets its own; None where it stands nowhere."""
        relative = PurePosixPath(*fullname.split("."))
        loader = _SharedFileLoader if self._extensions.unit_of(fullname) else _FileLoader
        portions: list[str] = []
        for archive, top in (*self._function, *self._layers):
            place = top / relative
            initial = archive.file(place / "__init__.py")
            if initial is not None:
                return partial(_file_spec, fullname, initial, (str(initial.parent),), archive.origins, loader)
            extension = next(
                filter(None, (extension_at(each, place.name) for each in archive.folders(place.parent))), None
            )
            if extension is not None:
                return partial(_extension_spec, fullname, extension)
            module = archive.file(place.with_name(place.name + ".py"))
            if module is not None:
                return partial(_file_spec, fullname, module, None, archive.origins, loader)
            if archive.has_folder(place):
                portions += [str(path) for path in archive.folders(place)]
        if portions or self._is_virtual_folder(relative):
            return partial(_folder_spec, fullname, tuple(portions))
        return None

    def compiled(self, fullname: str) -> Path | None:
        """The file of a module that stands in one of the archives in a form that only Lambda's platform can load."""
        *folders, name = fullname.split(".")
        for archive, top in (*self._function, *self._layers):
            for folder in archive.folders(top.joinpath(*folders)):
                for file in sorted(folder.glob(f"{name}.*")):
                    if file.suffix in (".so", ".pyd", ".pyc"):
                        return file
        return None

    def _is_virtual_folder(self, relative: PurePosixPath) -> bool:
        return any(archive.has_folder(top / relative) for archive, top in (*self._function, *self._layers))

    @staticmethod
    def _names(tops: Iterable[tuple[Archive, PurePosixPath]]) -> set[str]:
        return {name for archive, top in tops for name in archive.importable(top)}

    @staticmethod
    def _versioned_tops(layers: Sequence[Archive]) -> Iterator[PurePosixPath]:
        versions = {
            version
            for layer in layers
            for version in layer.importable(_LAYER_TOP / "lib")
            if version.startswith("python3.")
        }
        for version in sorted(versions):
            yield _LAYER_TOP / "lib" / version / "site-packages"


def _folder_spec(fullname: str, portions: tuple[str, ...]) -> ModuleSpec:
    spec = ModuleSpec(fullname, None, is_package=True)
    spec.submodule_search_locations = list(portions)
    return spec


def _extension_spec(fullname: str, path: Path) -> ModuleSpec | None:
    loader = _ExtensionLoader(fullname, str(path))
    return _given_again(importlib.util.spec_from_file_location(fullname, path, loader=loader))


def _given_again(spec: ModuleSpec | None) -> ModuleSpec | None:
    """The spec of a module that is executed once in a process: a further environment is given the module itself."""
    module = _shared.get(spec.origin or "") if spec is not None else None
    if spec is not None and module is not None:
        spec.loader = GivenModule(module)
    return spec


def _file_spec(
    fullname: str,
    path: Path,
    locations: tuple[str, ...] | None,
    origins: Mapping[str, str] = _NO_ORIGINS,
    kind: type[_FileLoader] = _FileLoader,
) -> ModuleSpec | None:
    loader = kind(fullname, str(path), origins.get(str(path)))
    inside = None if locations is None else list(locations)
    spec = importlib.util.spec_from_file_location(fullname, path, loader=loader, submodule_search_locations=inside)
    return _given_again(spec) if kind is _SharedFileLoader else spec


@dataclass(frozen=True, slots=True)
class LoadedModules:
    """The modules of one environment once its code is loaded.

    Attributes:
        modules: by name.
        names: names that were found, of which an import may have failed.
    """

    modules: dict[str, ModuleType]
    names: set[str]


def _as_it_is(import_: Callable[[], ModuleType]) -> ModuleType:
    return import_()


class EnvironmentModules(MetaPathFinder):
    """The modules of one environment, and the finder that imports them.

    Args:
        search: where to look.
        as_host: runs a function while the host's state is in place instead of the environment's.
    """

    def __init__(self, search: SearchPath, as_host: Callable[[Callable[[], ModuleType]], ModuleType]) -> None:
        self._search = search
        self._as_host = as_host
        self.names: set[str] = set()
        """Of the modules that were found in its archives; an import may have failed."""
        self._modules: dict[str, ModuleType] = {}
        self._seen = 0
        self.path = [*search.folders, *INSTALLED_PATHS]

    @property
    def own(self) -> list[ModuleType]:
        """The modules of the archives that are imported; asked while they are in place."""
        return [module for name in self.names if (module := sys.modules.get(name)) is not None]

    def loaded(self) -> LoadedModules:
        """The modules that are imported; asked while they are in place."""
        return LoadedModules({name: sys.modules[name] for name in self.names if name in sys.modules}, set(self.names))

    def use_again(self, loaded: LoadedModules, as_host: Callable[[Callable[[], ModuleType]], ModuleType]) -> None:
        """Have no more and no other modules than were loaded then, for another run."""
        self._as_host = as_host
        self._seen = 0
        self.names.clear()
        self.names.update(loaded.names)
        self._modules = dict(loaded.modules)

    def leave_run(self) -> None:
        """Refer to the run no longer; nothing is imported until the next."""
        self._as_host = _as_it_is

    def meta_path(self) -> list[Any]:
        """What `sys.meta_path` is inside the environment. Nothing on it looks into the host's folders."""
        return [self, BuiltinImporter, FrozenImporter]

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Find a module for code of the environment."""
        if current() is None:
            return self._find_for_host(fullname, path)
        spec = self._search.find(fullname) or self._added_by_code(fullname, path)
        if spec is not None:
            self.names.add(fullname)
            return spec
        if target is not None:  # `importlib.reload`: what that changes in a shared module is the environment's own
            return target.__spec__
        if fullname.partition(".")[0] in self._search.names or not is_installed(fullname.partition(".")[0]):
            return None
        try:
            module = self._as_host(lambda: importlib.import_module(fullname))
        except ModuleNotFoundError as error:
            if error.name == fullname:
                return None
            raise
        # Where a finder has imported the module already, the import system takes that module's own spec instead of
        # ours, and executes it once more.
        sys.modules.pop(fullname, None)
        origin = module.__spec__
        spec = ModuleSpec(fullname, GivenModule(module), origin=origin.origin if origin else None)
        spec.submodule_search_locations = list(getattr(module, "__path__", ())) or None
        return spec

    @staticmethod
    def _find_for_host(fullname: str, path: Sequence[str] | None) -> ModuleSpec | None:
        """Find a module for another thread of the process, or for a hook of the interpreter, that imports meanwhile.

        `sys.meta_path` is one for all threads. Importing as the host would lead back here without end.
        """
        return PathFinder.find_spec(fullname, INSTALLED_PATHS if path is None else path)

    def enter(self) -> None:
        """Put the environment's modules into `sys.modules` and take away what it must not see."""
        modules = sys.modules
        if len(modules) != self._seen:
            OF_HOST.hide_from(self._search.names)
            self._seen = len(modules)
        modules.update(self._modules)

    def leave(self) -> None:
        """Take the environment's modules out of `sys.modules`; the host's that are hidden stay so (`HostModules`)."""
        mine: dict[str, Any] = dict(zip(self.names, map(sys.modules.pop, self.names, repeat(None)), strict=True))
        if any(map(is_, mine.values(), repeat(None))):  # code has taken one away
            mine = {name: module for name, module in mine.items() if module is not None}
        self._modules = mine

    def _added_by_code(self, fullname: str, path: Sequence[str] | None) -> ModuleSpec | None:
        """A module in a folder that the function's code has put on `sys.path` or on its package's `__path__`."""
        parent = fullname.rpartition(".")[0]
        if parent:
            folders = list(path or ()) if parent in self.names else []
        else:
            folders = [folder for folder in sys.path if folder not in self.path]
        spec = PathFinder.find_spec(fullname, folders) if folders else None
        if spec is None or spec.origin is None or not isinstance(spec.loader, SourceFileLoader):
            return None
        locations = spec.submodule_search_locations
        return _file_spec(fullname, Path(spec.origin), None if locations is None else tuple(locations))
