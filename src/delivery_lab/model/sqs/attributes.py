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
from delivery_lab.model.api_errors import sqs as errors
from delivery_lab.model.runtime import AwsError
from delivery_lab.model.sqs.encryption import ENCRYPTION, MANAGED_BY_SQS, Encryption

REDRIVE_POLICY = "RedrivePolicy"


@dataclass(frozen=True, slots=True)
class DeadLetterPolicy:
    """Where messages go that were received too often.

    Attributes:
        target_arn: ARN of the dead-letter queue.
        max_receive_count: how often a message is received before the next receive moves it, 1 to 1,000.
    """

    target_arn: str
    max_receive_count: int

    def as_text(self) -> str:
        """The policy as JSON."""
        return json.dumps(
            {"deadLetterTargetArn": self.target_arn, "maxReceiveCount": self.max_receive_count}, separators=(",", ":")
        )


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

    def changed(self, attributes: Mapping[str, str]) -> FifoAttributes:
        """These attributes with some set anew, judged together.

        Raises:
            AwsError: a value is none, or two of them do not go together.
        """
        changes: dict[str, Any] = {
            field: attributes[name] for name, field in _FIFO_FIELD_OF.items() if name in attributes
        }
        if _CONTENT_BASED in attributes:
            text = attributes[_CONTENT_BASED].lower()
            if text not in ("true", "false"):
                raise _invalid(_CONTENT_BASED, f"{text} is neither true nor false")
            changes["content_based"] = text == "true"
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
_FIFO_QUEUE = "FifoQueue"
_CONTENT_BASED = "ContentBasedDeduplication"


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
        encryption: how it is encrypted.
        policies: `Policy` and `RedriveAllowPolicy` as JSON, where it has them.
    """

    visibility_timeout_seconds: int = VISIBILITY_TIMEOUT.default
    retention_seconds: int = RETENTION.default
    delay_seconds: int = DELAY.default
    receive_wait_seconds: int = RECEIVE_WAIT.default
    maximum_message_bytes: int = MESSAGE_SIZE.default
    redrive: DeadLetterPolicy | None = None
    fifo: FifoAttributes | None = None
    encryption: Encryption = MANAGED_BY_SQS
    policies: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        for name, limit in _LIMITS.items():
            value = getattr(self, name)
            if not limit.allows(value):
                raise _invalid(limit.name, f"{value} is not between {limit.minimum} and {limit.maximum}")
        redrive = self.redrive
        if redrive is not None and not MAX_RECEIVE_COUNT.allows(redrive.max_receive_count):
            raise errors.REDRIVE_COUNT.error(policy=redrive.as_text(), count=redrive.max_receive_count)

    def changed(self, attributes: Mapping[str, str]) -> QueueAttributes:
        """These attributes with some set anew, as `SetQueueAttributes` takes them.

        Args:
            attributes: values by AWS's names; every value is text.

        Raises:
            AwsError: a name is unknown or a value out of bounds.
        """
        self._check_names(attributes)
        changes: dict[str, Any] = {
            field: _whole_number(name, attributes[name]) for name, field in _FIELD_OF.items() if name in attributes
        }
        if REDRIVE_POLICY in attributes:
            changes["redrive"] = redrive_policy(attributes[REDRIVE_POLICY])
        held = dict(self.policies) | {name: attributes[name] for name in _POLICIES if name in attributes}
        return replace(
            self,
            fifo=self.fifo and self.fifo.changed(attributes),
            encryption=self.encryption.changed(attributes),
            policies=tuple((name, text) for name, text in held.items() if text),
            **changes,
        )

    def _check_names(self, attributes: Mapping[str, str]) -> None:
        """Refuse attributes that are none, or not of this type of queue; the type itself is fixed."""
        for name, value in attributes.items():
            if self.fifo is None and name in _FIFO_FIELD_OF:
                raise errors.ATTRIBUTE_OF_FIFO.error(name=name)
            of_fifo = self.fifo is not None and name in (_FIFO_QUEUE, _CONTENT_BASED, *_FIFO_FIELD_OF)
            if not of_fifo and name not in _SETTABLE:
                raise errors.UNKNOWN_ATTRIBUTE.error(name=name)
            if name == _FIFO_QUEUE and value.lower() != "true":
                raise errors.QUEUE_TYPE_IS_FIXED.error()

    @classmethod
    def names(cls) -> frozenset[str]:
        """AWS's names of all attributes that can be set, of either type of queue."""
        return _SETTABLE | cls.fifo_names()

    @staticmethod
    def fifo_names() -> frozenset[str]:
        """AWS's names of the attributes that only FIFO queues have."""
        return frozenset({_FIFO_QUEUE, _CONTENT_BASED, *_FIFO_FIELD_OF})

    def as_text(self) -> dict[str, str]:
        """The attributes by AWS's names, as `GetQueueAttributes` answers them."""
        values = {limit.name: str(getattr(self, name)) for name, limit in _LIMITS.items()}
        values |= self.encryption.as_text() | dict(self.policies)
        if self.redrive is not None:
            values[REDRIVE_POLICY] = self.redrive.as_text()
        return values if self.fifo is None else values | self.fifo.as_text()


_LIMITS = {
    "visibility_timeout_seconds": VISIBILITY_TIMEOUT,
    "retention_seconds": RETENTION,
    "delay_seconds": DELAY,
    "receive_wait_seconds": RECEIVE_WAIT,
    "maximum_message_bytes": MESSAGE_SIZE,
}
_FIELD_OF = {limit.name: name for name, limit in _LIMITS.items()}
# Permissions: who may read a message changes, what happens to it does not.
_POLICIES = ("Policy", "RedriveAllowPolicy")
_SETTABLE = frozenset({*_FIELD_OF, *_POLICIES, *ENCRYPTION, REDRIVE_POLICY})

assert set(_LIMITS) == {field.name for field in fields(QueueAttributes)} - {"redrive", "fifo", "encryption", "policies"}


def redrive_policy(text: str) -> DeadLetterPolicy | None:
    """Read a redrive policy from its JSON; empty text removes the policy.

    Raises:
        AwsError: the text is no redrive policy.
    """
    if not text:
        return None
    try:
        policy = json.loads(text)
    except ValueError:
        policy = None
    if not isinstance(policy, dict):
        raise errors.REDRIVE_POLICY_NO_MAP.error(policy=text)
    for name in ("deadLetterTargetArn", "maxReceiveCount"):
        if name not in policy:
            raise errors.REDRIVE_POLICY_LACKS.error(policy=text, name=name)
    try:
        count = int(policy["maxReceiveCount"])
    except (ValueError, TypeError):
        raise errors.REDRIVE_COUNT.error(policy=text, count=policy["maxReceiveCount"]) from None
    return DeadLetterPolicy(str(policy["deadLetterTargetArn"]), count)


def _whole_number(aws_name: str, text: str) -> int:
    try:
        return int(text)
    except ValueError as error:
        raise _invalid(aws_name, f"{text} is not a whole number") from error


def _invalid(aws_name: str, reason: str) -> AwsError:
    return errors.ATTRIBUTE_VALUE.error(name=aws_name, why=f"{reason}.")
