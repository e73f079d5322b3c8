"""`delivery-lab calibrate STACK`: prediction beside observation."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from delivery_lab.cli.console import Console
from delivery_lab.cli.options import (
    AssumeOption,
    BodyOption,
    JsonOption,
    LongestOption,
    OneStack,
    ProjectOption,
    SeedOption,
    SetOption,
    SpeedOption,
    StateOption,
    WorkloadOption,
    YesOption,
    run_options,
)
from delivery_lab.cli.placing import LOCAL, PlaceOptions, place_of
from delivery_lab.errors import UsageError

if TYPE_CHECKING:
    from delivery_lab import Lab
    from delivery_lab.api.calibrated import Calibration
    from delivery_lab.api.inputs import RunOptions


def calibrate(
    console: Console,
    stack: OneStack,
    place: Annotated[
        str,
        typer.Option(
            "--on",
            metavar="PLACE",
            help="Where it is observed: local, the emulator on this machine; aws, what the --state says is deployed.",
        ),
    ] = LOCAL,
    seeds: Annotated[int, typer.Option("--seeds", metavar="N", help="How many simulations.")] = 20,
    speed: SpeedOption = None,
    longest: LongestOption = None,
    own_mappings: Annotated[
        bool,
        typer.Option(
            "--own-mappings", help="With --on local: run it once more, polled by the emulator's own mappings, beside."
        ),
    ] = False,
    yes: YesOption = False,
    file: Annotated[
        Path | None,
        typer.Option(
            "--write", metavar="FILE", help="Write what can be sent to others: no names, bodies or account ids."
        ),
    ] = None,
    overrides: SetOption = None,
    workload: WorkloadOption = None,
    body: BodyOption = None,
    seed: SeedOption = None,
    assume: AssumeOption = None,
    state: StateOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Put simulations with many seeds beside a run in a real place."""
    from delivery_lab.cli.stacks import VIOLATED, load_clocks, open_lab, say_beside
    from delivery_lab.cli.views.calibration import show_calibration

    where = place_of(place, speed, longest, yes=yes)
    if where is None:
        raise UsageError("--on simulation: a simulation is no observation\n  fix: --on local")
    if own_mappings and where.name != LOCAL:
        raise UsageError("--own-mappings goes with --on local: they are those of the emulator")
    lab = open_lab(console, project, state)
    name = lab.stack_names([stack])[0]
    options = run_options(overrides, workload, body, seed, assume, None)
    load_clocks()
    there = "on the emulator" if where.name == LOCAL else "on AWS"
    with console.working(f"running {name} {there} and in {seeds} simulations"):
        found = _calibrated(lab, name, where, seeds, options, own_mappings=own_mappings)
    say_beside(console, name, found.observed.phases, found.observed.notes)
    if file is not None:
        found.write(file)
    show_calibration(console, found, as_json=as_json)
    if found.outside:
        raise typer.Exit(VIOLATED)


def _calibrated(
    lab: Lab, name: str, where: PlaceOptions, seeds: int, options: RunOptions, *, own_mappings: bool
) -> Calibration:
    from delivery_lab.api.calibrated import calibrate_on_aws, calibrate_on_emulator

    if where.name == LOCAL:
        return calibrate_on_emulator(
            lab,
            name,
            seeds=seeds,
            speed=where.speed,
            longest_seconds=where.longest_seconds,
            own_mappings=own_mappings,
            **options,
        )
    from delivery_lab.cli.deployed import allowed

    allow = partial(allowed, yes=where.yes)
    return calibrate_on_aws(lab, name, seeds=seeds, options=options, allow=allow, longest_seconds=where.longest_seconds)
