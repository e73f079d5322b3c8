"""The modules of the host's own process: which are installed, and which an environment must not see."""

from __future__ import annotations

import site
import sys
import sysconfig
from collections.abc import Set
from importlib.machinery import PathFinder
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


class HostModules:
    """Which modules of the host an environment must not see; looked at once for all of them.

    A process of tests has thousands of modules, and some runs begin hundreds of environments.
    """

    def __init__(self) -> None:
        self._known: dict[str, ModuleType] = {}
        self._of_project: list[str] = []
        self._by_top: dict[str, list[str]] = {}

    def hidden_from(self, packed: Set[str]) -> list[str]:
        """Names of modules that an environment must not see; asked while the host's modules are in place.

        Args:
            packed: top-level modules of the environment's own archives.
        """
        if self._known != sys.modules:
            self._look()
        of_others = (name for name in self._of_project if name.partition(".")[0] not in packed)
        return [*of_others, *(name for top in sorted(packed) for name in self._by_top.get(top, ()))]

    def _look(self) -> None:
        self._known = dict(sys.modules)
        self._of_project = []
        self._by_top = {}
        for name, module in self._known.items():
            top = name.partition(".")[0]
            self._by_top.setdefault(top, []).append(name)
            if top not in _KEPT and not _may_be_shared(module, top):
                self._of_project.append(name)


def _may_be_shared(module: ModuleType, top: str) -> bool:
    """Whether a module of the host is one that every environment may share."""
    if top in sys.stdlib_module_names:
        return True
    place = getattr(module, "__file__", None) or next(iter(getattr(module, "__path__", ())), None)
    return place is None or str(place).startswith(INSTALLED_PATHS)


OF_HOST = HostModules()
