"""What a deployment is made of, in short hashes: a later run of the same stack can tell what has changed since."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from delivery_lab.compare.comparison import shown_inputs
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


def _contents(value: Any) -> Iterator[str]:
    """What stands in the files that an input hands over, the paths below their folder included."""
    import pulumi  # not before there are resources, which Pulumi has made

    if isinstance(value, Mapping):
        for inner in value.values():
            yield from _contents(inner)
    elif isinstance(value, (list, tuple)):
        for inner in value:
            yield from _contents(inner)
    elif isinstance(value, pulumi.AssetArchive):
        yield from _contents(value.assets)
    elif isinstance(value, (pulumi.FileArchive, pulumi.FileAsset)):
        yield from _of_place(Path(value.path))


def _of_place(place: Path) -> Iterator[str]:
    if place.is_file():
        yield hashlib.sha256(place.read_bytes()).hexdigest()
    elif place.is_dir():
        for file in sorted(place.rglob("*")):
            below = file.relative_to(place)
            if file.is_file() and not _NO_SOURCES.intersection(below.parts):
                yield f"{below.as_posix()} {hashlib.sha256(file.read_bytes()).hexdigest()}"


def _short(*texts: str) -> str:
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()[:_DIGITS]
