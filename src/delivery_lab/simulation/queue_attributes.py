"""From a queue of the stack to the attributes that the model creates it with."""

from __future__ import annotations

from typing import Any

from delivery_lab import resource_types
from delivery_lab.errors import DeploymentRefusedError
from delivery_lab.model.sqs.attributes import FifoAttributes, QueueAttributes, redrive_policy
from delivery_lab.model.sqs.encryption import Encryption
from delivery_lab.stack.queues import Queue
from delivery_lab.stack.regions import dead_letters_apart
from delivery_lab.stack.stack import Stack


def check_name(queue: Queue) -> None:
    """Refuse a name that SQS refuses (SQS-NAME-1).

    Raises:
        DeploymentRefusedError: it has other characters, is too long, or ends in .fifo where the queue is none, or the
            reverse.
    """
    problem = queue.name_problem
    if problem:
        raise DeploymentRefusedError(
            queue.name,
            "InvalidParameterValue",
            problem,
            rule="SQS-NAME-1",
            fix=f"change the name of {queue.name}, or leave it out: Pulumi makes one that fits",
        )


_SETTING = (resource_types.QUEUE_POLICY, resource_types.REDRIVE_POLICY, resource_types.REDRIVE_ALLOW_POLICY)
"""What sets an attribute of a queue after it was created."""


def check_addresses(stack: Stack) -> None:
    """Refuse policies that name their queue by its ARN (SQS-ADDRESS-1).

    Raises:
        DeploymentRefusedError: naming the first of them.
    """
    for resource in stack.graph.resources.values():
        address = resource.inputs.get("queueUrl")
        if resource.type in _SETTING and isinstance(address, str) and address.startswith("arn:"):
            raise DeploymentRefusedError(
                resource.name,
                "InvalidAddress",
                f"The address {address} is not valid for this endpoint.",
                rule="SQS-ADDRESS-1",
                fix=f"set queueUrl of {resource.name} to the url of the queue",
            )


def check_dead_letter_region(stack: Stack, queue: Queue) -> None:
    """Refuse a dead-letter queue in another region (SQS-DLQ-3).

    Raises:
        DeploymentRefusedError: naming both regions.
    """
    regions = dead_letters_apart(stack, queue)
    if regions is not None:
        theirs, own = regions
        raise DeploymentRefusedError(
            queue.name,
            "InvalidParameterValue",
            "Value for parameter RedrivePolicy is invalid. Reason: the dead-letter queue is in "
            f"{theirs}, {queue.name} in {own}",
            rule="SQS-DLQ-3",
            fix=f"create the dead-letter queue of {queue.name} in {own}",
        )


def attributes_of(queue: Queue) -> QueueAttributes:
    """The attributes that a queue is created with.

    Raises:
        AwsError: SQS would refuse one of them.
        ProgramError: one is known only after deployment.
    """
    own = next((policy for policy in queue.redrive_policies if policy.origin.urn == queue.urn), None)
    return QueueAttributes(
        visibility_timeout_seconds=queue.created_visibility_seconds.certain(),
        retention_seconds=queue.retention_seconds.certain(),
        delay_seconds=queue.delay_seconds.certain(),
        receive_wait_seconds=queue.receive_wait_seconds.certain(),
        maximum_message_bytes=queue.maximum_message_bytes.certain(),
        redrive=redrive_policy(own.text.certain() if own is not None else ""),
        fifo=_fifo(queue),
        encryption=_encryption(queue),
    )


def _encryption(queue: Queue) -> Encryption:
    """How a queue is encrypted; a key that is known only after deployment has no name here."""
    key = queue.kms_key.known or ""
    given = queue.managed_encryption.known
    return Encryption(not key if given is None else given, key)


def _fifo(queue: Queue) -> FifoAttributes | None:
    content_based = queue.content_based_deduplication.certain()
    scope, limit = queue.deduplication_scope.certain(), queue.fifo_throughput_limit.certain()
    if queue.fifo.certain():
        defaults = FifoAttributes()
        changes: dict[str, Any] = {
            "scope": scope or defaults.scope,
            "throughput_limit": limit or defaults.throughput_limit,
        }
        return FifoAttributes(content_based=bool(content_based), **changes)
    given = {"ContentBasedDeduplication": content_based, "DeduplicationScope": scope, "FifoThroughputLimit": limit}
    for name, value in given.items():
        if value:
            QueueAttributes().changed({name: str(value)})  # refuses it
    return None
