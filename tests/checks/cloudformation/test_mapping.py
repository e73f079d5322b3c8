"""The tables of fields against pulumi_aws itself: no argument may be forgotten.

The package is read, not imported: importing its modules by name defeats its lazy loading for other tests.
"""

from __future__ import annotations

import ast
import functools
import importlib.util
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest

from delivery_lab.checks.cloudformation.mapping import TYPES
from delivery_lab.checks.cloudformation.shapes import Fields, Notes, Spot, write

Arguments = Mapping[str, str]


def folder_of(token: str) -> Path:
    spec = importlib.util.find_spec("pulumi_aws")
    assert spec is not None
    assert spec.origin is not None
    package = token.split(":")[1].partition("/")[0]
    return Path(spec.origin).parent / ("lambda_" if package == "lambda" else package)


@functools.cache
def classes(file: Path) -> Mapping[str, ast.ClassDef]:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}


def members(node: ast.ClassDef) -> Arguments:
    """Wire names of the members of an argument class, each with its annotation."""
    found = {}
    for function in node.body:
        if isinstance(function, ast.FunctionDef) and function.returns is not None:
            for decorator in function.decorator_list:
                if ast.unparse(decorator).startswith("pulumi.getter"):
                    wire = re.search(r"name='(\w+)'", ast.unparse(decorator))
                    found[wire[1] if wire else function.name] = ast.unparse(function.returns)
    return found


def arguments(token: str) -> Arguments:
    name = token.rpartition(":")[2]
    file = re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower() + ".py"
    return members(classes(folder_of(token) / file)[f"{name}Args"])


@pytest.mark.parametrize("token", sorted(TYPES))
def test_every_argument_is_mapped_or_left_out_on_purpose(token: str) -> None:
    found = arguments(token)

    assert found
    assert set(TYPES[token].fields) == set(found)


def blocks(annotation: str) -> list[tuple[str, bool]]:
    """The argument classes in an annotation, each with whether it stands in a list."""
    kinds = re.findall(r"\b(\w+Args)\b", annotation)
    return [(kind, "Sequence" in annotation) for kind in kinds if not kind.endswith("PolicyDocumentArgs")]


BLOCKS = [
    (token, name, kind, listed)
    for token in sorted(TYPES)
    for name, annotation in arguments(token).items()
    for kind, listed in blocks(annotation)
    if TYPES[token].fields[name].path
]


def table_of(token: str, path: list[tuple[str, bool]], names: Iterable[str]) -> Fields:
    """The table that a block at a path is written by."""
    value: Any = dict.fromkeys(names, "x")
    for name, listed in reversed(path):
        value = {name: [value] if listed else value}
    notes = Notes(lambda found, _input: found)
    write(value, TYPES[token].fields, Spot(notes))
    return list(notes.objects.values())[-1]


@pytest.mark.parametrize(("token", "name", "kind", "listed"), BLOCKS, ids=[f"{row[1]}-{row[2]}" for row in BLOCKS])
def test_every_member_of_a_block_is_mapped_or_left_out_on_purpose(
    token: str, name: str, kind: str, listed: bool
) -> None:
    inputs = classes(folder_of(token) / "_inputs.py")
    waiting = [([(name, listed)], kind)]
    while waiting:
        path, current = waiting.pop()
        found = members(inputs[current])
        table = table_of(token, path, found)
        assert set(table) == set(found), (path, current)
        waiting.extend(
            ([*path, (member, in_list)], below)
            for member, annotation in found.items()
            for below, in_list in blocks(annotation)
            if table[member].path
        )
