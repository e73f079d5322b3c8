"""Attributes of a queue, with the bounds that SQS sets (semantics.md A1 to A4)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Literal, get_args

from delivery_lab.model.runtime import AwsError

HOUR_SECONDS = 3_600
DAY_SECONDS = 86_400

LONGEST_VISIBILITY_SECONDS = 12 * HOUR_SECONDS
"""The longest visibility timeout, and the longest time that one receive can keep a message (SQS-VT-3)."""

LARGEST_MESSAGE_BYTES = 1_048_576


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
        for aws_name, value, values in (
            ("DeduplicationScope", self.scope, get_args(DeduplicationScope)),
            ("FifoThroughputLimit", self.throughput_limit, get_args(ThroughputLimit)),
        ):
            if value not in values:
                raise _invalid(aws_name, f"{value} is not one of {', '.join(values)}")
        if self.throughput_limit == "perMessageGroupId" and self.scope != "messageGroup":
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

    visibility_timeout_seconds: int = 30
    retention_seconds: int = 4 * DAY_SECONDS
    delay_seconds: int = 0
    receive_wait_seconds: int = 0
    maximum_message_bytes: int = LARGEST_MESSAGE_BYTES
    redrive: DeadLetterPolicy | None = None
    fifo: FifoAttributes | None = None

    def __post_init__(self) -> None:
        for name, (aws_name, lowest, highest) in _BOUNDS.items():
            value = getattr(self, name)
            if not lowest <= value <= highest:
                raise _invalid(aws_name, f"{value} is not between {lowest} and {highest}")
        if self.redrive is not None and not 1 <= self.redrive.max_receive_count <= 1_000:
            raise _invalid(
                "RedrivePolicy", f"maxReceiveCount {self.redrive.max_receive_count} is not between 1 and 1000"
            )

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
        values = {aws_name: str(getattr(self, name)) for name, (aws_name, _, _) in _BOUNDS.items()}
        if self.redrive is not None:
            values["RedrivePolicy"] = json.dumps(
                {
                    "deadLetterTargetArn": self.redrive.target_arn,
                    "maxReceiveCount": self.redrive.max_receive_count,
                }
            )
        return values if self.fifo is None else values | self.fifo.as_text()


_BOUNDS = {
    "visibility_timeout_seconds": ("VisibilityTimeout", 0, LONGEST_VISIBILITY_SECONDS),
    "retention_seconds": ("MessageRetentionPeriod", 60, 14 * DAY_SECONDS),
    "delay_seconds": ("DelaySeconds", 0, 900),
    "receive_wait_seconds": ("ReceiveMessageWaitTimeSeconds", 0, 20),
    "maximum_message_bytes": ("MaximumMessageSize", 1_024, LARGEST_MESSAGE_BYTES),
}
_FIELD_OF = {aws_name: name for name, (aws_name, _, _) in _BOUNDS.items()}
# Permissions and encryption: who may read a message changes, what happens to it does not.
_WITHOUT_EFFECT = {
    "Policy",
    "RedriveAllowPolicy",
    "KmsMasterKeyId",
    "KmsDataKeyReusePeriodSeconds",
    "SqsManagedSseEnabled",
}

assert set(_BOUNDS) == {field.name for field in fields(QueueAttributes)} - {"redrive", "fifo"}


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
