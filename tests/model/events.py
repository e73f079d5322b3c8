"""What tests of invokes look at: a world with destinations, and what arrives there."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from delivery_lab.model.asynchronous import EventInvokeConfig
from delivery_lab.model.clock import in_seconds
from delivery_lab.model.runtime import AwsError, Caller, ConnectionFailed, Pending
from delivery_lab.model.sns.publishing import PublishSettings
from delivery_lab.model.sqs.queue import SqsQueue
from delivery_lab.model.targets import Sink
from delivery_lab.rules.assumptions import DEFAULTS, Assumptions
from tests.model.support import TESTS, Behaviour, Call, Script, World, succeed

TOPIC = "arn:aws:sns:us-east-1:123456789012:topic"
BUS = "arn:aws:events:us-east-1:123456789012:event-bus/bus"
BUCKET = "arn:aws:s3:::bucket"
CALLER = Caller("caller", None)


class EventsWorld(World):
    """A world with a function `worker`, a topic without subscriptions, an event bus and a bucket."""

    def __init__(
        self,
        behave: Behaviour = succeed,
        *,
        reserved: int | None = None,
        timeout: int = 5,
        seed: int = 1,
        assumptions: Assumptions = DEFAULTS,
    ) -> None:
        super().__init__(behave, seed, assumptions)
        self.function(reserved=reserved, timeout=timeout)
        self.account.create_topic("topic", TOPIC, PublishSettings())
        self.account.buses.create("bus", BUS)
        self.account.sinks.add(Sink("bucket", BUCKET, "bucket"))

    def configure(self, **settings: Any) -> None:
        self.account.configure_events("config", "worker", EventInvokeConfig(**settings))

    def event(self, payload: str = '{"id": "a"}', function: str = "worker") -> str:
        return self.account.events.accept(function, payload, by=TESTS)

    def arrived(self, arn: str) -> list[Any]:
        sink = self.account.sinks.at(arn)
        assert sink is not None
        return [json.loads(content) for _, content in sink.arrived]

    @property
    def tried_at(self) -> list[float]:
        return [call.at_seconds for call in self.calls]

    def invoke_api(self, caller: Caller = CALLER, **parameters: Any) -> Answers:
        """Call `Invoke`; the answer is there once it has come."""
        answer = self.account.call("lambda", "Invoke", {"FunctionName": "worker", **parameters}, caller)
        answers = Answers(lambda: in_seconds(self.scheduler.now))
        if isinstance(answer, Pending):
            answer.when_done(answers.take)
        else:
            assert isinstance(answer, dict)
            answers.take(answer)
        return answers


class Answers:
    """The answer to a call, and when it came."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self.at_seconds: float | None = None
        self.answer: dict[str, Any] = {}

    def take(self, answer: dict[str, Any] | AwsError | ConnectionFailed) -> None:
        assert isinstance(answer, dict)
        self.at_seconds = self._now()
        self.answer = answer


def bodies_of(queue: SqsQueue) -> list[Any]:
    return [json.loads(message.body) for message in queue.messages]


def failing(times: int, takes_seconds: float = 0.0) -> Behaviour:
    """Code that fails so many times and succeeds then."""
    left = iter(range(times))

    def behave(call: Call) -> Script:
        if next(left, None) is None:
            return Script(takes_seconds, '{"done": true}')
        return Script(takes_seconds, '{"errorType": "ValueError", "errorMessage": "no"}', "ValueError")

    return behave
