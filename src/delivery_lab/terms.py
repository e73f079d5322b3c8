"""How the names of JSON are written for people: one spelling of each term, in tables, blocks and comparisons."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from delivery_lab.durations import rounded

_SECONDS = "Seconds"
_LONGEST_EXACT_SECONDS = 10
"""Spans below are shown to the millisecond."""

_GROUPS = {
    "latencySeconds": "latency",
    "virtualSeconds": "virtual time",
    "requests.attempts": "attempts",
    "requests.answers": "answers",
    "requests.latencySeconds": "waiting",
}
"""Where the words differ from those of the JSON name."""


def term(name: str) -> str:
    """The words of a name: `dead-lettered` for `deadLettered`."""
    words = "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in name)
    return words.replace("dead lettered", "dead-lettered")


def figure_name(path: str) -> str:
    """The words of a dotted path: `messages dead-lettered` for `messages.deadLettered`."""
    group, _, last = path.rpartition(".")
    if path in _GROUPS:
        return _GROUPS[path]
    return f"{_GROUPS.get(group, term(group))} {term(last)}".strip()


def number(value: float | None) -> str:
    """A figure: whole numbers as they are, others to three decimals, a dash for none."""
    if value is None:
        return "-"
    return str(value) if isinstance(value, int) else f"{value:.3f}".rstrip("0").rstrip(".")


def span(seconds: float | None) -> str:
    """A span of time that was measured, to the millisecond where it is short."""
    if seconds is None or seconds < _LONGEST_EXACT_SECONDS:
        return number(seconds) + ("" if seconds is None else " s")
    return rounded(seconds)


def money(value: float) -> str:
    """An amount: to the cent, or to three digits where it is less than one."""
    if value >= 1 or not value:
        return f"{value:,.2f}"
    digits = 2 - math.floor(math.log10(value))
    return f"{value:.{digits}f}"


def change(path: str, before: float | None, after: float | None) -> str:
    """A figure in two variants, told apart also where they round to the same."""
    if path.startswith("cost."):
        return " -> ".join("-" if value is None else money(value) for value in (before, after))
    if _SECONDS not in path:
        return f"{number(before)} -> {number(after)}"
    shown = span(before), span(after)
    if shown[0] == shown[1]:
        shown = f"{number(before)} s", f"{number(after)} s"
    return " -> ".join(shown)


def values(name: str, group: Mapping[str, Any], intervals: Mapping[str, Any] | None = None) -> Iterator[str]:
    """The figures of one group of an outcome.

    Args:
        name: the group's JSON name.
        group: figures by JSON name.
        intervals: between which values figures lie, by dotted JSON name, as JSON has it.
    """
    shown = span if name.endswith(_SECONDS) else number
    for key, value in group.items():
        interval = (intervals or {}).get(f"{name}.{key}")
        ends = (shown(interval["low"]), shown(interval["high"])) if interval else ()
        between = f" ({' to '.join(ends)})" if len(set(ends)) > 1 else ""
        yield f"{term(key)} {shown(value)}{between}"
