"""Peers of the model: the same queue, pollers and function in SimPy, and a bare loop of them."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Iterator
from pathlib import Path

from benchmarks import simpy_model
from benchmarks.figure import Figure, best_seconds
from delivery_lab.model.randomness import DEFAULT_SEED
from delivery_lab.program.engine import evaluate
from delivery_lab.program.project import read_project
from delivery_lab.simulation.simulate import simulate
from delivery_lab.simulation.workload import Workload
from delivery_lab.stack.stack import Stack

ROOT = Path(__file__).resolve().parent.parent
MESSAGES = 10_000
SIMPY_LIMIT = 2.0


def figures() -> Iterator[Figure]:
    """Measure the model against them: functions are described, a hundredth of the messages fail."""
    stack = Stack.of(evaluate(read_project(ROOT), "batch-partial"))
    load = described(MESSAGES)
    ours: list[float] = []
    theirs: list[float] = []
    bare: list[float] = []
    for _ in range(3):  # in turn, so that a busy moment of the machine hits all
        ours.append(best_seconds(lambda: simulate(stack, ROOT, load, DEFAULT_SEED), repeat=1))
        theirs.append(best_seconds(lambda: simpy_model.Model(MESSAGES).run(), repeat=1))
        bare.append(best_seconds(lambda: _bare_loop(MESSAGES), repeat=1))
    ratio = min(ours) / min(theirs)
    what = f"{MESSAGES:,} messages with a described function against a SimPy model of them with a journal"
    yield Figure(what, f"{ratio:.1f} x", f"at most {SIMPY_LIMIT:.0f} x", ratio <= SIMPY_LIMIT)
    yield Figure("the same against a bare loop of queue, pollers and function", f"{min(ours) / min(bare):.1f} x")
    for name, times in (("described function", ours), ("SimPy model", theirs), ("bare loop", bare)):
        yield Figure(f"messages a second, {name}", f"{MESSAGES / min(times):,.0f}", more_is_better=True)


def described(count: int) -> Workload:
    """A workload that sends so many messages at once, to a worker that is described."""
    return Workload.model_validate(
        {
            "send": [{"times": count, "queue": "batch-queue", "body": {"id": "{n}"}}],
            "functions": {
                "batch-worker": {
                    "duration": simpy_model.DURATION_SECONDS,
                    "fails": {"share": simpy_model.FAILING_SHARE},
                    "response": "partial",
                }
            },
        }
    )


def _bare_loop(count: int) -> None:
    """Batches taken from a queue, one after the other, without time, latencies and a journal."""
    draw = random.Random(DEFAULT_SEED)
    ready = deque((number, 0) for number in range(count))
    while ready:
        batch = [ready.popleft() for _ in range(min(simpy_model.BATCH_SIZE, len(ready)))]
        for number, receives in batch:
            if draw.random() < simpy_model.FAILING_SHARE and receives + 1 < simpy_model.MAX_RECEIVE_COUNT:
                ready.append((number, receives + 1))
