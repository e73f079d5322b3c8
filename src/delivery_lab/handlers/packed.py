"""Compiled packages that a function or a layer packs: which of them load here, and what stands in for the others.

A bundle made for Lambda holds extension modules for one platform and one version of Python. Where that is this one,
they are loaded from the bundle. Where it is another, the copy that is installed beside the lab is taken, with all
packed packages that ask for it, since they may ask for one version of it.
"""

from __future__ import annotations

import importlib.metadata
import os
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib.machinery import EXTENSION_SUFFIXES, ExtensionFileLoader, ModuleSpec
from importlib.util import spec_from_file_location
from pathlib import Path
from types import ModuleType

_COMPILED = (".so", ".pyd")
_HEADER_BYTES = 20
_NAME = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._-]*")
_loaded: dict[str, ModuleType] = {}


class PackedExtension(ExtensionFileLoader):
    """Loads an extension module once for all environments: most can be initialised only once in a process."""

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """The module; the one that was loaded before, if there is one."""
        found = _loaded.get(self.path)
        if found is None:
            found = _loaded[self.path] = super().create_module(spec)
            super().exec_module(found)
        return found

    def exec_module(self, module: ModuleType) -> None:
        """Nothing is left to do."""


def extension_in(folder: Path, name: str) -> Path | None:
    """The file of an extension module in a folder that can be loaded here, or None."""
    return next((file for suffix in EXTENSION_SUFFIXES if loads_here(file := folder / f"{name}{suffix}")), None)


def extension_spec(fullname: str, file: Path) -> ModuleSpec | None:
    """The spec of an extension module that stands in an archive."""
    return spec_from_file_location(fullname, file, loader=PackedExtension(fullname, str(file)))


def loads_here(file: Path) -> bool:
    """Whether a compiled file is for this platform and this version of Python, by its name and its header."""
    if f".{file.name.partition('.')[2]}" not in EXTENSION_SUFFIXES or not file.is_file():
        return False
    return _format(file) == _format(Path(sys.executable))


def is_compiled(modules: Iterable[ModuleType]) -> bool:
    """Whether one of some modules is an extension that was loaded from an archive."""
    return any(isinstance(getattr(module.__spec__, "loader", None), PackedExtension) for module in modules)


def replaced_by_installed(folders: Iterable[Path], installed: Mapping[str, object] | None = None) -> dict[str, str]:
    """Top-level names of packed packages for which installed ones stand in.

    Args:
        folders: the folders of archives whose content can be imported.
        installed: installed top-level names; by default those of the environment that the lab runs in.

    Returns:
        By name: the installed distribution with its version.
    """
    ours = _installed_names() if installed is None else installed
    found: dict[str, str] = {}
    for folder in folders:
        foreign = {name for name in _tops(folder) if _is_foreign(folder / name)}
        if foreign and foreign <= ours.keys():
            found |= {name: _installed_as(name) for name in foreign | _asking_for(folder, foreign) if name in ours}
    return found


def told(function: str, replaced: Mapping[str, str]) -> dict[str, None]:
    """What to say of packages of a function for which installed ones stand in; empty where there are none."""
    packed, ours = " and ".join(sorted(replaced)), " and ".join(sorted(set(replaced.values())))
    note = f"{function} packs {packed} for another platform or version of Python: {ours} of the lab's environment runs"
    return {note: None} if replaced else {}


def _tops(folder: Path) -> Iterator[str]:
    if folder.is_dir():
        yield from (entry.name for entry in sorted(folder.iterdir()) if entry.name.isidentifier() and entry.is_dir())


def _is_foreign(package: Path) -> bool:
    """Whether a package has an extension module and no file of it that can be loaded here."""
    by_module: dict[Path, bool] = {}
    for folder, _, files in os.walk(package):
        for name in files:
            if name.endswith(_COMPILED):
                file = Path(folder, name)
                module = file.with_name(name.partition(".")[0])
                by_module[module] = by_module.get(module, False) or loads_here(file)
    return not all(by_module.values())


def _asking_for(folder: Path, names: set[str]) -> set[str]:
    """Top-level names of the distributions in a folder that ask for others, directly or by way of more."""
    distributions = list(importlib.metadata.distributions(path=[str(folder)]))
    taken = set(names)
    wanted: set[str] = set()
    while True:
        more = [each for each in distributions if taken & _top_names(each) or wanted & _required(each)]
        known = wanted | {normal_name(each.metadata["Name"]) for each in more}
        taken |= {name for each in more for name in _top_names(each)}
        if known == wanted:
            return taken
        wanted = known


def _top_names(distribution: importlib.metadata.Distribution) -> set[str]:
    tops = {file.parts[0].removesuffix(".py") for file in distribution.files or () if file.parts}
    return {name for name in tops if name.isidentifier() and name != "__pycache__"}


def _required(distribution: importlib.metadata.Distribution) -> set[str]:
    """The distributions that one asks for, without those of extras."""
    asked = [text for text in distribution.requires or () if "extra ==" not in text]
    return {normal_name(match[0]) for text in asked if (match := _NAME.match(text)) is not None}


@cache
def _installed_names() -> Mapping[str, list[str]]:
    return importlib.metadata.packages_distributions()


def _installed_as(name: str) -> str:
    distribution = next(iter(_installed_names().get(name, ())), name)
    try:
        return f"{distribution} {importlib.metadata.version(distribution)}"
    except importlib.metadata.PackageNotFoundError:
        return distribution


@cache
def _format(file: Path) -> bytes:
    """What a header says of the platform: of ELF its class and machine, of others how they begin."""
    with file.open("rb") as content:
        header = content.read(_HEADER_BYTES)
    return header[:5] + header[18:20] if header.startswith(b"\x7fELF") else header[:4]


def normal_name(name: str) -> str:
    """The name of a distribution as indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()
