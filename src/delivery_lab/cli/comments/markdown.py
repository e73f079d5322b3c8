"""What comments of pull requests are made of, in GitHub's Markdown.

The first line is hidden. Whoever posts comments finds the one to update by it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

MOST_CHARACTERS = 60_000
"""GitHub takes 65,536 characters; what posts the comment may add some."""

_CUT = "... {count} lines left out ..."
_LONGEST_KEY = 200
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~&])")
_MENTION = re.compile(r"@(?=\w)")
_NOTHING_WIDE = "\N{ZERO WIDTH SPACE}"


def marker(kind: str, key: str) -> str:
    """The hidden first line: which comment this is.

    Args:
        kind: the command.
        key: what tells it from other comments of the command.
    """
    # A comment of HTML ends with two dashes and an angle bracket, which a key must not hold.
    plain = re.sub(r"-{2,}", "-", re.sub(r"[^A-Za-z0-9 ._/*-]", "_", key))[:_LONGEST_KEY]
    return f"<!-- delivery-lab {kind}: {plain} -->"


def escaped(text: str) -> str:
    """A text that means itself: nothing in it is markup, nobody is notified, and it is one line."""
    return _MENTION.sub(f"@{_NOTHING_WIDE}", _SPECIAL.sub(r"\\\1", " ".join(text.split())))


def counted(count: int, noun: str) -> str:
    """A number of things: `1 stack`, `3 stacks`."""
    return f"{count} {noun}{'' if count == 1 else 's'}"


def table(head: Sequence[str], rows: Iterable[Sequence[str]], texts: int = 1) -> list[str]:
    """A table whose numbers stand to the right.

    Args:
        head: the names of the columns.
        rows: the cells.
        texts: how many columns at the left are text.
    """
    sides = [":--"] * texts + ["--:"] * (len(head) - texts)
    return [_row(head), f"| {' | '.join(sides)} |", *map(_row, rows)]


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(map(escaped, cells))} |"


def comment(first: Sequence[str], summary: str, details: Sequence[str], last: Sequence[str] = ()) -> str:
    """A whole comment.

    Args:
        first: marker, title, sentence, table.
        summary: title of what is folded away.
        details: what is folded away, lines of text; the middle is cut first where the comment gets too long.
        last: what needs action.

    Returns:
        At most `MOST_CHARACTERS` characters. Where it is too long without the details, the end is cut.
    """
    room = MOST_CHARACTERS - len(_whole(first, summary, ["```"], last))
    return _whole(first, summary, _shortened(details, room), last)[:MOST_CHARACTERS]


def _whole(first: Sequence[str], summary: str, folded: Sequence[str], last: Sequence[str]) -> str:
    lines = list(first)
    if folded:
        lines += ["", f"<details><summary>{escaped(summary)}</summary>", "", *_fenced(folded), "", "</details>"]
    if last:
        lines += ["", *last]
    return "\n".join(lines)


def _fenced(lines: Sequence[str]) -> list[str]:
    """Lines as they are; the fence is longer than every run of backticks within."""
    longest = max((len(run) for line in lines for run in re.findall(r"`+", line)), default=0)
    fence = "`" * max(3, longest + 1)
    return [f"{fence}diff", *lines, fence]


def _shortened(lines: Sequence[str], room: int) -> list[str]:
    """As many lines from the beginning and from the end as there is room for."""
    if sum(len(line) + 1 for line in lines) <= room:
        return list(lines)
    room -= len(_CUT) + 10  # the line that says so, and its number
    start: list[str] = []
    end: list[str] = []
    low, high = 0, len(lines)
    while low < high:
        line = lines[low] if len(start) <= len(end) else lines[high - 1]
        room -= len(line) + 1
        if room < 0:
            break
        if len(start) <= len(end):
            start.append(line)
            low += 1
        else:
            end.append(line)
            high -= 1
    return [*start, _CUT.format(count=f"{high - low:,}"), *reversed(end)]
