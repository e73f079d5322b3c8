"""How time and memory grow with messages, with seeds and with queues."""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
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
MESSAGES = (1_000, 10_000, 100_000, 1_000_000)
WITH_HANDLERS = 100_000
MESSAGE_LIMITS = {1_000_000: (10.0, 300.0)}
"""Seconds and megabytes that were asked of so many messages with a described function."""
HANDLERS_LIMIT_MEGABYTES = 300.0
SEEDS = (1, 10, 100, 1_000, 10_000)
QUEUES = (1, 10, 100, 1_000)

# In a process of its own, so that what it needs most is its own.
_MANY_MESSAGES = """\
import sys, time
from benchmarks.growth import peak_megabytes, with_handlers
from benchmarks.peers import ROOT, described
from delivery_lab.program.engine import evaluate
from delivery_lab.program.project import read_project
from delivery_lab.api.reading import simulate_and_read
from delivery_lab.results.outcome import outcome_of
from delivery_lab.rules.assumptions import DEFAULTS
from delivery_lab.stack.stack import Stack
stack = Stack.of(evaluate(read_project(ROOT), "batch-partial"))
begun = time.process_time()
workload = {"described": described, "handlers": with_handlers}[sys.argv[1]](int(sys.argv[2]))
outcome_of(simulate_and_read(stack, ROOT, workload, 1, DEFAULTS))
print(time.process_time() - begun, peak_megabytes())
"""

_MANY_QUEUES = """\
import pulumi
import pulumi_aws as aws

for number in range(pulumi.Config().require_int("queues")):
    aws.sqs.Queue(f"queue-{number}", visibility_timeout_seconds=60)
"""


def figures() -> Iterator[Figure]:
    """Measure growth: the figure of each size, and of the largest a unit against that of the one before it."""
    yield from _messages()
    yield from _seeds()
    yield from _queues()


def with_handlers(count: int) -> Workload:
    """A workload that sends messages to the handler itself, fewer a second than it can work on.

    Args:
        count: how many.
    """
    send = {"every": 0.02, "times": count, "queue": "batch-queue", "body": {"id": "{n}"}}
    return Workload.model_validate({"send": [send]})


def _messages() -> Iterator[Figure]:
    seconds: dict[int, float] = {}
    memory: dict[int, float] = {}
    for count in MESSAGES:
        seconds[count], memory[count] = _seconds_and_megabytes("described", count)
        what = f"{count:,} messages with a described function"
        yield from _limited(what, seconds[count], memory[count], *MESSAGE_LIMITS.get(count, (None, None)))
    yield _a_unit("message", seconds)
    *_, few, many = MESSAGES
    kilobytes = (memory[many] - memory[few]) * 1024 / (many - few)
    yield Figure(
        f"memory of one more message among {many:,}, all sent at once",
        f"{kilobytes:.1f} KB",
        "below 0.3 KB",
        kilobytes < 0.3,
    )
    what = f"{WITH_HANDLERS:,} messages with real handlers, 50 a second"
    yield from _limited(what, *_seconds_and_megabytes("handlers", WITH_HANDLERS), None, HANDLERS_LIMIT_MEGABYTES)


def _seconds_and_megabytes(kind: str, count: int) -> tuple[float, float]:
    command = [sys.executable, "-c", _MANY_MESSAGES, kind, str(count)]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, text=True).stdout.split()
    return float(told[0]), float(told[1])


def peak_megabytes() -> float:
    """The most memory that this process has had. Linux counts to a process what its parent had when it was started."""
    status = Path("/proc/self/status")
    if status.exists():
        (line,) = [each for each in status.read_text(encoding="ascii").splitlines() if each.startswith("VmHWM:")]
        return int(line.split()[1]) / 1024
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / (1024 * 1024 if sys.platform == "darwin" else 1024)


def _limited(
    what: str, seconds: float, megabytes: float, most_seconds: float | None, most_megabytes: float | None
) -> Iterator[Figure]:
    for kind, value, unit, most in (
        ("processor time", f"{seconds:.2f} s", "s", most_seconds),
        ("memory", f"{megabytes:.0f} MB", "MB", most_megabytes),
    ):
        found = seconds if unit == "s" else megabytes
        limit = "" if most is None else f"below {most:.0f} {unit}"
        yield Figure(f"{what}: {kind}", value, limit, None if most is None else found < most)


def _seeds() -> Iterator[Figure]:
    stack = Stack.of(evaluate(read_project(ROOT), "batch-partial"))
    workload = default_workload(ROOT / "workloads", "batch-partial")
    seconds: dict[int, float] = {}
    for count in SEEDS:
        begun = time.process_time()
        with Prepared(stack, ROOT) as prepared:
            for seed in range(count):
                outcome_of(prepared.simulate(workload, DEFAULT_SEED + seed))
        seconds[count] = time.process_time() - begun
        yield Figure(f"{count:,} seeds of batch-partial: processor time", f"{seconds[count]:.2f} s")
    yield _a_unit("seed", seconds)


def _queues() -> Iterator[Figure]:
    seconds: dict[int, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "Pulumi.yaml").write_text("name: queues\nruntime: python\n", encoding="utf-8")
        (root / "__main__.py").write_text(_MANY_QUEUES, encoding="utf-8")
        for count in QUEUES:
            text = f"config:\n  queues:queues: {count}\n"
            (root / f"Pulumi.q{count}.yaml").write_text(text, encoding="utf-8")
            begun = time.process_time()
            Stack.of(evaluate(read_project(root), f"q{count}"))
            seconds[count] = time.process_time() - begun
            yield Figure(f"a program with {count:,} queues, evaluated: processor time", f"{seconds[count]:.2f} s")
    yield _a_unit("queue", seconds)


def _a_unit(unit: str, seconds: dict[int, float]) -> Figure:
    """What one more costs between the two largest sizes, against what it costs between the two before them."""
    sizes = sorted(seconds)
    *_, first, second, third = sizes
    before = (seconds[second] - seconds[first]) / (second - first)
    last = (seconds[third] - seconds[second]) / (third - second)
    ratio = last / before if before > 0 else 1.0
    what = f"one more {unit} among {third:,} against one among {second:,}"
    return Figure(what, f"{ratio:.2f} x", "linear: about 1 x", ratio <= 1.3)
