"""From a queue of the stack to its attributes that are more than a number."""

from __future__ import annotations

from typing import Any

from delivery_lab.model.sqs.attributes import FifoAttributes, QueueAttributes
from delivery_lab.model.sqs.encryption import Encryption
from delivery_lab.stack.queues import Queue


def encryption_of(queue: Queue) -> Encryption:
    """How a queue is encrypted; a key that is known only after deployment has no name here."""
    key = queue.kms_key.known or ""
    given = queue.managed_encryption.known
    return Encryption(not key if given is None else given, key)


def fifo_of(queue: Queue) -> FifoAttributes | None:
    """What makes a queue a FIFO queue, None for a standard queue.

    Raises:
        AwsError: a standard queue has a setting of FIFO queues.
    """
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
