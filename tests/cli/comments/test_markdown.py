"""What comments are made of."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from delivery_lab.cli.comments.markdown import MOST_CHARACTERS, comment, escaped, marker, table

_MARKDOWN = MarkdownIt("commonmark", {"html": True}).enable("table")
_HOSTILE = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Zs", "Zl", "Zp", "Cf"))
    | st.sampled_from("`*_<>|&\\[]#~@ "),
    max_size=30,
)


class _Read(HTMLParser):
    """The tags and the text of a document."""

    def __init__(self, document: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.texts: list[str] = []
        self.comments: list[str] = []
        self.feed(document)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag in {"th", "td"}:
            self.texts.append("")

    def handle_data(self, data: str) -> None:
        if self.texts and data.strip():
            self.texts[-1] += data

    def handle_comment(self, data: str) -> None:
        self.comments.append(data)


@given(st.lists(_HOSTILE, min_size=3, max_size=3))
def test_cells_mean_themselves_whatever_is_in_them(cells: list[str]) -> None:
    read = _Read(_MARKDOWN.render("\n".join(table(("a", "b", "c"), [cells]))))

    assert set(read.tags) == {"table", "thead", "tr", "th", "tbody", "td"}
    told = [text.replace("\N{ZERO WIDTH SPACE}", "") for text in read.texts[3:]]
    assert told == [" ".join(cell.split()) for cell in cells]


def test_nobody_is_notified_by_a_name() -> None:
    assert escaped("@octocat a@b") == "@\N{ZERO WIDTH SPACE}octocat a@\N{ZERO WIDTH SPACE}b"


@given(st.text(max_size=300))
def test_the_first_line_is_one_hidden_comment(key: str) -> None:
    line = marker("diff", key)

    assert "\n" not in line
    assert _Read(line).comments == [line.removeprefix("<!--").removesuffix("-->")]


def test_numbers_stand_to_the_right_of_texts() -> None:
    assert table(("stack", "figure", "before"), [("a", "lost", "3")], texts=2) == [
        "| stack | figure | before |",
        "| :-- | :-- | --: |",
        "| a | lost | 3 |",
    ]


def test_details_are_folded_in_a_fence_that_nothing_within_ends() -> None:
    written = comment(["title"], "2 <b>", ["- a ```` b", "+ c"], ["- act"])

    assert written.splitlines() == [
        "title",
        "",
        r"<details><summary>2 \<b\></summary>",
        "",
        "`````diff",
        "- a ```` b",
        "+ c",
        "`````",
        "",
        "</details>",
        "",
        "- act",
    ]


def test_the_middle_of_the_details_is_cut_first() -> None:
    written = comment(["title"], "all", [f"line {number}" for number in range(10_000)], ["- act"])

    lines = written.splitlines()
    assert MOST_CHARACTERS - 200 < len(written) <= MOST_CHARACTERS
    assert (lines[0], lines[5], lines[-6], lines[-1]) == ("title", "line 0", "line 9999", "- act")
    cut = next(line for line in lines if "left out" in line)
    kept = sum(line.startswith("line ") for line in lines)
    assert cut == f"... {10_000 - kept:,} lines left out ..."


def test_rows_at_the_end_of_the_table_are_left_out_where_there_is_no_room_without_details() -> None:
    rows = [(f"stack-{number}", "messages lost", "1") for number in range(5_000)]
    first = ["title", "", "sentence", "", *table(("stack", "figure", "before"), rows, texts=2)]

    written = comment(first, "all", ["+ a", "- b"], ["**Needs action**", "", "- act"])

    lines = written.splitlines()
    kept = sum(line.startswith("| stack-") for line in lines)
    assert MOST_CHARACTERS - 200 < len(written) <= MOST_CHARACTERS
    assert lines[lines.index("| stack-0 | messages lost | 1 |") + kept + 1] == f"... {5_000 - kept:,} rows left out ..."
    assert lines[-5:] == ["</details>", "", "**Needs action**", "", "- act"]


def test_the_middle_of_what_needs_action_is_cut_last() -> None:
    actions = ["**Needs action**", "", *(f"- stack-{number}: does not hold" for number in range(5_000)), "", "end"]

    written = comment(["title"], "all", ["a"], actions)

    lines = written.splitlines()
    assert MOST_CHARACTERS - 200 < len(written) <= MOST_CHARACTERS
    assert lines[-1] == "end"
    kept = sum(line.startswith("- stack-") for line in lines)
    assert f"- ... {5_000 - kept:,} lines left out ..." in lines


_LINES = st.lists(st.text("ab` |", max_size=40), max_size=12)


@given(_LINES, _LINES, st.integers(0, 400))
def test_a_comment_is_never_too_long_and_what_is_folded_away_is_closed(
    details: list[str], last: list[str], most: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("delivery_lab.cli.comments.markdown.MOST_CHARACTERS", most + 250)
        written = comment(["title"], "all", details, last)

    assert len(written) <= most + 250
    assert not details or "\n</details>" in written


def test_what_is_too_long_without_anything_else_ends_early() -> None:
    assert len(comment(["x" * 70_000], "all", ["a"], ["- act"])) == MOST_CHARACTERS
