"""The policy of a queue, a topic or a key: it has one, and whoever writes it replaces what was there as a whole."""

from __future__ import annotations

from collections.abc import Iterable

from delivery_lab.stack.reading import Inputs
from delivery_lab.stack.roles import PolicyDocument, policy_document


def policies_of(inputs: Inputs, holders: Iterable[Inputs]) -> tuple[PolicyDocument, ...]:
    """What a resource may have for its policy once all is created (SQS-POLICY-1, SNS-POLICY-2).

    A resource that holds a policy for it is created after it, and so replaces the policy that it was created with. Of
    several such resources AWS keeps the one that is written last, and nothing says which that is.

    Args:
        inputs: the resource, with `policy` among its own inputs.
        holders: the resources that hold a policy for it.

    Returns:
        The policies of which one counts, each once; none where the resource has no policy.
    """
    written = [policy_document(holder.origin("policy"), holder.raw("policy")) for holder in holders]
    if not written and inputs.raw("policy"):
        written = [policy_document(inputs.origin("policy"), inputs.raw("policy"))]
    found: list[PolicyDocument] = []
    for policy in written:
        if not any(policy.readable and policy.statements == other.statements for other in found):
            found.append(policy)
    return tuple(found)
