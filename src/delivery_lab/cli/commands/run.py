"""`delivery-lab run`: variants in virtual time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from delivery_lab.cli.console import Console
from delivery_lab.cli.options import (
    AnswersOption,
    AnyStacks,
    AssumeOption,
    BodyOption,
    DryRunOption,
    ExpectOption,
    FaultsOption,
    JsonOption,
    LongestOption,
    OutputFormat,
    PlaceOption,
    PricesOption,
    ProjectOption,
    SeedOption,
    SetOption,
    SpeedOption,
    StateOption,
    WorkloadOption,
    YesOption,
    output_format,
    run_options,
)
from delivery_lab.cli.placing import AWS, SIMULATION, PlaceOptions, place_of
from delivery_lab.errors import UsageError

if TYPE_CHECKING:
    from delivery_lab import Lab, Outcome, Simulation
    from delivery_lab.api.inputs import RunOptions


def _deprecated(wanted: bool | None) -> bool | None:
    if wanted is not None:
        new, old = ("--alternatives", "--readings") if wanted else ("--no-alternatives", "--no-readings")
        Console().message(f"note: {old} is deprecated and will go with the next release: say {new}")
    return wanted


def run(
    console: Console,
    stacks: AnyStacks = None,
    every: Annotated[bool, typer.Option("--all", help="Run every stack of the project.")] = False,
    overrides: SetOption = None,
    workload: WorkloadOption = None,
    body: BodyOption = None,
    seed: SeedOption = None,
    assume: AssumeOption = None,
    answers: AnswersOption = None,
    expect: ExpectOption = None,
    faults: FaultsOption = None,
    prices: PricesOption = None,
    alternatives: Annotated[
        bool | None,
        typer.Option(
            "--alternatives/--no-alternatives",
            help="Try the alternatives of the assumptions that the run relies on. By default for one stack, if quick; "
            "not in JSON.",
            show_default=False,
        ),
    ] = None,
    readings: Annotated[
        bool | None, typer.Option("--readings/--no-readings", hidden=True, callback=_deprecated)
    ] = None,
    logs: Annotated[bool, typer.Option("--logs", help="Print what handlers wrote besides the log contract.")] = False,
    message: Annotated[
        str | None,
        typer.Option(
            "--message",
            metavar="NAME",
            help="Show the way of one message alone, over all that it goes through, such as order-1.",
            show_default=False,
        ),
    ] = None,
    place: PlaceOption = SIMULATION,
    speed: SpeedOption = None,
    longest: LongestOption = None,
    yes: YesOption = False,
    dry_run: DryRunOption = False,
    per_message: Annotated[
        Path | None,
        typer.Option(
            "--per-message",
            metavar="FILE",
            help="Write what became of each message into a file: a JSON object a line, however many there are.",
            show_default=False,
        ),
    ] = None,
    trace: Annotated[
        Path | None,
        typer.Option(
            "--trace",
            metavar="FILE",
            help="Write what happened into a file that Perfetto shows: a track for each execution environment.",
            show_default=False,
        ),
    ] = None,
    profile: Annotated[
        bool, typer.Option("--profile", help="Say on standard error where the time of each run went.")
    ] = False,
    state: StateOption = None,
    project: ProjectOption = None,
    chosen: Annotated[
        Literal["text", "json", "junit"],
        typer.Option("--format", help="How to print it: junit has expectations as test cases, for build servers."),
    ] = "text",
    as_json: JsonOption = False,
) -> None:
    """Run variants and say what becomes of the messages."""
    from delivery_lab.cli.stacks import end_unless_expected, open_lab, say_profile
    from delivery_lab.cli.views.run import show_run
    from delivery_lab.cli.written_down import end_run_if_violated

    output = output_format(chosen, as_json=as_json)
    lab = open_lab(console, project, state)
    every = every or (state is not None and not stacks)  # a state has one stack
    if every == bool(stacks):
        known = ", ".join(lab.stack_names()) or "no stack file; any name is a stack with an empty config"
        raise UsageError(f"name the stacks to run, or say --all (stacks: {known})")
    names = lab.stack_names(stacks or ())
    if not names:
        raise UsageError(f"{lab.project.root} has no stack file, so --all is none; name a stack: its config is empty")
    options = run_options(overrides, workload, body, seed, assume, answers, expect, faults)
    options["prices"] = prices
    wanted = readings if alternatives is None else alternatives
    where = place_of(place, speed, longest, once=len(names) == 1 and not wanted, yes=yes, dry_run=dry_run)
    if where is not None and where.dry_run:
        from delivery_lab.cli.deployed import say_plan

        say_plan(console, lab, names[0], options)
        return
    files = {"--per-message": per_message, "--trace": trace}
    if len(names) == 1:
        _refuse_unwritable(files)
        simulation = _run_one(console, lab, names[0], options, where, alternatives=wanted, output=output)
        if profile:
            say_profile(console, names[0], simulation.phases)
        _write(simulation, per_message, trace)
        if output is OutputFormat.JUNIT:
            _show_junit(console, [simulation.outcome])
        else:
            show_run(console, simulation, as_json=output is OutputFormat.JSON, logs=logs, message=message)
        end_run_if_violated(console, lab, simulation, options)
        end_unless_expected([simulation.outcome])
        return
    if wanted:
        raise UsageError("--alternatives goes with one stack: each alternative is another run of it")
    for option, value in {"--logs": logs or None, "--message": message, **files}.items():
        if value is not None:
            raise UsageError(f"{option} goes with one stack")
    _run_many(console, lab, names, options, output, profile=profile)


def _show_junit(console: Console, outcomes: Sequence[Outcome], failures: Mapping[str, str] | None = None) -> None:
    from delivery_lab.cli.comments.junit import junit_of_runs  # with what compares, and Python's XML

    console.data(junit_of_runs(outcomes, failures))


def _refuse_unwritable(files: Mapping[str, Path | None]) -> None:
    """Find out before the run whether the files that were asked for can be written."""
    from delivery_lab.api.writing import refuse_unwritable

    for option, file in files.items():
        if file is not None:
            refuse_unwritable(file, option)


def _write(simulation: Simulation, per_message: Path | None, trace: Path | None) -> None:
    """Write the files that were asked for."""
    if per_message is not None:
        simulation.write_messages(per_message)
    if trace is not None:
        from delivery_lab.api.reporting import write_trace

        write_trace(trace, simulation)


def _run_one(
    console: Console,
    lab: Lab,
    name: str,
    options: RunOptions,
    where: PlaceOptions | None,
    *,
    alternatives: bool | None,
    output: OutputFormat,
) -> Simulation:
    from delivery_lab.cli.stacks import run_one

    if where is not None:
        return _run_there(console, lab, name, options, where)
    simulation = run_one(console, lab, name, options)
    quick = simulation.quick and output is OutputFormat.TEXT
    if quick if alternatives is None else alternatives:
        with console.working("trying the alternatives of the assumptions that the run relies on"):
            simulation = lab.try_alternatives(simulation)
    return simulation


def _run_there(console: Console, lab: Lab, name: str, options: RunOptions, where: PlaceOptions) -> Simulation:
    """Run a stack on the emulator, or where it is deployed."""
    from delivery_lab.api.placed import run_on_emulator
    from delivery_lab.cli.deployed import run_deployed
    from delivery_lab.cli.stacks import load_clocks, say_beside

    if where.name == AWS:
        return run_deployed(console, lab, name, options, where)
    load_clocks()
    with console.working(f"running {name} on the emulator"):
        found = run_on_emulator(lab, name, speed=where.speed, longest_seconds=where.longest_seconds, **options)
    say_beside(console, name, found.phases, found.notes)
    return found


def _run_many(
    console: Console, lab: Lab, names: list[str], options: RunOptions, output: OutputFormat, *, profile: bool
) -> None:
    from delivery_lab.cli.stacks import each_of_many, end_unless_expected, end_with, run_of_many, say_profile
    from delivery_lab.cli.views.runs import show_runs
    from delivery_lab.cli.written_down import end_if_violated

    ran, failures = each_of_many(console, lab, partial(run_of_many, console, lab, options), names, "simulating")
    outcomes = [one.outcome for one in ran.values()]
    if profile:
        for name, one in ran.items():
            say_profile(console, name, one.phases)
    if output is OutputFormat.JUNIT:
        _show_junit(console, outcomes, {name: failure.message for name, failure in failures.items()})
    else:
        show_runs(console, outcomes, as_json=output is OutputFormat.JSON)
    end_with(console, failures, names)
    end_if_violated(console, [(one.violations, one.replay) for one in ran.values()])
    end_unless_expected(outcomes)
