"""A report: one HTML file that shows runs of variants, with pictures."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from delivery_lab.api.explored import explore_seeds
from delivery_lab.api.inputs import RunOptions
from delivery_lab.api.lab import Lab
from delivery_lab.api.reading import journals_kept
from delivery_lab.api.writing import write_file
from delivery_lab.report.chapter import Chapter, FilmedRun, ToldRun, chapter_of, filmed
from delivery_lab.report.contrast import Contrast, contrast_of
from delivery_lab.report.extras import WhatWasFound, extras_of
from delivery_lab.report.page import Failed, page
from delivery_lab.report.scale import TimeAxis, axis_of
from delivery_lab.report.trace import trace_of
from delivery_lab.stack.stack import Stack

if TYPE_CHECKING:
    from delivery_lab.api.simulated import Simulation

__all__ = [
    "Chapter",
    "Contrast",
    "Failed",
    "compared",
    "reported",
    "write_report",
    "write_trace",
]


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
    with journals_kept():
        simulation = lab.run(stack, **options)
    simulation = _with_alternatives(lab, simulation, alternatives)
    film = _film(lab, simulation, options, seeds, processes)
    return _chapter(lab, simulation, film, options, quantify=quantify)


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
    with journals_kept():
        difference = lab.diff(before, after, **options)
    same: RunOptions = {**options, "workload": lab.workload(before, options.get("workload"))}
    both = [_with_alternatives(lab, one, None) for one in (difference.before, difference.after)]
    films = [_film(lab, one, same, seeds, processes) for one in both]
    axis = axis_of(*(film.scene for film in films))
    first, second = (
        _chapter(lab, one, film, same, quantify=quantify, axis=axis) for one, film in zip(both, films, strict=True)
    )
    return contrast_of((first, second), difference.comparison, difference.worse), (first, second)


def _with_alternatives(lab: Lab, simulation: Simulation, wanted: bool | None) -> Simulation:
    """The run with the alternatives of what it assumes; by default where that is quick."""
    return lab.try_alternatives(simulation) if (simulation.quick if wanted is None else wanted) else simulation


def _without_prices(options: RunOptions) -> RunOptions:
    """For many seeds, and for fixes that are tried: they are run for what becomes of messages."""
    return {**options, "prices": None}


def _film(lab: Lab, simulation: Simulation, options: RunOptions, seeds: int | None, processes: int | None) -> FilmedRun:
    stack = simulation.outcome.stack
    spreads = None
    if seeds is not None:
        spreads = explore_seeds(lab, stack, _without_prices(options), seeds, processes).whole().spreads()
    return filmed(
        ToldRun(
            outcome=simulation.outcome,
            run=simulation.whole_run(),
            conclusion=simulation.conclusion,
            replay=simulation.replay,
            about=lab.project.stack(stack).description,
            notes=simulation.notes,
            spreads=spreads,
            seeds=seeds or 1,
        )
    )


def _chapter(
    lab: Lab,
    simulation: Simulation,
    film: FilmedRun,
    options: RunOptions,
    *,
    quantify: bool,
    axis: TimeAxis | None = None,
) -> Chapter:
    unjudged: RunOptions = {**_without_prices(options), "expect": None}
    examination = lab.examine(simulation.outcome.stack, quantify=quantify, **unjudged)
    found = WhatWasFound(examination.findings, {place: effect.text for place, effect in examination.effects.items()})
    extras = extras_of(film.given.run, Stack.of(simulation.graph), simulation.outcome, found)
    return chapter_of(film, extras, axis)


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
    write_file(path, page(chapters, title, contrast))


def write_trace(path: Path, simulation: Simulation) -> None:
    """Write the events of a run as a trace for Perfetto.

    Raises:
        LabError: the file cannot be written.
    """
    write_file(path, trace_of(simulation.whole_run(), simulation.outcome.alarms), "--trace")
