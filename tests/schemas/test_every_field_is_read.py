"""Every field that a file can have is read by some code: none is accepted and ignored."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from pydantic import BaseModel

from components.settings import SECTIONS
from delivery_lab.api.failure_file import FailureFile
from delivery_lab.api.project_file import ProjectFile
from delivery_lab.cost.prices import PriceList
from delivery_lab.json_names import json_name
from delivery_lab.simulation.workload import Workload
from tests.lab_support import ROOT

_FILES: dict[str, tuple[type[BaseModel], ...]] = {
    "workload": (Workload,),
    "project": (ProjectFile,),
    "failure": (FailureFile,),
    "prices": (PriceList,),
    "settings": tuple(SECTIONS.values()),
}
FOR_PEOPLE = frozenset(
    {
        "description",  # of a workload: what it is about
        "date",  # of a price list: when it was put together
        "notes",  # of a failure: what was found out about the case
    }
)
"""Fields that are there for who reads the file; their descriptions say so."""


def _models(model: type[BaseModel], seen: set[type[BaseModel]]) -> Iterator[type[BaseModel]]:
    if model in seen:
        return
    seen.add(model)
    yield model
    for field in model.model_fields.values():
        for inner in _classes(field.annotation):
            yield from _models(inner, seen)


def _classes(annotation: object) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in getattr(annotation, "__args__", ()):
        yield from _classes(part)


@cache
def _read_somewhere() -> frozenset[str]:
    """Names of attributes that code reads, and texts that it names them by."""
    found: set[str] = set()
    for folder in (ROOT / "src", ROOT / "components"):
        for file in folder.rglob("*.py"):
            for node in ast.walk(ast.parse(Path(file).read_text(encoding="utf-8"))):
                if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
                    found.add(node.attr)
                elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                    found.add(node.value)
    return frozenset(found)


@pytest.mark.parametrize("kind", _FILES)
def test_every_field_is_read(kind: str) -> None:
    seen: set[type[BaseModel]] = set()
    fields = {name for top in _FILES[kind] for model in _models(top, seen) for name in model.model_fields}

    read = _read_somewhere()
    assert {name for name in fields if not {name, json_name(name)} & read} - FOR_PEOPLE == set()
