"""`delivery-lab explore`: one variant with many seeds."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Annotated

import typer

from delivery_lab.api.parts import DEFAULT_SEED
from delivery_lab.cli.console import AGAIN_SECONDS, Console
from delivery_lab.cli.options import (
    AssumeOption,
    BodyOption,
    ExpectOption,
    JsonOption,
    OneStack,
    ProcessesOption,
    ProjectOption,
    SeedOption,
    SetOption,
    WorkloadOption,
)

if TYPE_CHECKING:
    from delivery_lab.api.inputs import RunOptions
    from delivery_lab.explore.sample import Sample

BUG, INTERRUPTED = 1, 130


def explore(
    console: Console,
    stack: OneStack,
    seeds: Annotated[
        int, typer.Option("--seeds", metavar="N", help="How many seeds are run, from --seed upwards.")
    ] = 1000,
    overrides: SetOption = None,
    workload: WorkloadOption = None,
    body: BodyOption = None,
    seed: SeedOption = DEFAULT_SEED,
    assume: AssumeOption = None,
    expect: ExpectOption = None,
    processes: ProcessesOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Run a variant with many seeds, and say how often what happens."""
    from delivery_lab.api.explored import explore
    from delivery_lab.cli.stacks import VIOLATED, open_lab
    from delivery_lab.cli.views.exploration import show_exploration
    from delivery_lab.cli.views.sample import sample_as_json

    lab = open_lab(console, project)
    options: RunOptions = {
        "overrides": overrides,
        "workload": workload,
        "body": body,
        "seed": seed,
        "assume": assume,
        "expect": expect,
    }
    progress = _Progress(console, stack, seeds)

    def told(sample: Sample) -> None:
        if as_json:
            console.data(json.dumps(sample_as_json(sample)))
        progress.one_more()

    found = explore(lab, stack, options, seeds, processes, told)
    show_exploration(console, found, as_json=as_json)
    if found.interrupted:
        raise typer.Exit(INTERRUPTED)
    if found.violations:
        raise typer.Exit(BUG)
    if not all(one.holds for one in found.kept()):
        raise typer.Exit(VIOLATED)


class _Progress:
    """Says on standard error how far it is, every now and then."""

    def __init__(self, console: Console, stack: str, seeds: int) -> None:
        self._console, self._stack, self._seeds = console, stack, seeds
        self._done = 0
        self._begun = self._said = time.monotonic()

    def one_more(self) -> None:
        """Take note of a run."""
        self._done += 1
        now = time.monotonic()
        if now - self._said >= AGAIN_SECONDS and self._done < self._seeds:
            self._said = now
            left = (now - self._begun) / self._done * (self._seeds - self._done)
            self._console.message(f"{self._stack}: {self._done} of {self._seeds} seeds, some {left:.0f} s to go ...")
