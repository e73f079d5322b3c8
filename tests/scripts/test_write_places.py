"""The page of places, whose rows are brought up to date one by one."""

from __future__ import annotations

from scripts.places_page import page, rows_of
from scripts.write_places import PAGE


def test_the_page_is_what_its_rows_come_to() -> None:
    text = PAGE.read_text(encoding="utf-8")
    rows = rows_of(text)
    assert page(rows) == text
    assert rows["msk-age"]["what"].startswith("`messages.processed` 29")
    assert rows["sync-naive"]["verdict"] == "not run"


def test_a_row_that_is_replaced_leaves_the_others_as_they_are() -> None:
    rows = rows_of(PAGE.read_text(encoding="utf-8"))
    again = rows | {"stream-age": rows["stream-age"] | {"own": "1 / 2, 3, cut off", "seen": "2030-01-01"}}
    written = rows_of(page(again))
    assert written == again
    assert "1 / 2, 3, cut off" in page(again)
