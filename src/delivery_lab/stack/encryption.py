"""Whether the key that a queue is encrypted with lets a service of AWS send to it, and a role read from it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from delivery_lab.stack.permissions import forbids
from delivery_lab.stack.policy_verdicts import Allowance, Use, verdict
from delivery_lab.stack.queues import Queue
from delivery_lab.stack.reading import has_unknown, listed
from delivery_lab.stack.roles import Role
from delivery_lab.stack.stack import Stack
from delivery_lab.stack.taken import EncryptionKey, KeyAlias

MANAGED_KEYS = ("alias/aws/sqs", ":alias/aws/sqs")
"""The key of AWS for queues, whose policy nobody can change."""
_GRANT = "aws:kms/grant:Grant"
_NEEDED = ("kms:GenerateDataKey", "kms:Decrypt")
"""What a service that sends to an encrypted queue does with its key (SNS-KMS-2)."""


def has_managed_key(queue: Queue) -> bool:
    """Whether a queue is encrypted with the key of AWS for queues, not with SQS's own."""
    return (queue.kms_key.known or "").endswith(MANAGED_KEYS)


def key_of(stack: Stack, queue: Queue) -> EncryptionKey | None:
    """The key of the stack that a queue is encrypted with: by its ARN, its id, or the name or ARN of an alias."""
    named = queue.kms_key.known
    if named is None:
        return None
    names = {named, *_behind_aliases(stack, named)}
    return next((key for key in stack.all(EncryptionKey) if {key.arn, key.key_id} & names), None)


def _behind_aliases(stack: Stack, named: str) -> Iterator[str]:
    for alias in stack.all(KeyAlias):
        if named in (alias.alias, alias.arn) and alias.key.known is not None:
            yield alias.key.known


def key_verdict(stack: Stack, queue: Queue, service: str, source_arn: str, account: str) -> Allowance:
    """Whether the key of a queue lets a service send to it; a key that is not of the stack is taken to let it.

    Args:
        stack: the stack.
        queue: the queue.
        service: service principal, such as `sns.amazonaws.com`.
        source_arn: ARN of what the service acts for.
        account: its account.
    """
    if has_managed_key(queue):
        return Allowance.DENIED
    key = key_of(stack, queue)
    if key is None:
        return Allowance.ALLOWED
    found = {verdict(key.policies, Use(service, action, key.arn or "", source_arn, account)) for action in _NEEDED}
    return next(each for each in (Allowance.DENIED, Allowance.UNDECIDED, Allowance.ALLOWED) if each in found)


def keys_out_of_reach(stack: Stack, role: Role, queue: Queue) -> tuple[tuple[Queue, EncryptionKey], ...]:
    """The keys that a role needs for reading a queue and surely may not decrypt with, each with the queue it is of.

    A message keeps the encryption of the queue that it was sent to: who reads a dead-letter queue needs the keys of its
    sources too. Keys of other stacks, and the key of AWS, are taken to be within reach.

    Args:
        stack: the stack.
        role: the role that reads.
        queue: what it reads.
    """
    if stack.graph.has(_GRANT):
        return ()
    sources = (
        each
        for each in stack.queues
        if each.redrive is not None and each is not queue and stack.queue_at(each.redrive.target_arn.known) is queue
    )
    keys = ((each, key_of(stack, each)) for each in (queue, *sources))
    return tuple((each, key) for each, key in keys if key is not None and _out_of_reach(role, key))


def _out_of_reach(role: Role, key: EncryptionKey) -> bool:
    statements = [statement for policy in key.policies for statement in policy.statements]
    readable = all(policy.readable for policy in key.policies)
    if key.arn is None or not readable or any(map(_may_name_a_role, statements)):
        return False
    return forbids(role, "kms:Decrypt", key.arn)


def _may_name_a_role(statement: Mapping[str, Any]) -> bool:
    """Whether a statement of a key may let somebody in who is neither a service nor the account as a whole."""
    principal = statement.get("Principal")
    if statement.get("Effect") == "Deny":
        return False
    if has_unknown(statement) or not isinstance(principal, Mapping):
        return True
    named = [str(each) for kind, value in principal.items() if kind != "Service" for each in listed(value)]
    return not all(each.endswith(":root") for each in named)
