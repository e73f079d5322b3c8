"""Running variants in tests: the same way as the command does, without its printing."""

from __future__ import annotations

import io
import os
import pickle
from collections.abc import Iterable, Iterator, Sequence
from functools import cache, lru_cache
from pathlib import Path

from delivery_lab.api.asked import answers_of_program
from delivery_lab.api.project_file import ProjectFile
from delivery_lab.checks.finding import Finding
from delivery_lab.checks.registry import find_all
from delivery_lab.events import Run
from delivery_lab.model.randomness import DEFAULT_SEED
from delivery_lab.program.assets import FileArchive
from delivery_lab.program.engine import evaluate
from delivery_lab.program.graph import Graph
from delivery_lab.program.graph_cache import evaluated, stored_graph
from delivery_lab.program.project import Project, read_project
from delivery_lab.results.outcome import Outcome, outcome_of
from delivery_lab.simulation.prepared import Prepared
from delivery_lab.simulation.simulate import simulate
from delivery_lab.simulation.workload import Workload
from delivery_lab.simulation.workload_files import default_workload, read_body, read_workload
from delivery_lab.stack.stack import Stack

ROOT = Path(__file__).resolve().parent.parent
FOREIGN = ROOT / "tests" / "foreign" / "orders"

_NOTHING_SAID = answers_of_program(ProjectFile(), "", [], "")
"""What a command answers a program of which no file says anything: so the graphs that commands keep are found here."""


@cache
def project(root: Path = ROOT) -> Project:
    """A Pulumi project, ours by default."""
    return read_project(root)


@cache
def graph(stack: str, overrides: tuple[str, ...] = (), root: Path = ROOT) -> Graph:
    """The resources of a stack; evaluated once for all tests that ask for the same, whichever process they are in."""
    if "PYTEST_VERSION" not in os.environ:
        return evaluate(project(root), stack, overrides)  # what writes files anew looks into nobody's cache
    return stored_graph(project(root), stack, overrides, _NOTHING_SAID) or evaluated(
        project(root), stack, overrides, _NOTHING_SAID
    )


def moved(graph: Graph, folder: Path, to: Path) -> Graph:
    """A graph as that of a copy of its project: a program never reads the code that it deploys, so that the graphs of
    copies that differ in it differ in where it is.

    Args:
        graph: the graph.
        folder: folder of its project.
        to: folder of the copy.
    """
    written = io.BytesIO()
    _WithoutFolder(written, folder).dump(graph)
    found: Graph = _WithFolder(io.BytesIO(written.getvalue()), to).load()
    return found


class _WithoutFolder(pickle.Pickler):
    """Writes archives as their paths from a folder on."""

    def __init__(self, file: io.BytesIO, folder: Path) -> None:
        super().__init__(file)
        self._folder = folder

    def persistent_id(self, found: object) -> str | None:
        return str(Path(found.path).relative_to(self._folder)) if isinstance(found, FileArchive) else None


class _WithFolder(pickle.Unpickler):
    """Reads archives as those of a folder."""

    def __init__(self, file: io.BytesIO, folder: Path) -> None:
        super().__init__(file)
        self._folder = folder

    def persistent_load(self, path: str) -> FileArchive:
        return FileArchive(str(self._folder / path))


@cache
def stack_of(stack: str, overrides: tuple[str, ...] = (), root: Path = ROOT) -> Stack:
    """The typed stack of a variant's resources."""
    return Stack.of(graph(stack, overrides, root))


@cache
def findings(stack: str) -> tuple[Finding, ...]:
    """What is found in a stack of ours; cfn-lint is asked once for all tests, whichever process they are in."""
    return find_all(stack_of(stack), cached="PYTEST_VERSION" in os.environ)


def known(figure: int | None) -> int:
    """A figure that has to be known."""
    assert figure is not None
    return figure


def workload(stack: str, name: str | None = None, body: Sequence[str] = ()) -> Workload:
    """A workload of ours: by name, or the stack's default."""
    folder = ROOT / "workloads"
    found = default_workload(folder, stack) if name is None else read_workload(folder / f"{name}.yaml")
    return found.with_body(read_body(body))


def run(
    stack: str, *overrides: str, name: str | None = None, body: Sequence[str] = (), seed: int = DEFAULT_SEED
) -> Run:
    """Run one of our stacks; tests that ask for the same get the same run, and change nothing in it."""
    return _run(stack, overrides, name, tuple(body), seed)


@lru_cache(maxsize=200)
def _run(stack: str, overrides: tuple[str, ...], name: str | None, body: tuple[str, ...], seed: int) -> Run:
    return simulate(stack_of(stack, overrides), ROOT, workload(stack, name, body), seed)


def outcome(
    stack: str, *overrides: str, name: str | None = None, body: Sequence[str] = (), seed: int = DEFAULT_SEED
) -> Outcome:
    """The outcome of one of our stacks."""
    return _outcome(stack, overrides, name, tuple(body), seed)


@lru_cache(maxsize=1000)
def _outcome(stack: str, overrides: tuple[str, ...], name: str | None, body: tuple[str, ...], seed: int) -> Outcome:
    return outcome_of(run(stack, *overrides, name=name, body=body, seed=seed))


def outcomes(
    stack: str, *overrides: str, name: str | None = None, body: Sequence[str] = (), seeds: Iterable[int]
) -> Iterator[Outcome]:
    """The outcomes of one of our stacks with some seeds, whose code is loaded once as `explore` does."""
    given = workload(stack, name, body)
    with Prepared(stack_of(stack, overrides), ROOT) as prepared:
        yield from (outcome_of(prepared.simulate(given, seed)) for seed in seeds)
