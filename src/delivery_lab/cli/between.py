"""`delivery-lab diff REV..REV`: the stacks of a project in two revisions of its repository."""

from __future__ import annotations

import json
import traceback
from collections.abc import Sequence
from typing import TYPE_CHECKING

from delivery_lab.api.parts import BETWEEN, preload
from delivery_lab.cli.comments.apart import NotCompared
from delivery_lab.cli.comments.judged import JudgedStack
from delivery_lab.cli.compared import Comparing
from delivery_lab.cli.console import Console
from delivery_lab.cli.options import OutputFormat
from delivery_lab.cli.progress import RunsProgress
from delivery_lab.cli.stacks import end_with, load_clocks, say_beside
from delivery_lab.cli.workers import Failure, for_each
from delivery_lab.errors import LabError, UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from delivery_lab import Lab
    from delivery_lab.api.revised import Between, Standing
    from delivery_lab.api.revisions import Checkout

_KINDS = ("changed", "same", "onlyBefore", "onlyAfter")


def diff_revisions(console: Console, lab: Lab, words: str, stacks: Sequence[str], asked: Comparing) -> bool:
    """Compare stacks in two revisions.

    Args:
        console: where to.
        lab: the project as it is now; only its place matters.
        words: the revisions, `REV..REV`.
        stacks: names or patterns of stacks; none means all.
        asked: what the options say.

    Returns:
        Whether one of the comparisons fails the command.

    Raises:
        LabError: there are no such revisions or stacks.
        typer.Exit: a stack cannot be run in one of them; all others are compared.
    """
    from delivery_lab.api.revised import Between
    from delivery_lab.api.revisions import checked_out, notes_on

    load_clocks()
    preload(checks=False)
    with checked_out(lab.project, words) as (before, after):
        between = Between(before, after, asked.options)
        names = between.stack_names(stacks)
        if not names:
            raise UsageError("neither revision has a stack file, so name the stacks: the config of each is empty")
        for note in notes_on(before, after):
            console.message(f"note: {note}")
        standings, failures = _standings(console, between, names, lab.project.root)
        changed, failed = [name for name, standing in standings.items() if standing == "changed"], False
        for name in changed:
            try:
                failed |= _compared(console, between, name, asked)
            except LabError as error:
                failures[name] = Failure(str(error), error.exit_code, traceback.format_exc())
        judged = []
        for name in (name for name, standing in standings.items() if standing == "onlyAfter"):
            try:
                found = _judged(console, between, name, asked)
            except LabError as error:
                failures[name] = Failure(str(error), error.exit_code, traceback.format_exc())
                continue
            if found is not None:
                judged.append(found)
                failed |= asked.judged(found)
        _say_left_out(console, between, standings, failures, asked, judged)
    end_with(console, failures, names)
    return failed


def _standings(
    console: Console, between: Between, names: Sequence[str], project: Path
) -> tuple[dict[str, Standing], dict[str, Failure]]:
    found: dict[str, Standing] = {}
    failures: dict[str, Failure] = {}
    for name, standing in for_each(between.standing, names, console, "reading both revisions of", project):
        if isinstance(standing, Failure):
            failures[name] = standing
        else:
            found[name] = standing
    return found, failures


def _compared(console: Console, between: Between, name: str, asked: Comparing) -> bool:
    with console.working(f"simulating {name} in both revisions"):
        difference = between.difference(name)
    sides: tuple[Checkout, Checkout] = (between.before, between.after)
    for side, simulation in zip(sides, (difference.before, difference.after), strict=True):
        notes = [side.told(note) for note in simulation.notes]
        say_beside(console, f"{name} of {side.revision}", simulation.phases, notes)
    if between.own_workloads(name):
        console.message(f"note: {name}: what is sent changed: each revision is run with its own (--workload for one)")
    if asked.seeds is None:
        return asked.shown(console, difference)
    progress = RunsProgress(console, f"{name} in both revisions", 2 * asked.seeds)
    return asked.shown_often(console, difference, between.explored(name, asked.seeds, progress.one_more))


def _judged(console: Console, between: Between, name: str, asked: Comparing) -> JudgedStack | None:
    """Run a stack that is new, if something is expected of it, and print what came of that."""
    with console.working(f"simulating {name}, which is new"):
        found = _expected(console, between, name, asked)
    if found is not None and asked.output is OutputFormat.TEXT:
        console.heading(f"{name} of {between.after.revision}, which is new")
        for text, why in found.cases:
            sign = console.tick(holds=why is None)
            console.text(f"  {sign} {text}{'' if why is None else f': {why}'}", hang=len(sign) + 3)
    return found


def _expected(console: Console, between: Between, name: str, asked: Comparing) -> JudgedStack | None:
    if asked.seeds is None:
        run = between.judged(name)
        return None if run is None else JudgedStack.of_run(run)
    progress = RunsProgress(console, f"{name}, which is new", asked.seeds)
    often = between.judged_often(name, asked.seeds, progress.one_more)
    return None if often is None else JudgedStack.of_exploration(often)


def _say_left_out(
    console: Console,
    between: Between,
    standings: dict[str, Standing],
    failures: dict[str, Failure],
    asked: Comparing,
    judged: Sequence[JudgedStack],
) -> None:
    """Say which stacks were not compared, and why."""
    from delivery_lab.api.difference import revisions_as_json

    groups = {kind: [name for name, standing in standings.items() if standing == kind] for kind in _KINDS}
    reasons = {name: failure.message for name, failure in failures.items()}
    before, after = between.before.revision, between.after.revision
    if asked.output is OutputFormat.JSON:
        summary = {"kind": "summary", "revisions": revisions_as_json(before, after), **groups, "failed": reasons}
        summary["expectations"] = {one.stack: list(one.as_json) for one in judged}
        console.data(json.dumps(summary))
        return
    apart = NotCompared(
        after=str(after),
        same=tuple(groups["same"]),
        new=tuple(groups["onlyAfter"]),
        gone=tuple(groups["onlyBefore"]),
        failures=reasons,
        judged=judged,
    )
    if asked.output is OutputFormat.TEXT and not groups["changed"] and not failures and not asked.quiet_if_same:
        console.text(f"No stack differs between {before} and {after}.")
    for told in apart.notes():
        console.message(f"note: {told}")
    asked.end(console, between.after.lab.project.name, f"{before}{BETWEEN}{after}", apart)
