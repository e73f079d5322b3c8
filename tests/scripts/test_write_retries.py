"""The table of docs/retries.md is what the runs say."""

from __future__ import annotations

import pytest

from scripts import write_retries
from scripts.retry_tables import (
    CALLERS,
    COLUMNS,
    NOT_THERE,
    Measured,
    callers_table,
    stacks_of_the_table,
    table,
)
from tests.lab_support import run, workload


def test_the_page_holds_what_is_measured_now() -> None:
    page = write_retries.PAGE.read_text(encoding="utf-8")

    assert write_retries.page_with(page, write_retries.measured_tables()) == page


def test_putting_tables_into_the_page_leaves_the_rest() -> None:
    begin = [write_retries.BEGIN.format(name=name) for name in ("one", "two")]

    page = write_retries.page_with(
        f"before\n{begin[0]}\nold\n{write_retries.END}\nbetween\n{begin[1]}\n{write_retries.END}\nafter\n",
        {"one": "1", "two": "2"},
    )

    assert page == (f"before\n{begin[0]}\n1\n{write_retries.END}\nbetween\n{begin[1]}\n2\n{write_retries.END}\nafter\n")


def test_a_page_without_a_place_for_a_table_is_left_alone() -> None:
    with pytest.raises(ValueError, match=r"^retries\.md has no place for the table one: "):
        write_retries.page_with("text", {"one": "1"})


def test_a_stack_that_is_not_there_is_said_so() -> None:
    text = table({})

    assert text.count(NOT_THERE) == 6 * len(COLUMNS)
    assert callers_table({}).count(NOT_THERE) == 11 * len(CALLERS)


@pytest.mark.parametrize(
    ("stack", "row", "cell"),
    [
        ("async-default", "automatic retry", "yes: a failing message was delivered 3 times"),
        ("async-default", "interval", "60 s, then 120 s"),
        ("async-default", "maximum", "2 retries"),
        ("async-default", "partial failure", "- (one event each)"),
        ("batch-partial", "partial failure", "yes: 7 messages that shared a batch with failed ones came once"),
        ("fifo-ordered", "order kept", "yes"),
    ],
)
def test_cells_are_read_from_the_run(stack: str, row: str, cell: str) -> None:
    assert stack in stacks_of_the_table()

    lines = table({stack: Measured.of(run(stack), workload(stack))}).splitlines()

    [line] = [line for line in lines if line.startswith(f"| {row} |")]
    assert f"| {cell} (`{stack}`) |" in line
