"""Roles and their policies, and policies of resources."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from delivery_lab.stack.reading import document, listed
from delivery_lab.stack.resource import StackResource
from delivery_lab.stack.settings import Origin


@dataclass(frozen=True, slots=True)
class PolicyDocument:
    """A policy in IAM's language.

    Attributes:
        origin: what holds it.
        statements: its statements; empty where it is unknown or no JSON object.
        readable: whether it is known and a JSON object.
    """

    origin: Origin
    statements: tuple[Mapping[str, Any], ...]
    readable: bool = True


@dataclass(frozen=True, slots=True)
class AttachedPolicy:
    """A managed policy that is attached to a role.

    Attributes:
        origin: what attaches it.
        arn: ARN of the policy, "" where it is known only after deployment.
        own: whether it is a policy of the stack, whose statements stand among those of the role.
    """

    origin: Origin
    arn: str
    own: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Role(StackResource):
    """An IAM role.

    Attributes:
        policies: inline policies, and managed policies of the stack that are attached.
        attached: every managed policy that is attached, by ARN.
        trust: who may take it on.
    """

    policies: tuple[PolicyDocument, ...]
    attached: tuple[AttachedPolicy, ...]
    trust: PolicyDocument


def policy_document(origin: Origin, written: object) -> PolicyDocument:
    """A policy of what the program wrote."""
    parsed = document(written)
    found = listed(parsed.get("Statement")) if parsed is not None else ()
    statements = tuple(statement for statement in found if isinstance(statement, Mapping))
    return PolicyDocument(origin, statements, readable=parsed is not None)
