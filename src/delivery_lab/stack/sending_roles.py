"""Whether the role of a function lets Lambda send to its destinations and dead-letter queue (DST-ROLE-1).

What a role lacks in a program may be attached to it elsewhere: it is a finding, and no reason not to run.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from delivery_lab import resource_types
from delivery_lab.stack.events import Bucket
from delivery_lab.stack.functions import Function, InvokeConfig, Permission
from delivery_lab.stack.mappings import RecordMapping
from delivery_lab.stack.permissions import forbids
from delivery_lab.stack.queues import Queue
from delivery_lab.stack.reading_roles import may_name_roles
from delivery_lab.stack.resource import StackResource
from delivery_lab.stack.roles import Role
from delivery_lab.stack.settings import Setting
from delivery_lab.stack.stack import Stack
from delivery_lab.stack.topics import Topic

_ACTIONS: Mapping[str, str] = {
    "sqs": "sqs:SendMessage",
    "sns": "sns:Publish",
    "lambda": "lambda:InvokeFunction",
    "events": "events:PutEvents",
    "s3": "s3:PutObject",
}
"""By service of a destination: what Lambda does there with the role of the function."""
_POLICIES_OF_BUSES = frozenset(
    {"aws:cloudwatch/eventBusPolicy:EventBusPolicy", "aws:cloudwatch/eventPermission:EventPermission"}
)
_SERVICES = "amazonaws.com"


@dataclass(frozen=True, slots=True)
class MissingSend:
    """What a role surely does not let Lambda send.

    Attributes:
        holder: what names the destination: a config of asynchronous invokes, a function, or a mapping.
        setting: the input that names it.
        function: whose role it is.
        role: the role.
        action: such as `sqs:SendMessage`.
        target: the destination.
    """

    holder: StackResource
    setting: Setting[str | None]
    function: Function
    role: Role
    action: str
    target: StackResource


def missing_sends(stack: Stack) -> Iterator[MissingSend]:
    """Each destination of the stack to which the role of its function surely does not allow sending."""
    for holder, function, setting in destinations(stack):
        arn, role = setting.known or "", stack.role_of(function)
        target = stack.function_at(arn) or stack.at(arn)
        action = _ACTIONS.get(arn.split(":")[2] if arn.count(":") >= 5 else "")
        if role is None or target is None or action is None or _may_let_in(stack, target):
            continue
        if all(forbids(role, action, each) for each in _names_of(arn, target)):
            yield MissingSend(holder, setting, function, role, action, target)


def destinations(stack: Stack) -> Iterator[tuple[StackResource, Function, Setting[str | None]]]:
    """What names a destination or dead-letter queue, the function whose role sends there, and the input."""
    yield from failure_destinations(stack)
    for config in stack.all(InvokeConfig):
        if config.function is not None:
            yield config, config.function, config.on_success


def failure_destinations(stack: Stack) -> Iterator[tuple[StackResource, Function, Setting[str | None]]]:
    """Those of `destinations` that get what has failed."""
    for function in stack.functions:
        yield function, function, function.dead_letter_arn
    for config in stack.all(InvokeConfig):
        if config.function is not None:
            yield config, config.function, config.on_failure
    for mapping in stack.all(RecordMapping):
        if mapping.function is not None:
            yield mapping, mapping.function, mapping.destination_arn


def _names_of(arn: str, target: StackResource) -> tuple[str, ...]:
    """How a policy may name what is sent to: any of them is taken to be enough."""
    if isinstance(target, Bucket):
        return (f"{arn}/aws/lambda/key",)
    return tuple(dict.fromkeys((arn, target.arn or arn)))


def _may_let_in(stack: Stack, target: StackResource) -> bool:
    """Whether a policy of the destination itself may name the role, which is as good as one of the role."""
    match target:
        case Queue() | Topic():
            return may_name_roles(target.policies)
        case Function():
            return any(
                each.function in (target, None) and not (each.principal.known or "").endswith(_SERVICES)
                for each in stack.all(Permission)
            )
        case Bucket():
            return stack.graph.has(resource_types.BUCKET_POLICY)
    return stack.graph.has(*_POLICIES_OF_BUSES)
