"""docs/semantics.md has every rule, as the registry says it."""

from __future__ import annotations

import re

import pytest

from delivery_lab.rules import RULES
from scripts import write_rules


def test_the_page_holds_the_register_of_today() -> None:
    text = write_rules.PAGE.read_text(encoding="utf-8")

    assert text == write_rules.page_with(text, write_rules.register()), "run python -m scripts.write_rules"


def test_every_rule_stands_in_the_page_once_as_a_row() -> None:
    page = write_rules.PAGE.read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([A-Z][A-Z0-9]+-[A-Z]+-\d+)` \|", page, re.MULTILINE)

    assert sorted(rows) == sorted(RULES)


def test_a_page_without_a_place_is_refused() -> None:
    with pytest.raises(ValueError, match=r"semantics\.md has no place for the register"):
        write_rules.page_with("# A page", "rows")
