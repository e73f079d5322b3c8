"""How the differences between two variants look."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from delivery_lab import Difference
from delivery_lab.cli.console import Console
from delivery_lab.cli.views.run import assuming, show_expectations
from delivery_lab.terms import change, figure_name, money, number, span

if TYPE_CHECKING:
    from delivery_lab.api.parts import Change, Figure

LONGEST_VALUE = 120
"""Characters of a value for people; `--json` has it in full."""

KEPT = "pulumi up leaves it as it is in a deployed stack"

LEAD_IN = 20
"""Characters in front of the first difference of two values that are too long to be shown whole."""


def show_difference(console: Console, difference: Difference, *, as_json: bool, unchanged: bool) -> None:
    """Print what differs between two variants.

    Args:
        console: where to.
        difference: what differs.
        as_json: whether as JSON, which always has all figures.
        unchanged: whether to print the figures that are the same, too.
    """
    before, after = difference.before, difference.after
    if as_json:
        console.data(json.dumps(difference.as_json()))
        return
    names = difference.names
    console.heading(" -> ".join(names))
    if difference.nothing_differs:
        console.text("Nothing differs: settings, resources and behaviour are the same.")
    else:
        _show_differences(console, difference)
    if unchanged:
        _show_unchanged(console, difference.comparison.figures)
    if not difference.nothing_differs or before.outcome.expectations:
        console.data("")
        for name, simulation in zip(names, (before, after), strict=True):
            console.text(f"{name}: {simulation.conclusion}", hang=2)
            show_expectations(console, simulation.outcome, indent="  ")
    for text in difference.worse:
        console.text(f"Worse: {text}.", hang=2)


def show_settings_and_resources(console: Console, difference: Difference) -> None:
    """Print which settings and resources differ."""
    _show_changes(console, "Settings", difference.comparison.settings)
    _show_changes(console, "Resources", difference.comparison.resources)


def _show_differences(console: Console, difference: Difference) -> None:
    comparison, outcome = difference.comparison, difference.before.outcome
    show_settings_and_resources(console, difference)
    console.heading(f"\nBehaviour (workload {outcome.workload}, seed {outcome.seed}{assuming(outcome)})", hang=2)
    if not difference.figures:
        console.data("  no figure differs")
    for figure in difference.figures:
        unit = f" {outcome.cost.currency}" if figure.name.startswith("cost.") and outcome.cost else ""
        shown = change(figure.name, figure.before, figure.after)
        console.text(f"  ~ {figure_name(figure.name)}: {shown}{unit}", hang=6)
    messages = f"{comparison.messages_differing} of {comparison.messages_compared} messages"
    console.text(f"  {messages} differ in outcome, deliveries or effects", hang=4)


def _show_unchanged(console: Console, figures: Sequence[Figure]) -> None:
    console.heading("\nUnchanged")
    for figure in figures:
        if not figure.differs:
            shown = span(figure.before) if "Seconds" in figure.name else number(figure.before)
            if figure.name.startswith("cost.") and figure.before is not None:
                shown = money(figure.before)
            console.text(f"    {figure_name(figure.name)}: {shown}", hang=6)


def _show_changes(console: Console, title: str, changes: Sequence[Change]) -> None:
    console.heading(f"\n{title}")
    if not changes:
        console.data("  no difference")
    for one in changes:
        sign, text = told_change(one)
        what = text.lstrip()
        indent = " " * (2 + len(text) - len(what))
        console.text(f"{indent}{sign:<2} {what}", hang=len(indent) + 5)


def told_change(one: Change) -> tuple[str, str]:
    """A difference: its sign, and what it is; inputs of a resource are indented."""
    return one.sign, f"{one.what}{_values(one)}{f' ({KEPT})' if one.kept else ''}"


def _values(one: Change) -> str:
    if one.before is None and one.after is None:
        return ""
    before, after = _text(one.before), _text(one.after)
    if one.sign == "+":
        return f": {_shortened(after, 0)}"
    if one.sign == "-":
        return f": {_shortened(before, 0)}"
    start = max(0, _first_difference(before, after) - LEAD_IN)
    return f": {_shortened(before, start)} -> {_shortened(after, start)}"


def _text(value: Any) -> str:
    return "unset" if value is None else json.dumps(value, default=str)


def _first_difference(one: str, other: str) -> int:
    pairs = enumerate(zip(one, other, strict=False))
    return next((index for index, (left, right) in pairs if left != right), min(len(one), len(other)))


def _shortened(text: str, start: int) -> str:
    """A value as it is, or from shortly before where it differs."""
    if len(text) <= LONGEST_VALUE:
        return text
    end = start + LONGEST_VALUE
    return f"{'... ' if start else ''}{text[start:end]}{' ...' if end < len(text) else ''}"
