"""What one more seed and one more message cost, and what a process that has done other work makes of a run."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.figure import Figure
from delivery_lab.model.randomness import DEFAULT_SEED
from delivery_lab.program.engine import evaluate
from delivery_lab.program.project import read_project
from delivery_lab.results.outcome import outcome_of
from delivery_lab.simulation.prepared import Prepared
from delivery_lab.simulation.workload import Workload
from delivery_lab.simulation.workload_files import default_workload
from delivery_lab.stack.stack import Stack

ROOT = Path(__file__).resolve().parent.parent
WARM_UP, SEEDS = 20, 150
BATCH_SEED_LIMIT_MS, MESSAGE_LIMIT_MS = 10.0, 2.5
LIMITS_MS = {1: 12.0, 8: 48.0}
"""Of a seed of `visibility-short`, by its messages: 5,000 seeds on two cores in 30 s and in 120 s."""
OTHER_WORK_LIMIT = 1.2
_TOLD_TIMES = 9

# In a process of its own, which has made other runs before or has not.
_AFTER_OTHER_WORK = """\
import sys, time
from benchmarks.seeds import ROOT, one_run
for name in sys.argv[2:]:
    one_run(name)
one_run(sys.argv[1])
times = []
for _ in range({times}):
    begun = time.process_time()
    one_run(sys.argv[1])
    times.append(time.process_time() - begun)
print(min(times))
"""
_RUN = "concurrency-tuned"
_OTHER_WORK = ("batch-single", "fifo-ordered", "stream-default", "async-none", "sync-naive", "visibility-short")


def figures() -> Iterator[Figure]:
    """Measure seeds of two variants, messages of one, and a run after others."""
    by_messages: dict[int, float] = {}
    for messages, limit in LIMITS_MS.items():
        took = by_messages[messages] = seed_milliseconds("visibility-short", jobs(messages))
        what = f"one more seed of visibility-short with {messages} message{'s' if messages > 1 else ''}"
        yield Figure(what, f"{took:.1f} ms", f"at most {limit:.0f} ms", took <= limit)
    took = seed_milliseconds("batch-partial", default_workload(ROOT / "workloads", "batch-partial"))
    limit = BATCH_SEED_LIMIT_MS
    yield Figure("one more seed of batch-partial", f"{took:.1f} ms", f"at most {limit:.0f} ms", took <= limit)
    few, many = (seed_milliseconds("batch-partial", _at_once(messages)) for messages in (10, 60))
    took = (many - few) / 50
    limit = MESSAGE_LIMIT_MS
    yield Figure("each further message of batch-partial", f"{took:.2f} ms", f"at most {limit} ms", took <= limit)

    ratio = _seconds_after(*_OTHER_WORK) / _seconds_after()
    what = f"{_RUN} in a process that has run {len(_OTHER_WORK)} other variants, against one that has not"
    yield Figure(what, f"{ratio:.2f} x", f"at most {OTHER_WORK_LIMIT} x", ratio <= OTHER_WORK_LIMIT)


def seed_milliseconds(name: str, workload: Workload) -> float:
    """Processor time of one seed with its outcome, once some others have been run.

    Args:
        name: of the stack.
        workload: what each run is sent.
    """
    with Prepared(Stack.of(evaluate(read_project(ROOT), name)), ROOT) as prepared:
        for seed in range(WARM_UP):
            outcome_of(prepared.simulate(workload, DEFAULT_SEED + seed))
        begun = time.process_time()
        for seed in range(WARM_UP, WARM_UP + SEEDS):
            outcome_of(prepared.simulate(workload, DEFAULT_SEED + seed))
        return (time.process_time() - begun) / SEEDS * 1000


def one_run(name: str) -> None:
    """A variant with its own workload and the default seed, as a test of a user's has it."""
    stack = Stack.of(evaluate(read_project(ROOT), name))
    with Prepared(stack, ROOT) as prepared:
        outcome_of(prepared.simulate(default_workload(ROOT / "workloads", name), DEFAULT_SEED))


def jobs(messages: int) -> Workload:
    """So many requests for the visibility lab's work of 8 s, a second apart.

    Args:
        messages: how many.
    """
    request = {"method": "POST", "path": "/enqueue", "body": {"id": "msg-{n}", "sleep": 8}}
    return Workload.model_validate({"send": [{"every": 1, "times": messages, "http": request}]})


def _at_once(messages: int) -> Workload:
    return Workload.model_validate({"send": [{"times": messages, "queue": "batch-queue", "body": {"id": "{n}"}}]})


def _seconds_after(*others: str) -> float:
    command = [sys.executable, "-c", _AFTER_OTHER_WORK.format(times=_TOLD_TIMES), _RUN, *others]
    return float(subprocess.run(command, cwd=ROOT, capture_output=True, check=True, text=True).stdout)
