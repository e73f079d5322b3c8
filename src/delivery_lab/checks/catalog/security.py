"""Who may do what: wildcard permissions of functions, unencrypted queues, queues open to everybody."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from delivery_lab.checks.check import Check, Found, values_of
from delivery_lab.checks.finding import Severity
from delivery_lab.rules.rule import LAMBDA_GUIDE, SQS_GUIDE
from delivery_lab.stack.functions import Function
from delivery_lab.stack.reading import listed
from delivery_lab.stack.roles import Role
from delivery_lab.stack.stack import Stack

DATA_SERVICES = frozenset({"dynamodb", "iam", "kinesis", "kms", "lambda", "s3", "secretsmanager", "sns", "sqs", "ssm"})
"""Services whose actions are to be granted on named resources."""
_LISTING = ("List", "DescribeLimits", "GetAccountSettings", "GenerateRandom", "DescribeParameters")
"""Beginnings of actions of these services that have no resource to name."""
_BROAD_POLICIES = ("AdministratorAccess", "PowerUserAccess", "FullAccess")


class WildcardPermissions(Check):
    id = "CHK-SEC-1"
    title = "wildcard permissions of a function"
    severity = Severity.WARNING
    why = "A function that may do more than it needs makes every fault in it larger."
    fix = "Name the actions and the ARNs."
    source = LAMBDA_GUIDE + "lambda-intro-execution-role.html"

    def find(self, stack: Stack) -> Iterator[Found]:
        for role, functions in _roles(stack):
            names = tuple(function.name for function in functions)
            subject = "The function" if len(names) == 1 else "Each of the functions"
            for policy in role.policies:
                too_wide = [wide for statement in policy.statements if (wide := _too_wide(statement))]
                if too_wide:
                    holder = policy.origin.resource
                    why = f"{subject} may do more than it needs, and so may an intruder: {'; '.join(too_wide)}."
                    users = f"{names[0]} uses" if len(names) == 1 else f"{', '.join(names)} use"
                    fix = f"name the actions and the ARNs in {holder} that {users}"
                    yield Found((holder, *names), {str(policy.origin): too_wide}, why, fix)
            for attached in role.attached:
                if attached.arn.endswith(_BROAD_POLICIES):
                    holder, name = attached.origin.resource, attached.arn.rpartition("/")[2]
                    why = f"{name} lets {subject.lower()} do far more than it needs, and so an intruder."
                    fix = f"replace {name} in {holder} by a policy with the actions and ARNs that are used"
                    yield Found((holder, *names), {str(attached.origin): attached.arn}, why, fix)


def _roles(stack: Stack) -> Iterator[tuple[Role, list[Function]]]:
    """Each role that functions have, once, with its functions."""
    found: dict[str, tuple[Role, list[Function]]] = {}
    for function in stack.functions:
        role = stack.role_of(function)
        if role is not None:
            found.setdefault(role.urn, (role, []))[1].append(function)
    yield from found.values()


def _too_wide(statement: Mapping[str, Any]) -> str:
    """What an Allow statement grants too much of; "" if nothing."""
    if statement.get("Effect") != "Allow":
        return ""
    actions = [action for action in listed(statement.get("Action")) if isinstance(action, str)]
    wide = [action for action in actions if action == "*" or action.endswith(":*")]
    if wide:
        return f"actions {', '.join(wide)}"
    if statement.get("NotAction") is not None:
        return f"every action but {', '.join(map(str, listed(statement['NotAction'])))}"
    if not any(map(_is_everything, listed(statement.get("Resource")))) or statement.get("Condition"):
        return ""
    unbound = [action for action in actions if _names_a_resource(action)]
    return f"{', '.join(unbound)} on every resource" if unbound else ""


def _names_a_resource(action: str) -> bool:
    service, _, name = action.partition(":")
    return service.lower() in DATA_SERVICES and not name.startswith(_LISTING)


def _is_everything(resource: Any) -> bool:
    """Whether a resource of a statement is every one there is: `*`, or an ARN that names nothing but the service."""
    if not isinstance(resource, str):
        return False
    parts = resource.split(":", 5)
    return resource == "*" or (len(parts) == 6 and set(parts[3:]) <= {"", "*"} and parts[5] == "*")


class UnencryptedQueue(Check):
    id = "CHK-SEC-2"
    title = "unencrypted queue"
    severity = Severity.WARNING
    why = "Message bodies are kept unencrypted."
    fix = "Set sqsManagedSseEnabled to true, or kmsMasterKeyId."
    source = SQS_GUIDE + "sqs-configure-sqs-sse-queue.html"

    def find(self, stack: Stack) -> Iterator[Found]:
        for queue in stack.queues:
            # Left out means encrypted: SQS does that by itself for new queues.
            if queue.managed_encryption.known is not False or queue.kms_key.value is not None:
                continue
            why = "The queue keeps the bodies of its messages unencrypted."
            fix = f"set sqsManagedSseEnabled of {queue.name} to true, or give it a kmsMasterKeyId"
            yield Found((queue.name,), values_of(queue.managed_encryption), why, fix)


class PublicQueue(Check):
    id = "CHK-SEC-3"
    title = "queue open to everybody"
    severity = Severity.ERROR
    why = "Anybody may send to the queue, or read from it."
    fix = "Name the principal, or add a condition such as aws:SourceArn."
    source = SQS_GUIDE + "sqs-security-best-practices.html"

    def find(self, stack: Stack) -> Iterator[Found]:
        for queue in stack.queues:
            for policy in queue.policies:
                holder = policy.origin.resource
                for statement in policy.statements:
                    if _is_open(statement):
                        actions = listed(statement.get("Action"))
                        why = f"Anybody on the internet may do {', '.join(map(str, actions))} with the queue."
                        fix = (
                            f"name the principal in the policy of {holder}, or add a condition such as "
                            "aws:SourceArn or aws:PrincipalOrgID"
                        )
                        values = {str(policy.origin): {"Principal": "*", "Action": actions}}
                        names = (holder,) if policy.origin.urn == queue.urn else (holder, queue.name)
                        yield Found(names, values, why, fix)


def _is_open(statement: Mapping[str, Any]) -> bool:
    principal = statement.get("Principal")
    named = listed(principal.get("AWS")) if isinstance(principal, Mapping) else [principal]
    if statement.get("Effect") != "Allow" or "*" not in named:
        return False
    conditions = _condition_keys(statement.get("Condition"))
    return conditions <= {"aws:securetransport"}


def _condition_keys(condition: Any) -> set[str]:
    """The condition keys of a statement, in small letters."""
    if not isinstance(condition, Mapping):
        return set() if condition is None else {"unknown"}
    return {str(key).lower() for test in condition.values() if isinstance(test, Mapping) for key in test}
