"""A module that cannot be imported here: would it be missing in Lambda, too?

What neither a function's archive nor its layers hold is missing in Lambda: a failure of the function, which the run
shows as one (LAM-INIT-2). It is ours where Lambda has what this machine has not: the runtime's own packages, a layer
that is not here, packages that a build has yet to put into the archive, code compiled for Lambda's platform, another
version of Python. Then nothing can be said about the function, and the run ends with the reason.
"""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

from delivery_lab.handlers.host_modules import SITE_PATHS, is_installed
from delivery_lab.handlers.modules import SearchPath
from delivery_lab.model.runtime import FunctionConfig

_IN_THE_RUNTIME = frozenset(
    ("boto3", "botocore", "s3transfer", "jmespath", "dateutil", "urllib3", "six", "awslambdaric", "snapshot_restore_py")
)
"""Packages that Lambda's Python runtimes bring along."""

_LEFT_WITH_3_12 = "asynchat asyncore distutils imp smtpd"
_LEFT_WITH_3_13 = (
    "aifc audioop cgi cgitb chunk crypt imghdr lib2to3 mailcap msilib nis nntplib ossaudiodev pipes sndhdr spwd sunau "
    "telnetlib uu xdrlib"
)
_CAME_WITH_3_14 = "annotationlib compression"
_LEFT = {**dict.fromkeys(_LEFT_WITH_3_12.split(), 12), **dict.fromkeys(_LEFT_WITH_3_13.split(), 13)}
_CAME = dict.fromkeys(_CAME_WITH_3_14.split(), 14)

_NAME_WANTED = re.compile(r"cannot import name '(\w+)'")
_LATER_SYNTAX = {
    12: re.compile(r"\b[rR]?[fF][rR]?[\"']|^\s*type\s+\w|^\s*(async\s+)?(def|class)\s+\w+\s*\["),
    13: re.compile(r"^\s*type\s+\w|^\s*(async\s+)?(def|class)\s+\w+\s*\["),
    14: re.compile(r"\b[rR]?[tT][rR]?[\"']|^\s*except\b.*,"),
}
"""What a version of Python began to read: f-strings of any form, type parameters, t-strings, `except a, b`."""

_THIS_MINOR = sys.version_info.minor
_REQUIREMENT = re.compile(r"^\s*([A-Za-z0-9][A-Za-z0-9._-]*)")


def why_ours(error: ImportError, function: FunctionConfig, search: SearchPath, *, raised_in: str) -> str | None:
    """Why a failed import is no failure of the function, in a few words; None if it would fail in Lambda, too.

    Args:
        error: what the import raised.
        function: the function.
        search: where its imports look.
        raised_in: the file in which it was raised.
    """
    name = error.name or ""
    top = name.partition(".")[0]
    wanted = _NAME_WANTED.match(str(error))
    binary = _compiled_elsewhere(f"{name}.{wanted[1]}" if wanted is not None else name, raised_in, search)
    if binary is not None:
        return f"{binary.name} is compiled for another Python or platform than this one's"
    if not isinstance(error, ModuleNotFoundError):
        if top and top not in search.names and is_installed(top):
            return f"{top} is taken from where the lab runs, maybe in another version than in Lambda"
        return None
    if top in search.names:
        return None
    if top in _IN_THE_RUNTIME:
        return f"{top} is part of Lambda's runtime {function.runtime}"
    if _in_its_standard_library(top, minor_version(function)):
        return f"{top} is part of the standard library of {function.runtime}, and not of this Python's"
    if raised_in.startswith(SITE_PATHS):
        return f"{raised_in} is installed here without it"
    if function.absent_layers:
        return f"it may be in the layer {' or '.join(function.absent_layers)}, which is not on this machine"
    unbuilt = next(_unbuilt(search), None)
    if unbuilt is not None:
        return f"{unbuilt[1]} asks for {unbuilt[0]}, which is not in the archive: its packages have yet to be packed"
    return None


def _compiled_elsewhere(name: str, raised_in: str, search: SearchPath) -> Path | None:
    """The extension in an archive that does not fit, and that a failed import is about; None without one.

    Packages such as numpy raise an error of their own where their extension is missing.
    """
    packages = (name.partition(".")[0], _package_of(raised_in, search))
    unfit = (file for package, file in search.unfit.items() if package in packages)
    return search.compiled(name) or next(unfit, None)


def _package_of(file: str, search: SearchPath) -> str:
    """The top-level package that a file of the archives belongs to, "" for other files."""
    folder = next((folder for folder in search.folders if file.startswith(f"{folder}/")), None)
    return "" if folder is None else file.removeprefix(f"{folder}/").split("/")[0].partition(".")[0]


def may_be_later_syntax(error: SyntaxError, function: FunctionConfig) -> bool:
    """Whether the function's runtime may read a line that this Python cannot."""
    line = error.text or ""
    later = range(_THIS_MINOR + 1, minor_version(function) + 1)
    return any(_LATER_SYNTAX[minor].search(line) if minor in _LATER_SYNTAX else True for minor in later)


def minor_version(function: FunctionConfig) -> int:
    """The 13 of `python3.13`; that of this Python where the runtime is none of Python's."""
    text = function.runtime.removeprefix("python3.")
    return int(text) if text.isdigit() else _THIS_MINOR


def _in_its_standard_library(top: str, minor: int) -> bool:
    return minor < _LEFT.get(top, 0) or (top in _CAME and minor >= _CAME[top])


def _unbuilt(search: SearchPath) -> Iterator[tuple[str, Path]]:
    """Distributions that the code asks for and nothing holds, with the file that asks."""
    held = {_normal(name) for name in search.names} | set(_distributions(search.folders)) | set(_installed())
    for file in _declarations(search):
        for name in _declared(file):
            if _normal(name) not in held:
                yield name, file


def _declarations(search: SearchPath) -> Iterator[Path]:
    """Lists of packages beside the code or in the folder above it, unless that is the Pulumi project's."""
    for place in map(Path, search.files):
        folder = place if place.is_dir() else place.parent
        above = [] if (folder.parent / "Pulumi.yaml").exists() else [folder.parent]
        for each in (folder, *above):
            if each.is_dir() and not (each / "Pulumi.yaml").exists():
                yield from sorted(each.glob("requirements*.txt"))
                yield from (each / name for name in ("pyproject.toml", "Pipfile") if (each / name).is_file())


def _declared(file: Path) -> Iterator[str]:
    text = file.read_text(encoding="utf-8", errors="replace")
    if file.suffix == ".txt":
        yield from _names(text.splitlines())
        return
    try:
        content: dict[str, Any] = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return
    if file.name == "Pipfile":
        yield from content.get("packages", {})
        return
    yield from _names(content.get("project", {}).get("dependencies", ()))
    poetry = content.get("tool", {}).get("poetry", {}).get("dependencies", {})
    yield from (name for name in poetry if name != "python")


def _names(requirements: Iterable[str]) -> Iterator[str]:
    for requirement in requirements:
        found = _REQUIREMENT.match(requirement)
        if found is not None:
            yield found[1]


@cache
def _installed() -> frozenset[str]:
    return frozenset(_distributions(SITE_PATHS))


def _distributions(folders: Iterable[str]) -> Iterator[str]:
    for folder in map(Path, folders):
        for info in folder.glob("*.dist-info"):
            yield _normal(info.name.removesuffix(".dist-info").rpartition("-")[0])


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
