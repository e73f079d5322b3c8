"""How a redrive looks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from delivery_lab.api.parts import shortened
from delivery_lab.cli.console import Console
from delivery_lab.cli.views.run import TIMELINE_INDENT, show_block
from delivery_lab.durations import rounded
from delivery_lab.terms import number

if TYPE_CHECKING:
    from delivery_lab.api.parts import Messages
    from delivery_lab.api.redriven import RedriveSimulation


def show_redrive(console: Console, redriven: RedriveSimulation, *, as_json: bool) -> None:
    """Print the messages before, what happens from the redrive on, and the messages behind it."""
    outcome = redriven.outcome
    if as_json:
        console.data(outcome.as_json())
        return
    fix = f" after {', '.join(outcome.fix)}" if outcome.fix else ""
    console.heading(f"{outcome.stack}: redrive{fix}, workload {outcome.workload}, seed {outcome.seed}", hang=2)
    show_block(console, "before", _messages(outcome.before))
    console.data("")
    for text in shortened(redriven.timeline()):
        console.text(text, TIMELINE_INDENT)
    done = outcome.redrive
    console.data("")
    figures = [
        f"moved {done.moved}",
        f"processed {done.processed}",
        f"back in the dead-letter queue {done.back_in_dead_letter_queue}",
        f"lost {done.lost}",
        f"duplicated effects {number(done.duplicated_effects)}",
        f"took {rounded(done.virtual_seconds)}",
    ]
    show_block(console, "redrive", figures)
    show_block(console, "after", _messages(outcome.after))
    console.data("")
    console.heading(redriven.conclusion)


def _messages(messages: Messages) -> list[str]:
    return [
        f"sent {messages.sent}",
        f"processed {messages.processed}",
        f"dead-lettered {messages.dead_lettered}",
        f"lost {messages.lost}",
        f"expired {messages.expired}",
        f"remaining {messages.remaining}",
    ]
