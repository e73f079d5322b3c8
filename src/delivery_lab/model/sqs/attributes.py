"""Attributes of a queue, with the bounds that SQS sets (semantics.md A1 to A4)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Literal

from delivery_lab.limits.across import allows_throughput
from delivery_lab.limits.queues import (
    DEDUPLICATION_SCOPE,
    DELAY,
    MAX_RECEIVE_COUNT,
    MESSAGE_SIZE,
    RECEIVE_WAIT,
    RETENTION,
    THROUGHPUT_LIMIT,
    VISIBILITY_TIMEOUT,
)
from delivery_lab.model.runtime import AwsError


@dataclass(frozen=True, slots=True)
class DeadLetterPolicy:
    """Where messages go that were received too often.

    Attributes:
        target_arn: ARN of the dead-letter queue.
        max_receive_count: how often a message is received before the next receive moves it, 1 to 1,000.
    """

    target_arn: str
    max_receive_count: int


DeduplicationScope = Literal["queue", "messageGroup"]
ThroughputLimit = Literal["perQueue", "perMessageGroupId"]


@dataclass(frozen=True, slots=True)
class FifoAttributes:
    """What a FIFO queue has besides. Defaults are those of SQS.

    Attributes:
        content_based: a message without a deduplication id is known by its body (SQS-FIFO-3).
        scope: what a deduplication id is unique within (SQS-FIFO-3).
        throughput_limit: what SQS limits the rate of requests by; the model limits no rates (SQS-FIFO-6).
    """

    content_based: bool = False
    scope: DeduplicationScope = "queue"
    throughput_limit: ThroughputLimit = "perQueue"

    def __post_init__(self) -> None:
        for choice, value in ((DEDUPLICATION_SCOPE, self.scope), (THROUGHPUT_LIMIT, self.throughput_limit)):
            if not choice.allows(value):
                raise _invalid(choice.name, f"{value} is not one of {', '.join(choice.values)}")
        if not allows_throughput(self.throughput_limit, self.scope):
            raise _invalid("FifoThroughputLimit", "perMessageGroupId needs the DeduplicationScope messageGroup")

    def changed(self, aws_name: str, text: str) -> FifoAttributes:
        """These attributes with one set anew, by AWS's name."""
        if aws_name == "ContentBasedDeduplication":
            if text not in ("true", "false"):
                raise _invalid(aws_name, f"{text} is neither true nor false")
            return replace(self, content_based=text == "true")
        changes: dict[str, Any] = {_FIFO_FIELD_OF[aws_name]: text}
        return replace(self, **changes)

    def as_text(self) -> dict[str, str]:
        """The attributes by AWS's names."""
        return {
            "FifoQueue": "true",
            "ContentBasedDeduplication": str(self.content_based).lower(),
            "DeduplicationScope": self.scope,
            "FifoThroughputLimit": self.throughput_limit,
        }


_FIFO_FIELD_OF = {"DeduplicationScope": "scope", "FifoThroughputLimit": "throughput_limit"}


@dataclass(frozen=True, slots=True)
class QueueAttributes:
    """Attributes of a queue. Defaults are those of SQS.

    Attributes:
        visibility_timeout_seconds: 0 to 43,200.
        retention_seconds: 60 to 1,209,600.
        delay_seconds: 0 to 900.
        receive_wait_seconds: 0 to 20.
        maximum_message_bytes: 1,024 to 1,048,576.
        redrive: redrive policy, or None.
        fifo: what a FIFO queue has besides, None for a standard queue.
    """

    visibility_timeout_seconds: int = VISIBILITY_TIMEOUT.default
    retention_seconds: int = RETENTION.default
    delay_seconds: int = DELAY.default
    receive_wait_seconds: int = RECEIVE_WAIT.default
    maximum_message_bytes: int = MESSAGE_SIZE.default
    redrive: DeadLetterPolicy | None = None
    fifo: FifoAttributes | None = None

    def __post_init__(self) -> None:
        for name, limit in _LIMITS.items():
            value = getattr(self, name)
            if not limit.allows(value):
                raise _invalid(limit.name, f"{value} is not between {limit.minimum} and {limit.maximum}")
        count = None if self.redrive is None else self.redrive.max_receive_count
        if count is not None and not MAX_RECEIVE_COUNT.allows(count):
            lowest, highest = MAX_RECEIVE_COUNT.minimum, MAX_RECEIVE_COUNT.maximum
            raise _invalid("RedrivePolicy", f"maxReceiveCount {count} is not between {lowest} and {highest}")

    def changed(self, attributes: Mapping[str, str]) -> QueueAttributes:
        """These attributes with some set anew, as `SetQueueAttributes` takes them.

        Args:
            attributes: values by AWS's names; every value is text.

        Raises:
            AwsError: a name is unknown or a value out of bounds.
        """
        changes: dict[str, Any] = {}
        fifo = self.fifo
        for aws_name, text in attributes.items():
            if aws_name == "RedrivePolicy":
                changes["redrive"] = redrive_policy(text)
            elif aws_name in _FIELD_OF:
                changes[_FIELD_OF[aws_name]] = _whole_number(aws_name, text)
            elif fifo is not None and aws_name in ("ContentBasedDeduplication", *_FIFO_FIELD_OF):
                fifo = fifo.changed(aws_name, text)
            elif aws_name not in _WITHOUT_EFFECT:
                raise AwsError("InvalidAttributeName", f"Unknown Attribute {aws_name}.")
        return replace(self, fifo=fifo, **changes)

    def as_text(self) -> dict[str, str]:
        """The attributes by AWS's names, as `GetQueueAttributes` answers them."""
        values = {limit.name: str(getattr(self, name)) for name, limit in _LIMITS.items()}
        if self.redrive is not None:
            values["RedrivePolicy"] = json.dumps(
                {
                    "deadLetterTargetArn": self.redrive.target_arn,
                    "maxReceiveCount": self.redrive.max_receive_count,
                }
            )
        return values if self.fifo is None else values | self.fifo.as_text()


_LIMITS = {
    "visibility_timeout_seconds": VISIBILITY_TIMEOUT,
    "retention_seconds": RETENTION,
    "delay_seconds": DELAY,
    "receive_wait_seconds": RECEIVE_WAIT,
    "maximum_message_bytes": MESSAGE_SIZE,
}
_FIELD_OF = {limit.name: name for name, limit in _LIMITS.items()}
# Permissions and encryption: who may read a message changes, what happens to it does not.
_WITHOUT_EFFECT = {
    "Policy",
    "RedriveAllowPolicy",
    "KmsMasterKeyId",
    "KmsDataKeyReusePeriodSeconds",
    "SqsManagedSseEnabled",
}

assert set(_LIMITS) == {field.name for field in fields(QueueAttributes)} - {"redrive", "fifo"}


def redrive_policy(text: str) -> DeadLetterPolicy | None:
    """Read a redrive policy from its JSON; empty text removes the policy.

    Raises:
        AwsError: the text is no redrive policy.
    """
    if not text:
        return None
    try:
        policy = json.loads(text)
        return DeadLetterPolicy(str(policy["deadLetterTargetArn"]), int(policy["maxReceiveCount"]))
    except (ValueError, TypeError, KeyError) as error:
        raise _invalid("RedrivePolicy", f"it needs deadLetterTargetArn and maxReceiveCount, not {text}") from error


def _whole_number(aws_name: str, text: str) -> int:
    try:
        return int(text)
    except ValueError as error:
        raise _invalid(aws_name, f"{text} is not a whole number") from error


def _invalid(aws_name: str, reason: str) -> AwsError:
    return AwsError("InvalidAttributeValue", f"Invalid value for the parameter {aws_name}. Reason: {reason}.")
