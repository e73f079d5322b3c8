"""Text for terminals of any width: names stay whole, and nothing is cut.

A width of None means that there is no terminal: a row is a line then, however long.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.cells import cell_len

TIE = "\N{NO-BREAK SPACE}"
"""A blank at which `wrapped` breaks no line."""

NARROWEST_TEXT = 24
"""Columns that a text needs to stand beside names; with fewer it stands below them."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of figures.

    Attributes:
        heading: what it holds, in one line.
        narrow: the same in several lines, broken where the word can be broken.
    """

    heading: str
    narrow: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TextTable:
    """Lines of a table.

    Attributes:
        headings: the lines above the rows.
        rows: the lines of the rows.
    """

    headings: tuple[str, ...]
    rows: tuple[str, ...]


def wrapped(text: str, width: int | None, hang: int = 0) -> list[str]:
    """A line of text in as many lines as it takes, broken between words.

    Args:
        text: one line, or several.
        width: columns of the terminal.
        hang: columns by which the second line and those behind it begin further right.
    """
    lines = text.split("\n")
    if width is not None:
        hanging = hang if width - hang >= NARROWEST_TEXT else 0
        lines = [part for line in lines for part in _broken(line, width, hanging)]
    return [line.replace(TIE, " ") for line in lines]


def _broken(line: str, width: int, hang: int) -> list[str]:
    if cell_len(line) <= width:
        return [line]
    kept = line[: len(line) - len(line.lstrip())]
    return textwrap.wrap(
        line.strip(),
        width,
        initial_indent=kept,
        subsequent_indent=" " * hang,
        break_long_words=False,
        break_on_hyphens=False,
    )


def figures(
    name: str, columns: Sequence[Column], rows: Sequence[tuple[str, Sequence[str]]], width: int | None
) -> TextTable:
    """A table with a name and figures in each row: with shorter headings, then as blocks, where it is too wide.

    Args:
        name: heading of the names.
        columns: headings of the figures.
        rows: name and figures.
        width: columns of the terminal.
    """
    for narrow, gap in ((False, 2), (True, 2), (True, 1)):
        headings = [(column.narrow if narrow else ()) or (column.heading,) for column in columns]
        table = _aligned(name, headings, rows, gap)
        if width is None or all(cell_len(line) <= width for line in (*table.headings, *table.rows)):
            return table
    return TextTable((), tuple(_figure_blocks(columns, rows, width or 0)))


def _aligned(
    name: str, headings: Sequence[tuple[str, ...]], rows: Sequence[tuple[str, Sequence[str]]], gap: int
) -> TextTable:
    height = max(map(len, headings))
    stacked = [("",) * (height - len(heading)) + heading for heading in headings]
    first = max(map(cell_len, (name, *(row for row, _ in rows))))
    widths = [
        max(map(cell_len, (*heading, *(figures[index] for _, figures in rows))))
        for index, heading in enumerate(stacked)
    ]

    def line(start: str, cells: Sequence[str]) -> str:
        padded = (" " * (gap + size - cell_len(cell)) + cell for cell, size in zip(cells, widths, strict=True))
        return (start + " " * (first - cell_len(start)) + "".join(padded)).rstrip()

    above = tuple(
        line(name if level == height - 1 else "", [heading[level] for heading in stacked]) for level in range(height)
    )
    return TextTable(above, tuple(line(row, cells) for row, cells in rows))


def _figure_blocks(columns: Sequence[Column], rows: Sequence[tuple[str, Sequence[str]]], width: int) -> Iterator[str]:
    for name, cells in rows:
        yield name
        values = (f"{column.heading} {cell}" for column, cell in zip(columns, cells, strict=True))
        yield from wrapped(listed(values), width, 2)


def listed(values: Sequence[str] | Iterator[str], indent: str = "  ") -> str:
    """Values in a line, separated by commas; each is kept together where the line is broken."""
    return indent + ", ".join(value.replace(" ", TIE) for value in values)


def described(headings: Sequence[str], rows: Sequence[Sequence[str]], width: int | None) -> TextTable:
    """A table of names with a text behind them, which goes on in the next line; below the names where that is narrow.

    Args:
        headings: one for each column.
        rows: short names, and a text as the last.
        width: columns of the terminal.
    """
    *_, text_heading = headings
    sizes = [max(cell_len(row[index]) for row in (headings, *rows)) for index in range(len(headings) - 1)]
    before = sum(sizes) + 2 * len(sizes)

    def line(names: Sequence[str]) -> str:
        return "".join(name + " " * (2 + size - cell_len(name)) for name, size in zip(names, sizes, strict=False))

    lines: list[str] = []
    for *names, text in rows:
        if width is None or width - before >= NARROWEST_TEXT:
            lines += wrapped(line(names) + text, width, before)
        else:
            lines += [line(names).rstrip(), *wrapped(f"    {text}", width, 4)]
    return TextTable((line(headings[:-1]) + text_heading,), tuple(lines))
