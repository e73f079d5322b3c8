"""Expectations: how they are read, and when they hold."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from delivery_lab.errors import UsageError
from delivery_lab.expectations.expectation import COMPARISONS, Verdict, read_expectation
from delivery_lab.expectations.expressions import LONGEST_TEXT, FigureName, Figures, Key

EXAMPLE = "write it as messages.lost == 0 or latencySeconds.p95 <= 30"
FIGURES: Mapping[str, float | None] = {"messages.lost": 3, "messages.sent": 12, "effects.total": None, "empty": 0}


def figures(name: FigureName) -> float | None:
    return FIGURES[str(name)]


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("messages.lost == 3", Verdict(True, 3)),
        ("messages.lost == 0", Verdict(False, 3)),
        ("messages.lost != 0", Verdict(True, 3)),
        ("messages.lost / messages.sent <= 0.25", Verdict(True, 0.25)),
        ("messages.sent - messages.lost * 2 > 6", Verdict(False, 6)),
        ("(messages.sent - messages.lost) * 2 >= 18", Verdict(True, 18)),
        ("-messages.lost < 0", Verdict(True, -3)),
        ("0 == messages.lost", Verdict(False, 3)),
        ("messages.lost < messages.sent", Verdict(True, 3)),
        ("  messages.lost<=3.0 ", Verdict(True, 3)),
    ],
)
def test_an_expectation_compares_what_it_calculates(text: str, verdict: Verdict) -> None:
    assert read_expectation(text).judge(figures) == verdict


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("effects.total == 0", "effects.total is not known of this run"),
        ("messages.lost == effects.total", "effects.total is not known of this run"),
        ("messages.lost / empty == 0", "3 cannot be divided by 0"),
        ("messages.lost * 1e308 * 0 == 0", "its value is too large"),
        (f"messages.lost * {'9' * 200} * {'9' * 200} / 7 > 0", "its value is too large"),
        ("messages.sent - messages.lost * 1e308 < 0", "its value is too large"),
    ],
)
def test_what_is_not_known_does_not_hold(text: str, reason: str) -> None:
    assert read_expectation(text).judge(figures) == Verdict(False, None, reason)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", f"it is empty: {EXAMPLE}"),
        ("messages.lost", f"it compares nothing: {EXAMPLE}"),
        ("messages.lost = 0", "a single '=' compares nothing: write '=='"),
        ("1 < 2", f"it names no figure, so it says nothing of a run: {EXAMPLE}"),
        ("0 <= messages.lost <= 3", "it compares more than two values: write two expectations"),
        ("messages.lost in (1, 2)", "values are compared with ==, !=, <=, >=, <, >"),
        ("messages.lost == 0 and messages.sent == 1",
         "'and' and 'or' cannot be used: write each part as an expectation of its own"),
        ("(messages.lost == 0) == 1", "a comparison stands within another: write two expectations"),
        ("messages.lost == 'none'", "''none'' is no number"),
        ("messages.lost == True", "'True' is no number"),
        ("messages.lost == 1e999", "a number is too large"),
        (f"messages.lost == {'9' * 400}", "a number is too large"),
        ("messages.lost ** 2 == 9",
         "'messages.lost ** 2' is neither a number, a figure, nor one of + - * / between them"),
        ("open('x').read() == 0", "'open('x').read()' is neither a number, a figure, nor one of + - * / between them"),
        ("consumers[name].total == 0", "'consumers[name]': in brackets stands a name in quotes"),
        ("f().total == 0", "'f()' is no name of a figure"),
        ("messages.lost == == 0", f"it cannot be read at character 18: {EXAMPLE}"),
    ],
)  # fmt: skip
def test_what_is_no_expectation_is_refused(text: str, message: str) -> None:
    with pytest.raises(UsageError) as refused:
        read_expectation(text)
    assert str(refused.value) == f"expectation '{text}': {message}"


def test_a_text_that_no_person_wrote_is_refused() -> None:
    with pytest.raises(UsageError, match=f"it has 9999 characters, at most {LONGEST_TEXT}"):
        read_expectation("(" * 9999)


@pytest.mark.parametrize("text", ["(" * 400, "-" * 480 + "messages.lost == 0", "\0 == 1", "a." * 240 + "b == 0"])
def test_nothing_that_is_nested_or_odd_ends_in_another_error(text: str) -> None:
    with contextlib.suppress(UsageError):
        read_expectation(text).judge(lambda name: 0)


def test_a_key_stands_in_brackets() -> None:
    (name,) = read_expectation('consumers["or.ders"].messages.lost == 0').names()

    assert name == FigureName(("consumers", Key("or.ders"), "messages", "lost"))
    assert str(name) == 'consumers["or.ders"].messages.lost'


_NUMBERS = st.integers(-1000, 1000)


@given(_NUMBERS, _NUMBERS, _NUMBERS, st.sampled_from("+-*"), st.sampled_from(sorted(COMPARISONS)))
def test_arithmetic_is_that_of_numbers(a: int, b: int, c: int, sign: str, comparison: str) -> None:
    held = {"a": a, "b": b, "c": c}
    look_up: Figures = lambda name: held[str(name)]  # noqa: E731
    value = {"+": a + b, "-": a - b, "*": a * b}[sign]

    verdict = read_expectation(f"a {sign} b {comparison} c").judge(look_up)

    assert verdict == Verdict(COMPARISONS[comparison](value, c), value)
