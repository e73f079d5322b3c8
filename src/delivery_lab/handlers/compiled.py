"""Compiled extensions in archives: which of them this interpreter can load, and what is taken from elsewhere instead.

An extension fits where its name has one of the endings of this interpreter (`.cpython-311-x86_64-linux-gnu.so`,
`.abi3.so`, `.so`) and the file is of this machine. Many extensions can be loaded once in a process only. So a package
with one in it is imported once from each place, and shared by all environments, as installed packages are.
"""

from __future__ import annotations

import importlib.metadata
import platform
import re
import struct
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

_KINDS = (".so", ".pyd")
_ELF_MACHINES = {"x86_64": 62, "aarch64": 183, "i686": 3, "armv7l": 40, "ppc64le": 21, "s390x": 22}
_MACH_O = (b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe", b"\xbe\xba\xfe\xca")
_NAME = re.compile(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)")


@dataclass(frozen=True, slots=True)
class Extensions:
    """The compiled extensions of some folders.

    Attributes:
        shared: packages and modules with an extension that fits, by their dotted names, and where they stand.
        strangers: top-level modules with an extension that does not fit, and that file.
    """

    shared: Mapping[str, Path] = field(default_factory=dict)
    strangers: Mapping[str, Path] = field(default_factory=dict)

    def unit_of(self, fullname: str) -> str:
        """The package or module that is shared as a whole and has this module in it, "" if none."""
        parts = fullname.split(".")
        names = (".".join(parts[:length]) for length in range(1, len(parts) + 1))
        return next((name for name in names if name in self.shared), "")


def extensions_of(folders: Iterable[Path]) -> Extensions:
    """The compiled extensions below some folders from which imports start.

    Args:
        folders: the folders, those first in which imports look first.
    """
    shared: dict[str, Path] = {}
    strangers: dict[str, Path] = {}
    for folder in folders:
        fitting: dict[str, Path] = {}
        others: dict[str, Path] = {}
        for file in sorted(_files(folder)):
            unit = _unit_of(file, folder)
            (fitting if fits(file) else others).setdefault(unit, file)
        # A wheel may hold extensions for several interpreters; what fits is enough.
        shared |= {unit: file for unit, file in fitting.items() if unit not in shared}
        for unit, file in others.items():
            if unit not in fitting:
                strangers.setdefault(unit.partition(".")[0], file)
    return Extensions(shared, strangers)


def _files(folder: Path) -> Iterator[Path]:
    """Extensions below a folder; libraries that they load themselves (`numpy.libs`) are none."""
    for kind in _KINDS:
        for file in folder.rglob(f"*{kind}"):
            if all(part.isidentifier() for part in file.relative_to(folder).parts[:-1]):
                yield file


def module_name(file: Path) -> str:
    """The name of the module in a file of an extension."""
    return file.name.partition(".")[0]


def extension_at(folder: Path, name: str) -> Path | None:
    """The file of an extension module in a folder that this interpreter would load, None without one."""
    for suffix in EXTENSION_SUFFIXES:
        file = folder / (name + suffix)
        if file.is_file() and fits(file):
            return file
    return None


def _unit_of(file: Path, folder: Path) -> str:
    """What is shared with an extension: the outermost package around it, else the module alone."""
    parts = file.relative_to(folder).parts
    for length in range(1, len(parts)):
        if (folder.joinpath(*parts[:length]) / "__init__.py").is_file():
            return ".".join(parts[:length])
    return ".".join((*parts[:-1], module_name(file)))


def fits(file: Path) -> bool:
    """Whether this interpreter can load a file: by its ending, and by the machine that it says it is for."""
    ending = file.name[len(module_name(file)) :]
    if ending not in EXTENSION_SUFFIXES:
        return False
    with file.open("rb") as opened:
        head = opened.read(20)
    if sys.platform == "darwin":
        return head[:4] in _MACH_O
    if sys.platform != "linux":
        return True
    machine = _ELF_MACHINES.get(platform.machine())
    # Byte 4 says 32 or 64 bits, byte 5 the order of bytes; the machine is at 18.
    return head[:4] == b"\x7fELF" and (machine is None or struct.unpack_from("<H", head, 18)[0] == machine)


def asking_for(stranger: str, folders: Iterable[Path]) -> set[str]:
    """Top-level modules of an archive whose distributions ask for the one that a module belongs to.

    They have to come from where the module comes from: pydantic works with one version of pydantic_core only.

    Args:
        stranger: a top-level module.
        folders: folders from which imports start.
    """
    tops: dict[str, set[str]] = {}
    needs: dict[str, set[str]] = {}
    for found in importlib.metadata.distributions(path=[str(folder) for folder in folders]):
        name = _normal(found.name or "")
        tops[name] = {_top_of(str(file)) for file in found.files or ()} - {""}
        needs[name] = {_normal(match[1]) for each in found.requires or () if (match := _NAME.match(each))}
    wanted = {name for name, modules in tops.items() if stranger in modules}
    asking = set(wanted)
    while True:
        further = {name for name, needed in needs.items() if needed & asking} - asking
        if not further:
            break
        asking |= further
    return {top for name in asking for top in tops[name]} | {stranger}


def _top_of(file: str) -> str:
    """The top-level module that a file of a distribution belongs to, "" for other files."""
    first = file.split("/")[0]
    if "/" in file:
        return first if first.isidentifier() else ""
    return module_name(Path(first)) if first.endswith((".py", *_KINDS)) else ""


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def version_here(top: str) -> str:
    """Name and version of the installed distribution that a top-level module is of, the module's name without one."""
    names = importlib.metadata.packages_distributions().get(top, [])
    return f"{names[0]} {importlib.metadata.version(names[0])}" if names else top
