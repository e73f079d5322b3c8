"""The schemas in `schemas/` are what the models make, and our own files follow them."""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from delivery_lab.program.yamlfile import read_yaml
from scripts.write_schemas import SCHEMAS, texts
from tests.lab_support import ROOT

_FILES = [(path, "stack") for path in sorted((ROOT / "stacks").glob("*.yaml"))]
_FILES += [(path, "workload") for path in sorted((ROOT / "workloads").glob("*.yaml"))]


@functools.cache
def _validator(kind: str) -> Draft202012Validator:
    schema: dict[str, Any] = json.loads((SCHEMAS / f"{kind}.schema.json").read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


@pytest.mark.parametrize("name", ["workload.schema.json", "stack.schema.json"])
def test_the_files_are_up_to_date(name: str) -> None:
    assert (SCHEMAS / name).read_text(encoding="utf-8") == texts()[name], "run python scripts/write_schemas.py"


@pytest.mark.parametrize(("path", "kind"), _FILES, ids=lambda value: value.name if isinstance(value, Path) else value)
def test_our_files_name_their_schema_and_follow_it(path: Path, kind: str) -> None:
    first = path.read_text(encoding="utf-8").splitlines()[0]
    assert first == f"# yaml-language-server: $schema=../schemas/{kind}.schema.json"
    assert (path.parent / first.partition("=")[2]).is_file()
    content = read_yaml(path, path.name, dates=kind == "stack")
    assert [error.message for error in _validator(kind).iter_errors(content.value)] == []


@pytest.mark.parametrize(
    ("kind", "content", "message"),
    [
        ("workload", {"send": [{"queue": "a", "body": 1, "evry": 2}]}, "'evry' was unexpected"),
        ("workload", {"send": [{"body": 1}]}, "is not valid under any of the given schemas"),
        ("workload", {"send": [{"queue": "a", "stream": "b", "key": "k", "body": 1}]}, "is valid under each of"),
        ("workload", {"send": [{"queue": "a", "body": 1}], "until": "later"}, "is not valid under any of the given"),
        (
            "stack",
            {"config": {"delivery-lab:batch": {"worker": {"batchSize": "ten"}}}},
            "'ten' is not of type 'integer'",
        ),
        ("stack", {"config": {"delivery-lab:batch": {"wrker": {}}}}, "'wrker' was unexpected"),
        ("stack", {"config": {"delivery-lab:batsch": {}}}, "False schema does not allow {}"),
        ("stack", {"config": {"delivery-lab:accept": {"CHK-VT-1": 3}}}, "3 is not of type 'string'"),
    ],
)
def test_what_is_wrong_is_found(kind: str, content: Any, message: str) -> None:
    errors = [error.message for error in _validator(kind).iter_errors(content)]
    assert len(errors) == 1
    assert message in errors[0]


def test_every_key_of_a_workload_is_described() -> None:
    schema = json.loads((SCHEMAS / "workload.schema.json").read_text(encoding="utf-8"))
    for model in (schema, *schema["$defs"].values()):
        for name, entry in model["properties"].items():
            assert entry.get("description"), name
