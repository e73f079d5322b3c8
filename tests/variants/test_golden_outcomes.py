"""Every variant comes to what it came to: `python -m tests.golden_files` writes the golden files anew."""

from __future__ import annotations

import pytest

from tests.golden_files import FOLDER, findings_path, golden, golden_findings, path_of, variants


@pytest.mark.parametrize("stack", variants())
def test_the_outcome_is_the_golden_one(stack: str) -> None:
    assert golden(stack) == path_of(stack).read_text(encoding="utf-8")


def test_the_findings_are_the_golden_ones() -> None:
    assert golden_findings() == findings_path().read_text(encoding="utf-8")


def test_there_is_a_golden_file_for_each_variant_and_no_other() -> None:
    assert sorted(path.stem for path in FOLDER.glob("*.json")) == sorted(variants())
