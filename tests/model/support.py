"""A small world around the model: a clock, one account, and functions that follow a script instead of running code."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from delivery_lab.events import Actor, EventBase, Journal
from delivery_lab.limits.functions import ACCOUNT_CONCURRENCY
from delivery_lab.model.account import Account
from delivery_lab.model.clock import Scheduler, Timer, in_seconds, seconds
from delivery_lab.model.invokes import InvokeResult, Throttled
from delivery_lab.model.mapping.sqs import QueueConsumer
from delivery_lab.model.mapping.sqs_config import SqsMappingConfig
from delivery_lab.model.randomness import RandomStreams
from delivery_lab.model.runtime import (
    Caller,
    Environment,
    FunctionConfig,
    InvokeRequest,
    InvokeResponse,
    LongPoll,
)
from delivery_lab.model.sqs.attributes import DeadLetterPolicy, FifoAttributes, QueueAttributes
from delivery_lab.model.sqs.fifo import FifoQueue
from delivery_lab.model.sqs.queue import SqsQueue
from delivery_lab.results.invariants import History
from delivery_lab.rules.assumptions import DEFAULTS, Assumptions, ThrottleRetryLimit

CALLER = Caller("tests", None)
TESTS = Actor("workload", "tests")
COLD_START_SECONDS = 0.25


@dataclass(frozen=True, slots=True)
class Call:
    """One invoke as the code of a function sees it.

    Attributes:
        function: name of the function.
        environment: number of the execution environment.
        at_seconds: when the code began.
        payload: the event as JSON text.
        deadline_seconds: when the function times out.
        request_id: the invoke's id.
    """

    function: str
    environment: int
    at_seconds: float
    payload: str
    deadline_seconds: float
    request_id: str

    @property
    def event(self) -> Any:
        return json.loads(self.payload)

    @property
    def records(self) -> list[dict[str, Any]]:
        records: list[dict[str, Any]] = self.event["Records"]
        return records

    @property
    def bodies(self) -> list[str]:
        return [record["body"] for record in self.records]

    @property
    def ids(self) -> list[str]:
        return [record["messageId"] for record in self.records]


@dataclass(frozen=True, slots=True)
class Script:
    """What the code of a function does with one invoke.

    Attributes:
        takes_seconds: how long it runs.
        payload: what it returns, as JSON text (or what ought to be JSON text).
        error: error type, if it raises.
    """

    takes_seconds: float = 0.1
    payload: str = "null"
    error: str | None = None


E = TypeVar("E", bound=EventBase)

Behaviour = Callable[[Call], Script]


def succeed(call: Call) -> Script:
    return Script()


def fail(call: Call) -> Script:
    return Script(error="RuntimeError", payload='{"errorType":"RuntimeError"}')


def report(*identifiers: object) -> str:
    """A batch response that names these items as failed."""
    return json.dumps({"batchItemFailures": [{"itemIdentifier": identifier} for identifier in identifiers]})


def reporting(failing: Callable[[dict[str, Any]], bool], takes_seconds: float = 0.1) -> Behaviour:
    """Code that reports the records for which `failing` says so."""
    return lambda call: Script(takes_seconds, report(*(r["messageId"] for r in call.records if failing(r))))


class FakeRuntime:
    """Follows the behaviour given; `calls` and `stopped` tell what Lambda asked of it."""

    def __init__(self, scheduler: Scheduler, behave: Behaviour) -> None:
        self.scheduler = scheduler
        self.behave = behave
        self.calls: list[Call] = []
        self.stopped: list[tuple[str, int]] = []

    def new_environment(self, function: FunctionConfig, number: int) -> Environment:
        return _FakeEnvironment(self, function.name, number)


class _FakeEnvironment:
    def __init__(self, runtime: FakeRuntime, function: str, number: int) -> None:
        self._runtime = runtime
        self._function = function
        self._number = number
        self._end: Timer | None = None

    def start(self, request: InvokeRequest, finish: Callable[[InvokeResponse], None]) -> None:
        scheduler = self._runtime.scheduler
        now, deadline = in_seconds(scheduler.now), in_seconds(request.deadline)
        call = Call(self._function, self._number, now, request.payload, deadline, request.request_id)
        self._runtime.calls.append(call)
        script = self._runtime.behave(call)
        response = InvokeResponse(script.payload, script.error, script.error == "Runtime.ExitError")
        self._end = scheduler.after(seconds(script.takes_seconds), finish, response)

    def stop(self) -> None:
        assert self._end is not None
        self._end.cancel()
        self._runtime.stopped.append((self._function, self._number))


WORLDS: list[World] = []
"""The worlds that the running test has made: `conftest.py` looks at them when it is over."""


class World:
    """An account whose functions behave as told.

    Args:
        behave: what the code of every function does; may be replaced later through `runtime.behave`.
        seed: seed of the run.
        assumptions: what the model assumes.
    """

    def __init__(self, behave: Behaviour = succeed, seed: int = 1, assumptions: Assumptions = DEFAULTS) -> None:
        self.scheduler = Scheduler()
        self.streams = RandomStreams(seed)
        self.journal = Journal()
        self.runtime = FakeRuntime(self.scheduler, behave)
        self.account = Account(self.scheduler, self.streams, self.journal, assumptions)
        self.account.use(self.runtime)
        WORLDS.append(self)

    # -- making things ------------------------------------------------------------------------------------

    def queue(
        self,
        name: str = "jobs",
        *,
        visibility: int = 30,
        retention: int = 345_600,
        delay: int = 0,
        wait: int = 0,
        largest: int = 1_048_576,
        dead_letters: SqsQueue | None = None,
        max_receive_count: int = 5,
        fifo: FifoAttributes | None = None,
    ) -> SqsQueue:
        attributes = QueueAttributes(
            visibility_timeout_seconds=visibility,
            retention_seconds=retention,
            delay_seconds=delay,
            receive_wait_seconds=wait,
            maximum_message_bytes=largest,
            redrive=DeadLetterPolicy(dead_letters.arn, max_receive_count) if dead_letters else None,
            fifo=fifo,
        )
        arn = f"arn:aws:sqs:us-east-1:123456789012:{name}"
        url = f"https://sqs.us-east-1.amazonaws.com/123456789012/{name}"
        return self.account.create_queue(name, arn, url, attributes)

    def fifo(self, name: str = "jobs", *, content_based: bool = False, **settings: Any) -> FifoQueue:
        """A FIFO queue."""
        queue = self.queue(name, fifo=FifoAttributes(content_based=content_based), **settings)
        assert isinstance(queue, FifoQueue)
        return queue

    def function(self, name: str = "worker", *, timeout: int = 5, reserved: int | None = None) -> str:
        arn = f"arn:aws:lambda:us-east-1:123456789012:function:{name}"
        config = FunctionConfig(name, arn, "app.handler", timeout_seconds=timeout, reserved_concurrency=reserved)
        self.account.functions.add(config)
        return name

    def mapping(
        self, queue: SqsQueue, *, throttle_retry_limit: ThrottleRetryLimit | None = None, **settings: Any
    ) -> QueueConsumer:
        """A mapping of `worker` (or `function=...`) on the queue; it polls from `start` on."""
        if throttle_retry_limit is not None:
            self.account.assumptions = replace(self.account.assumptions, throttle_retry_limit=throttle_retry_limit)
        config = SqsMappingConfig(**({"name": "mapping", "function": "worker"} | settings))
        return self.account.create_mapping(config, queue)

    def start(self) -> None:
        self.account.start()

    # -- doing things -------------------------------------------------------------------------------------

    def sqs(self, operation: str, **parameters: Any) -> dict[str, Any]:
        """Call the SQS API; the answer must be there at once."""
        answer = self.account.sqs.call(operation, parameters, CALLER)
        assert not isinstance(answer, LongPoll)
        return answer

    def long_poll(self, **parameters: Any) -> LongPoll:
        """Call ReceiveMessage, which has to wait."""
        answer = self.account.sqs.call("ReceiveMessage", parameters, CALLER)
        assert isinstance(answer, LongPoll)
        return answer

    def send(self, queue: SqsQueue, *bodies: str) -> list[str]:
        return [queue.send(body).id for body in bodies]

    def invoke(self, name: str = "worker", payload: str = "{}") -> tuple[str | Throttled, list[InvokeResult]]:
        """Invoke a function now; its result appears in the list when there is one."""
        results: list[InvokeResult] = []
        return self.account.functions.invoke(name, payload, results.append, by=TESTS), results

    def at(self, at_seconds: float, callback: Callable[..., Any], *arguments: Any) -> None:
        self.scheduler.at(seconds(at_seconds), callback, *arguments)

    # -- looking at things --------------------------------------------------------------------------------

    def run(self, until_seconds: float | None = None) -> None:
        self.scheduler.run(None if until_seconds is None else seconds(until_seconds))

    def wait(self, for_seconds: float) -> None:
        self.scheduler.run(self.scheduler.now + seconds(for_seconds))

    @property
    def now(self) -> float:
        return in_seconds(self.scheduler.now)

    @property
    def calls(self) -> list[Call]:
        return self.runtime.calls

    def events(self, *kinds: type[E]) -> list[E]:
        return [event for event in self.journal.events if isinstance(event, kinds)]

    def history(self) -> History:
        """What the invariants look at."""
        account = self.account
        retention = {name: stream.retention_hours * 3_600 for name, stream in account.streams_by_name.items()}
        retention |= {stream.name: stream.retention_hours * 3_600 for stream in account.table_streams.values()}
        return History(
            events=tuple(self.journal.events),
            account_concurrency=ACCOUNT_CONCURRENCY,
            depths={queue.name: len(queue.messages) for queue in account.queues.values()},
            retention_seconds=retention,
        )

    def messages_of(self, *kinds: type[EventBase]) -> list[str]:
        """Ids of the messages, records or asynchronous events that events of these kinds are about, in order."""
        return [_subject(event) for event in self.events(*kinds)]

    def times_of(self, *kinds: type[EventBase]) -> list[float]:
        return [in_seconds(event.instant_us) for event in self.events(*kinds)]


def _subject(event: EventBase) -> str:
    name = next(name for name in ("message", "record", "event") if hasattr(event, name))
    return str(getattr(event, name))


def bodies(count: int, start: int = 1) -> Iterable[str]:
    return (f"job-{number}" for number in range(start, start + count))


def receive(queue: SqsQueue, maximum: int = 10) -> list[str]:
    """Bodies of what a receive returns now."""
    return [delivery.message.body for delivery in queue.receive(maximum)]


def remaining(queue: SqsQueue) -> list[str]:
    return [message.body for message in queue.messages]
