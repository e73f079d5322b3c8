"""A bug that is planted, and how it is looked for: many seeds of a variant, until one shows it."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from delivery_lab.api.asked import Asked
from delivery_lab.api.expected import read_expectations
from delivery_lab.api.graphs import Graphs
from delivery_lab.api.inputs import RunOptions
from delivery_lab.api.lab import Lab
from delivery_lab.api.seeded_runs import SeededRuns
from delivery_lab.errors import LabError
from delivery_lab.expectations.expectation import Expectation
from delivery_lab.explore.sample import Sample, sample_of
from delivery_lab.explore.workers import samples
from delivery_lab.program.answers import ProgramAnswers
from delivery_lab.program.graph import Graph
from delivery_lab.simulation.simulate import simulate
from delivery_lab.simulation.workload import Workload
from delivery_lab.stack.stack import Stack
from tests.lab_support import ROOT, moved, project

FIRST_SEED = 1
PROJECT = ("Pulumi.yaml", "PulumiPlugin.yaml", "__main__.py", "components", "functions", "stacks", "workloads")
"""What of our project a program needs; handlers are edited in a copy of it."""

Workloads = Callable[[Workload], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Edit:
    """A change of a handler's file.

    Attributes:
        file: the file, from the project's folder on.
        before: a text that stands in it once.
        after: what stands there instead.
    """

    file: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Planted:
    """A bug, and what has to find it.

    Attributes:
        name: its name.
        about: what is wrong, in a few words.
        stack: the variant that it is planted in.
        expect: what does not hold with it; "" where an invariant has to find it.
        edits: changes of handlers.
        overrides: changes of settings.
        patch: a change of the model while a run lasts.
        faults: lines of faults that it takes.
        workload: the workload's file, None for the stack's own.
        send: lines to send in place of those of the workload.
        base: settings of the run, with and without the bug.
    """

    name: str
    about: str
    stack: str
    expect: str = ""
    edits: tuple[Edit, ...] = ()
    overrides: tuple[str, ...] = ()
    patch: Callable[[], AbstractContextManager[object]] | None = None
    faults: tuple[dict[str, Any], ...] = ()
    workload: str | None = None
    send: tuple[dict[str, Any], ...] = ()
    base: tuple[str, ...] = ()

    @property
    def kind(self) -> str:
        """Where it is planted."""
        return "handler" if self.edits else "model" if self.patch else "setting"

    @property
    def found_by(self) -> str:
        """What has to find it, for tables."""
        return f"`{self.expect}`" if self.expect else "an invariant"


@dataclass(frozen=True, slots=True)
class Found:
    """A seed that shows a bug.

    Attributes:
        seed: the seed.
        why: what does not hold with it.
    """

    seed: int
    why: str


@contextmanager
def planted(bug: Planted | None, like: Planted) -> Iterator[tuple[Lab, RunOptions]]:
    """A project with a bug, and the options of its runs.

    Args:
        bug: the bug, None for the project without it.
        like: the bug whose workload and faults are used.
    """
    edits = () if bug is None else bug.edits
    patch = nullcontext() if bug is None or bug.patch is None else bug.patch()
    with _project(edits) as root, patch:
        lab = Lab.open(root, cached=not edits)
        if edits:
            vars(lab)["_graphs"] = _GraphsOfCopy(project(), cached=True, copy=root)
        workload = lab.workload(like.stack, like.workload)
        content = workload.model_dump(mode="json", by_alias=True, exclude_unset=True)
        content["faults"] = [*content.get("faults", []), *like.faults]
        content["send"] = list(like.send) or content["send"]
        options: RunOptions = {
            "workload": Workload.model_validate(content),
            "overrides": (*like.base, *(() if bug is None else bug.overrides)),
            "expect": [like.expect] if like.expect else [],
        }
        yield lab, options


def look_for(bug: Planted, seeds: Sequence[int], processes: int = 1, *, without: bool = False) -> Found | None:
    """Run seeds until one shows a bug.

    Args:
        bug: the bug.
        seeds: the seeds.
        processes: in how many processes.
        without: whether to run the project without it, which no seed may show.

    Returns:
        The first seed that shows it, None if none does.
    """
    seed = seeds[0]
    try:
        with planted(None if without else bug, bug) as (lab, options):
            asked = lab.asked(bug.stack, options, judges=True)
            expectations = read_expectations(asked.expectations)
            runs = SeededRuns(lab, asked, expectations)
            for sample in _samples(lab, asked, expectations, runs, seeds, processes):
                found = _shown(bug, sample)
                if found is not None:
                    return found
                seed = sample.seed + 1
    except LabError as error:
        # Where the model contradicts itself, or a program is refused, that says where the bug is as well.
        return Found(seed, f"{type(error).__name__}: {str(error).splitlines()[0]}")
    return None


def _samples(
    lab: Lab,
    asked: Asked,
    expectations: tuple[Expectation, ...],
    runs: SeededRuns,
    seeds: Sequence[int],
    processes: int,
) -> Iterator[Sample]:
    """Samples of seeds. Most bugs show in the first, which is run by itself: nothing is kept for others then."""
    graph, workload = asked.deployed(lab.graph(asked.call.stack, asked.call.overrides, asked.program))
    run = simulate(Stack.of(graph), lab.project.root, workload, seeds[0], asked.assumptions)
    yield sample_of(run, expectations)
    if seeds[1:]:
        yield from samples(runs, seeds[1:], processes)


def _shown(bug: Planted, sample: Sample) -> Found | None:
    if sample.violations:
        return Found(sample.seed, str(sample.violations[0]))
    if not sample.holds:
        return Found(sample.seed, f"{bug.expect} ({sample.verdicts[0].actual})")
    return None


@dataclass(frozen=True, slots=True)
class _GraphsOfCopy(Graphs):
    """Graphs of a copy of our project in which handlers are edited: ours, with the copy's folders of code.

    A program never reads the code that it deploys, so that its graph is the same. Other processes evaluate the copy.

    Attributes:
        copy: folder of the copy.
    """

    copy: Path = ROOT

    def of(self, stack: str, overrides: tuple[str, ...], answers: ProgramAnswers) -> Graph:
        """The graph of a stack, see `Graphs.of`."""
        return moved(Graphs.of(self, stack, overrides, answers), ROOT, self.copy)


@contextmanager
def _project(edits: tuple[Edit, ...]) -> Iterator[Path]:
    """The folder of our project; of a copy of it where files are edited."""
    if not edits:
        yield ROOT
        return
    with tempfile.TemporaryDirectory(prefix="delivery-lab-planted-") as folder:
        root = Path(folder).resolve()
        for name in PROJECT:
            source = ROOT / name
            if source.is_dir():
                shutil.copytree(source, root / name, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(source, root / name)
        for edit in edits:
            path = root / edit.file
            text = path.read_text(encoding="utf-8")
            if text.count(edit.before) != 1:
                raise AssertionError(f"{edit.file} has not once: {edit.before!r}")
            path.write_text(text.replace(edit.before, edit.after), encoding="utf-8")
        yield root
