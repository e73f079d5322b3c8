"""Real handlers in the simulation, against the same handler called in a plain loop with the same batches."""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from benchmarks.figure import Figure, best_seconds
from delivery_lab.events import Journal
from delivery_lab.model.clock import Scheduler
from delivery_lab.model.mapping.records import event_of, sqs_record
from delivery_lab.model.randomness import DEFAULT_SEED, RandomStreams
from delivery_lab.model.sqs.api import SqsApi
from delivery_lab.model.sqs.attributes import QueueAttributes
from delivery_lab.model.sqs.message import Delivery
from delivery_lab.model.sqs.queue import SqsQueue
from delivery_lab.program.engine import evaluate
from delivery_lab.program.project import read_project
from delivery_lab.simulation.simulate import simulate
from delivery_lab.simulation.workload import Workload
from delivery_lab.simulation.workload_sends import Send
from delivery_lab.stack.stack import Stack

ROOT = Path(__file__).resolve().parent.parent
MESSAGES = 5_000
RATIO_LIMIT = 2.0
JOBS = 1_000


def figures() -> Iterator[Figure]:
    """Measure handlers: overhead, growth with the number of messages, heartbeats."""
    stack = Stack.of(evaluate(read_project(ROOT), "batch-partial"))
    bare: list[float] = []
    simulated: dict[int, list[float]] = {MESSAGES: [], 2 * MESSAGES: []}
    with _bare_loop() as loop:
        for _ in range(2):  # in turn, so that a busy moment of the machine hits both
            bare.append(best_seconds(loop, repeat=1))
            for count, times in simulated.items():
                load = _messages(count)
                times.append(best_seconds(lambda load=load: simulate(stack, ROOT, load, DEFAULT_SEED), repeat=1))  # type: ignore[misc]
    ratio = min(simulated[MESSAGES]) / min(bare)
    what = f"{MESSAGES:,} messages with real handlers against a plain loop that calls the handler"
    yield Figure(what, f"{ratio:.2f} x", f"at most {RATIO_LIMIT:.0f} x", ratio <= RATIO_LIMIT)
    growth = min(simulated[2 * MESSAGES]) / min(simulated[MESSAGES])
    yield Figure("twice the messages", f"{growth:.2f} x the time", "linear: about 2 x", growth <= 2.4)

    jobs = _jobs_seconds("visibility-heartbeat")
    yield Figure(f"{JOBS:,} messages x 8 s with heartbeat", f"{jobs:.1f} s", "below 30 s", jobs < 30)
    # Work of 8 s is extended at 3 s and at 6 s.
    call = max(0.0, jobs - _jobs_seconds("visibility-safe")) / (2 * JOBS)
    yield Figure("one heartbeat: a thread's wait and an API call", f"{call * 1_000_000:.0f} us")


def _jobs_seconds(name: str) -> float:
    stack = Stack.of(evaluate(read_project(ROOT), name))
    return best_seconds(lambda: simulate(stack, ROOT, _jobs(JOBS), DEFAULT_SEED), repeat=2)


def _messages(count: int) -> Workload:
    # All at once, so that batches are full, as in the plain loop.
    send = Send(times=count, queue="batch-queue", body={"id": "{n}"})
    return Workload(send=[send])


def _jobs(count: int) -> Workload:
    send = Send(every=1, times=count, queue="visibility-queue", body={"id": "job-{n}", "sleep": 8})
    return Workload(send=[send])


@contextlib.contextmanager
def _bare_loop() -> Iterator[Callable[[], None]]:
    """A loop that calls the batch worker on ready-made batches of ten, with its log lines going nowhere."""
    sys.path[:0] = [str(ROOT / "functions")]
    os.environ.setdefault("ON_RECORD_ERROR", "report")
    os.environ.setdefault("POWERTOOLS_SERVICE_NAME", "bench")
    # Powertools keeps the stream of the moment at which the handler is imported.
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere, contextlib.redirect_stdout(nowhere):
        from batch_worker.handler import lambda_handler

        context: Any = SimpleNamespace(
            function_name="worker",
            memory_limit_in_mb=128,
            invoked_function_arn="arn:aws:lambda:us-east-1:123456789012:function:worker",
            aws_request_id="0",
            get_remaining_time_in_millis=lambda: 5_000,
        )
        payloads = _payloads()

        def loop() -> None:
            for payload in payloads:
                json.dumps(lambda_handler(json.loads(payload), context))

        yield loop


def _payloads() -> list[str]:
    scheduler = Scheduler()
    queue = SqsQueue(
        "q",
        "arn:aws:sqs:us-east-1:123456789012:q",
        "https://sqs.us-east-1.amazonaws.com/123456789012/q",
        QueueAttributes(),
        scheduler=scheduler,
        streams=RandomStreams(1),
        journal=Journal(),
    )
    for number in range(MESSAGES):
        queue.send(json.dumps({"id": str(number)}))
    api = SqsApi()
    batches = iter(lambda: queue.receive(10), [])

    def record(delivery: Delivery) -> str:
        return sqs_record(api, delivery, queue.arn, "us-east-1", window=False)

    return [event_of([record(delivery) for delivery in batch]) for batch in batches]
