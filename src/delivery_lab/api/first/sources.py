"""The Python files of a function that its handler can reach by imports."""

from __future__ import annotations

import ast
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from delivery_lab.checks.code.files import DAMAGED_ZIP, LARGEST_FILE_BYTES
from delivery_lab.errors import LabError
from delivery_lab.stack.code import code_files
from delivery_lab.stack.functions import Function

_MOST_FILES = 200
"""Modules that are read of one function."""


@dataclass(frozen=True, slots=True)
class HandlerCode:
    """What can be read of a handler.

    Attributes:
        handler: name of the function that Lambda calls.
        main: the module that it is in.
        modules: each module that is reached from there, that one first.
    """

    handler: str
    main: ast.Module
    modules: tuple[ast.Module, ...]


def handler_code(function: Function, root: Path) -> HandlerCode | None:
    """The code of a function's handler; None where it is not Python, not on this machine or cannot be read.

    Args:
        function: the function.
        root: folder of the project, where paths of code start.
    """
    module, _, name = (function.handler.known or "").replace("/", ".").rpartition(".")
    if not module:
        return None
    try:
        places = code_files(function.code, root, function.label)
    except LabError:
        return None
    files: dict[str, str | Path] = {**dict(_files(places.roots)), **dict(places.inline)}
    main = _module(files, module)
    if main is None:
        return None
    return HandlerCode(name, main, (main, *_reached(files, module, main)))


def _files(roots: tuple[tuple[str, str], ...]) -> Iterator[tuple[str, str | Path]]:
    """Paths in the archive, each with its file, or with its text where it is in a zip file."""
    for inner, place in roots:
        path = Path(place)
        if path.is_dir():
            for file in sorted(each for each in path.rglob("*.py") if each.is_file()):
                yield (PurePosixPath(inner) / file.relative_to(path).as_posix()).as_posix(), file
        elif path.suffix == ".py":
            yield inner, path
        elif zipfile.is_zipfile(path):
            yield from _zipped(path, inner)


def _zipped(path: Path, inner: str) -> Iterator[tuple[str, str]]:
    try:
        with zipfile.ZipFile(path) as archive:
            for info in archive.infolist():
                if info.filename.endswith(".py") and info.file_size <= LARGEST_FILE_BYTES:
                    text = archive.read(info).decode(errors="replace")
                    yield (PurePosixPath(inner) / info.filename).as_posix(), text
    except DAMAGED_ZIP:
        return  # damaged or encrypted: a run says so


def _module(files: Mapping[str, str | Path], name: str) -> ast.Module | None:
    stem = name.replace(".", "/")
    held = files.get(f"{stem}.py", files.get(f"{stem}/__init__.py"))
    if held is None:
        return None
    text = held if isinstance(held, str) else held.read_text(encoding="utf-8", errors="replace")
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError):
        return None


def _reached(files: Mapping[str, str | Path], name: str, main: ast.Module) -> Iterator[ast.Module]:
    seen, waiting = {name}, [(name, main)]
    while waiting and len(seen) < _MOST_FILES:
        package, module = waiting.pop(0)
        for wanted in _imported(module, package):
            if wanted in seen:
                continue
            seen.add(wanted)
            found = _module(files, wanted)
            if found is not None:
                yield found
                waiting.append((wanted, found))


def _imported(module: ast.Module, name: str) -> Iterator[str]:
    """Names that a module imports, those that may be names inside a module included."""
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            parts = name.split(".")[: -node.level] if node.level else []
            base = ".".join([*parts, *filter(None, [node.module])])
            if base:
                yield base
            yield from (f"{base}.{alias.name}" if base else alias.name for alias in node.names)
