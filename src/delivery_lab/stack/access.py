"""From the resources of IAM to what a role may do."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from delivery_lab import resource_types
from delivery_lab.program.graph import UNKNOWN
from delivery_lab.stack.reading import Inputs, listed
from delivery_lab.stack.roles import AttachedPolicy, PolicyDocument, Role, policy_document
from delivery_lab.stack.settings import Origin

InputsOf = Callable[[str], Iterator[Inputs]]


def role(inputs: Inputs, inputs_of: InputsOf) -> Role:
    """A role with what other resources give it.

    Args:
        inputs: its inputs.
        inputs_of: the inputs of each resource of a type.
    """
    names = {name for name in (inputs.resource.id, inputs.output("name"), inputs.output("arn")) if name}
    own = {policy.output("arn") for policy in inputs_of(resource_types.POLICY)}
    attached = tuple(
        AttachedPolicy(origin, arn if isinstance(arn, str) else "", arn in own)
        for origin, arn in _attached(inputs, inputs_of, names)
    )
    arns = {policy.arn for policy in attached if policy.arn}
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
        elif policy.raw("role") is UNKNOWN:  # it may be of this role
            yield PolicyDocument(policy.origin("policy"), (), readable=False)
    for entry in listed(inputs.raw("inlinePolicies")):
        if isinstance(entry, Mapping):
            yield policy_document(inputs.origin("policy"), entry.get("policy"))
        elif entry is UNKNOWN:
            yield PolicyDocument(inputs.origin("policy"), (), readable=False)
    for policy in inputs_of(resource_types.POLICY):
        if policy.output("arn") in arns:
            yield policy_document(policy.origin("policy"), policy.raw("policy"))


def _attached(inputs: Inputs, inputs_of: InputsOf, names: set[str]) -> Iterator[tuple[Origin, object]]:
    """What is attached to a role, and by what; UNKNOWN where that, or to which role it is, cannot be told."""
    for attachment in inputs_of(resource_types.ROLE_POLICY_ATTACHMENT):
        if attachment.raw("role") in names:
            yield attachment.origin("policyArn"), attachment.raw("policyArn")
        elif attachment.raw("role") is UNKNOWN:
            yield attachment.origin("policyArn"), UNKNOWN
    for attachment in inputs_of(resource_types.POLICY_ATTACHMENT):
        held = listed(attachment.raw("roles"))
        if any(name in names for name in held):
            yield attachment.origin("policyArn"), attachment.raw("policyArn")
        elif UNKNOWN in held:
            yield attachment.origin("policyArn"), UNKNOWN
    holders = [(inputs, "managedPolicyArns")]
    holders += [
        (each, "policyArns")
        for each in inputs_of(resource_types.ROLE_POLICY_ATTACHMENTS_EXCLUSIVE)
        if each.raw("roleName") in names or each.raw("roleName") is UNKNOWN
    ]
    for holder, name in holders:
        # Messages call every attached policy by the input of an attachment.
        origin = holder.origin("policyArn")
        yield from ((origin, arn) for arn in listed(holder.raw(name)))
