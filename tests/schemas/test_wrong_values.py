"""Every field of every file that is written by hand, with values that its schema refuses, and with some that it takes.

A wrong value is refused with the file, the key, the value and what the field may be. One that a schema takes may still
be refused for what stands beside it, in words; it is never the cause of a traceback.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from components.settings import SECTIONS, SettingsError
from components.settings.problems import problems_of
from delivery_lab.api.failure_file import FailureFile, read_failure
from delivery_lab.api.project_file import read_project_file
from delivery_lab.api.schema import project_file_schema, stack_schema, workload_schema
from delivery_lab.cost.prices import PriceList, read_prices
from delivery_lab.errors import UsageError
from delivery_lab.program.project import read_project
from delivery_lab.simulation.workload_files import GivenFaults, read_answers, read_faults, read_workload
from tests.lab_support import ROOT
from tests.schemas.walk import Field, Walk

_WORDS_OF_THE_INCOMPLETE = ("at least one entry", "is missing", "name exactly one target")
Read = Callable[[Path], object]


def _project_file(file: Path) -> object:
    (file.parent / "__main__.py").touch()
    (file.parent / "Pulumi.yaml").write_text("name: mine\nruntime: python\n", encoding="utf-8")
    file.rename(file.parent / "delivery-lab.yaml")
    return read_project_file(read_project(file.parent))


def _failure_schema() -> dict[str, Any]:
    schema = FailureFile.model_json_schema(by_alias=True)
    schema["$defs"]["Send"] = workload_schema()["$defs"]["Send"]
    return schema


def _part(definition: str, **properties: Any) -> dict[str, Any]:
    schema = workload_schema()
    return {"type": "object", "properties": properties, "$defs": schema["$defs"], "required": [definition]}


_LIST_OF_ANSWERS = {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/Answer"}}
_FILES: dict[str, tuple[Callable[[], dict[str, Any]], Read]] = {
    "workload": (workload_schema, read_workload),
    "project": (project_file_schema, _project_file),
    "answers": (lambda: _part("answers", answers=_LIST_OF_ANSWERS), read_answers),
    "failure": (_failure_schema, read_failure),
    "faults": (lambda: GivenFaults.model_json_schema(by_alias=True), lambda file: read_faults(str(file))),
    "prices": (lambda: PriceList.model_json_schema(by_alias=True), read_prices),
}
"""Each kind of file with its schema and who reads it."""


def _said(read: Read, file: Path, document: Any) -> str | None:
    """What is said of a document, None where it is taken."""
    file.write_text(json.dumps(document, indent=1), encoding="utf-8")
    try:
        read(file)
    except UsageError as error:
        return str(error)
    return None


def _bounds(schema: Any) -> list[str]:
    """The bounds of the numbers that a schema takes, as messages say them."""
    words = ("minimum", "maximum", "exclusiveMinimum")
    return [f"{part[word]:g}" for part in schema.get("anyOf", [schema]) for word in words if word in part]


def _names_the_value(text: str, value: Any) -> bool:
    """Whether a message has a value in it; of a mapping the key that is wrong, of a list the part that is."""
    if value in ([], [5], {}) and any(words in text for words in _WORDS_OF_THE_INCOMPLETE):
        return True
    if isinstance(value, dict):
        return (
            (not value and "{}" in text)
            or "not a mapping" in text
            or any(key in text or _names_the_value(text, part) for key, part in value.items())
        )
    if isinstance(value, list) and any(_names_the_value(text, part) for part in value):
        return True
    return repr(value) in text or json.dumps(value) in text


def _missing(field: Field, value: Any, text: str | None) -> str:
    """What a message about a wrong value leaves out, "" if it is all there."""
    if text is None:
        return "is taken"
    if field.name not in text:
        return "key"
    if not _names_the_value(text, value):
        return "value"
    bounds = _bounds(field.schema) if isinstance(value, int) and not isinstance(value, bool) else []
    return "bound" if bounds and not any(bound in text.replace(f"not {value}", "") for bound in bounds) else ""


@pytest.mark.parametrize("kind", _FILES)
def test_a_wrong_value_of_any_field_is_refused_with_file_key_value_and_bound(kind: str, tmp_path: Path) -> None:
    schema, read = _FILES[kind]
    walk = Walk(schema())
    problems = []
    for field in walk.fields():
        for value in walk.wrong_values(field):
            text = _said(read, tmp_path / "given.yaml", field.document(value))
            if missing := _missing(field, value, text):
                problems.append(f"{field.name}: {value!r}: {missing}: {text}")

    assert not problems, "\n".join(problems)


@pytest.mark.parametrize("kind", _FILES)
def test_a_value_that_a_schema_takes_is_read_or_refused_in_words(kind: str, tmp_path: Path) -> None:
    schema, read = _FILES[kind]
    walk = Walk(schema())
    tried = 0
    for field in walk.fields():
        for value in walk.right_values(field):
            tried += 1
            text = _said(read, tmp_path / "given.yaml", field.document(value))  # any other error fails the test

            assert text is None or "given.yaml" in text or "delivery-lab.yaml" in text, (field.name, value, text)
    assert tried


# -- settings of stacks -------------------------------------------------------------------------------------------


def _settings_said(section: str, document: Any) -> str | None:
    """What the program says of a section of settings, None where it takes it."""
    key = f"delivery-lab:{section}"
    try:
        SECTIONS[section].model_validate(document)
    except ValidationError as error:
        return str(SettingsError("stacks/Pulumi.mine.yaml", list(problems_of(error, SECTIONS[section], key))))
    return None


def _section_walk(section: str) -> Walk:
    schema = stack_schema(read_project(ROOT)).schema
    own = schema["properties"]["config"]["properties"][f"delivery-lab:{section}"]
    return Walk({**own, "$defs": schema["$defs"]})


@pytest.mark.parametrize("section", SECTIONS)
def test_a_wrong_setting_is_refused_with_file_key_value_bound_and_fix(section: str) -> None:
    walk = _section_walk(section)
    problems = []
    for field in walk.fields():
        for value in walk.wrong_values(field):
            text = _settings_said(section, field.document(value))
            if missing := _missing_of_setting(field, value, text):
                problems.append(f"{field.name}: {value!r}: {missing}: {text}")

    assert not problems, "\n".join(problems)


def _missing_of_setting(field: Field, value: Any, text: str | None) -> str:
    key = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in field.path)
    if text is None:
        return "is taken"
    if key not in text:
        return "key"
    shown = json.dumps(value) in text or value is None or isinstance(value, list | dict)
    bounds = _bounds(field.schema) if isinstance(value, int) and not isinstance(value, bool) else []
    if bounds and not any(bound in text for bound in bounds):
        return "bound"
    return "" if shown and "fix: " in text else "value or fix"


@pytest.mark.parametrize("section", SECTIONS)
def test_a_setting_that_the_schema_takes_is_read_or_refused_with_a_fix(section: str) -> None:
    walk = _section_walk(section)
    for field in walk.fields():
        for value in walk.right_values(field):
            text = _settings_said(section, field.document(value))

            assert text is None or "fix: " in text, (field.name, value, text)
