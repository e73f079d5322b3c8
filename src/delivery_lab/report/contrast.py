"""Two variants side by side: what differs in settings, resources and figures."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from delivery_lab.compare.comparison import Change, Comparison, Figure
from delivery_lab.report.chapter import Chapter
from delivery_lab.report.facts import RunVerdict
from delivery_lab.terms import change, figure_name

LONGEST_VALUE = 160


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """A difference as a page shows it: Pulumi's sign, what it is of, and both values as text."""

    sign: str
    what: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Side:
    """One of two variants: its verdict, its conclusion, and its picture for wide and narrow windows."""

    name: str
    verdict: RunVerdict
    conclusion: str
    wide: Markup
    narrow: Markup


@dataclass(frozen=True, slots=True)
class Contrast:
    """Two variants under one workload.

    Attributes:
        sides: both.
        figures: name and both values of each figure that differs.
        settings: settings that differ.
        resources: resources that differ, with their inputs.
        worse: what is worse with the second.
        differing: how many messages differ, and of how many.
    """

    sides: tuple[Side, ...]
    figures: tuple[tuple[str, str, str], ...]
    settings: tuple[ChangeRow, ...]
    resources: tuple[ChangeRow, ...]
    worse: tuple[str, ...]
    differing: tuple[int, int]


def contrast_of(chapters: tuple[Chapter, Chapter], comparison: Comparison, worse: Sequence[str]) -> Contrast:
    """Make the page's part for two variants.

    Args:
        chapters: of both, whose pictures show the same time.
        comparison: what differs.
        worse: what is worse with the second, in words.
    """
    return Contrast(
        sides=tuple(Side(one.stack, one.verdict, one.conclusion, one.wide, one.narrow) for one in chapters),
        figures=tuple(_figure(figure) for figure in comparison.figures if figure.differs),
        settings=tuple(_rows(comparison.settings)),
        resources=tuple(_rows(comparison.resources)),
        worse=tuple(worse),
        differing=(comparison.messages_differing, comparison.messages_compared),
    )


def _figure(figure: Figure) -> tuple[str, str, str]:
    before, _, after = change(figure.name, figure.before, figure.after).partition(" -> ")
    return figure_name(figure.name), before, after


def _rows(changes: Sequence[Change]) -> Iterator[ChangeRow]:
    for one in changes:
        whole = one.before is None and one.after is None  # a resource, whose inputs follow
        before = "" if whole or one.sign == "+" else _shown(one.before)
        after = "" if whole or one.sign == "-" else _shown(one.after)
        yield ChangeRow(one.sign, one.what.strip(), before, after)


def _shown(value: Any) -> str:
    text = "unset" if value is None else json.dumps(value, default=str)
    return text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]} ..."
