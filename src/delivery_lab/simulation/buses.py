"""From event buses, rules and targets of a stack to the model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from delivery_lab.errors import DeploymentRefusedError
from delivery_lab.events import FeederKind
from delivery_lab.limits.eventbridge import EVENT_AGE, RETRIES, TARGETS
from delivery_lab.model.account import Account
from delivery_lab.model.api_errors import eventbridge as errors
from delivery_lab.model.eventbridge import bus as model
from delivery_lab.model.eventbridge.bus import EventBus, RuleTarget
from delivery_lab.model.eventbridge.dead_letters import DeadLetters, Retries, RetryPolicy, backoff_of
from delivery_lab.model.eventbridge.inputs import ConstantInput, PathInput, TargetInput, TransformedInput, WholeEvent
from delivery_lab.model.eventbridge.pattern import EventPattern, parse
from delivery_lab.model.feeds.feed import Feed
from delivery_lab.model.feeds.targets import FeedTarget, RefusedTarget
from delivery_lab.model.runtime import AwsError
from delivery_lab.rule_ids import RuleId
from delivery_lab.simulation.permits import account_of
from delivery_lab.simulation.schedules import tick_of_rule
from delivery_lab.simulation.supported_feeds import feed_problem
from delivery_lab.simulation.targets import Targets
from delivery_lab.stack.events import DEFAULT_BUS, Bus, EventRule, EventTarget, bus_name_of, stray_targets, targets_of
from delivery_lab.stack.functions import Function
from delivery_lab.stack.overwriting import refusals, rival_targets
from delivery_lab.stack.queues import Queue
from delivery_lab.stack.regions import target_apart
from delivery_lab.stack.stack import Stack
from delivery_lab.stack.streams import Stream
from delivery_lab.stack.topics import Topic

SERVICE = "events.amazonaws.com"
REPEATED = "a FIFO queue had the same body in the last five minutes, and took it for a repetition (EB-FIFO-2)"
Receiver = Queue | Function | Topic | Stream | Bus


def place_of(stack: Stack) -> tuple[str, str]:
    """Account and region of a stack, "" where none of its ARNs tells."""
    for resource in stack.resources.values():
        if resource.arn is not None and account_of(resource.arn):
            return account_of(resource.arn), resource.arn.split(":")[3]
    return "", ""


def create_bus(account: Account, resource: Bus) -> None:
    """Create a bus."""
    account.buses.create(resource.label, resource.arn or "")


def connect_buses(stack: Stack, account: Account, notes: list[str]) -> None:
    """Create rules and targets; buses, targets and their policies exist by now.

    Args:
        stack: the stack.
        account: the account of the run.
        notes: what is part of the stack and not simulated.

    Raises:
        DeploymentRefusedError: EventBridge would refuse a rule or a target.
    """
    for target, meant in stray_targets(stack.all(EventTarget), stack.all(EventRule)):
        raise _refused_stray(target, meant)
    owner, region = place_of(stack)
    connector = _RuleConnector(stack, account, notes, owner, region, refusals(rival_targets(stack)))
    for rule in stack.all(EventRule):
        connector.connect(rule)


@dataclass(frozen=True, slots=True)
class _RuleConnector:
    stack: Stack
    account: Account
    notes: list[str]
    owner: str
    region: str
    overwritten: Mapping[str, str]
    """By URN of targets of which it cannot be told whether they count: why."""

    def connect(self, rule: EventRule) -> None:
        pattern = self._pattern(rule)
        self._check_schedule(rule)
        found = list(targets_of(self.stack.all(EventTarget), rule))
        if not TARGETS.allows(len(found)):
            fix = f"give {rule.name} {TARGETS.range}, and another rule with the same pattern the others"
            raise refused(rule.name, errors.TOO_MANY_TARGETS.error(), "EB-TARGETS-1", fix)
        if rule.is_disabled:
            self.notes.append(f"{rule.name} is disabled: it hands nothing on")
            return
        if rule.schedule.value is not None:
            self._connect_clock(rule, found)
        if pattern is None:
            return
        bus = self._bus(rule)
        if bus is None:
            what = rule.bus_name.known or "a bus that is known only after deployment"
            self.notes.append(
                f"{rule.name} is about {what}, which is not in this stack: nothing arrives there in a run"
            )
            return
        for target in found:
            self._connect_target(bus, rule, target, pattern)

    def _bus(self, rule: EventRule) -> EventBus | None:
        name = rule.bus_name.known
        if name is not None and bus_name_of(rule.bus_name) == DEFAULT_BUS:
            return self.account.buses.default(self.owner, self.region)
        return None if name is None else self.account.buses.find(name)

    def _pattern(self, rule: EventRule) -> EventPattern | None:
        if not rule.pattern.given:
            return None
        text = rule.pattern.certain()
        if text is None:
            return None
        try:
            return parse(text)
        except AwsError as error:
            raise refused(rule.name, error, "EB-PATTERN-2", f"correct the eventPattern of {rule.name}") from error

    def _check_schedule(self, rule: EventRule) -> None:
        if rule.schedule.value is not None and rule.bus_name.known and bus_name_of(rule.bus_name) != DEFAULT_BUS:
            fix = f"put {rule.name} on the default bus"
            raise refused(rule.name, errors.SCHEDULE_ON_CUSTOM_BUS.error(), "EB-SCHEDULE-2", fix)

    def _connect_target(self, bus: EventBus, rule: EventRule, target: EventTarget, pattern: EventPattern) -> None:
        made = self.target(rule, target, bus.name)
        if made is not None:
            bus.targets.append(replace(made, pattern=pattern))

    def _connect_clock(self, rule: EventRule, found: list[EventTarget]) -> None:
        """Let a rule go off at times."""
        made = [self.target(rule, target, rule.label, "schedule") for target in found]
        bus = self.account.buses.default(self.owner, self.region)
        tick_of_rule(self.account, rule, bus, [target for target in made if target is not None])

    def target(self, rule: EventRule, target: EventTarget, feeder: str, kind: FeederKind = "bus") -> RuleTarget | None:
        """A target of a rule, None where it is none of the stack.

        Args:
            rule: the rule.
            target: the target.
            feeder: name of the bus, or of the rule where it goes off at times.
            kind: which of the two.
        """
        receiver = self._receiver(target)
        if receiver is None:
            where = target.target_arn.known or "somebody who is known only after deployment"
            self.notes.append(
                f"{target.name} hands on what {rule.name} is about to {where}, outside this stack: that is not counted"
            )
            return None
        apart = target_apart(self.stack, rule, target)
        if apart is not None:
            fix = f"hand on to a bus in {apart[0]}, and from there to {receiver.name}"
            raise refused(target.name, errors.OTHER_REGION.error(target=apart[0], rule=apart[1]), "EB-REGION-1", fix)
        if isinstance(receiver, Queue) and receiver.fifo.known and target.group.is_known and not target.group.known:
            error = errors.NO_GROUP.error(target=target.target_id.known or target.name)
            raise refused(target.name, error, "EB-FIFO-3", f"set sqsTarget.messageGroupId of {target.name}")
        problem = self.overwritten.get(target.urn, "") or _problem(self.stack, rule, target)
        policy = RetryPolicy() if problem else self._policy(target)
        feed_target = RefusedTarget(receiver.label, problem) if problem else self._feed_target(rule, target, receiver)
        feed = Feed(
            feeder,
            kind,
            target.label if kind == "bus" else f"{target.label} at times",
            feed_target,
            None if problem else self._dead_letters(rule, target),
            wait=Retries(
                target.label,
                policy,
                backoff_of(self.account.assumptions.rule_retry_seconds),
                self.account.streams,
                self.account.journal,
            ).wait,
            rules=model.RULES,
            faults=lambda: self.account.faults,
            scheduler=self.account.scheduler,
            journal=self.account.journal,
            dead_letter=DeadLetters(rule.arn or "", target.target_arn.known or "", policy, self.account.journal).letter,
            repeated=REPEATED,
        )
        self.account.feeds.append(feed)
        return RuleTarget(
            feed,
            None,
            WholeEvent() if problem else self._input(rule, target),
            group="" if problem else target.group.certain() or "",
            key_path="" if problem else target.partition_key_path.certain() or "",
            rules=_rules(target, receiver),
            is_bus=isinstance(receiver, Bus),
        )

    def _receiver(self, target: EventTarget) -> Receiver | None:
        arn = target.target_arn.known
        found = self.stack.function_at(arn) or self.stack.at(arn)
        return found if isinstance(found, Receiver) else None

    def _feed_target(self, rule: EventRule, target: EventTarget, receiver: Receiver) -> FeedTarget:
        targets = Targets(self.stack, self.account, SERVICE, "EB-POLICY-1", self.owner)
        source, arn = rule.name, rule.arn or ""
        if _has_role(target, receiver):
            by_role = targets.by_role(receiver, target.label, target.name, target.role_arn, target.target_arn.known)
            if not by_role.permit.refusal:
                return by_role
        match receiver:
            case Queue():
                return targets.queue(receiver, source, arn)
            case Function():
                return targets.function(receiver, target.label, source, arn, target.target_arn.known)
            case Topic():
                return replace(targets.topic(receiver, source, arn), subject="")
            case Stream():
                return targets.stream(receiver, target.name, target.role_arn)
            case Bus():
                return targets.bus(receiver, target.name, target.role_arn)

    def _dead_letters(self, rule: EventRule, target: EventTarget) -> FeedTarget | None:
        arn = target.dead_letter_arn.certain()
        if arn is None:
            return None
        queue = self.stack.queue_at(arn)
        if queue is None:
            why = f"an event is dead-lettered by {target.name}, to {arn}, which is not in this stack"
            return RefusedTarget(arn, f"{why}\n  nearest: a queue of the same stack")
        if queue.fifo.certain():
            why = f"an event is dead-lettered by {target.name}, to the FIFO queue {queue.name}"
            return RefusedTarget(queue.label, f"{why}; that is not modelled\n  nearest: a standard queue")
        targets = Targets(self.stack, self.account, SERVICE, "EB-DLQ-5", self.owner)
        return targets.queue(queue, rule.name, rule.arn or "")

    def _policy(self, target: EventTarget) -> RetryPolicy:
        for setting, bound in ((target.maximum_retries, RETRIES), (target.maximum_age_seconds, EVENT_AGE)):
            if not bound.allows(setting.certain()):
                error = AwsError(
                    "ValidationException", f"Value '{setting.value}' at '{bound.name}' failed to satisfy constraint"
                )
                raise refused(target.name, error, "EB-RETRY-1", f"set {setting.origin.input} to {bound.range}")
        return RetryPolicy(target.maximum_retries.certain(), target.maximum_age_seconds.certain())

    def _input(self, rule: EventRule, target: EventTarget) -> TargetInput:
        content, path, template = target.input.certain(), target.input_path.certain(), target.template.certain()
        given = [each for each in (content, path, template) if each is not None]
        fix = f"leave one input of {target.name}"
        name = target.target_id.known or target.name
        if len(given) > 1:
            raise refused(target.name, errors.ONE_INPUT.error(target=name), "EB-INPUT-1", fix)
        if content is not None:
            return ConstantInput(content)
        if path is not None:
            return PathInput(path)
        if template is None:
            return WholeEvent()
        made = TransformedInput(target.input_paths.certain(), template, rule.arn or "", rule.physical_name or rule.name)
        try:
            made.check(name)
        except AwsError as error:
            raise refused(
                target.name, error, "EB-INPUT-3", f"name a path for it in inputPaths of {target.name}"
            ) from error
        return made


def _refused_stray(target: EventTarget, meant: EventRule) -> DeploymentRefusedError:
    """A target of a rule that is not there (EB-TARGETS-3)."""
    name, bus = target.rule_name.certain(), bus_name_of(target.bus_name)
    if name == meant.arn:
        fix = f"set rule of {target.name} to the name of {meant.name}"
        return refused(target.name, errors.RULE_BY_ARN.error(rule=name), "EB-TARGETS-3", fix)
    fix = f"set eventBusName of {target.name} to that of {meant.name}, {bus_name_of(meant.bus_name)}"
    return refused(target.name, errors.NO_RULE.error(rule=name, bus=bus), "EB-TARGETS-3", fix)


def _problem(stack: Stack, rule: EventRule, target: EventTarget) -> str:
    """Why an event that reaches a target ends the run; "" if it does not."""
    problem = feed_problem(stack, target)
    if problem or not target.unknown:
        return problem
    unknown = ", ".join(target.unknown)
    return (
        f"an event reaches {target.name} of {rule.name}, and its {unknown} is known only after deployment\n"
        "  nearest: values that the program knows"
    )


def _has_role(target: EventTarget, receiver: Receiver) -> bool:
    """Whether a target has a role that it could do without, since what it sends to has a policy (EB-POLICY-2)."""
    return isinstance(receiver, (Queue, Function, Topic)) and target.role_arn.value is not None


def _rules(target: EventTarget, receiver: Receiver) -> tuple[RuleId, ...]:
    """Rules that a delivery leans on."""
    found: list[RuleId] = ["EB-DELIVER-1"]
    if _has_role(target, receiver):
        found.append("EB-POLICY-2")
    if target.template.value is not None:
        found += ["EB-INPUT-3", "EB-INPUT-5"]
    elif target.input_path.value is not None:
        found.append("EB-INPUT-2")
    elif target.input.value is not None:
        found.append("EB-INPUT-1")
    if isinstance(receiver, Queue) and receiver.fifo.known:
        found.append("EB-FIFO-1")
    if isinstance(receiver, Stream):
        found.append("EB-KINESIS-1")
    if isinstance(receiver, Bus):
        found.append("EB-BUS-1")
    return tuple(found)


def refused(resource: str, error: AwsError, rule: RuleId, fix: str) -> DeploymentRefusedError:
    """A refusal of EventBridge."""
    message = f"{error.message} {error.why}".rstrip()
    return DeploymentRefusedError(resource, error.code, message, rule=rule, fix=fix)
