"""What comments of pull requests are made of, in GitHub's Markdown.

The first line is hidden. Whoever posts comments finds the one to update by it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

MOST_CHARACTERS = 60_000
"""GitHub takes 65,536 characters; what posts the comment may add some."""

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
        At most `MOST_CHARACTERS` characters. Where it is too long without the details, rows at the end of the table are
        left out, then the middle of what needs action.
    """
    least = [_left_out(len(details))] if details else []

    def too_many() -> int:
        return len(_whole(first, summary, least, last)) - MOST_CHARACTERS

    if (much := too_many()) > 0:
        first = _with_fewer_rows(first, much)
    if (much := too_many()) > 0:
        last = _shortened(last, _length(last) - much, "- ")
    fences = 2 * (len(_fence(details)) - len(_fence(least)))
    room = MOST_CHARACTERS - len(_whole(first, summary, [""], last)) - fences
    return _whole(first, summary, _shortened(details, room), last)[:MOST_CHARACTERS]


def _with_fewer_rows(lines: Sequence[str], characters: int) -> list[str]:
    """Lines that end with a table, at least so many characters shorter if it has as many."""
    kept, rows = list(lines), 0
    characters += len(_left_out(len(lines), "rows")) + 2
    # Head and line of the table stay.
    while len(kept) > 2 and characters > 0 and all(line.startswith("|") for line in kept[-3:]):
        characters -= len(kept.pop()) + 1
        rows += 1
    return [*kept, "", _left_out(rows, "rows")] if rows else kept


def _whole(first: Sequence[str], summary: str, folded: Sequence[str], last: Sequence[str]) -> str:
    lines = list(first)
    if folded:
        lines += ["", f"<details><summary>{escaped(summary)}</summary>", "", *_fenced(folded), "", "</details>"]
    if last:
        lines += ["", *last]
    return "\n".join(lines)


def _fenced(lines: Sequence[str]) -> list[str]:
    """Lines as they are."""
    fence = _fence(lines)
    return [f"{fence}diff", *lines, fence]


def _fence(lines: Sequence[str]) -> str:
    """A fence that is longer than every run of backticks within."""
    longest = max((len(run) for line in lines for run in re.findall(r"`+", line)), default=0)
    return "`" * max(3, longest + 1)


def _length(lines: Sequence[str]) -> int:
    return sum(len(line) + 1 for line in lines)


def _left_out(count: int, what: str = "lines") -> str:
    return f"... {count:,} {what} left out ..."


def _shortened(lines: Sequence[str], room: int, bullet: str = "") -> list[str]:
    """As many lines from the beginning and from the end as there is room for."""
    if _length(lines) <= room:
        return list(lines)
    room -= len(bullet) + len(_left_out(len(lines))) + 1
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
    return [*start, bullet + _left_out(high - low), *reversed(end)]
