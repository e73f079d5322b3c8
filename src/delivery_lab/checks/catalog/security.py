"""Who may do what: wildcard permissions of functions, unencrypted queues, queues open to everybody."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from delivery_lab.checks.check import Check, Found
from delivery_lab.checks.finding import Severity
from delivery_lab.checks.topology import Function, Queue, Topology
from delivery_lab.checks.values import document, listed
from delivery_lab.program.graph import Resource
from delivery_lab.rules.rule import LAMBDA_GUIDE, SQS_GUIDE

_ROLE = "aws:iam/role:Role"
_ROLE_POLICY = "aws:iam/rolePolicy:RolePolicy"
_POLICY = "aws:iam/policy:Policy"
_ATTACHMENT = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
_SHARED_ATTACHMENT = "aws:iam/policyAttachment:PolicyAttachment"
_ALL_ATTACHMENTS = "aws:iam/rolePolicyAttachmentsExclusive:RolePolicyAttachmentsExclusive"
_QUEUE_POLICY = "aws:sqs/queuePolicy:QueuePolicy"

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

    def find(self, topology: Topology) -> Iterator[Found]:
        for function in topology.functions:
            role = _role_of(topology, function)
            if role is None:
                continue
            for holder, statements in _policies(topology, role):
                too_wide = [wide for statement in statements if (wide := _too_wide(statement))]
                if too_wide:
                    why = f"The function may do more than it needs, and so may an intruder: {'; '.join(too_wide)}."
                    fix = f"name the actions and the ARNs in {holder.name} that {function.name} uses"
                    values = {f"{holder.name}.policy": too_wide}
                    yield Found((holder.name, function.name), values, why, fix)
            for holder, arn in _managed(topology, role):
                if arn.endswith(_BROAD_POLICIES):
                    policy = arn.rpartition("/")[2]
                    why = f"{policy} lets the function do far more than it needs, and so an intruder."
                    fix = f"replace {policy} in {holder.name} by a policy with the actions and ARNs that are used"
                    yield Found((holder.name, function.name), {f"{holder.name}.policyArn": arn}, why, fix)


def _role_of(topology: Topology, function: Function) -> Resource | None:
    reference = function.resource.inputs.get("role")
    roles = topology.graph.of_type(_ROLE)
    return next((role for role in roles if isinstance(reference, str) and role.outputs.get("arn") == reference), None)


def _is_role(role: Resource, reference: object) -> bool:
    known = (role.id, role.outputs.get("name"), role.outputs.get("arn"))
    return isinstance(reference, str) and bool(reference) and reference in known


def _policies(topology: Topology, role: Resource) -> Iterator[tuple[Resource, list[Mapping[str, Any]]]]:
    for policy in topology.graph.of_type(_ROLE_POLICY):
        if _is_role(role, policy.inputs.get("role")):
            yield policy, _statements(policy.inputs.get("policy"))
    for entry in listed(role.inputs.get("inlinePolicies")):
        if isinstance(entry, Mapping):
            yield role, _statements(entry.get("policy"))
    attached = {arn for _, arn in _managed(topology, role)}
    for policy in topology.graph.of_type(_POLICY):
        if policy.outputs.get("arn") in attached:
            yield policy, _statements(policy.inputs.get("policy"))


def _managed(topology: Topology, role: Resource) -> Iterator[tuple[Resource, str]]:
    for attachment in topology.graph.of_type(_ATTACHMENT):
        arn = attachment.inputs.get("policyArn")
        if _is_role(role, attachment.inputs.get("role")) and isinstance(arn, str):
            yield attachment, arn
    for attachment in topology.graph.of_type(_SHARED_ATTACHMENT):
        arn = attachment.inputs.get("policyArn")
        if isinstance(arn, str) and any(_is_role(role, name) for name in listed(attachment.inputs.get("roles"))):
            yield attachment, arn
    holders = [(role, role.inputs.get("managedPolicyArns"))]
    holders += [
        (attachments, attachments.inputs.get("policyArns"))
        for attachments in topology.graph.of_type(_ALL_ATTACHMENTS)
        if _is_role(role, attachments.inputs.get("roleName"))
    ]
    for holder, arns in holders:
        yield from ((holder, arn) for arn in listed(arns) if isinstance(arn, str))


def _statements(policy: Any) -> list[Mapping[str, Any]]:
    parsed = document(policy)
    return [] if parsed is None else [s for s in listed(parsed.get("Statement")) if isinstance(s, Mapping)]


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

    def find(self, topology: Topology) -> Iterator[Found]:
        for queue in topology.queues:
            inputs = queue.resource.inputs
            # Left out means encrypted: SQS does that by itself for new queues.
            if inputs.get("sqsManagedSseEnabled") is not False or inputs.get("kmsMasterKeyId"):
                continue
            why = "The queue keeps the bodies of its messages unencrypted."
            fix = f"set sqsManagedSseEnabled of {queue.name} to true, or give it a kmsMasterKeyId"
            yield Found((queue.name,), {f"{queue.name}.sqsManagedSseEnabled": False}, why, fix)


class PublicQueue(Check):
    id = "CHK-SEC-3"
    title = "queue open to everybody"
    severity = Severity.ERROR
    why = "Anybody may send to the queue, or read from it."
    fix = "Name the principal, or add a condition such as aws:SourceArn."
    source = SQS_GUIDE + "sqs-security-best-practices.html"

    def find(self, topology: Topology) -> Iterator[Found]:
        for queue in topology.queues:
            for holder, policy in _queue_policies(topology, queue):
                for statement in _statements(policy):
                    if _is_open(statement):
                        actions = listed(statement.get("Action"))
                        why = f"Anybody on the internet may do {', '.join(map(str, actions))} with the queue."
                        fix = (
                            f"name the principal in the policy of {holder.name}, or add a condition such as "
                            "aws:SourceArn or aws:PrincipalOrgID"
                        )
                        values = {f"{holder.name}.policy": {"Principal": "*", "Action": actions}}
                        names = (holder.name,) if holder is queue.resource else (holder.name, queue.name)
                        yield Found(names, values, why, fix)


def _queue_policies(topology: Topology, queue: Queue) -> Iterator[tuple[Resource, Any]]:
    if queue.resource.inputs.get("policy"):
        yield queue.resource, queue.resource.inputs["policy"]
    url = queue.resource.outputs.get("url")
    for policy in topology.graph.of_type(_QUEUE_POLICY):
        if isinstance(url, str) and policy.inputs.get("queueUrl") == url:
            yield policy, policy.inputs.get("policy")


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
