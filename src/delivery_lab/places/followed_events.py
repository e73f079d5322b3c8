"""Asynchronous events in somebody's account: accepted with an id that each of their invokes has (ASY-ID-1)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from delivery_lab.events import (
    Event,
    EventAnswered,
    EventCompleted,
    EventDeadLettered,
    EventDiscarded,
    EventExpired,
    EventInvoked,
    InvokeEnded,
    InvokeStarted,
)
from delivery_lab.live.functions import NO_ENVIRONMENT
from delivery_lab.model.asynchronous import BY, EventInvokeConfig
from delivery_lab.model.clock import seconds
from delivery_lab.places.logs import LoggedInvoke

UNSEEN_TARGET = "what an on-failure destination or dead-letter queue got that is no queue is not seen"
OTHER_NUMBER = "another number of events ended in the dead-letter queue than used up their attempts or their age"
ENDINGS = ("deadLettered", "healthyDeadLettered", "processedDeadLettered", "lost", "expired")
AGE_MARGIN_SECONDS = 60.0
"""An event may be dropped so long after its age is over: Lambda looks when its turn comes."""


class Untold(Protocol):
    """Who writes down what cannot be told."""

    def cannot_tell(self, why: str, *figures: str) -> None:
        """Name figures as unknown."""


@dataclass(slots=True)
class FollowedEvents:
    """The events that one function was sent.

    Attributes:
        function: its name.
        config: how its events are tried again.
        accepted: when each was accepted, by its id.
    """

    function: str
    config: EventInvokeConfig
    accepted: dict[str, int] = field(default_factory=dict)

    def invoked(self, invoke: LoggedInvoke) -> Iterator[Event]:
        """The events of one invoke of an event."""
        at, name = max(invoke.started, self.accepted[invoke.request_id]), invoke.request_id
        ended = max(at, invoke.ended)
        yield InvokeStarted(at, None, self.function, name, NO_ENVIRONMENT, BY)
        yield EventInvoked(at, None, self.function, name)
        yield InvokeEnded(ended, None, self.function, name, NO_ENVIRONMENT, invoke.error)
        yield EventAnswered(ended, None, self.function, name, error=invoke.error)

    def waiting(self, invokes: Iterable[LoggedInvoke], now: int) -> list[str]:
        """The events that have not ended by an instant, as far as the log of the function says."""
        done, failures = self._counted(invokes)
        margin = seconds(AGE_MARGIN_SECONDS)
        return [
            event
            for event in self.accepted
            if event not in done and failures[event] < self._attempts and now <= self._too_old_at(event) + margin
        ]

    def ended(
        self, invokes: Iterable[LoggedInvoke], ended_at: int, grown: Mapping[str, int], dropped: int, untold: Untold
    ) -> Iterator[Event]:
        """How each event ended.

        Args:
            invokes: the log of the function.
            ended_at: the end of the run.
            grown: by how many messages each queue grew that takes what fails, by ARN; none of them is shared.
            dropped: the metric `AsyncEventsDropped`. CloudWatch has points late, so a lower count says nothing.
            untold: takes what is not known.
        """
        invokes = tuple(invokes)
        done, failures = self._counted(invokes)
        last = {invoke.request_id: invoke.ended for invoke in invokes}
        exhausted = [event for event in self.accepted if event not in done and failures[event] >= self._attempts]
        aged = [
            event
            for event in self.accepted
            if event not in done and event not in exhausted and ended_at > self._too_old_at(event)
        ]
        for event, at in done.items():
            yield EventCompleted(max(at, self.accepted[event]), None, self.function, event)
        targets = [arn for arn in (self.config.on_failure, self.config.dead_letter) if arn is not None]
        failed = len(exhausted) + len(aged)
        if dropped > failed:
            seen = f"{failed} events are known to have failed"
            why = f"the metric AsyncEventsDropped of a function counts {dropped}, and {seen}"
            untold.cannot_tell(why, *(f"messages.{each}" for each in (*ENDINGS, "remaining")))
        for arn in targets:
            if arn not in grown and failed:
                untold.cannot_tell(UNSEEN_TARGET, *(f"messages.{each}" for each in ENDINGS))
            elif grown.get(arn, 0) != failed:
                untold.cannot_tell(OTHER_NUMBER, *(f"messages.{each}" for each in ENDINGS))
        for event in (*exhausted, *aged):
            at = ended_at if event in aged else max(last[event], self.accepted[event])
            if targets:
                yield EventDeadLettered(at, None, self.function, event, target=targets[0].rpartition(":")[2])
            elif event in aged:
                yield EventExpired(at, None, self.function, event)
            else:
                yield EventDiscarded(at, None, self.function, event)

    @property
    def _attempts(self) -> int:
        return self.config.maximum_retry_attempts + 1

    def _too_old_at(self, event: str) -> int:
        return self.accepted[event] + seconds(self.config.maximum_event_age_seconds)

    def _counted(self, invokes: Iterable[LoggedInvoke]) -> tuple[dict[str, int], Counter[str]]:
        """When each event first succeeded, and how often it failed."""
        done: dict[str, int] = {}
        failures: Counter[str] = Counter()
        for invoke in invokes:
            if invoke.request_id in self.accepted:
                if invoke.error is None:
                    done.setdefault(invoke.request_id, invoke.ended)
                else:
                    failures[invoke.request_id] += 1
        return done, failures
