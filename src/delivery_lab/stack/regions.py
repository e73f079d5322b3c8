"""What AWS wants in one region.

A mapping and its source, a queue and its dead-letter queue, a rule and its targets, a bucket and whom it notifies.
"""

from __future__ import annotations

from delivery_lab.program.naming import DEFAULT_REGION
from delivery_lab.stack.events import Bucket, EventRule, EventTarget
from delivery_lab.stack.mappings import EventSourceMapping
from delivery_lab.stack.notifications import NotificationConfig
from delivery_lab.stack.queues import Queue
from delivery_lab.stack.stack import Stack


def regions_apart(stack: Stack, mapping: EventSourceMapping) -> tuple[str, str] | None:
    """The regions of a mapping's source and of its function, where they are certainly two (ESM-REGION-1)."""
    return _apart(stack, mapping.source_arn.known, mapping.function.arn if mapping.function is not None else None)


def dead_letters_apart(stack: Stack, queue: Queue) -> tuple[str, str] | None:
    """The regions of a dead-letter queue and of its source, where they are certainly two (SQS-DLQ-3)."""
    return None if queue.redrive is None else _apart(stack, queue.redrive.target_arn.known, queue.arn)


def target_apart(stack: Stack, rule: EventRule, target: EventTarget) -> tuple[str, str] | None:
    """The regions of a rule's target, unless it is a bus, and of the rule; None unless certainly two (EB-REGION-1)."""
    arn = target.target_arn.known
    return None if arn is None or arn.split(":")[2:3] == ["events"] else _apart(stack, arn, rule.arn)


def destination_apart(stack: Stack, bucket: Bucket, config: NotificationConfig) -> tuple[str, str] | None:
    """The regions of whom a bucket notifies and of the bucket, where they are certainly two (S3-REGION-1)."""
    return _two(stack, _region_of(config.arn.known), bucket.region)


def _apart(stack: Stack, one: str | None, other: str | None) -> tuple[str, str] | None:
    return _two(stack, _region_of(one), _region_of(other))


def _two(stack: Stack, one: str, other: str) -> tuple[str, str] | None:
    """Two regions, unless one of them may be the region that is assumed of a program that names none."""
    if not one or not other or one == other:
        return None
    return None if "aws:region" not in stack.config and DEFAULT_REGION in (one, other) else (one, other)


def _region_of(arn: str | None) -> str:
    """The region that an ARN names, "" where there is none."""
    return arn.split(":")[3] if arn is not None and arn.count(":") >= 5 else ""
