"""Asynchronous invokes: Lambda's own queue in front of a function (semantics.md D).

The life of an event:

    accept -> invoke -> success -------------------------------------> on-success destination
                |  function error, retries left: 1 min, then 2 min -> invoke again
                |  throttled, or Lambda fails: 1 s to 5 min -------> invoke again, retries untouched
                '- retries exhausted, or the event is too old -----> on-failure destination, dead-letter queue, or gone
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from delivery_lab.errors import DeploymentRefusedError
from delivery_lab.events import (
    Actor,
    EventAccepted,
    EventAnswered,
    EventCompleted,
    EventDeadLettered,
    EventDiscarded,
    EventExpired,
    EventInvoked,
    EventRetryScheduled,
    Journal,
)
from delivery_lab.function_names import LATEST_VERSION
from delivery_lab.limits.functions import EVENT_AGE, RETRY_ATTEMPTS
from delivery_lab.model.backoff import Backoff
from delivery_lab.model.clock import Scheduler, seconds
from delivery_lab.model.destinations import Condition, Ended
from delivery_lab.model.event_surroundings import EventDestinations, EventFunctions
from delivery_lab.model.invokes import InvokeResult, Throttled
from delivery_lab.model.loops import NO_LINEAGE, Lineage
from delivery_lab.model.randomness import RandomStreams
from delivery_lab.rule_ids import RuleId
from delivery_lab.rules.assumptions import DEFAULTS, UnreadFailures

RETRY_SECONDS = (60, 120)

BY = Actor("lambda", "asynchronous invokes")
"""Who invokes."""


def throttle_backoff(jitter: float) -> Backoff:
    """How long an event waits that was throttled, or that Lambda failed (ASY-BACKOFF-1, ASY-BACKOFF-2).

    From 1 s to 5 min, both documented.

    Args:
        jitter: by which share a wait is shorter or longer than its doubling, at most; 0 to below 1.
    """
    return Backoff(1.0, 300.0, 1.0 - jitter, 1.0 + jitter)


@dataclass(frozen=True, slots=True)
class EventInvokeConfig:
    """How a function's asynchronous invokes are handled. Defaults are those of AWS.

    Attributes:
        maximum_retry_attempts: 0 to 2.
        maximum_event_age_seconds: 60 to 21,600.
        on_success: ARN of the destination of successes, or None.
        on_failure: ARN of the destination of failures, or None.
        dead_letter: ARN of the function's dead-letter queue or topic, or None.
    """

    maximum_retry_attempts: int = RETRY_ATTEMPTS.default
    maximum_event_age_seconds: int = EVENT_AGE.default
    on_success: str | None = None
    on_failure: str | None = None
    dead_letter: str | None = None

    def check(self, resource: str) -> None:
        """Refuse what `PutFunctionEventInvokeConfig` refuses.

        Raises:
            DeploymentRefusedError: with AWS's code and message.
        """
        for name, value, limit in (
            ("maximumRetryAttempts", self.maximum_retry_attempts, RETRY_ATTEMPTS),
            ("maximumEventAgeInSeconds", self.maximum_event_age_seconds, EVENT_AGE),
        ):
            if not limit.allows(value):
                raise DeploymentRefusedError(
                    resource,
                    "ValidationException",
                    f"Value {value} at '{name}' failed to satisfy constraint: {limit.range}",
                    rule=limit.rule,
                    fix=f"set {name} from {limit.range}",
                )


@dataclass(slots=True)
class _Event:
    function: str
    qualifier: str
    request_id: str
    payload: str
    lineage: Lineage
    accepted_at: int
    invokes: int = 0
    throttles: int = 0
    result: InvokeResult | None = None
    running: bool = False


class AsynchronousInvokes:
    """The internal queues of all functions.

    Args:
        functions: the Lambda service.
        scheduler: the run's clock.
        streams: the run's chance.
        journal: where events are written.
    """

    def __init__(
        self, functions: EventFunctions, *, scheduler: Scheduler, streams: RandomStreams, journal: Journal
    ) -> None:
        self._functions = functions
        self._scheduler = scheduler
        self._streams = streams
        self._journal = journal
        self.configs: dict[tuple[str, str], EventInvokeConfig] = {}  # by function and version or alias
        self.destinations: EventDestinations | None = None
        """Delivers records; set once the account has it."""
        self.backoff = throttle_backoff(DEFAULTS.event_jitter)
        """How long throttled events wait (ASY-BACKOFF-2)."""
        self.unread: frozenset[str] = frozenset()
        """ARNs of topics and buses that hand on to nobody in the stack."""
        self.unread_failures = DEFAULTS.unread_failures
        """Whether others get what arrives there (DST-SINK-2)."""

    def configure(self, function: str, config: EventInvokeConfig, qualifier: str = LATEST_VERSION) -> None:
        """Replace the configuration of a function, version or alias, which is overwritten as a whole (ASY-CONFIG-1)."""
        self.configs[function, qualifier] = config

    def configuration(self, function: str, qualifier: str = LATEST_VERSION) -> EventInvokeConfig:
        """The configuration of invokes of a function by a version or alias (ASY-CONFIG-2).

        Where it has none, AWS's defaults, with the dead-letter queue that the function has itself (ASY-CONFIG-3).
        """
        found = self.configs.get((function, qualifier))
        if found is not None:
            return found
        latest = self.configs.get((function, LATEST_VERSION), EventInvokeConfig())
        return EventInvokeConfig(dead_letter=latest.dead_letter)

    def targets(self) -> frozenset[str]:
        """Logical names of all destinations and dead-letter queues of functions."""
        failed = (arn for c in self.configs.values() for arn in (c.on_failure, c.dead_letter))
        return self._named(failed) | self.success_targets()

    def success_targets(self) -> frozenset[str]:
        """Logical names of the destinations to which the records of successes go."""
        return self._named(config.on_success for config in self.configs.values())

    def _named(self, arns: Iterable[str | None]) -> frozenset[str]:
        names = (self._destinations.name_of(arn) for arn in arns if arn is not None)
        return frozenset(name for name in names if name is not None)

    def accept(
        self,
        function: str,
        payload: str,
        *,
        by: Actor,
        lineage: Lineage = NO_LINEAGE,
        follow_up: bool = False,
        request_id: str = "",
        qualifier: str = LATEST_VERSION,
    ) -> str:
        """Take an event in; the caller gets 202 now (ASY-QUEUE-1).

        Args:
            function: name of the function.
            payload: the event as JSON text, at most 1 MB.
            by: who sends it, for the journal.
            lineage: what the chain of events has run through.
            follow_up: whether it tells of another event that failed, and so is no message of its own.
            request_id: the id that it gets, "" for a new one.
            qualifier: the version or alias by which it is invoked.

        Returns:
            The event's request id, which its retries keep (ASY-ID-1).
        """
        request_id = request_id or self._functions.new_request_id(function)
        now = self._scheduler.now
        event = _Event(function, qualifier, request_id, payload, lineage, now)
        self._journal.append(
            EventAccepted(now, "ASY-QUEUE-1", function, request_id, payload=payload, by=by, follow_up=follow_up)
        )
        self._journal.rely_on("ASY-ONCE-1", "ASY-ID-1")
        if qualifier != LATEST_VERSION:
            self._journal.rely_on("ASY-CONFIG-2" if (function, qualifier) in self.configs else "ASY-CONFIG-3")
        if self._functions.loops.stops(function, lineage):
            self._stop_retrying(event, Condition.RETRIES_EXHAUSTED, "ASY-LOOP-1")
        elif self._functions.configuration(function).reserved_concurrency == 0:
            self._stop_retrying(event, Condition.ZERO_RESERVED_CONCURRENCY, "ASY-ZERO-1")
        else:
            self._scheduler.at(self._scheduler.now, self._invoke, event)
            if self._functions.faults.of_function(function, payload, duplicating=True) is not None:
                self._scheduler.at(self._scheduler.now, self._invoke_again, event)
        return request_id

    # -- invoking -----------------------------------------------------------------------------------------

    def _invoke(self, event: _Event) -> None:
        answer = self._functions.invoke(
            event.function,
            event.payload,
            lambda result: self._answer(event, result),
            by=BY,
            request_id=event.request_id,
            lineage=event.lineage,
        )
        if isinstance(answer, Throttled):
            self._back_off(event)
        elif isinstance(answer, str):
            self._accepted(event)
        else:
            answer.then(lambda _: self._accepted(event), lambda _: self._refused(event))

    def _accepted(self, event: _Event) -> None:
        event.invokes += 1
        event.running = True
        self._handed_over(event)

    def _refused(self, event: _Event) -> None:
        """Lambda did not take it, also where that was supposed for a moment."""
        event.invokes -= event.running
        event.running = False
        self._back_off(event)

    def _invoke_again(self, event: _Event) -> None:
        """A second delivery for no reason (ASY-ONCE-1); what becomes of it changes nothing."""
        answer = self._functions.invoke(
            event.function,
            event.payload,
            lambda result: self._note_result(event, result),
            by=BY,
            request_id=event.request_id,
            lineage=event.lineage,
        )
        if isinstance(answer, str):
            self._handed_over(event)

    def _handed_over(self, event: _Event) -> None:
        self._journal.append(EventInvoked(self._scheduler.now, "ASY-QUEUE-1", event.function, event.request_id))

    def _back_off(self, event: _Event) -> None:
        """Throttles and failures of Lambda itself use up no retry; the event waits longer each time (ASY-BACKOFF-1)."""
        self._journal.rely_on("ASY-BACKOFF-2")
        chance = self._streams.stream("asynchronous back-off", event.function).random()
        delay = self.backoff.wait(event.throttles, chance)
        event.throttles += 1
        self._wait(event, delay, "ASY-BACKOFF-1")

    def _wait(self, event: _Event, delay: int, rule: RuleId) -> None:
        """Try again after so many microseconds, unless the event grows too old before (ASY-AGE-1)."""
        instant = self._scheduler.now + delay
        oldest = event.accepted_at + seconds(self._config_of(event).maximum_event_age_seconds)
        if instant > oldest:
            self._journal.rely_on("ASY-AGE-2")
            self._scheduler.at(
                max(oldest, self._scheduler.now), self._stop_retrying, event, Condition.EVENT_AGE_EXCEEDED, "ASY-AGE-1"
            )
            return
        self._journal.append(
            EventRetryScheduled(
                self._scheduler.now,
                rule,
                event.function,
                event.request_id,
                attempt=event.invokes + event.throttles,
                at_us=instant,
            )
        )
        self._scheduler.at(instant, self._invoke, event)

    # -- answering ----------------------------------------------------------------------------------------

    def _answer(self, event: _Event, result: InvokeResult) -> None:
        event.result = result
        event.running = False
        self._note_result(event, result)
        config = self._config_of(event)
        retries = event.invokes - 1
        if result.error is None:
            self._succeed(event, config)
        elif retries >= config.maximum_retry_attempts:
            self._stop_retrying(event, Condition.RETRIES_EXHAUSTED, "ASY-RETRY-2")
        else:
            # A wait of its own for each retry; throttles in between start from 1 s again.
            event.throttles = 0
            self._wait(event, seconds(RETRY_SECONDS[retries]), "ASY-RETRY-1")

    def _note_result(self, event: _Event, result: InvokeResult) -> None:
        rule: RuleId = "LAM-ERR-1" if result.error else "ASY-QUEUE-1"
        self._journal.append(
            EventAnswered(self._scheduler.now, rule, event.function, event.request_id, error=result.error)
        )

    def _succeed(self, event: _Event, config: EventInvokeConfig) -> None:
        self._journal.append(EventCompleted(self._scheduler.now, "ASY-QUEUE-1", event.function, event.request_id))
        if config.on_success is not None:
            self._deliver(config.on_success, self._ended(event, Condition.SUCCESS), "DST-SUCCESS-1")

    def _stop_retrying(self, event: _Event, condition: Condition, rule: RuleId) -> None:
        """Retry no more: to the destination and dead-letter queue, or the event is discarded (ASY-GONE-1)."""
        arrived, unread = self._hand_over(self._config_of(event), self._ended(event, condition))
        now, function = self._scheduler.now, event.function
        if arrived is not None:
            self._journal.rely_on(rule)
            target = self._destinations.name_of(arrived)
            assert target is not None, arrived
            self._journal.append(EventDeadLettered(now, "DST-FAILURE-1", function, event.request_id, target))
        elif condition is Condition.EVENT_AGE_EXCEEDED:
            self._journal.append(EventExpired(now, rule, function, event.request_id))
        else:
            self._journal.rely_on(rule)
            gone: RuleId = "DST-SINK-2" if unread else "ASY-LOOP-1" if rule == "ASY-LOOP-1" else "ASY-GONE-1"
            self._journal.append(EventDiscarded(now, gone, function, event.request_id))

    def _hand_over(self, config: EventInvokeConfig, ended: Ended) -> tuple[str | None, bool]:
        """Send an event to where failures go.

        Returns:
            ARN of the place that has it, None where none has; whether one took it that nobody of the stack reads.
        """
        taken = []
        if config.dead_letter is not None and self._dead_letter(config.dead_letter, ended):
            taken.append(config.dead_letter)
        if config.on_failure is not None and self._deliver(config.on_failure, ended, "DST-FAILURE-1"):
            taken.insert(0, config.on_failure)
        unread = self.unread.intersection(taken)
        if unread:
            self._journal.rely_on("DST-SINK-2")
        if self.unread_failures is UnreadFailures.LOST:
            taken = [arn for arn in taken if arn not in unread]
        # A queue keeps it, a function may fail with it, and what nobody reads may be nowhere.
        surest = min(taken, key=lambda arn: (arn in unread, arn.split(":")[2] == "lambda"), default=None)
        return surest, bool(unread)

    def _config_of(self, event: _Event) -> EventInvokeConfig:
        return self.configuration(event.function, event.qualifier)

    def _ended(self, event: _Event, condition: Condition) -> Ended:
        configuration = self._functions.configuration(event.function)
        return Ended(
            event.request_id,
            configuration.arn,
            event.payload,
            condition,
            event.invokes,
            event.result,
            # A pass counts also where the function never ran: two that are throttled for ever may name each other.
            {**event.lineage, event.function: event.lineage.get(event.function, 0) + 1},
            event.qualifier,
            configuration.qualifiers.get(event.qualifier, LATEST_VERSION),
        )

    @property
    def _destinations(self) -> EventDestinations:
        assert self.destinations is not None
        return self.destinations

    def _deliver(self, arn: str, ended: Ended, rule: RuleId) -> bool:
        self._journal.rely_on(rule)
        # Where records of successes go, work goes on: the record of a failure is work there, too.
        goes_on = self._destinations.name_of(arn) in self.success_targets()
        follow_up = ended.condition is not Condition.SUCCESS and not goes_on
        return self._destinations.deliver(arn, replace(ended, follow_up=follow_up))

    def _dead_letter(self, arn: str, ended: Ended) -> bool:
        return self._destinations.dead_letter(arn, ended)
