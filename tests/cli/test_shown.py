"""The reading of pages, on which the tests of README and docs stand."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.shown import Shown, commands_of, missing

PAGE = """\
# A page

    $ delivery-lab run one   # a comment
      first line
    ...
    last line
    $ make test

Text.

    delivery-lab list            # all
    not a command
    pulumi up > out.txt
"""


def test_commands_are_read_with_what_is_shown_below_them(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(PAGE)

    assert commands_of(page) == [
        Shown("delivery-lab run one   # a comment", ("first line", "...", "last line")),
        Shown("make test", ()),
        Shown("delivery-lab list            # all", ()),
        Shown("pulumi up > out.txt", ()),
    ]


def test_comments_and_redirections_are_no_words() -> None:
    assert Shown("delivery-lab run 'a b' > out.json   # why", ()).words == ["delivery-lab", "run", "a b"]


@pytest.mark.parametrize(
    ("shown", "left"),
    [
        (["one", "three"], []),
        (["one", "...", "three"], []),
        (["one two", "t...ee"], ["one two", "t...ee"]),
        (["t...ee"], []),
        (["three", "one"], ["one"]),
        (["four"], ["four"]),
    ],
)
def test_lines_are_looked_for_in_order(shown: list[str], left: list[str]) -> None:
    assert missing(shown, "  one\n two\nthree\n") == left
