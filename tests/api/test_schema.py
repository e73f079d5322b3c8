"""The schema of the stack files of somebody's project: what it knows, and what it says that it cannot know."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from delivery_lab.api.schema import StackSchema, stack_schema
from delivery_lab.errors import UsageError
from delivery_lab.program.project import read_project
from tests.lab_support import FOREIGN

Change = Callable[..., StackSchema]


@pytest.fixture
def schema_with(tmp_path: Path) -> Change:
    """The schema of a project with some files of its own."""

    def change(**files: str) -> StackSchema:
        folder = tmp_path / "orders"
        shutil.copytree(FOREIGN, folder)
        for name, text in files.items():
            (folder / name.replace("_", ".")).write_text(text)
        return stack_schema(read_project(folder))

    return change


def _wrong(found: StackSchema, **config: Any) -> list[str]:
    content = {"config": {name.replace("_", ":"): value for name, value in config.items()}}
    return [error.message for error in Draft202012Validator(found.schema).iter_errors(content)]


def test_of_a_project_that_declares_nothing_it_knows_what_pulumi_says_and_what_can_be_accepted(
    schema_with: Change,
) -> None:
    found = schema_with()

    assert list(found.schema["properties"]["config"]["properties"]) == ["delivery-lab:accept"]
    assert _wrong(found, orders_anything={"a": [1]}, aws_region="eu-west-1") == []
    (note,) = found.notes
    assert note == (
        "of the settings of orders the schema knows none: Pulumi.yaml declares none\n"
        "  a program that reads its settings with pydantic models can name them in pyproject.toml: "
        '[tool.delivery-lab] settings = "module:NAME"'
    )


def test_what_pulumi_yaml_declares_is_known_with_its_type(schema_with: Change) -> None:
    found = schema_with(
        Pulumi_yaml=(
            "name: orders\nruntime: python\nconfig:\n"
            "  visibilityTimeout: {type: integer, default: 30}\n"
            "  names: {type: array, items: {type: string}}\n"
            "  aws:region: eu-west-1\n"
        )
    )

    assert _wrong(found, orders_visibilityTimeout=60, orders_names=["a"], aws_region="us-east-1") == []
    assert _wrong(found, orders_visibilityTimeout="60") == []
    assert _wrong(found, orders_visibilityTimeout={"secure": "v1:abc"}) == []
    assert len(_wrong(found, orders_visibilityTimeout="soon", orders_names=[1])) == 2
    assert found.schema["properties"]["config"]["properties"]["orders:visibilityTimeout"]["default"] == 30
    assert found.notes[0].startswith(
        "of the settings of orders the schema knows only those that Pulumi.yaml declares in `config:`"
    )


def test_the_models_that_a_project_names_are_its_settings(schema_with: Change) -> None:
    found = schema_with(
        pyproject_toml='[tool.delivery-lab]\nsettings = "settings:MODELS"\n',
        settings_py=(
            "import pydantic\n"
            "class Jobs(pydantic.BaseModel, extra='forbid'):\n"
            "    size: int\n"
            "    '''How many\n    at once.'''\n"
            "MODELS = {'jobs': Jobs}\n"
        ),
    )

    assert found.notes == ()
    assert found.schema["$defs"]["Jobs"]["properties"]["size"]["description"] == "How many at once."
    assert _wrong(found, orders_jobs={"size": 3}) == []
    assert _wrong(found, orders_jobs={"size": "x"}) == ["'x' is not of type 'integer'"]
    assert _wrong(found, orders_other=1) == ["False schema does not allow 1"]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ("3", " has to be module:NAME, not 3"),
        ('"settings"', " has to be module:NAME, not 'settings'"),
        ('"settigs:MODELS"', ": settigs:MODELS cannot be imported: No module named 'settigs'"),
        ('"settings:MODELLS"', ": settings:MODELLS cannot be imported: module 'settings' has no attribute 'MODELLS'"),
        ('"settings:NUMBERS"', ": settings:NUMBERS has to map keys to pydantic models, found {'jobs': 3}"),
    ],
)
def test_what_is_named_and_is_not_there_is_refused(schema_with: Change, settings: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        schema_with(
            pyproject_toml=f"[tool.delivery-lab]\nsettings = {settings}\n",
            settings_py="MODELS = {}\nNUMBERS = {'jobs': 3}\n",
        )
    assert str(caught.value).endswith(f"pyproject.toml: tool.delivery-lab.settings{message}")


def test_a_project_file_that_is_no_toml_is_named(schema_with: Change) -> None:
    with pytest.raises(UsageError, match=r"pyproject\.toml is no TOML: "):
        schema_with(pyproject_toml="[tool")
