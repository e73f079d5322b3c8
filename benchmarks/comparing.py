"""Figures against those that are committed in docs/benchmarks.md."""

from __future__ import annotations

import re
from collections.abc import Mapping

from benchmarks.figure import Figure

WORSE_BY = 1.2
"""So many times as much, and a figure is said to be worse."""

_NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")


def committed_figures(page: str) -> dict[str, float]:
    """The measured figures of the page's tables, by what was measured; the unit is left out."""
    found: dict[str, float] = {}
    for line in page.splitlines():
        cells = [cell.strip() for cell in line.split("|")]
        if len(cells) == 6 and (number := number_of(cells[2])) is not None:
            found[cells[1]] = number
    return found


def number_of(value: str) -> float | None:
    """The number that a value begins with, None where it begins with none."""
    match = _NUMBER.match(value)
    return None if match is None else float(match[0].replace(",", ""))


def got_worse(figure: Figure, committed: Mapping[str, float]) -> str:
    """What a reader is told of a figure that is a fifth worse than the committed one, "" for all others."""
    before, now = committed.get(figure.what), number_of(figure.value)
    if not before or not now:
        return ""
    times = before / now if figure.more_is_better else now / before
    return f"{times:.2f} x as bad as what is committed ({before:g})" if times > WORSE_BY else ""
