"""Templates of input transformers."""

from __future__ import annotations

import pytest

from delivery_lab.input_templates import filled_in_at_best, is_object, is_quoted, problem_of


@pytest.mark.parametrize(
    ("before", "quoted"), [('{"a": ', False), ('{"a": "', True), ('{"a": "b\\"', True), ("", False)]
)
def test_what_stands_within_quotes(before: str, quoted: bool) -> None:
    assert is_quoted(before) is quoted


@pytest.mark.parametrize(
    ("template", "filled_in", "problem"),
    [
        ('{"a": <a>, "b": "<b>"}', '{"a": 0, "b": "x"}', ""),
        ('"<a>"\n"<b> two"', '"x"\n"x two"', ""),
        ("<a> one", "0 one", "Extra data: line 1 column 3 (char 2) in 0 one"),
        ('{"a" <a>}', '{"a" 0}', "Expecting ':' delimiter: line 1 column 6 (char 5) in {\"a\" 0}"),
    ],
)
def test_the_most_harmless_values(template: str, filled_in: str, problem: str) -> None:
    assert filled_in_at_best(template) == filled_in
    assert problem_of(filled_in, as_object=is_object(template)) == problem
