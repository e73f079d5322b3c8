"""What a stack has in services that keep things, and what would go on from there into the stack itself."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from delivery_lab import resource_types
from delivery_lab.model.creations import StoredStack
from delivery_lab.simulation.stored_creations import creations, region_of
from delivery_lab.stack.notifications import BucketNotification
from delivery_lab.stack.reading import listed
from delivery_lab.stack.roles import Role
from delivery_lab.stack.stack import Stack
from delivery_lab.stack.stored import StateMachine
from delivery_lab.stack.taken import DeliveryStream


def stored_stack(stack: Stack, project_dir: Path) -> StoredStack:
    """What the stack has in them.

    Args:
        stack: the stack.
        project_dir: folder of the project, where paths of assets start.
    """
    works_on = dict((*_started(stack), *_delivered(stack), *_subscribed(stack)))
    return StoredStack(region_of(stack), tuple(creations(stack, project_dir)), works_on)


def roles_to_assume(stack: Stack) -> frozenset[str]:
    """The roles whose trust policy names an AWS principal, by which it can trust a function's role."""
    return frozenset(
        role.arn
        for role in stack.all(Role)
        if role.arn is not None
        for statement in role.trust.statements
        if statement.get("Effect") == "Allow" and _names_an_account(statement.get("Principal"))
    )


def _names_an_account(principal: object) -> bool:
    return principal == "*" or (isinstance(principal, dict) and bool(listed(principal.get("AWS"))))


def _started(stack: Stack) -> Iterator[tuple[str, str]]:
    """State machines whose executions would work on the stack, and on what."""
    for machine in stack.all(StateMachine):
        text = machine.definition.known if isinstance(machine.definition.known, str) else ""
        for target in (*stack.functions, *stack.queues, *stack.tables):
            if machine.arn is not None and any(
                each and each in text for each in (target.arn, getattr(target, "url", None))
            ):
                yield machine.arn, target.name


def _delivered(stack: Stack) -> Iterator[tuple[str, str]]:
    """Delivery streams that call a function, or deliver into a bucket which tells of its objects."""
    told = {str(each.bucket.known): each.name for each in stack.all(BucketNotification)}
    for stream in stack.all(DeliveryStream):
        for text in stream.texts if stream.stream_name is not None else ():
            for function in stack.functions:
                if function.arn is not None and text.startswith(function.arn):
                    yield str(stream.stream_name), function.name
            bucket = text.removeprefix("arn:aws:s3:::")
            if bucket != text and bucket in told:
                yield str(stream.stream_name), told[bucket]


def _subscribed(stack: Stack) -> Iterator[tuple[str, str]]:
    """Log groups whose lines go on to something."""
    for resource in stack.resources.values():
        if resource.type == resource_types.LOG_SUBSCRIPTION_FILTER:
            group = stack.graph.resources[resource.urn].inputs.get("logGroup")
            if isinstance(group, str):
                yield group, resource.name
