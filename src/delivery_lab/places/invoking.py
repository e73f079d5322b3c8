"""Invokes by the workload in a real place: asynchronous ones by the model's own queue and retries, in real time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from delivery_lab.events import (
    Actor,
    EventAccepted,
    EventCompleted,
    EventDeadLettered,
    EventDiscarded,
    EventExpired,
    InvokeAnswered,
)
from delivery_lab.live.destinations import RealEventDestinations
from delivery_lab.live.functions import RealFunctions
from delivery_lab.live.queues import RealQueue
from delivery_lab.model.account import Account
from delivery_lab.model.asynchronous import AsynchronousInvokes, throttle_backoff
from delivery_lab.model.invokes import InvokeResult, Throttled
from delivery_lab.model.randomness import RandomStreams
from delivery_lab.places.known import destinations_of_events
from delivery_lab.rule_ids import RuleId

_WORKLOAD = Actor("workload", "send")
_ENDS = (EventCompleted, EventDeadLettered, EventDiscarded, EventExpired)


@dataclass(slots=True)
class RealInvokes:
    """Invokes functions as the workload asks for.

    Attributes:
        functions: the functions.
        events: Lambda's queue of asynchronous invokes, by the model.
        open: how many events were accepted and have not ended.
    """

    functions: RealFunctions
    events: AsynchronousInvokes
    open: int = field(default=0)

    def __post_init__(self) -> None:
        journal = self.functions.journal
        journal.listen(EventAccepted, lambda _: self._count(1))
        for kind in _ENDS:
            journal.listen(kind, lambda _: self._count(-1))

    def _count(self, more: int) -> None:
        self.open += more

    def accept(self, function: str, payload: str) -> None:
        """Take an event in: the caller has its answer at once (ASY-QUEUE-1)."""
        self.events.accept(function, payload, by=_WORKLOAD)

    def invoke(self, function: str, payload: str) -> None:
        """Invoke a function and wait for its answer; nobody tries again (SYN-RETRY-1)."""
        answer = self.functions.invoke(function, payload, lambda result: self._answered(function, result), by=_WORKLOAD)
        if isinstance(answer, Throttled):
            self._refused(function, answer)
        else:
            answer.then(lambda _: None, lambda throttled: self._refused(function, throttled))

    def _answered(self, function: str, result: InvokeResult) -> None:
        self._note(function, result.request_id, 200, result.error)

    def _refused(self, function: str, throttled: Throttled) -> None:
        self.functions.journal.rely_on("SYN-THROTTLE-1")
        self._note(function, None, throttled.status, throttled.code)

    def _note(self, function: str, invoke: str | None, status: int, error: str | None) -> None:
        rule: RuleId | None = "SYN-ERROR-1" if status == 200 else None
        journal, now = self.functions.journal, self.functions.scheduler.now
        journal.append(InvokeAnswered(now, rule, function, invoke, status, error))


def invokes_of(
    account: Account, functions: RealFunctions, queues: Mapping[str, RealQueue], client: Any, seed: int
) -> RealInvokes:
    """What invokes the functions of an account.

    Args:
        account: the stack as it was deployed.
        functions: its functions.
        queues: its queues, by name.
        client: boto3's client of SNS, None where no topic is a destination.
        seed: draws how long throttled events wait.
    """
    scheduler, journal = functions.scheduler, functions.journal
    events = AsynchronousInvokes(functions, scheduler=scheduler, streams=RandomStreams(seed), journal=journal)
    events.backoff = throttle_backoff(account.assumptions.event_jitter)
    events.destinations = RealEventDestinations(list(queues.values()), topics_of(account), client, scheduler, journal)
    for (name, qualifier), config in account.events.configs.items():
        events.configure(name, config, qualifier)
    return RealInvokes(functions, events)


def topics_of(account: Account) -> dict[str, str]:
    """Names of the topics that are destinations of functions, by ARN."""
    found: dict[str, str] = {}
    for arn in destinations_of_events(account):
        sink = account.sinks.at(arn)
        if sink is not None and arn.split(":")[2] == "sns":
            found[arn] = sink.name
    return found
