"""A report: one HTML file that shows runs of variants, with pictures."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from delivery_lab.api.explored import explore_seeds
from delivery_lab.api.inputs import RunOptions
from delivery_lab.api.lab import Lab
from delivery_lab.errors import LabError
from delivery_lab.report.chapter import Chapter, ToldRun, chapter_of
from delivery_lab.report.page import Failed, page

__all__ = ["Chapter", "Failed", "reported", "write_report"]

QUICK_SECONDS = 1.0
"""Where the simulation of a stack took less, the alternatives of what it assumes are tried."""


def reported(
    lab: Lab, stack: str, options: RunOptions, seeds: int | None = None, processes: int | None = None
) -> Chapter:
    """Run a stack, and make its part of a report.

    Args:
        lab: the project.
        stack: name of the stack.
        options: as for a run; `seed` is the one whose picture is shown.
        seeds: how many seeds to run besides, for the spread of the figures; None for none.
        processes: how many processes run them; one for each core by default.

    Raises:
        UsageError: the number of seeds is out of range.
        LabError: it cannot be run.
    """
    simulation = lab.run(stack, **options)
    took = sum(phase.seconds for phase in simulation.phases if phase.name in ("deployment", "simulation"))
    if took < QUICK_SECONDS:
        simulation = lab.try_alternatives(simulation)
    spreads = None
    if seeds is not None:
        without: RunOptions = {**options, "prices": None}  # many seeds are run for what becomes of messages
        spreads = explore_seeds(lab, stack, without, seeds, processes).spreads()
    told = ToldRun(
        outcome=simulation.outcome,
        run=simulation.run,
        conclusion=simulation.conclusion,
        replay=simulation.replay,
        about=lab.project.stack(stack).description,
        notes=simulation.notes,
        spreads=spreads,
        seeds=seeds or 1,
    )
    return chapter_of(told)


def write_report(path: Path, chapters: Sequence[Chapter | Failed], title: str) -> None:
    """Write a report.

    Args:
        path: where to.
        chapters: what is in it, in order.
        title: of the page.

    Raises:
        LabError: the file cannot be written.
    """
    text = page(chapters, title)
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise LabError(f"{path} cannot be written: {error.strerror}") from error
