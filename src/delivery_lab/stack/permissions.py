"""Whether a role may do something, and whether an API may invoke a function: no, or as far as can be told yes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from typing import Any

from delivery_lab.program.graph import UNKNOWN
from delivery_lab.stack.functions import Function, Permission
from delivery_lab.stack.queues import Queue
from delivery_lab.stack.reading import listed
from delivery_lab.stack.resource import StackResource
from delivery_lab.stack.roles import PolicyDocument, Role
from delivery_lab.stack.streams import Stream, Table

_MANAGED = "arn:aws:iam::aws:policy/"
_GRANTING_ALL = ("AdministratorAccess", "PowerUserAccess")
"""Policies of AWS that let a role do whatever is asked here."""
_FULL = "FullAccess"
_READ_ONLY = "ReadOnlyAccess"
_INVOKING = ("AWSLambdaRole",)
_WORDS: Mapping[str, tuple[str, ...]] = {
    "sqs": ("SQS",),
    "sns": ("SNS",),
    "events": ("EventBridge", "CloudWatchEvents"),
    "kinesis": ("Kinesis",),
    "lambda": ("Lambda", "LAMBDA"),
}
"""By service as actions name it: what policies of AWS that grant all of it have in their names."""
_READS_QUEUE = ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")
_READS_STREAM = ("kinesis:DescribeStream", "kinesis:GetRecords", "kinesis:GetShardIterator")
_READS_TABLE = ("dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator")
_READING = frozenset((*_READS_QUEUE, *_READS_STREAM, *_READS_TABLE))
READING: Mapping[type[StackResource], tuple[str, ...]] = {
    Queue: _READS_QUEUE,
    Stream: _READS_STREAM,
    Table: _READS_TABLE,
}
"""By kind of source: what the role of a mapping's function, or of a pipe, has to allow (ESM-ROLE-1, PIPE-ROLE-2)."""
_EXECUTION: Mapping[str, tuple[str, ...]] = {
    "AWSLambdaBasicExecutionRole": (),
    "AWSLambdaVPCAccessExecutionRole": (),
    "AWSLambdaMSKExecutionRole": (),
    "AWSXRayDaemonWriteAccess": (),
    "AWSXrayWriteOnlyAccess": (),
    "CloudWatchLambdaInsightsExecutionRolePolicy": (),
    "AWSLambdaSQSQueueExecutionRole": _READS_QUEUE,
    "AWSLambdaKinesisExecutionRole": _READS_STREAM,
    "AWSLambdaDynamoDBExecutionRole": _READS_TABLE,
}
"""Policies of AWS for functions: which actions of reading each grants."""
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
    others = [each.arn for each in role.attached if not each.own]
    return all(map(_is_read, role.policies)) and all(_grants_nothing(arn, action) for arn in others)


def _is_read(policy: PolicyDocument) -> bool:
    return bool(policy.statements)


def _grants_nothing(arn: str, action: str) -> bool:
    """Whether an attached policy is one of AWS that does not grant an action; any other may."""
    if not arn.startswith(_MANAGED):
        return False
    service, name = action.partition(":")[0], arn.rpartition("/")[2]
    if action in _READING:
        # Many policies of AWS let read (ReadOnlyAccess, for one): only those are known that functions have for it.
        return name in _EXECUTION and action not in _EXECUTION[name]
    if name.endswith(_GRANTING_ALL) or (action == "lambda:InvokeFunction" and name in _INVOKING):
        return False
    if name.endswith(_FULL):
        return not any(word in name for word in _WORDS.get(service, ("",)))
    # Of the many others some let send, such as AWSLambdaExecute, which lets put objects.
    return name in _EXECUTION or name.endswith(_READ_ONLY)


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


def api_may_invoke(permissions: Iterable[Permission], function: Function, execution_arn: str | None) -> bool:
    """Whether one of some permissions may let an API invoke a function (HTTP-PERMISSION-1, REST-PERMISSION-1)."""
    return any(lets_api_in(each, execution_arn) for each in permissions if each.function in (function, None))
