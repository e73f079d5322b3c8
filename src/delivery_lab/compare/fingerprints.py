"""What a deployment is made of, in short hashes: a later run of the same stack can tell what has changed since."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from delivery_lab.compare.comparison import shown_inputs
from delivery_lab.program.assets import AssetArchive, FileArchive, FileAsset
from delivery_lab.program.graph import Graph

_DIGITS = 16
_NO_SOURCES = frozenset({"__pycache__", ".git", ".venv", "node_modules"})
"""Folders that say nothing of what code does."""


def fingerprints(graph: Graph, root: Path) -> dict[str, str]:
    """A hash of each resource that the stack creates, with the code that it is given, by type and name.

    Values of secrets are no part of it, and neither is the folder in which the project lies.

    Args:
        graph: the stack's graph.
        root: folder of the project.
    """
    return {
        f"{resource.type} {resource.name}": _short(
            json.dumps(shown_inputs(resource), sort_keys=True, default=str).replace(str(root), "."),
            *_contents(resource.inputs),
        )
        for resource in graph.resources.values()
        if resource.custom and not resource.external
    }


def changed(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[str, ...]:
    """What has changed between two deployments, each in a few words."""
    words = []
    for name in dict.fromkeys((*before, *after)):
        if name not in after:
            words.append(f"{name} is not there any more")
        elif name not in before:
            words.append(f"{name} is new")
        elif before[name] != after[name]:
            words.append(f"{name} has other inputs or other code")
    return tuple(words)


def with_contents(graph: Graph, root: Path) -> Graph:
    """A graph in which what files hold stands beside their paths, and paths do not say where the project lies.

    Such graphs of two copies of a project can be compared: other code of a function is another input of it.

    Args:
        graph: the stack's graph.
        root: folder of the project.
    """
    resources = {
        urn: replace(resource, inputs={name: _told(inner, root) for name, inner in resource.inputs.items()})
        for urn, resource in graph.resources.items()
    }
    return replace(graph, resources=resources)


def _told(value: Any, root: Path) -> Any:
    if isinstance(value, str):
        return value.replace(f"{root}/", "")
    if isinstance(value, Mapping):
        return {name: _told(inner, root) for name, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_told(inner, root) for inner in value]
    if isinstance(value, AssetArchive):
        return {name: _told(inner, root) for name, inner in value.assets.items()}
    if isinstance(value, (FileArchive, FileAsset)):
        return f"{_told(str(value.path), root)} (contents {_short(*_contents(value))})"
    return value


def _contents(value: Any) -> Iterator[str]:
    """What stands in the files that an input hands over, the paths below their folder included."""
    if isinstance(value, Mapping):
        for inner in value.values():
            yield from _contents(inner)
    elif isinstance(value, (list, tuple)):
        for inner in value:
            yield from _contents(inner)
    elif isinstance(value, AssetArchive):
        yield from _contents(value.assets)
    elif isinstance(value, (FileArchive, FileAsset)):
        yield from _of_place(Path(value.path))


def _of_place(place: Path) -> Iterator[str]:
    if place.is_file():
        yield _digest(place)
    elif place.is_dir():
        for file in sorted(place.rglob("*")):
            below = file.relative_to(place)
            if file.is_file() and not _NO_SOURCES.intersection(below.parts):
                yield f"{below.as_posix()} {_digest(file)}"


def _digest(file: Path) -> str:
    with file.open("rb") as content:  # which may be larger than memory
        return hashlib.file_digest(content, "sha256").hexdigest()


def _short(*texts: str) -> str:
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()[:_DIGITS]
