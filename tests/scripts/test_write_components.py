from __future__ import annotations

import pytest

from components.package.arguments import ARGUMENTS
from scripts.component_page import BEGIN, END, page_with
from scripts.component_reasons import COMPUTED, REASONS
from scripts.component_types import arguments_of, sections
from scripts.write_components import PAGE, SCHEMA, TYPES, formatted_types, page_text, schema_text

WRITE = "write it with: python -m scripts.write_components"


def test_the_types_are_those_of_the_settings() -> None:
    assert TYPES.read_text(encoding="utf-8") == formatted_types(), WRITE


def test_the_schema_is_what_the_provider_answers() -> None:
    assert SCHEMA.read_text(encoding="utf-8") == schema_text(), WRITE


def test_the_page_has_the_reference() -> None:
    assert PAGE.read_text(encoding="utf-8") == page_text(), WRITE


def test_every_default_has_its_reason_and_no_reason_is_left_over() -> None:
    used, missing = set(), []
    for model in (*sections(), *ARGUMENTS.values()):
        for argument in arguments_of(model):
            keys = [f"{cls.__name__}.{argument.name}" for cls in model.__mro__]
            found = next((key for key in keys if key in REASONS), None)
            if found is not None:
                used.add(found)
            elif not argument.required and (argument.section is None or argument.field.default is None):
                missing.append(keys[0])
    assert missing == []
    assert set(REASONS) - used == set()
    assert set(COMPUTED) <= used


def test_every_number_with_a_unit_says_it() -> None:
    for model in (*sections(), *ARGUMENTS.values()):
        for argument in arguments_of(model):
            assert bool(argument.unit) == argument.name.endswith(
                ("_seconds", "_hours", "_days", "_bytes", "_mb", "_gb")
            )


def test_a_reference_takes_the_place_of_the_one_before() -> None:
    page = f"# Page\n\n{BEGIN}\n\nold\n{END}\nThe rest.\n"
    assert page_with(page, "new") == f"# Page\n\n{BEGIN}\n\nnew\n{END}\nThe rest.\n"


def test_a_page_without_a_place_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^components\.md has no place for the reference: <!-- written by: "):
        page_with("# Page\n", "new")
