"""A function that starts something for each message, while a number of slots is free: what happens to its batches."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from delivery_lab.events import InvokeEnded
from delivery_lab.model.clock import Scheduler, Timer, seconds
from delivery_lab.model.mapping.sqs_config import SqsMappingConfig
from delivery_lab.model.runtime import Environment, FunctionConfig, InvokeRequest, InvokeResponse
from delivery_lab.model.sqs.attributes import DeadLetterPolicy, QueueAttributes
from delivery_lab.model.sqs.queue import SqsQueue
from delivery_lab.rules.assumptions import Assumptions
from scripts.calibration_world import CalibrationWorld, add_queue


@dataclass(frozen=True, slots=True)
class SlotsCase:
    """Uploads that a function turns into executions of a workflow, one after the other; refused ones fail.

    Attributes:
        uploads: how many messages are sent, evenly.
        upload_seconds: for how long.
        batch_size: of the mapping.
        window_seconds: its batching window.
        visibility_seconds: of the queue.
        max_receive_count: of the queue.
        timeout_seconds: of the function.
        slots: executions that may run at once.
        message_seconds: how long the function works on a message on average; it is up to a third shorter or longer.
        execution_seconds: how long an execution takes, likewise.
        run_seconds: how long is looked at, at most.
    """

    uploads: int
    upload_seconds: float
    batch_size: int
    window_seconds: int
    visibility_seconds: int
    max_receive_count: int
    timeout_seconds: int
    slots: int
    message_seconds: float
    execution_seconds: float
    run_seconds: float


@dataclass(frozen=True, slots=True)
class SlotsRun:
    """What is counted of a run of a `SlotsCase`.

    Attributes:
        executions_per_upload: executions that were started, for each upload.
        timed_out_share: share of the invokes that ended with a timeout.
    """

    executions_per_upload: float
    timed_out_share: float


class _Slots:
    """Starts executions while slots are free; a timeout of the function takes nothing back."""

    def __init__(self, scheduler: Scheduler, case: SlotsCase, seed: int) -> None:
        self.scheduler = scheduler
        self.case = case
        self.executions = 0
        self._running = 0
        self._chance = random.Random(seed)  # no secret hangs on it

    def new_environment(self, function: FunctionConfig, number: int) -> Environment:
        return _SlotsEnvironment(self)

    def starts(self) -> bool:
        """Start an execution if a slot is free."""
        if self._running >= self.case.slots:
            return False
        self._running += 1
        self.executions += 1
        self.scheduler.after(seconds(self.about(self.case.execution_seconds)), self._end)
        return True

    def _end(self) -> None:
        self._running -= 1

    def about(self, length: float) -> float:
        return length * self._chance.uniform(2 / 3, 4 / 3)


class _SlotsEnvironment:
    def __init__(self, slots: _Slots) -> None:
        self._slots = slots
        self._left: list[str] = []
        self._refused: list[str] = []
        self._timer: Timer | None = None
        self._finish: Callable[[InvokeResponse], None] | None = None

    def start(self, request: InvokeRequest, finish: Callable[[InvokeResponse], None]) -> None:
        self._left = [record["messageId"] for record in reversed(json.loads(request.payload)["Records"])]
        self._refused = []
        self._finish = finish
        self._work()

    def _work(self) -> None:
        length = self._slots.about(self._slots.case.message_seconds)
        self._timer = self._slots.scheduler.after(seconds(length), self._worked)

    def _worked(self) -> None:
        message = self._left.pop()
        if not self._slots.starts():
            self._refused.append(message)
        if self._left:
            self._work()
        else:
            assert self._finish is not None
            failures = [{"itemIdentifier": refused} for refused in self._refused]
            self._finish(InvokeResponse(json.dumps({"batchItemFailures": failures}), None))

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()


def _upload(queue: SqsQueue, number: int) -> None:
    queue.send(f"upload-{number}")


@cache
def run_slots(case: SlotsCase, assumptions: Assumptions, seed: int = 1) -> SlotsRun:
    """Send the uploads and let mapping and function work until the queue is empty."""
    world = CalibrationWorld(assumptions, case.message_seconds, seed)
    slots = _Slots(world.scheduler, case, seed)
    world.account.use(slots)
    dead = add_queue(world, "dead", QueueAttributes())
    attributes = QueueAttributes(
        visibility_timeout_seconds=case.visibility_seconds,
        redrive=DeadLetterPolicy(dead, case.max_receive_count),
    )
    add_queue(world, "uploads", attributes)
    queue = world.account.queues["uploads"]
    world.function(case.timeout_seconds, None)
    mapping = SqsMappingConfig(
        name="mapping",
        function="worker",
        batch_size=case.batch_size,
        window_seconds=case.window_seconds,
        report_batch_item_failures=True,
    )
    world.account.create_mapping(mapping, queue)
    for number in range(case.uploads):
        world.scheduler.at(seconds(case.upload_seconds * number / case.uploads), _upload, queue, number)
    world.account.start()
    world.run(case.run_seconds)
    finished = [event for event in world.journal.events if isinstance(event, InvokeEnded)]
    return SlotsRun(
        executions_per_upload=slots.executions / case.uploads,
        timed_out_share=sum(event.error is not None for event in finished) / len(finished),
    )
