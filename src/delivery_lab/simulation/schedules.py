"""From schedules of EventBridge Scheduler, and rules with a schedule expression, to the model."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from delivery_lab.errors import DeploymentRefusedError, NotModelledError
from delivery_lab.limits.eventbridge import FLEXIBLE_WINDOW
from delivery_lab.model.account import Account
from delivery_lab.model.api_errors import eventbridge as errors
from delivery_lab.model.eventbridge.bus import EventBus, Putter, RuleTarget
from delivery_lab.model.eventbridge.dead_letters import DeadLetters, Retries, RetryPolicy, backoff_of
from delivery_lab.model.eventbridge.event import BusEvent, event_time
from delivery_lab.model.feeds.feed import Feed, FeedRules
from delivery_lab.model.feeds.targets import FeedTarget, Parcel, RefusedTarget
from delivery_lab.model.schedules.clockwork import Clockwork, HandOn, TimeTable
from delivery_lab.model.schedules.expressions import BadExpressionError, EveryInterval, Expression, parse
from delivery_lab.model.schedules.inputs import filled_in, notification
from delivery_lab.rule_ids import RuleId
from delivery_lab.simulation.permits import account_of
from delivery_lab.simulation.supported_feeds import feed_problem
from delivery_lab.simulation.targets import Targets
from delivery_lab.stack.events import Bus, EventRule
from delivery_lab.stack.functions import Function
from delivery_lab.stack.queues import Queue
from delivery_lab.stack.resource import StackResource
from delivery_lab.stack.schedules import Schedule
from delivery_lab.stack.settings import Setting
from delivery_lab.stack.stack import Stack
from delivery_lab.stack.streams import Stream
from delivery_lab.stack.topics import Topic

SERVICE = "scheduler.amazonaws.com"
RULES = FeedRules(
    filtered="SCH-INPUT-1",
    handed_on="SCH-INPUT-1",
    retried="SCH-RETRY-1",
    dead_lettered="SCH-DLQ-1",
    discarded="SCH-RETRY-1",
)
_UNIVERSAL = ":scheduler:::aws-sdk:"
"""With it begins the service and operation of a universal target in its ARN."""
REPEATED = "a FIFO queue had the same body in the last five minutes, and took it for a repetition (EB-FIFO-2)"
Receiver = Queue | Function | Topic | Stream | Bus


def tick_of_rule(account: Account, rule: EventRule, bus: EventBus, targets: list[RuleTarget]) -> None:
    """Let a rule go off at times.

    Args:
        account: the account of the run.
        rule: the rule.
        bus: the default bus, on which such rules are.
        targets: what its events are handed on to.

    Raises:
        DeploymentRefusedError: EventBridge would refuse the expression.
    """
    text = rule.schedule.certain() or ""
    expression = _parsed(rule, text, "UTC", once=False)
    by_feed = {target.feed.name: target for target in targets}

    def hand_on(feed: Feed, message: str, meant: datetime) -> None:
        owner, region = bus.place
        time = meant.strftime("%Y-%m-%dT%H:%M:%SZ")
        event = BusEvent(message, "aws.events", "Scheduled Event", {}, time, owner, region, (rule.arn or "",))
        bus.hand_on(by_feed[feed.name], event, message, Putter())

    rules: tuple[RuleId, ...] = ("SCH-EVENT-1", "SCH-RATE-2" if isinstance(expression, EveryInterval) else "SCH-CRON-1")
    _add(account, rule, TimeTable(expression, text), rules, hand_on, [target.feed for target in targets])


def _add(
    account: Account,
    resource: StackResource,
    table: TimeTable,
    rules: tuple[RuleId, ...],
    hand_on: HandOn,
    feeds: list[Feed],
) -> None:
    clockwork = Clockwork(
        resource.label,
        table,
        rules,
        hand_on,
        scheduler=account.scheduler,
        streams=account.streams,
        journal=account.journal,
    )
    clockwork.feeds.extend(feeds)
    account.buses.clockworks[resource.label] = clockwork


def _parsed(resource: StackResource, text: str, zone: str, *, once: bool) -> Expression:
    try:
        return parse(text, zone, once=once)
    except BadExpressionError as error:
        refusal = errors.SCHEDULE.error()
        raise DeploymentRefusedError(
            resource.name,
            refusal.code,
            f"{refusal.message} {text}: {error}.",
            rule="SCH-CRON-1",
            fix=f"correct the scheduleExpression of {resource.name}",
        ) from error


def connect_schedules(stack: Stack, account: Account, notes: list[str]) -> None:
    """Create the schedules of Scheduler; what they invoke exists by now.

    Args:
        stack: the stack.
        account: the account of the run.
        notes: what is part of the stack and not simulated.

    Raises:
        DeploymentRefusedError: Scheduler would refuse a schedule.
    """
    for resource in stack.all(Schedule):
        _Winder(stack, account, notes, resource).connect()


def start_clocks(account: Account, until_seconds: float | None) -> None:
    """Let everything go off that goes off at times, in a run that ends at a time (SCH-RUN-1)."""
    for clockwork in account.buses.clockworks.values() if until_seconds is not None else ():
        clockwork.start()


def stopped_clocks(account: Account) -> Iterator[str]:
    """Notes on what would have gone off in a run that ends at a time, and did not in this one."""
    for clockwork in account.buses.clockworks.values():
        if not clockwork.count and not clockwork.started:
            yield (
                f"{clockwork.name} goes off by {clockwork.table.text}, and not in this run, which ends when nothing "
                f"moves any more: until: with seconds lets it, or schedule: {clockwork.name} (SCH-RUN-1)"
            )


@dataclass(frozen=True, slots=True)
class _Winder:
    stack: Stack
    account: Account
    notes: list[str]
    resource: Schedule

    def connect(self) -> None:
        resource = self.resource
        arn = resource.target_arn.known
        found = self.stack.function_at(arn) or self.stack.at(arn)
        if resource.state.known == "DISABLED":
            self.notes.append(f"{resource.name} is disabled: it does not go off")
            return
        receiver = found if isinstance(found, Receiver) else None
        if receiver is None and not self._universal:
            where = arn or "somebody who is known only after deployment"
            self.notes.append(f"{resource.name} invokes {where}, outside this stack: that is not counted")
            return
        problem = self._problem()
        if problem:
            self._tick(
                TimeTable(EveryInterval(60), "not known"),
                self._feed(RefusedTarget(resource.label, problem), None),
                receiver,
            )
            return
        assert receiver is not None  # a universal target is a problem
        self._tick(self._table(), self._feed(self._target(receiver), self._dead_letters()), receiver)

    @property
    def _universal(self) -> str:
        """The API call that the schedule makes itself, such as `sqs:sendMessage`; "" where it has another target."""
        return (self.resource.target_arn.known or "").partition(_UNIVERSAL)[2]

    def _problem(self) -> str:
        if self._universal:
            return (
                f"{self.resource.name} goes off, and calls {self._universal} itself: a universal target, which is not "
                "modelled\n  nearest: the ARN of the queue, function, topic, stream or bus as its target"
            )
        problem = feed_problem(self.stack, self.resource) or self._unsaid_window()
        if problem or not self.resource.unknown:
            return problem
        unknown = ", ".join(self.resource.unknown)
        return (
            f"{self.resource.name} goes off, and its {unknown} is known only after deployment\n"
            "  nearest: values that the program knows"
        )

    def _unsaid_window(self) -> str:
        """Why it is not known when it goes off; "" where it is."""
        window = self.resource.window_minutes
        if window.known is None or self.resource.window_mode.known != "OFF":
            return ""
        return (
            f"{self.resource.name} goes off, and has {window.origin.input} = {window.known} with the mode OFF; what "
            "Scheduler makes of that is not known (SCH-WINDOW-1)\n  nearest: the mode FLEXIBLE, or no minutes"
        )

    def _check_window(self) -> None:
        """Refuse a flexible window without its length, or with one that there is not (SCH-WINDOW-1).

        Raises:
            DeploymentRefusedError: Scheduler would refuse it.
        """
        minutes = self.resource.window_minutes
        if self.resource.window_mode.certain() == "FLEXIBLE" and not FLEXIBLE_WINDOW.allows(minutes.certain() or 0):
            raise DeploymentRefusedError(
                self.resource.name,
                "ValidationException",
                f"The flexible time window has {minutes.certain() or 'no'} minutes",
                rule="SCH-WINDOW-1",
                fix=f"set {minutes.origin.input} of {self.resource.name} to {FLEXIBLE_WINDOW.range}",
            )

    def _table(self) -> TimeTable:
        resource = self.resource
        self._check_window()
        text = resource.expression.certain()
        return TimeTable(
            _parsed(resource, text, resource.zone.certain(), once=True),
            text,
            window_seconds=60 * (resource.window_minutes.certain() or 0),
            begin=self._date(resource.start),
            end=self._date(resource.end),
            first_at_once=True,
        )

    def _date(self, setting: Setting[str | None]) -> datetime | None:
        text = setting.certain()
        if text is None:
            return None
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            name, which = self.resource.name, setting.origin.input
            raise DeploymentRefusedError(
                name,
                "ValidationException",
                f"Value {text!r} at '{which}' is no time in RFC 3339",
                rule="SCH-DATE-1",
                fix=f"write the {which} of {name} such as 2030-01-01T01:00:00Z",
            ) from None
        return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)

    def _tick(self, table: TimeTable, feed: Feed, receiver: Receiver | None) -> None:
        resource = self.resource

        def hand_on(feed: Feed, message: str, meant: datetime) -> None:
            feed.hand_on(self._parcel(receiver, message, meant))

        rules: list[RuleId] = ["SCH-RATE-1" if isinstance(table.expression, EveryInterval) else "SCH-CRON-1"]
        if table.window_seconds:
            rules.append("SCH-WINDOW-1")
        if table.begin is not None or table.end is not None:
            rules.append("SCH-DATE-1")
        _add(self.account, resource, table, tuple(rules), hand_on, [feed])

    def _parcel(self, receiver: Receiver | None, message: str, meant: datetime) -> Parcel:
        resource, journal = self.resource, self.account.journal
        if self._problem():  # the target refuses it
            return Parcel(message, "{}")
        given = resource.input.certain()
        account, region = (resource.arn or ":::::").split(":")[4], (resource.arn or ":::::").split(":")[3]
        time = meant.strftime("%Y-%m-%dT%H:%M:%SZ")
        if given is None:
            journal.rely_on("SCH-INPUT-2")
            body = notification(resource.arn or "", message, time, account, region)
        else:
            journal.rely_on("SCH-INPUT-1", "SCH-INPUT-3")
            body = filled_in(given, resource.arn or "", message, time)
        if isinstance(receiver, Bus):
            body = self._event(body, message, (account, region))
        return Parcel(
            message,
            body,
            group=resource.group.certain() or "",
            key=resource.partition_key.certain() or message,
            original=body,
        )

    def _event(self, detail: str, message: str, place: tuple[str, str]) -> str:
        resource = self.resource
        held = json.loads(detail)
        if not isinstance(held, dict):
            raise NotModelledError(f"{resource.name} puts an event whose input is no JSON object\n  nearest: an object")
        source, kind = resource.source.certain() or "", resource.detail_type.certain() or ""
        return BusEvent(message, source, kind, held, event_time(self.account.scheduler.now), *place).body

    def _feed(self, target: FeedTarget, dead_letters: FeedTarget | None) -> Feed:
        resource, account = self.resource, self.account
        policy = RetryPolicy(resource.maximum_retries.known or 0, resource.maximum_age_seconds.known or 0)
        backoff = backoff_of(account.assumptions.rule_retry_seconds)
        letters = DeadLetters(
            resource.arn or "", resource.target_arn.known or "", policy, account.journal, by="SCHEDULE_ARN"
        )
        feed = Feed(
            resource.label,
            "schedule",
            resource.label,
            target,
            dead_letters,
            wait=Retries(resource.label, policy, backoff, account.streams, account.journal).wait,
            rules=RULES,
            faults=lambda: account.faults,
            scheduler=account.scheduler,
            journal=account.journal,
            dead_letter=letters.letter,
            repeated=REPEATED,
        )
        account.feeds.append(feed)
        return feed

    @property
    def _targets(self) -> Targets:
        owner = account_of(self.resource.arn or "")
        return Targets(self.stack, self.account, SERVICE, "SCH-ROLE-1", owner)

    def _target(self, receiver: Receiver) -> FeedTarget:
        resource = self.resource
        return self._targets.by_role(
            receiver, resource.label, resource.name, resource.role_arn, resource.target_arn.known
        )

    def _dead_letters(self) -> FeedTarget | None:
        arn = self.resource.dead_letter_arn.certain()
        if arn is None:
            return None
        queue = self.stack.queue_at(arn)
        if queue is None or queue.fifo.certain():
            why = f"{self.resource.name} dead-letters to {arn}, which is no standard queue of this stack"
            return RefusedTarget(arn, f"{why}\n  nearest: a standard queue of the same stack")
        return self._targets.by_role(queue, self.resource.label, self.resource.name, self.resource.role_arn)
