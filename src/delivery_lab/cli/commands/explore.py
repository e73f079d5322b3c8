"""`delivery-lab explore`: one variant with many seeds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from delivery_lab.cli.console import Console
from delivery_lab.cli.options import (
    AnswersOption,
    AssumeOption,
    BodyOption,
    ExpectOption,
    FaultsOption,
    JsonOption,
    OneStack,
    OutputFormat,
    ProcessesOption,
    ProjectOption,
    SeedOption,
    SetOption,
    WorkloadOption,
    output_format,
    run_options,
)
from delivery_lab.errors import UsageError

if TYPE_CHECKING:
    from delivery_lab.explore.sample import Sample


def explore(
    console: Console,
    stack: OneStack,
    seeds: Annotated[
        int, typer.Option("--seeds", metavar="N", help="How many seeds are run, from --seed upwards.")
    ] = 1000,
    overrides: SetOption = None,
    workload: WorkloadOption = None,
    body: BodyOption = None,
    seed: SeedOption = None,
    assume: AssumeOption = None,
    answers: AnswersOption = None,
    expect: ExpectOption = None,
    faults: FaultsOption = None,
    processes: ProcessesOption = None,
    cluster: Annotated[
        str | None,
        typer.Option("--cluster", metavar="tcp://HOST:PORT", help="Run on the workers of this scheduler of Dask."),
    ] = None,
    write: Annotated[
        Path, typer.Option("--write", metavar="DIR", help="Where a file is written with which a failure is replayed.")
    ] = Path(),
    shrink: Annotated[
        bool,
        typer.Option(
            "--shrink/--no-shrink", help="Look for the smallest case that still fails, before it is written down."
        ),
    ] = True,
    project: ProjectOption = None,
    chosen: Annotated[
        Literal["text", "json", "markdown", "junit"],
        typer.Option("--format", help="How to print it: markdown is a comment of a pull request."),
    ] = "text",
    as_json: JsonOption = False,
) -> None:
    """Run a variant with many seeds, and say how often what happens."""
    from delivery_lab.api.explored import explore_seeds
    from delivery_lab.cli.bugs import BUG
    from delivery_lab.cli.comments.explorations import comment_of_exploration
    from delivery_lab.cli.comments.junit import junit_of_explorations
    from delivery_lab.cli.interrupts import INTERRUPTED
    from delivery_lab.cli.progress import RunsProgress
    from delivery_lab.cli.stacks import VIOLATED, open_lab
    from delivery_lab.cli.views.exploration import show_exploration
    from delivery_lab.cli.views.sample import sample_as_json
    from delivery_lab.cli.written_down import write_down

    output = output_format(chosen, as_json=as_json)
    if cluster is not None and processes is not None:
        raise UsageError("--processes goes with this machine: how many a cluster has, its workers say")
    lab = open_lab(console, project)
    options = run_options(overrides, workload, body, seed, assume, answers, expect, faults)
    progress = RunsProgress(console, stack, seeds)

    def told(sample: Sample) -> None:
        if output is OutputFormat.JSON:
            console.data(json.dumps(sample_as_json(sample)))
        progress.one_more(sample)

    found = explore_seeds(lab, stack, options, seeds, processes, told, cluster=cluster)
    if output is OutputFormat.MARKDOWN:
        console.data(comment_of_exploration(found))
    elif output is OutputFormat.JUNIT:
        console.data(junit_of_explorations([found]))
    else:
        show_exploration(console, found, as_json=output is OutputFormat.JSON)
    case = None if found.interrupted else found.failing_case()
    if case is not None:
        write_down(console, lab, case, write, shrink=shrink)
    if found.interrupted:
        raise typer.Exit(INTERRUPTED)
    if found.violations:
        raise typer.Exit(BUG)
    if not all(one.holds for one in found.kept()):
        raise typer.Exit(VIOLATED)
