"""`run --all` as a user starts it, and each variant once the process is warm."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from benchmarks.commands import processor_seconds
from benchmarks.figure import Figure, best_seconds
from delivery_lab.model.randomness import DEFAULT_SEED
from delivery_lab.program.engine import evaluate
from delivery_lab.program.project import read_project
from delivery_lab.results.outcome import outcome_of
from delivery_lab.simulation.simulate import simulate
from delivery_lab.simulation.workload_files import default_workload
from delivery_lab.stack.stack import Stack

ROOT = Path(__file__).resolve().parent.parent
ALL_LIMIT_SECONDS = 3.0
VARIANT_LIMIT_SECONDS = 0.5
ENGINE_LIMIT_SECONDS = 0.3


def figures() -> Iterator[Figure]:
    """Measure start to end, then each part in this process."""
    whole = min(processor_seconds(("run", "--all")) for _ in range(2))  # the first one fills the cache of graphs
    limit = f"at most {ALL_LIMIT_SECONDS:.0f} s"
    yield Figure("run --all: processor time", f"{whole:.1f} s", limit, whole <= ALL_LIMIT_SECONDS)

    project = read_project(ROOT)
    names = [stack.name for stack in project.stacks()]
    _run(names[0])  # imports of the program and of the handlers
    slowest, name = max((best_seconds(lambda stack=stack: _run(stack), repeat=1), stack) for stack in names)  # type: ignore[misc]
    limit = f"below {VARIANT_LIMIT_SECONDS} s"
    yield Figure(f"the slowest variant, warm ({name})", f"{slowest:.2f} s", limit, slowest < VARIANT_LIMIT_SECONDS)

    one_of_each_family = {name.split("-")[0]: name for name in names}.values()
    engine, name = max((best_seconds(partial(evaluate, project, stack)), stack) for stack in one_of_each_family)
    limit = f"at most {ENGINE_LIMIT_SECONDS} s"
    yield Figure(f"the program through the engine ({name})", f"{engine:.2f} s", limit, engine <= ENGINE_LIMIT_SECONDS)


def _run(stack: str) -> None:
    graph = evaluate(read_project(ROOT), stack)
    outcome_of(simulate(Stack.of(graph), ROOT, default_workload(ROOT / "workloads", stack), DEFAULT_SEED))
