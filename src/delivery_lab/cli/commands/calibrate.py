"""`delivery-lab calibrate STACK`: prediction beside observation."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

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
    WorkloadOption,
    run_options,
)
from delivery_lab.cli.placing import LOCAL, place_of
from delivery_lab.errors import UsageError


def calibrate(
    console: Console,
    stack: OneStack,
    place: Annotated[
        str, typer.Option("--on", metavar="PLACE", help="Where it is observed: local, the emulator on this machine.")
    ] = LOCAL,
    seeds: Annotated[int, typer.Option("--seeds", metavar="N", help="How many simulations.")] = 20,
    speed: SpeedOption = None,
    longest: LongestOption = None,
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
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Put simulations with many seeds beside a run on the emulator."""
    from delivery_lab.api.calibrated import calibrate_on_emulator
    from delivery_lab.cli.stacks import VIOLATED, load_clocks, open_lab, say_beside
    from delivery_lab.cli.views.calibration import show_calibration

    where = place_of(place, speed, longest)
    if where is None:
        raise UsageError("--on simulation: a simulation is no observation\n  fix: --on local")
    if where.name != LOCAL:
        raise UsageError("--on aws: run it there with `run`, and compare by hand; calibrate observes the emulator only")
    lab = open_lab(console, project, None)
    name = lab.stack_names([stack])[0]
    options = run_options(overrides, workload, body, seed, assume, None)
    load_clocks()
    with console.working(f"running {name} on the emulator and in {seeds} simulations"):
        found = calibrate_on_emulator(
            lab, name, seeds=seeds, speed=where.speed, longest_seconds=where.longest_seconds, **options
        )
    say_beside(console, name, found.observed.phases, found.observed.notes)
    if file is not None:
        found.write(file)
    show_calibration(console, found, as_json=as_json)
    if found.outside:
        raise typer.Exit(VIOLATED)
