from __future__ import annotations

from delivery_lab.checks.reference import checks_table
from delivery_lab.checks.registry import CHECKS, SAME_AS
from tests.lab_support import ROOT


def test_the_page_has_the_table_of_the_registry() -> None:
    page = (ROOT / "docs" / "checks.md").read_text()
    assert checks_table() in page, "print it with: python -m delivery_lab.checks.reference"
    assert checks_table().count("\n") == len(CHECKS) + 1


def test_checks_say_what_they_are() -> None:
    for check in CHECKS.values():
        assert check.why.endswith("."), check.id
        assert check.fix.endswith("."), check.id
        assert "|" not in f"{check.title}{check.why}{check.fix}", check.id


def test_what_the_schemas_say_as_well_is_a_check() -> None:
    assert set(SAME_AS.values()) <= CHECKS.keys()
