"""Resources that write one place of AWS, each replacing what the other has put there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from delivery_lab.rule_ids import RuleId
from delivery_lab.stack.events import Bucket, EventRule, EventTarget, targets_of
from delivery_lab.stack.functions import InvokeConfig
from delivery_lab.stack.notifications import BucketNotification
from delivery_lab.stack.queues import Queue, RedrivePolicyResource
from delivery_lab.stack.resource import StackResource
from delivery_lab.stack.settings import Setting
from delivery_lab.stack.stack import Stack
from delivery_lab.stack.topics import Topic

R = TypeVar("R", bound=StackResource)


@dataclass(frozen=True, slots=True)
class Overwritten:
    """A place that several resources write.

    Attributes:
        what: what stands there, such as `the policy of jobs`.
        names: logical names of the resources that write it, in the order of the program.
        urns: their URNs.
        values: what makes each of them write that place, by `resource.input`.
        rule: the rule by which AWS keeps what was written last.
        fix: what to do, without a full stop.
    """

    what: str
    names: tuple[str, ...]
    urns: frozenset[str]
    values: Mapping[str, object]
    rule: RuleId
    fix: str

    @property
    def why(self) -> str:
        """Why that matters, in one sentence without a full stop."""
        names = " and ".join(self.names)
        return f"{names} write {self.what} over each other, and AWS keeps what is written last ({self.rule})"

    @property
    def refusal(self) -> str:
        """What ends a run that depends on which of them that is."""
        return f"{self.why}\n  fix: {self.fix}"


def overwritten(stack: Stack) -> Iterator[Overwritten]:
    """Places that several resources of a stack write.

    What a resource is about that is known only after a deployment is taken to be a place of its own.
    """
    yield from _policies(stack)
    yield from rival_notifications(stack)
    yield from rival_configs(stack)
    yield from rival_redrives(stack)
    yield from rival_targets(stack)


def refusals(places: Iterable[Overwritten]) -> dict[str, str]:
    """By URN of each resource that writes one of some places: what ends a run that depends on it."""
    return {urn: place.refusal for place in places for urn in place.urns}


def rival_notifications(stack: Stack) -> Iterator[Overwritten]:
    """Notifications of one bucket (S3-NOTIFY-2)."""
    names = {bucket.id: bucket.name for bucket in stack.all(Bucket) if bucket.id}
    return _of(
        stack.all(BucketNotification),
        lambda each: each.bucket.known,
        lambda each: each.bucket,
        lambda each: f"the notifications of {names.get(each.bucket.certain(), each.bucket.certain())}",
        "S3-NOTIFY-2",
        "put all configurations of {names} into one BucketNotification",
    )


def rival_configs(stack: Stack) -> Iterator[Overwritten]:
    """Configs of asynchronous invokes of one function, version or alias (ASY-CONFIG-1)."""
    return _of(
        (each for each in stack.all(InvokeConfig) if each.function is not None and each.qualifier.is_known),
        lambda each: each.function and (each.function.urn, each.qualifier.certain()),
        lambda each: each.function_name,
        lambda each: f"the settings of asynchronous invokes of {each.function.name if each.function else each.name}",
        "ASY-CONFIG-1",
        "put all settings of {names} into one FunctionEventInvokeConfig",
    )


def rival_redrives(stack: Stack) -> Iterator[Overwritten]:
    """Redrive policies of one queue (SQS-POLICY-1)."""
    return _of(
        stack.all(RedrivePolicyResource),
        lambda each: each.queue_url.known,
        lambda each: each.queue_url,
        lambda each: f"the redrive policy of {_queue_name(stack, each)}",
        "SQS-POLICY-1",
        "keep one of {names}",
    )


def rival_targets(stack: Stack) -> Iterator[Overwritten]:
    """Targets of one rule that have the same id (EB-TARGETS-2)."""
    for rule in stack.all(EventRule):
        yield from _of(
            targets_of(stack.all(EventTarget), rule),
            lambda each: each.target_id.known or None,
            lambda each: each.target_id,
            partial(_target_of, rule),
            "EB-TARGETS-2",
            "give {names} a targetId of their own",
        )


def _of(
    resources: Iterable[R],
    place: Callable[[R], Hashable],
    setting: Callable[[R], Setting[str]],
    what: Callable[[R], str],
    rule: RuleId,
    fix: str,
) -> Iterator[Overwritten]:
    groups: dict[Hashable, list[R]] = defaultdict(list)
    for resource in resources:
        found = place(resource)
        if found is not None:
            groups[found].append(resource)
    for group in groups.values():
        if len(group) > 1:
            names, urns = tuple(each.name for each in group), frozenset(each.urn for each in group)
            values = {str(setting(each).origin): setting(each).value for each in group}
            yield Overwritten(what(group[0]), names, urns, values, rule, fix.format(names=" and ".join(names)))


def _target_of(rule: EventRule, target: EventTarget) -> str:
    return f"target {target.target_id.known} of {rule.name}"


def _policies(stack: Stack) -> Iterator[Overwritten]:
    holders: list[Queue | Topic] = [*stack.queues, *stack.all(Topic)]
    for holder in holders:
        if len(holder.policies) > 1:
            rule: RuleId = "SNS-POLICY-2" if isinstance(holder, Topic) else "SQS-POLICY-1"
            origins = [policy.origin for policy in holder.policies]
            names = tuple(origin.resource for origin in origins)
            fix = f"put the statements of {' and '.join(names)} into one policy"
            urns = frozenset(origin.urn for origin in origins)
            values = {
                str(policy.origin): {"Principal": [each.get("Principal") for each in policy.statements]}
                for policy in holder.policies
            }
            yield Overwritten(f"the policy of {holder.name}", names, urns, values, rule, fix)


def _queue_name(stack: Stack, policy: RedrivePolicyResource) -> str:
    queue = stack.queue_of_url(policy.queue_url.known)
    return policy.queue_url.certain() if queue is None else queue.name
