"""How a failure looks that is run again: what has changed since, the story of one message, what does not hold."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from delivery_lab.api.parts import shortened
from delivery_lab.cli.console import Console
from delivery_lab.cli.views.run import TIMELINE_INDENT, assuming, show_expectations
from delivery_lab.cli.written_down import say_violated
from delivery_lab.durations import rounded
from delivery_lab.terms import figure_name

if TYPE_CHECKING:
    from delivery_lab.api.failures import Replay


def show_replay(console: Console, found: Replay, *, as_json: bool) -> None:
    """Print a failure that was run again.

    Args:
        console: where to.
        found: the run.
        as_json: whether as JSON: a line.
    """
    if as_json:
        console.data(json.dumps(found.as_json()))
        return
    outcome = found.simulation.outcome
    overrides = "".join(f", {text}" for text in found.file.overrides)
    spent = rounded(outcome.virtual_seconds)
    about = f"seed {outcome.seed}{overrides}, {spent} of virtual time"
    console.heading(f"{outcome.stack}: {about}{assuming(outcome)}", hang=2)
    console.data("")
    for text in shortened(found.timeline()):
        console.text(text, TIMELINE_INDENT)
    console.data("")
    console.heading(found.simulation.conclusion)
    show_expectations(console, outcome)
    say_violated(console, found.violations)
    for text in found.file.notes:
        console.text(f"{text}.", hang=2)
    _show_changes(console, found)


def _show_changes(console: Console, found: Replay) -> None:
    for text in found.changes:
        console.text(f"Changed since: {text}.", hang=2)
    if found.same_trace:
        console.text("Everything happened as it did when the file was written (the same trace hash).", hang=2)
        return
    console.text("It is another run than the one of the file (another trace hash).", hang=2)
    for name, then, now in found.figures:
        console.text(f"  ~ {figure_name(name)}: {_value(then)} -> {_value(now)}", hang=6)
    new, gone = found.rules
    if new:
        console.text(f"Relies now on {', '.join(new)} (delivery-lab explain RULE).", hang=2)
    if gone:
        console.text(f"No longer relies on {', '.join(gone)}.", hang=2)
    if not found.changes:
        console.text(
            "Nothing that the file names has changed: what the program or a handler reads from elsewhere has.", hang=2
        )


def _value(value: float | None) -> str:
    return "not known" if value is None else f"{value:g}"
