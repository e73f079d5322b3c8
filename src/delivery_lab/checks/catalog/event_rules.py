"""Rules of event buses: whether they may use their targets, what targets get, and what becomes of the rest."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from delivery_lab.checks.catalog.topics import key_fix
from delivery_lab.checks.check import Check, Found, values_of
from delivery_lab.checks.finding import Severity
from delivery_lab.checks.invokers import is_shut
from delivery_lab.function_names import by_name, qualifier_in
from delivery_lab.input_templates import filled_in_at_best, is_object, problem_of
from delivery_lab.limits.eventbridge import ENVELOPE
from delivery_lab.stack.encryption import key_verdict
from delivery_lab.stack.events import DEFAULT_BUS, Bus, EventRule, EventTarget, bus_name_of, stray_targets, targets_of
from delivery_lab.stack.functions import Function
from delivery_lab.stack.permissions import forbids
from delivery_lab.stack.policy_verdicts import Allowance, Use, verdict
from delivery_lab.stack.queues import Queue
from delivery_lab.stack.roles import Role
from delivery_lab.stack.stack import Stack
from delivery_lab.stack.streams import Stream
from delivery_lab.stack.topics import Topic

EVENTS = "events.amazonaws.com"
_BY_ROLE: Mapping[type, str] = {Stream: "kinesis:PutRecord", Bus: "events:PutEvents"}


def rule_targets(stack: Stack) -> Iterator[tuple[EventRule, EventTarget]]:
    """Each target of each rule that is not switched off."""
    for rule in stack.all(EventRule):
        if not rule.is_disabled:
            for target in targets_of(stack.all(EventTarget), rule):
                yield rule, target


class StrayTarget(Check):
    id = "CHK-EVENT-6"
    title = "target of a rule that is on another bus"
    severity = Severity.ERROR
    why = "A target without an eventBusName is about the default bus: AWS refuses it where the rule is on another one."
    fix = "Give the target the eventBusName of its rule, and the rule's name, not its ARN."
    source = "EB-TARGETS-3"

    def find(self, stack: Stack) -> Iterator[Found]:
        for target, rule in stray_targets(stack.all(EventTarget), stack.all(EventRule)):
            by_arn = target.rule_name.known == rule.arn
            setting = target.rule_name if by_arn else target.bus_name
            what = "is its ARN, no name" if by_arn else f"is on {bus_name_of(rule.bus_name)}"
            why = f"The rule of {target.name}, {rule.name}, {what}: AWS refuses the target."
            wanted = "name" if by_arn else "eventBusName"
            fix = f"set {setting.origin.input} of {target.name} to the {wanted} of {rule.name}"
            yield Found((target.name, rule.name), values_of(setting), why, fix)


def _is_locked(stack: Stack, rule: EventRule, receiver: Queue | Topic) -> bool:
    """Whether the key of a queue does not let EventBridge send for a rule (SNS-KMS-2)."""
    account = (rule.arn or ":::::").split(":")[4]
    return (
        isinstance(receiver, Queue)
        and key_verdict(stack, receiver, EVENTS, rule.arn or "", account) is Allowance.DENIED
    )


class UnpermittedTarget(Check):
    id = "CHK-EVENT-1"
    title = "rule that may not use its target"
    severity = Severity.ERROR
    why = "EventBridge does not retry what it may not deliver: every event is dropped, or dead-lettered by the target."
    fix = "Let events.amazonaws.com in for the rule, by a policy or a Permission; streams and buses need a role."
    source = "EB-POLICY-1"

    def find(self, stack: Stack) -> Iterator[Found]:
        for rule, target in rule_targets(stack):
            receiver = stack.function_at(target.target_arn.known) or stack.at(target.target_arn.known)
            why = self._why(stack, rule, target, receiver)
            if why:
                fix = self._fix(stack, rule, target, receiver)
                yield Found((target.name, rule.name), values_of(target.target_arn), f"{why}: nothing arrives.", fix)

    def _why(self, stack: Stack, rule: EventRule, target: EventTarget, receiver: object) -> str:
        account = (rule.arn or ":::::").split(":")[4]
        match receiver:
            case Queue() | Topic() if target.role_arn.value is None:
                action = "sqs:SendMessage" if isinstance(receiver, Queue) else "sns:Publish"
                use = Use(EVENTS, action, receiver.arn or "", rule.arn or "", account)
                if _is_locked(stack, rule, receiver):
                    return f"The key of {receiver.name} does not let {rule.name} send"
                shut = verdict(receiver.policies, use) is Allowance.DENIED
                return f"{receiver.name} has no policy that lets {rule.name} send" if shut else ""
            case Function() if target.role_arn.value is None:
                qualifier = qualifier_in(target.target_arn.known)
                if not is_shut(stack, receiver, EVENTS, rule.arn, qualifier):
                    return ""
                return f"{receiver.name} has no permission that lets {rule.name} invoke it{by_name(qualifier)}"
            case Stream() | Bus():
                return self._without_role(stack, target, receiver)
        return ""

    @staticmethod
    def _without_role(stack: Stack, target: EventTarget, receiver: Stream | Bus) -> str:
        action = _BY_ROLE[type(receiver)]
        if target.role_arn.value is None:
            return f"{target.name} has no role, and {receiver.name} needs one that lets it do {action}"
        role = stack.at(target.role_arn.known)
        if isinstance(role, Role) and forbids(role, action, receiver.arn or ""):
            return f"{role.name} does not let {target.name} do {action} to {receiver.name}"
        return ""

    @staticmethod
    def _fix(stack: Stack, rule: EventRule, target: EventTarget, receiver: object) -> str:
        match receiver:
            case Queue() if _is_locked(stack, rule, receiver):
                return key_fix(receiver, EVENTS)
            case Function():
                return f"add an aws.lambda_.Permission of {receiver.name} for {EVENTS} with the ARN of {rule.name}"
            case Queue() | Topic():
                action = "sqs:SendMessage" if isinstance(receiver, Queue) else "sns:Publish"
                return (
                    f"give {receiver.name} a policy that lets {EVENTS} do {action}, with aws:SourceArn of {rule.name}"
                )
        return f"set roleArn of {target.name} to a role that lets it"


class TemplateWithoutJson(Check):
    id = "CHK-EVENT-3"
    title = "input transformer that makes no JSON"
    severity = Severity.ERROR
    why = "Nothing is delivered where a template makes no JSON, whatever the event."
    fix = "Make the template a JSON object, or texts in quotes."
    source = "EB-INPUT-4"

    def find(self, stack: Stack) -> Iterator[Found]:
        for rule, target in rule_targets(stack):
            template = target.template.known
            if template is None:
                continue
            problem = problem_of(filled_in_at_best(template), as_object=is_object(template))
            if problem:
                why = f"The template of {target.name} makes no JSON of any event: {problem}."
                fix = f"correct the inputTemplate of {target.name}: a JSON object, or one text in quotes a line"
                yield Found((target.name, rule.name), values_of(target.template), why, fix)


class ImpossiblePattern(Check):
    id = "CHK-EVENT-4"
    title = "event pattern that no event matches"
    severity = Severity.ERROR
    why = "A rule is about an event only if each field of its pattern matches, and no event has such a field or source."
    fix = "Ask under detail for what publishers tell, and on the default bus for events of AWS."
    source = "EB-PATTERN-1"

    def find(self, stack: Stack) -> Iterator[Found]:
        for rule in stack.all(EventRule):
            pattern = _pattern(rule)
            foreign = [name for name, wanted in pattern.items() if name not in ENVELOPE and _asks_for(name, wanted)]
            if rule.is_disabled or not pattern:
                continue
            if foreign:
                names = ", ".join(foreign)
                why = f"{rule.name} asks events for {names}, and the envelope has no such field: it is about none."
                fix = (
                    f"put {names} under detail in the eventPattern of {rule.name}, or name one of {', '.join(ENVELOPE)}"
                )
                yield Found((rule.name,), {f"{rule.name}.eventPattern": foreign}, why, fix)
            elif self._asks_custom_bus_for_aws(stack, rule, pattern):
                sources = ", ".join(pattern["source"])
                why = f"{rule.name} asks for events of {sources}, which AWS puts on the default bus only."
                fix = f"put {rule.name} on the default bus"
                yield Found((rule.name,), values_of(rule.bus_name), why, fix)

    @staticmethod
    def _asks_custom_bus_for_aws(stack: Stack, rule: EventRule, pattern: Mapping[str, Any]) -> bool:
        sources = pattern.get("source")
        bus = stack.at(rule.bus_name.known)
        name = bus_name_of(rule.bus_name) or DEFAULT_BUS
        if name == DEFAULT_BUS or not isinstance(sources, list) or not sources:
            return False
        if not all(isinstance(source, str) and source.startswith("aws.") for source in sources):
            return False
        # A rule of the default bus may hand events of AWS on to this one.
        fed = {target.target_arn.known for target in stack.all(EventTarget)}
        return (
            None not in fed
            and not any(isinstance(arn, str) and arn.endswith(f"event-bus/{name}") for arn in fed)
            and (bus is None or isinstance(bus, Bus))
        )


def _pattern(rule: EventRule) -> Mapping[str, Any]:
    try:
        pattern = json.loads(rule.pattern.known or "{}")
    except ValueError:
        return {}
    return pattern if isinstance(pattern, dict) else {}


def _asks_for(name: str, wanted: Any) -> bool:
    """Whether a field has to be there for a match; that of `$or` need not be."""
    if name == "$or":
        return False
    if isinstance(wanted, dict):
        return any(_asks_for(inner, each) for inner, each in wanted.items())
    return isinstance(wanted, list) and not any(
        isinstance(each, dict) and each.get("exists") is False for each in wanted
    )
