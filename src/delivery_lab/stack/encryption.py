"""Whether the key that a queue is encrypted with lets a service of AWS send to it."""

from __future__ import annotations

from collections.abc import Iterator

from delivery_lab.stack.policy_verdicts import Allowance, Use, verdict
from delivery_lab.stack.queues import Queue
from delivery_lab.stack.stack import Stack
from delivery_lab.stack.taken import EncryptionKey, KeyAlias

MANAGED_KEYS = ("alias/aws/sqs", ":alias/aws/sqs")
"""The key of AWS for queues, whose policy nobody can change."""
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
