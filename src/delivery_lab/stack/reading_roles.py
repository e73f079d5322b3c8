"""Whether the role of a function lets its mapping read (ESM-ROLE-1).

What a role lacks in a program may be attached to it elsewhere: it is a finding, and no reason not to run.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from delivery_lab.stack.mappings import DynamoDbMapping, EventSourceMapping, KinesisMapping, SqsMapping
from delivery_lab.stack.permissions import READING, forbids
from delivery_lab.stack.queues import Queue
from delivery_lab.stack.reading import has_unknown
from delivery_lab.stack.roles import PolicyDocument, Role
from delivery_lab.stack.stack import Stack
from delivery_lab.stack.streams import Stream, Table

_POLICIES_OF_STREAMS = frozenset(
    {"aws:kinesis/resourcePolicy:ResourcePolicy", "aws:dynamodb/resourcePolicy:ResourcePolicy"}
)


class MissingReads(NamedTuple):
    """What a role surely does not let a mapping do.

    Attributes:
        role: the role of the mapping's function.
        actions: such as `sqs:ReceiveMessage`.
    """

    role: Role
    actions: tuple[str, ...]


def missing_reads(stack: Stack, mapping: EventSourceMapping) -> MissingReads | None:
    """What the role of a mapping's function surely does not allow; None where it may allow all, or is not known."""
    role = None if mapping.function is None else stack.role_of(mapping.function)
    source, arn = _source_of(mapping), mapping.source_arn.known
    if role is None or source is None or arn is None or _may_let_in(stack, source):
        return None
    actions = tuple(action for action in READING[type(source)] if forbids(role, action, arn))
    return MissingReads(role, actions) if actions else None


def _source_of(mapping: EventSourceMapping) -> Queue | Stream | Table | None:
    match mapping:
        case SqsMapping():
            return mapping.queue
        case KinesisMapping():
            # A consumer with enhanced fan-out is read by other actions.
            return None if "/consumer/" in (mapping.source_arn.known or "") else mapping.stream
        case DynamoDbMapping():
            return mapping.table
        case _:
            return None


def _may_let_in(stack: Stack, source: Queue | Stream | Table) -> bool:
    """Whether a policy of the source itself may name the role, which is as good as one of the role."""
    if isinstance(source, Queue):
        return may_name_roles(source.policies)
    return stack.graph.has(*_POLICIES_OF_STREAMS)


def may_name_roles(policies: Iterable[PolicyDocument]) -> bool:
    """Whether policies of a resource may let somebody in who is no service; one that is not known may."""
    return any(not policy.readable or any(map(_names_roles, policy.statements)) for policy in policies)


def _names_roles(statement: Mapping[str, Any]) -> bool:
    """Whether a statement may be about somebody who is no service."""
    principal = statement.get("Principal")
    return statement.get("Effect") != "Deny" and (
        has_unknown(statement) or not isinstance(principal, Mapping) or bool(set(principal) - {"Service"})
    )
