"""Text at any width: names stay whole, nothing is cut."""

from __future__ import annotations

import pytest

from delivery_lab.cli.layout import Column, TextTable, described, figures, listed, wrapped

COLUMNS = (Column("sent"), Column("dead-lettered", ("dead-", "lettered")))
ROWS = [("a-long-name-of-a-stack", ("10", "3")), ("short", ("1000", "0"))]


def test_off_a_terminal_a_line_stays_a_line() -> None:
    text = "word " * 100
    assert wrapped(text, None, hang=4) == [text]


def test_a_line_is_broken_between_words_and_goes_on_further_right() -> None:
    assert wrapped("  one two three four five six seven eight", 30, hang=4) == [
        "  one two three four five six",
        "    seven eight",
    ]


def test_a_word_that_is_wider_than_the_terminal_stays_whole() -> None:
    address = "https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html"
    assert wrapped(f"source: {address} says so", 40, hang=2) == ["source:", f"  {address}", "  says so"]


def test_where_little_is_left_lines_begin_at_the_margin() -> None:
    assert wrapped("a name        and what is said of it here", 30, hang=14) == [
        "a name        and what is said",
        "of it here",
    ]


def test_lines_of_a_text_are_broken_one_by_one() -> None:
    assert wrapped("one\n\ntwo", 80) == ["one", "", "two"]


def test_a_value_is_kept_together_with_its_name() -> None:
    text = listed(["sent 10", "healthy dead-lettered 7", "lost 0"])
    assert wrapped(text, 27, hang=2) == ["  sent 10,", "  healthy dead-lettered 7,", "  lost 0"]
    assert wrapped(text, None) == ["  sent 10, healthy dead-lettered 7, lost 0"]


@pytest.mark.parametrize("width", [None, 43])
def test_figures_stand_below_headings_of_one_line_where_there_is_room(width: int | None) -> None:
    assert figures("variant", COLUMNS, ROWS, width) == TextTable(
        ("variant                 sent  dead-lettered",),
        ("a-long-name-of-a-stack    10              3", "short                   1000              0"),
    )


def test_headings_take_more_lines_where_there_is_less_room() -> None:
    assert figures("variant", COLUMNS, ROWS, 42) == TextTable(
        ("                                 dead-", "variant                 sent  lettered"),
        ("a-long-name-of-a-stack    10         3", "short                   1000         0"),
    )


def test_columns_move_together_where_there_is_less_still() -> None:
    assert figures("variant", COLUMNS, ROWS, 37) == TextTable(
        ("                               dead-", "variant                sent lettered"),
        ("a-long-name-of-a-stack   10        3", "short                  1000        0"),
    )


def test_below_that_each_name_has_a_block() -> None:
    assert figures("variant", COLUMNS, ROWS, 35) == TextTable(
        (),
        (
            "a-long-name-of-a-stack",
            "  sent 10, dead-lettered 3",
            "short",
            "  sent 1000, dead-lettered 0",
        ),
    )


def test_a_description_goes_on_below_itself() -> None:
    rows = [("batch-partial", "The worker reports the records that failed."), ("x", "Short.")]
    assert described(("variant", "what it is about"), rows, 40) == TextTable(
        ("variant        what it is about",),
        (
            "batch-partial  The worker reports the",
            "               records that failed.",
            "x              Short.",
        ),
    )


def test_a_description_stands_below_its_name_where_there_is_no_room_beside_it() -> None:
    rows = [("visibility-heartbeat-fails", "Every extension fails, so the message is visible again.")]
    assert described(("variant", "what it is about"), rows, 40).rows == (
        "visibility-heartbeat-fails",
        "    Every extension fails, so the",
        "    message is visible again.",
    )


def test_a_table_without_rows_has_its_headings() -> None:
    assert described(("rule", "statement"), [], 80) == TextTable(("rule  statement",), ())
