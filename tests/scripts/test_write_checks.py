from __future__ import annotations

import pytest

from delivery_lab.checks.registry import CHECKS
from scripts.write_checks import PAGE, checks_table, page_with


def test_the_page_has_the_table_of_the_registry() -> None:
    page = PAGE.read_text()
    assert checks_table() in page, "write it with: python scripts/write_checks.py"
    assert checks_table().count("\n") == len(CHECKS) + 2


def test_a_table_takes_the_place_of_the_one_before() -> None:
    old = checks_table()
    new = old.replace("error", "warning")
    assert page_with(f"# Checks\n\n{old}\nThe rest.\n", new) == f"# Checks\n\n{new}\nThe rest.\n"


def test_a_page_without_a_table_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^checks\.md has no table of checks: it begins with \| id \| severity \| "):
        page_with("# Checks\n", checks_table())
