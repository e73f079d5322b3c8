"""Many pollers: what an event costs with a thousand batches at once against what it costs with ten; and FIFO groups."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.figure import Figure, best_seconds
from delivery_lab.events import Journal
from delivery_lab.garbage import rare_garbage_collection
from delivery_lab.model.account import Account
from delivery_lab.model.clock import Scheduler, Timer, seconds
from delivery_lab.model.mapping.sqs_config import SqsMappingConfig, SqsProvisionedMode
from delivery_lab.model.randomness import DEFAULT_SEED, RandomStreams
from delivery_lab.model.runtime import FunctionConfig, InvokeRequest, InvokeResponse
from delivery_lab.model.sqs.attributes import FifoAttributes, QueueAttributes
from delivery_lab.model.sqs.fifo import FifoQueue
from delivery_lab.program.engine import evaluate
from delivery_lab.program.project import read_project
from delivery_lab.simulation.simulate import simulate
from delivery_lab.simulation.workload_files import read_workload
from delivery_lab.stack.stack import Stack

ROOT = Path(__file__).resolve().parent.parent
MESSAGES = 10_000
FEW, MANY = 20, 1_000
FLAT = 1.5
SECONDS_LIMIT = 20.0
WORK_SECONDS = 30.0


def figures() -> Iterator[Figure]:
    """Measure the cost per event, and 5,000 messages with real handlers."""
    ratio = _many_to_few(lambda batches: _seconds_per_event(batches, groups=0))
    what = f"an event with {MANY:,} batches at once against one with {FEW}"
    yield Figure(what, f"{ratio:.2f} x", f"at most {FLAT} x", ratio <= FLAT)

    ratio = _many_to_few(lambda groups: _seconds_per_event(0, groups=groups))
    what = f"an event of a FIFO queue with {MANY:,} groups against one with {FEW}"
    yield Figure(what, f"{ratio:.2f} x", f"at most {FLAT} x", ratio <= FLAT)

    stack = Stack.of(evaluate(read_project(ROOT), "concurrency-unreserved"))
    for name in ("concurrency-steady", "concurrency-bursty"):
        load = read_workload(ROOT / "workloads" / f"{name}.yaml")
        took = best_seconds(lambda load=load: simulate(stack, ROOT, load, DEFAULT_SEED), repeat=1)  # type: ignore[misc]  # mypy cannot infer a lambda with a default
        yield Figure(f"5,000 messages with real handlers, {name}", f"{took:.1f} s", "below 20 s", took < SECONDS_LIMIT)


def _many_to_few(seconds_per_event: Callable[[int], float]) -> float:
    """How much more an event costs with many than with few."""
    cost: dict[int, list[float]] = {FEW: [], MANY: []}
    for _ in range(3):  # in turn, so that a busy moment of the machine hits both
        for number, times in cost.items():
            with rare_garbage_collection():  # as in a simulation
                times.append(seconds_per_event(number))
    return min(cost[MANY]) / min(cost[FEW])


def _seconds_per_event(batches: int, *, groups: int) -> float:
    """Processor seconds per event of a run with so many batches at once, or on a FIFO queue with so many groups."""
    scheduler = Scheduler()
    journal = Journal()
    account = Account(scheduler, RandomStreams(DEFAULT_SEED), journal)
    account.use(_Sleeper(scheduler))
    account.functions.add(FunctionConfig("worker", "arn:aws:lambda:us-east-1:1:function:worker", "app.handler", 900))
    attributes = QueueAttributes(900, fifo=FifoAttributes() if groups else None)
    queue = account.create_queue("jobs", "arn:aws:sqs:us-east-1:1:jobs", "https://sqs/1/jobs", attributes)
    pollers = None if groups else SqsProvisionedMode(max(2, batches // 10), max(2, batches // 10))
    config = SqsMappingConfig("mapping", "worker", batch_size=1, provisioned=pollers)
    if groups:
        config = SqsMappingConfig("mapping", "worker", batch_size=10, maximum_concurrency=10)
    account.create_mapping(config, queue)
    for number in range(MESSAGES):
        if isinstance(queue, FifoQueue):
            queue.send("{}", group=str(number % groups), deduplication_id=str(number))
        else:
            queue.send("{}")
    # Sending is the same for both; what is measured is the work of the pollers.
    before = len(journal.events)
    start = time.process_time()  # what else runs on the machine is not what is measured
    account.start()
    scheduler.run()
    took = time.process_time() - start
    return took / (len(journal.events) - before)


class _Sleeper:
    """A runtime whose functions sleep and succeed."""

    def __init__(self, scheduler: Scheduler) -> None:
        self._scheduler = scheduler

    def new_environment(self, function: FunctionConfig, number: int) -> _Sleeper:
        return self

    def start(self, request: InvokeRequest, finish: Callable[[InvokeResponse], None]) -> None:
        self._end: Timer = self._scheduler.after(seconds(WORK_SECONDS), finish, InvokeResponse("null"))

    def stop(self) -> None:
        self._end.cancel()
