"""The modules of the host's own process: which are installed, and which an environment must not see."""

from __future__ import annotations

import site
import sys
import sysconfig
from collections.abc import Sequence, Set
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType

SITE_PATHS = tuple(
    dict.fromkeys(
        [*(path for path in sys.path if Path(path).name in ("site-packages", "dist-packages")), *site.getsitepackages()]
    )
)
_STDLIB_PATHS = (sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib"))
INSTALLED_PATHS = (*_STDLIB_PATHS, *(path for path in sys.path if path.endswith("lib-dynload")), *SITE_PATHS)

_KEPT = frozenset(("delivery_lab", "__main__", "__mp_main__"))

_installed: dict[str, bool] = {}


def is_installed(package: str) -> bool:
    """Whether a top-level module belongs to Python or to the venv."""
    found = _installed.get(package)
    if found is None:
        found = package in sys.stdlib_module_names or PathFinder.find_spec(package, SITE_PATHS) is not None
        _installed[package] = found
    return found


class GivenModule(Loader):
    """Hands out a module that the host has imported."""

    def __init__(self, module: ModuleType) -> None:
        self._module = module
        self._spec = module.__spec__

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """The module itself."""
        return self._module

    def exec_module(self, module: ModuleType) -> None:
        """Nothing is executed again."""
        module.__spec__ = self._spec


class HostModules(MetaPathFinder):
    """Which modules of the host an environment must not see; looked at once for all of them.

    A process of tests has thousands of modules, and some runs begin hundreds of environments. What is hidden from one
    stays out of `sys.modules` until the run is over, for control changes between environments and the host very often.
    Where code of the host imports such a module meanwhile, it is given the one that is there.
    """

    def __init__(self) -> None:
        self._hidden: dict[str, ModuleType] = {}
        self._known: dict[str, ModuleType] = {}
        self._of_project: list[str] = []
        self._by_top: dict[str, list[str]] = {}
        self._found: dict[frozenset[str], Sequence[str]] = {}
        self._looked_at: object = None  # within a run; what is imported meanwhile is the last

    def begin(self) -> None:
        """A run begins."""
        self._looked_at = None
        sys.meta_path.insert(0, self)

    def end(self) -> None:
        """The run is over, or could not begin: put everything back."""
        if self in sys.meta_path:
            sys.meta_path.remove(self)
        for name, module in self._hidden.items():
            sys.modules.setdefault(name, module)
        self._hidden.clear()

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Find a hidden module for code of the host."""
        module = self._hidden.get(fullname)
        if module is None:
            return None
        spec = ModuleSpec(fullname, GivenModule(module), is_package=hasattr(module, "__path__"))
        if spec.submodule_search_locations is not None:
            spec.submodule_search_locations = list(module.__path__)
        return spec

    def hide_from(self, packed: Set[str]) -> None:
        """Take modules out of `sys.modules` that an environment must not see; none of its own may be there.

        Args:
            packed: top-level modules of the environment's own archives.
        """
        for name in self.hidden_from(packed):
            module = sys.modules.pop(name, None)
            if module is not None:
                self._hidden[name] = module
        self._looked_at = self._place()  # hiding some makes no other modules

    def hidden_from(self, packed: Set[str]) -> Sequence[str]:
        """Names of modules that an environment must not see.

        Args:
            packed: top-level modules of the environment's own archives.
        """
        looked_at = self._place()
        if looked_at != self._looked_at:
            modules = sys.modules | self._hidden
            if self._known != modules:
                self._look(modules)
            self._looked_at = looked_at
        key = frozenset(packed)
        hidden = self._found.get(key)
        if hidden is None:
            of_others = (name for name in self._of_project if name.partition(".")[0] not in packed)
            hidden = [*of_others, *(name for top in sorted(packed) for name in self._by_top.get(top, ()))]
            self._found[key] = hidden
        return hidden

    def _place(self) -> object:
        """What is another thing once modules were imported."""
        return len(sys.modules), len(self._hidden), next(reversed(sys.modules), "")

    def _look(self, modules: dict[str, ModuleType]) -> None:
        before, of_project = self._known, frozenset(self._of_project)
        self._known = modules
        self._of_project = []
        self._by_top = {}
        self._found.clear()
        for name, module in modules.items():
            top = name.partition(".")[0]
            self._by_top.setdefault(top, []).append(name)
            if before.get(name) is module:  # the path of a package without a file is no longer known once it is hidden
                hidden = name in of_project
            else:
                hidden = top not in _KEPT and not _may_be_shared(module, top)
            if hidden:
                self._of_project.append(name)


def _may_be_shared(module: ModuleType, top: str) -> bool:
    """Whether a module of the host is one that every environment may share."""
    if top in sys.stdlib_module_names:
        return True
    place = getattr(module, "__file__", None) or next(iter(getattr(module, "__path__", ())), None)
    return place is None or str(place).startswith(INSTALLED_PATHS)


OF_HOST = HostModules()
