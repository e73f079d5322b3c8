"""From the resources of IAM to what a role may do."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from delivery_lab import resource_types
from delivery_lab.stack.reading import Inputs, listed
from delivery_lab.stack.roles import AttachedPolicy, PolicyDocument, Role, policy_document

InputsOf = Callable[[str], Iterator[Inputs]]


def role(inputs: Inputs, inputs_of: InputsOf) -> Role:
    """A role with what other resources give it.

    Args:
        inputs: its inputs.
        inputs_of: the inputs of each resource of a type.
    """
    names = {name for name in (inputs.resource.id, inputs.output("name"), inputs.output("arn")) if name}
    attached = tuple(_attached(inputs, inputs_of, names))
    arns = {policy.arn for policy in attached}
    return Role(
        **inputs.identity(),
        policies=tuple(_policies(inputs, inputs_of, names, arns)),
        attached=attached,
        trust=policy_document(inputs.origin("assumeRolePolicy"), inputs.raw("assumeRolePolicy")),
    )


def _policies(inputs: Inputs, inputs_of: InputsOf, names: set[str], arns: set[str]) -> Iterator[PolicyDocument]:
    for policy in inputs_of(resource_types.ROLE_POLICY):
        if policy.raw("role") in names:
            yield policy_document(policy.origin("policy"), policy.raw("policy"))
    for entry in listed(inputs.raw("inlinePolicies")):
        if isinstance(entry, Mapping):
            yield policy_document(inputs.origin("policy"), entry.get("policy"))
    for policy in inputs_of(resource_types.POLICY):
        if policy.output("arn") in arns:
            yield policy_document(policy.origin("policy"), policy.raw("policy"))


def _attached(inputs: Inputs, inputs_of: InputsOf, names: set[str]) -> Iterator[AttachedPolicy]:
    for attachment in inputs_of(resource_types.ROLE_POLICY_ATTACHMENT):
        arn = attachment.raw("policyArn")
        if attachment.raw("role") in names and isinstance(arn, str):
            yield AttachedPolicy(attachment.origin("policyArn"), arn)
    for attachment in inputs_of(resource_types.POLICY_ATTACHMENT):
        arn = attachment.raw("policyArn")
        if isinstance(arn, str) and any(name in names for name in listed(attachment.raw("roles"))):
            yield AttachedPolicy(attachment.origin("policyArn"), arn)
    holders = [(inputs, "managedPolicyArns")]
    holders += [
        (each, "policyArns")
        for each in inputs_of(resource_types.ROLE_POLICY_ATTACHMENTS_EXCLUSIVE)
        if each.raw("roleName") in names
    ]
    for holder, name in holders:
        # Messages call every attached policy by the input of an attachment.
        origin = holder.origin("policyArn")
        yield from (AttachedPolicy(origin, arn) for arn in listed(holder.raw(name)) if isinstance(arn, str))
