"""Queues and their policies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from delivery_lab import resource_types
from delivery_lab.limits.limit import Bound
from delivery_lab.limits.queues import (
    DELAY,
    MAX_RECEIVE_COUNT,
    MESSAGE_SIZE,
    RECEIVE_WAIT,
    RETENTION,
    VISIBILITY_TIMEOUT,
)
from delivery_lab.live.provider.cloud import Cloud, found, gone_is_fine, refusal
from delivery_lab.live.provider.resource_type import Properties, ProvidedType, document

_NUMBERS: Mapping[str, Bound] = {
    "delaySeconds": DELAY,
    "maxMessageSize": MESSAGE_SIZE,
    "messageRetentionSeconds": RETENTION,
    "receiveWaitTimeSeconds": RECEIVE_WAIT,
    "visibilityTimeoutSeconds": VISIBILITY_TIMEOUT,
}
_FLAGS = {
    "contentBasedDeduplication": "ContentBasedDeduplication",
    "fifoQueue": "FifoQueue",
    "sqsManagedSseEnabled": "SqsManagedSseEnabled",
}
_TEXTS = {
    "deduplicationScope": "DeduplicationScope",
    "fifoThroughputLimit": "FifoThroughputLimit",
    "kmsMasterKeyId": "KmsMasterKeyId",
    "redrivePolicy": "RedrivePolicy",
}


class QueueType(ProvidedType):
    """`aws.sqs.Queue`. Its id is its URL."""

    pulumi_type = resource_types.QUEUE
    settings = frozenset({"name", *_NUMBERS, *_FLAGS, *_TEXTS})
    computed = ("arn", "url", "kmsDataKeyReusePeriodSeconds")

    def create(self, cloud: Cloud, inputs: Properties) -> str:
        """Create the queue with all its attributes."""
        self._refuse(inputs, "CreateQueue")
        attributes = {name: value for name, value in _attributes(inputs).items() if value not in ("", "false")}
        answer = cloud.client("sqs").create_queue(QueueName=inputs["name"], Attributes=attributes)
        return str(answer["QueueUrl"])

    def read(self, cloud: Cloud, id_: str, state: Properties) -> Properties | None:
        """Its attributes."""
        sqs = cloud.client("sqs")
        answer = found(lambda: sqs.get_queue_attributes(QueueUrl=id_, AttributeNames=["All"]))
        if answer is None:
            return None
        attributes: dict[str, str] = answer["Attributes"]
        properties: dict[str, Any] = {name: int(attributes[each.name]) for name, each in _NUMBERS.items()}
        properties |= {name: attributes.get(wire, "false") == "true" for name, wire in _FLAGS.items()}
        properties |= {name: attributes[wire] for name, wire in _TEXTS.items() if attributes.get(wire)}
        arn = attributes["QueueArn"]
        return {
            **properties,
            "arn": arn,
            "name": arn.rpartition(":")[2],
            "url": id_,
            "kmsDataKeyReusePeriodSeconds": int(attributes.get("KmsDataKeyReusePeriodSeconds", 300)),
        }

    def update(self, cloud: Cloud, id_: str, new: Properties, changed: frozenset[str]) -> None:
        """Set the attributes that changed; one that was left out gets its default again."""
        self._refuse(new, "SetQueueAttributes")
        given = {**self.defaults, **new}
        wanted = _attributes({name: given.get(name) for name in changed}, left_out="")
        cloud.client("sqs").set_queue_attributes(QueueUrl=id_, Attributes=wanted)

    def delete(self, cloud: Cloud, id_: str, state: Properties) -> None:
        """Delete the queue with its messages."""
        with gone_is_fine():
            cloud.client("sqs").delete_queue(QueueUrl=id_)

    def _refuse(self, inputs: Properties, operation: str) -> None:
        """Refuse what SQS refuses (SQS-BOUNDS-1).

        Raises:
            ClientError: InvalidAttributeValue.
        """
        for name, bound in _NUMBERS.items():
            value = inputs.get(name)
            if value is not None and not bound.allows(value):
                raise refusal("InvalidAttributeValue", f"Invalid value for the parameter {bound.name}.", operation)
        redrive = document(inputs.get("redrivePolicy"))
        if isinstance(redrive, Mapping) and not MAX_RECEIVE_COUNT.allows(int(redrive.get("maxReceiveCount", 0))):
            message = (
                f"Value {inputs['redrivePolicy']} for parameter RedrivePolicy is invalid. Reason: Invalid value for "
                f"maxReceiveCount: {redrive.get('maxReceiveCount')}, valid values are from {MAX_RECEIVE_COUNT.range} "
                "both inclusive."
            )
            raise refusal("InvalidParameterValue", message, operation)


def _attributes(inputs: Properties, left_out: str | None = None) -> dict[str, str]:
    """Attributes as SQS wants them: texts, under its own names."""
    names = {**{name: bound.name for name, bound in _NUMBERS.items()}, **_FLAGS, **_TEXTS}
    attributes: dict[str, str] = {}
    for name, value in inputs.items():
        if name not in names:
            continue
        if value is None and left_out is None:
            continue
        text = str(value).lower() if isinstance(value, bool) else str(left_out if value is None else value)
        attributes[names[name]] = text
    return attributes


class _QueueAttribute(ProvidedType):
    """A type that stands for one attribute of a queue. Its id is the queue's URL."""

    input_name: ClassVar[str]
    attribute: ClassVar[str]

    def create(self, cloud: Cloud, inputs: Properties) -> str:
        """Set the attribute."""
        self._set(cloud, inputs["queueUrl"], inputs[self.input_name])
        return str(inputs["queueUrl"])

    def read(self, cloud: Cloud, id_: str, state: Properties) -> Properties | None:
        """The attribute; a queue without it has no such resource."""
        sqs = cloud.client("sqs")
        answer = found(lambda: sqs.get_queue_attributes(QueueUrl=id_, AttributeNames=[self.attribute]))
        text = (answer or {}).get("Attributes", {}).get(self.attribute)
        return {"queueUrl": id_, self.input_name: text} if text else None

    def update(self, cloud: Cloud, id_: str, new: Properties, changed: frozenset[str]) -> None:
        """Set the attribute."""
        self._set(cloud, id_, new[self.input_name])

    def delete(self, cloud: Cloud, id_: str, state: Properties) -> None:
        """Take the attribute from the queue."""
        with gone_is_fine():
            self._set(cloud, id_, "")

    def _set(self, cloud: Cloud, url: str, text: str) -> None:
        cloud.client("sqs").set_queue_attributes(QueueUrl=url, Attributes={self.attribute: text})


class QueuePolicyType(_QueueAttribute):
    """`aws.sqs.QueuePolicy`."""

    pulumi_type = resource_types.QUEUE_POLICY
    settings = frozenset({"policy", "queueUrl"})
    required = settings
    input_name, attribute = "policy", "Policy"


class RedriveAllowPolicyType(_QueueAttribute):
    """`aws.sqs.RedriveAllowPolicy`."""

    pulumi_type = resource_types.REDRIVE_ALLOW_POLICY
    settings = frozenset({"queueUrl", "redriveAllowPolicy"})
    required = settings
    input_name, attribute = "redriveAllowPolicy", "RedriveAllowPolicy"


TYPES = (QueueType(), QueuePolicyType(), RedriveAllowPolicyType())
