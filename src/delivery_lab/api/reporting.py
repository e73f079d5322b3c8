"""A report: one HTML file that shows runs of variants, with pictures."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from delivery_lab.api.explored import explore_seeds
from delivery_lab.api.inputs import RunOptions
from delivery_lab.api.lab import Lab
from delivery_lab.errors import LabError
from delivery_lab.report.chapter import Chapter, ToldRun, chapter_of
from delivery_lab.report.contrast import Contrast, contrast_of
from delivery_lab.report.extras import WhatWasFound, extras_of
from delivery_lab.report.page import Failed, page
from delivery_lab.report.trace import trace_of
from delivery_lab.stack.stack import Stack

if TYPE_CHECKING:
    from delivery_lab.api.simulated import Simulation

__all__ = ["Chapter", "Contrast", "Failed", "compared", "reported", "write_report", "write_trace"]


def reported(
    lab: Lab,
    stack: str,
    options: RunOptions,
    seeds: int | None = None,
    processes: int | None = None,
    *,
    quantify: bool = True,
    alternatives: bool | None = None,
) -> Chapter:
    """Run a stack, and make its part of a report.

    Args:
        lab: the project.
        stack: name of the stack.
        options: as for a run; `seed` is the one whose picture is shown.
        seeds: how many seeds to run besides, for the spread of the figures; None for none.
        processes: how many processes run them; one for each core by default.
        quantify: whether to simulate the fix of each finding, to say what it is worth.
        alternatives: whether to try the alternatives of what the run assumes; by default where that is quick.

    Raises:
        UsageError: the number of seeds is out of range.
        LabError: it cannot be run.
    """
    return _chapter(
        lab, lab.run(stack, **options), options, (seeds, processes), quantify=quantify, alternatives=alternatives
    )


def compared(
    lab: Lab,
    before: str,
    after: str,
    options: RunOptions,
    seeds: int | None = None,
    processes: int | None = None,
    *,
    quantify: bool = True,
) -> tuple[Contrast, tuple[Chapter, Chapter]]:
    """Run two stacks under the workload of the first, and make the parts of a report: what differs, and each run.

    Args:
        lab: the project.
        before: the stack to start from.
        after: the stack to compare it with.
        options, seeds, processes, quantify: as for `reported`.

    Raises:
        LabError: one of them cannot be run.
    """
    difference = lab.diff(before, after, **options)
    same: RunOptions = {**options, "workload": lab.workload(before, options.get("workload"))}
    first, second = (
        _chapter(lab, one, same, (seeds, processes), quantify=quantify, alternatives=None)
        for one in (difference.before, difference.after)
    )
    outcomes = (difference.before.outcome, difference.after.outcome)
    conclusions = (difference.before.conclusion, difference.after.conclusion)
    return contrast_of(outcomes, conclusions, difference.comparison, difference.worse), (first, second)


def _chapter(
    lab: Lab,
    simulation: Simulation,
    options: RunOptions,
    seeds: tuple[int | None, int | None],
    *,
    quantify: bool,
    alternatives: bool | None,
) -> Chapter:
    stack = simulation.outcome.stack
    if simulation.quick if alternatives is None else alternatives:
        simulation = lab.try_alternatives(simulation)
    # Many seeds, and fixes that are tried, are run for what becomes of messages.
    without: RunOptions = {**options, "prices": None}
    spreads = None
    if seeds[0] is not None:
        spreads = explore_seeds(lab, stack, without, seeds[0], seeds[1]).spreads()
    unjudged: RunOptions = {**without, "expect": None}
    examination = lab.examine(stack, quantify=quantify, **unjudged)
    worth = {place: effect.text for place, effect in examination.effects.items()}
    run = simulation.whole_run()
    told = ToldRun(
        outcome=simulation.outcome,
        run=run,
        conclusion=simulation.conclusion,
        replay=simulation.replay,
        about=lab.project.stack(stack).description,
        notes=simulation.notes,
        spreads=spreads,
        seeds=seeds[0] or 1,
    )
    found = WhatWasFound(examination.findings, worth)
    return chapter_of(told, extras_of(run, Stack.of(simulation.graph), simulation.outcome, found))


def write_report(
    path: Path, chapters: Sequence[Chapter | Failed], title: str, contrast: Contrast | None = None
) -> None:
    """Write a report.

    Args:
        path: where to.
        chapters: what is in it, in order.
        title: of the page.
        contrast: two of the variants side by side.

    Raises:
        LabError: the file cannot be written.
    """
    _write(path, page(chapters, title, contrast))


def write_trace(path: Path, simulation: Simulation) -> None:
    """Write the events of a run as a trace for Perfetto.

    Raises:
        LabError: the file cannot be written.
    """
    _write(path, trace_of(simulation.whole_run()))


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise LabError(f"{path} cannot be written: {error.strerror}") from error
