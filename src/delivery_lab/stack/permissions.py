"""Whether a role may do something, and whether an API may invoke a function: no, or as far as can be told yes."""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any

from delivery_lab.program.graph import UNKNOWN
from delivery_lab.stack.functions import Permission
from delivery_lab.stack.reading import listed
from delivery_lab.stack.roles import PolicyDocument, Role

_MANAGED = "arn:aws:iam::aws:policy/"
_GRANTING = ("AdministratorAccess", "PowerUserAccess", "AmazonSQSFullAccess")
"""Policies of AWS that let a role send to every queue."""
_APIS = "apigateway.amazonaws.com"


def forbids(role: Role, action: str, resource: str) -> bool:
    """Whether a role surely may not do something.

    Args:
        role: the role.
        action: such as `sqs:SendMessage`.
        resource: ARN of what it is done to.
    """
    statements = [statement for policy in role.policies for statement in policy.statements]
    if any(each.get("Effect") == "Deny" and _covers(each, action, resource) for each in statements):
        return not any(each.get("Condition") for each in statements)
    if any(each.get("Effect") == "Allow" and _covers(each, action, resource) for each in statements):
        return False
    # A policy that cannot be read, or that is managed by somebody else, may grant it.
    return all(map(_is_read, role.policies)) and all(_grants_nothing(each.arn) for each in role.attached)


def _is_read(policy: PolicyDocument) -> bool:
    return bool(policy.statements)


def _grants_nothing(arn: str) -> bool:
    """Whether an attached policy is one of AWS that does not let a role send; any other may."""
    return arn.startswith(_MANAGED) and not arn.endswith(_GRANTING)


def _covers(statement: Mapping[str, Any], action: str, resource: str) -> bool:
    """Whether a statement may be about this; what cannot be told is taken as yes."""
    if statement.get("NotAction") is not None or statement.get("NotResource") is not None:
        return True
    actions = listed(statement.get("Action"))
    if UNKNOWN not in actions and not any(fnmatchcase(action.lower(), str(each).lower()) for each in actions):
        return False
    resources = listed(statement.get("Resource"))
    return any(not isinstance(each, str) or fnmatchcase(resource, each) for each in resources)


def lets_api_in(permission: Permission, execution_arn: str | None) -> bool:
    """Whether a permission of a function may let an API invoke it.

    Args:
        permission: the permission.
        execution_arn: of the API, None where it is known only after deployment.
    """
    principal, source = permission.principal.value, permission.source_arn.value
    if isinstance(principal, str) and principal not in (_APIS, "*"):
        return False
    if not isinstance(source, str) or execution_arn is None:
        return True
    return source.startswith(execution_arn) or fnmatchcase(f"{execution_arn}/stage/METHOD/path", source)
