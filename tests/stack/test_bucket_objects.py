"""Code that reaches Lambda through S3."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import pytest

from delivery_lab.program.assets import FileArchive, FileAsset
from delivery_lab.program.graph import UNKNOWN
from delivery_lab.resource_types import BUCKET_OBJECTS, FUNCTION, LAYER
from delivery_lab.stack.code import code_files
from delivery_lab.stack.functions import Layer
from tests.stack.world import resource, stack_of

ZIP = FileAsset("worker.zip")
FOLDER = FileArchive("worker")


def stored(name: str, kind: str = BUCKET_OBJECTS[0], **inputs: Any) -> Any:
    return resource(kind, name, inputs, outputs={"key": inputs.get("key", name)})


@pytest.mark.parametrize("kind", BUCKET_OBJECTS)
@pytest.mark.parametrize("source", [ZIP, FOLDER])
def test_a_function_has_the_code_that_stands_in_s3(kind: str, source: object) -> None:
    held = stored("worker.zip", kind, bucket="code", source=source)
    other = stored("other.zip", kind, bucket="code", source=FileArchive("other"))
    function = resource(FUNCTION, "worker", {"s3Bucket": "code", "s3Key": "worker.zip"})
    layer = resource(LAYER, "layer", {"s3Bucket": "code", "s3Key": "worker.zip"})

    stack = stack_of(other, held, function, layer)

    assert stack.functions[0].code is source
    assert stack.functions[0].code_place == "s3://code/worker.zip"
    assert [each.code for each in stack.all(Layer)] == [source]


def test_code_that_is_given_directly_comes_first() -> None:
    function = resource(FUNCTION, "worker", {"code": FOLDER})
    assert stack_of(function).functions[0].code is FOLDER
    assert stack_of(function).functions[0].code_place == ""


@pytest.mark.parametrize("place", [("code", "another"), ("another", "worker.zip"), (UNKNOWN, UNKNOWN)])
def test_an_object_that_the_stack_does_not_create_is_no_code(place: tuple[Any, Any]) -> None:
    unplaced = stored("x", bucket=UNKNOWN, key=UNKNOWN, source=FOLDER)
    function = resource(FUNCTION, "worker", {"s3Bucket": place[0], "s3Key": place[1]})
    assert stack_of(stored("worker.zip", bucket="code", source=ZIP), unplaced, function).functions[0].code is None


def test_a_key_that_is_unknown_is_found_by_what_it_was_made_of() -> None:
    held = stored("worker.zip", bucket="code", key=UNKNOWN, source=ZIP)
    other = stored("other.zip", bucket="code", key=UNKNOWN, source=FOLDER)
    inputs = {"s3Bucket": "code", "s3Key": UNKNOWN}
    of_one = resource(FUNCTION, "one", inputs, property_dependencies={"s3Key": (held.urn,)})
    of_two = resource(FUNCTION, "two", inputs, property_dependencies={"s3Key": (held.urn, other.urn)})
    stack = stack_of(held, other, of_one, of_two)
    assert [function.code for function in stack.functions] == [ZIP, None]


def test_a_zip_file_as_an_asset_is_an_archive(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "worker.zip", "w") as archive:
        archive.writestr("app.py", "x = 1")
    assert code_files(ZIP, tmp_path, "worker").roots == (("", str(tmp_path / "worker.zip")),)
