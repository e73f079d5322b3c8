"""The table of variants in docs/streams-and-kafka.md is what the golden outcomes say."""

from __future__ import annotations

import json
from typing import Any

import pytest

from delivery_lab.durations import exact
from tests.golden_files import path_of
from tests.lab_support import ROOT

PAGE = ROOT / "docs" / "streams-and-kafka.md"
HEADER = "| variant | processed |"
VARIANTS = 11
"""Rows of the table: every variant of a stream or a topic with forty records."""


def _rows() -> list[list[str]]:
    """The table's rows, a list of cells each."""
    lines = iter(PAGE.read_text(encoding="utf-8").splitlines())
    next(line for line in lines if line.startswith(HEADER))
    next(lines)
    found: list[list[str]] = []
    for line in lines:
        if not line.startswith("|"):
            return found
        found.append([cell.strip() for cell in line.strip("|").split("|")])
    return found


def _span(seconds: float) -> str:
    """As the table shows it: tenths for what is short, else whole seconds."""
    return f"{seconds:.1f} s" if seconds < 10 else exact(round(seconds))


def _expected(outcome: dict[str, Any]) -> list[str]:
    messages = outcome["messages"]
    counts = (messages["processed"], messages["deadLettered"], messages["expired"], outcome["effects"]["duplicated"])
    worst = max(outcome["blocked"], key=lambda blocked: blocked["seconds"])
    return [
        *(f"{count:,}" for count in (*counts, outcome["invocations"]["total"])),
        _span(worst["seconds"]),
        str(max(blocked["recordsBehind"] for blocked in outcome["blocked"])),
    ]


def test_the_table_has_its_variants() -> None:
    assert len(_rows()) == VARIANTS


@pytest.mark.parametrize("row", _rows(), ids=[row[0] for row in _rows()])
def test_a_row_is_what_the_run_says(row: list[str]) -> None:
    variant = row[0].strip("`")
    assert row[1:] == _expected(json.loads(path_of(variant).read_text(encoding="utf-8")))
