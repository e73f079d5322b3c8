"""A small project of a queue and a worker, run with a handler and a workload that a test writes."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from delivery_lab.events import Run
from delivery_lab.program.engine import evaluate
from delivery_lab.program.project import read_project
from delivery_lab.results.outcome import Outcome, outcome_of
from delivery_lab.simulation.simulate import simulate
from delivery_lab.simulation.workload_files import read_workload
from delivery_lab.stack.stack import Stack
from tests.checks.world import write_project

QUEUE_AND_WORKER = """
jobs = queue_with_dlq(3)
worker = function()
mapping(jobs, worker, batch_size=1, function_response_types=[])
"""
ONE = 'send: [{queue: jobs, body: {id: "d-{n}"}}]\n'


@dataclass(frozen=True)
class Ran:
    """What a run left behind.

    Attributes:
        run: the run.
        said: what the handler printed as JSON, line by line.
    """

    run: Run
    said: list[Any]

    @property
    def outcome(self) -> Outcome:
        return outcome_of(self.run)


def ran(
    folder: Path, handler: str, workload: str = ONE, *, program: str = QUEUE_AND_WORKER, more: str = "", seed: int = 1
) -> Ran:
    """Run a project."""
    root = write_project(folder / "shop", program + more, {"worker/app.py": handler})
    file = root / "load.yaml"
    file.write_text(workload)
    stack = Stack.of(evaluate(read_project(root), "prod"))
    run = simulate(stack, root, read_workload(file), seed)
    return Ran(run, [json.loads(line.text) for line in run.logs if line.text.startswith(("[", "{", '"'))])
