"""An account whose functions follow numbers instead of running code: what calibration runs on."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from delivery_lab.events import (
    Actor,
    BatchInvoked,
    EventBase,
    InvokeRefused,
    Journal,
    MessageDeadLettered,
)
from delivery_lab.model.account import Account
from delivery_lab.model.clock import Scheduler, in_seconds, seconds
from delivery_lab.model.mapping.sqs_config import SqsMappingConfig
from delivery_lab.model.mapping.stream import StreamMappingConfig
from delivery_lab.model.randomness import RandomStreams
from delivery_lab.model.runtime import Environment, FunctionConfig, InvokeRequest, InvokeResponse
from delivery_lab.model.sqs.attributes import DeadLetterPolicy, QueueAttributes
from delivery_lab.rules.assumptions import Assumptions

SENDER = Actor("workload", "calibration")
_SECONDS_OF_FIVE_MINUTES = 300


@dataclass(frozen=True, slots=True)
class QueueCase:
    """A queue with a backlog, its mapping and its function.

    Attributes:
        messages: how many are sent at the start.
        batch_size: of the mapping.
        visibility_seconds: of the queue.
        max_receive_count: of the queue.
        timeout_seconds: of the function.
        reserved: its reserved concurrency, or None.
        takes_seconds: how long an invoke takes on average; it is up to a half shorter or longer.
        run_seconds: how long is looked at.
    """

    messages: int
    batch_size: int
    visibility_seconds: int
    max_receive_count: int
    timeout_seconds: int
    reserved: int | None
    takes_seconds: float
    run_seconds: float


class CalibrationWorld:
    """One account with at most one queue."""

    def __init__(self, assumptions: Assumptions, takes_seconds: float, seed: int = 1) -> None:
        self.scheduler = Scheduler()
        self.journal = Journal()
        self.account = Account(self.scheduler, RandomStreams(seed), self.journal, assumptions)
        self.account.use(_Numbers(self.scheduler, takes_seconds))

    def function(self, timeout_seconds: int, reserved: int | None) -> None:
        """Add the function `worker`."""
        arn = "arn:aws:lambda:us-east-1:123456789012:function:worker"
        self.account.functions.add(
            FunctionConfig("worker", arn, "app.handler", timeout_seconds=timeout_seconds, reserved_concurrency=reserved)
        )

    def run(self, until_seconds: float) -> None:
        """Let time pass."""
        self.scheduler.run(seconds(until_seconds))

    def times_of(self, kind: type[EventBase]) -> list[float]:
        """Instants of the events of a kind, in seconds."""
        return [in_seconds(event.instant_us) for event in self.journal.events if isinstance(event, kind)]


class _Numbers:
    """Every invoke takes about as long as it was told to, and succeeds, or fails if all are to."""

    def __init__(self, scheduler: Scheduler, takes_seconds: float, *, fails: bool = False) -> None:
        self.scheduler = scheduler
        self.error = "Failing" if fails else None
        self._takes_seconds = takes_seconds
        self._chance = random.Random(1)  # no secret hangs on it

    def new_environment(self, function: FunctionConfig, number: int) -> Environment:
        return _NumbersEnvironment(self)

    def next_seconds(self) -> float:
        return self._takes_seconds * self._chance.uniform(0.5, 1.5)


class _NumbersEnvironment:
    def __init__(self, runtime: _Numbers) -> None:
        self._runtime = runtime

    def start(self, request: InvokeRequest, finish: Callable[[InvokeResponse], None]) -> None:
        after = seconds(self._runtime.next_seconds())
        self._runtime.scheduler.after(after, finish, InvokeResponse("null", self._runtime.error))

    def stop(self) -> None:
        raise AssertionError("no invoke of a calibration reaches its timeout")


@dataclass(frozen=True, slots=True)
class QueueRun:
    """What is counted of a run of a `QueueCase`."""

    throttled_at: list[float]
    dead_lettered_at: list[float]

    @property
    def dead_lettered(self) -> float:
        """Messages in the dead-letter queue."""
        return len(self.dead_lettered_at)

    @property
    def first_dead_letter_seconds(self) -> float:
        """When the first one was moved there; 0 if none was."""
        return self.dead_lettered_at[0] if self.dead_lettered_at else 0

    @property
    def throttles_a_minute(self) -> float:
        """In the minutes after the first one that is throttled, on average."""
        counts = [count for _, count in sorted(Counter(int(at // 60) for at in self.throttled_at).items())]
        full = counts[1:-1] if len(counts) > 2 else counts
        return sum(full) / len(full) if full else 0

    @property
    def throttles_in_five_minutes(self) -> float:
        """The most in five minutes that follow each other."""
        counts = Counter(int(at // 60) for at in self.throttled_at)
        windows = (
            sum(counts[minute] for minute in range(first, first + _SECONDS_OF_FIVE_MINUTES // 60)) for first in counts
        )
        return max(windows, default=0)


def run_queue(case: QueueCase, assumptions: Assumptions) -> QueueRun:
    """Send the backlog and let the mapping work."""
    world = CalibrationWorld(assumptions, case.takes_seconds)
    dead = add_queue(world, "dead", QueueAttributes())
    attributes = QueueAttributes(
        visibility_timeout_seconds=case.visibility_seconds,
        redrive=DeadLetterPolicy(dead, case.max_receive_count),
    )
    add_queue(world, "jobs", attributes)
    queue = world.account.queues["jobs"]
    world.function(case.timeout_seconds, case.reserved)
    world.account.create_mapping(SqsMappingConfig(name="mapping", function="worker", batch_size=case.batch_size), queue)
    for number in range(case.messages):
        queue.send(f"job-{number}")
    world.account.start()
    world.run(case.run_seconds)
    return QueueRun(
        throttled_at=world.times_of(InvokeRefused),
        dead_lettered_at=world.times_of(MessageDeadLettered),
    )


def run_record(maximum_age_seconds: int, assumptions: Assumptions, seed: int) -> float:
    """How often a function that always fails is invoked with a record of a stream until that is too old."""
    world = CalibrationWorld(assumptions, 0.1, seed)
    world.account.use(_Numbers(world.scheduler, 0.1, fails=True))
    stream = world.account.create_stream(
        "stream", "arn:aws:kinesis:us-east-1:123456789012:stream/stream", shards=1, retention_hours=24, record_kib=1_024
    )
    world.function(5, None)
    config = StreamMappingConfig(
        name="mapping",
        function="worker",
        starting_position="TRIM_HORIZON",
        maximum_record_age_seconds=maximum_age_seconds,
    )
    world.account.create_stream_mapping(config, stream, None)
    stream.put(b"{}", "key")
    world.account.start()
    world.run(2 * maximum_age_seconds)
    return len(world.times_of(BatchInvoked))


def add_queue(world: CalibrationWorld, name: str, attributes: QueueAttributes) -> str:
    """Add a queue; its ARN."""
    arn = f"arn:aws:sqs:us-east-1:123456789012:{name}"
    world.account.create_queue(name, arn, f"https://sqs.us-east-1.amazonaws.com/123456789012/{name}", attributes)
    return arn
