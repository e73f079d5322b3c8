"""SNS topics and their subscriptions."""

from __future__ import annotations

import json
from dataclasses import dataclass

from delivery_lab import resource_types
from delivery_lab.limits.topics import DEDUPLICATION_SCOPE, FILTER_SCOPE, TOPIC_MESSAGE
from delivery_lab.program.graph import UNKNOWN
from delivery_lab.stack.access import InputsOf
from delivery_lab.stack.reading import Inputs, document, has_unknown
from delivery_lab.stack.resource import StackResource
from delivery_lab.stack.resource_policies import policies_of
from delivery_lab.stack.roles import PolicyDocument
from delivery_lab.stack.settings import Setting


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic(StackResource):
    """An SNS topic.

    Attributes:
        fifo: whether it is a FIFO topic.
        content_based_deduplication: of a FIFO topic.
        deduplication_scope: `fifoThroughputScope`.
        maximum_message_bytes: the largest message.
        signature_version: 1 or 2.
        policies: what it may have for its policy (`delivery_lab.stack.resource_policies`).
    """

    fifo: Setting[bool]
    content_based_deduplication: Setting[bool]
    deduplication_scope: Setting[str]
    maximum_message_bytes: Setting[int]
    signature_version: Setting[int]
    policies: tuple[PolicyDocument, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription(StackResource):
    """A subscription of a topic.

    Attributes:
        topic: ARN of the topic.
        protocol: such as `sqs` or `lambda`.
        endpoint: ARN of who gets the messages.
        raw: whether a queue gets messages without the envelope.
        filter_policy: the filter policy as JSON text, None without one.
        filter_scope: `MessageAttributes` or `MessageBody`.
        redrive_policy: the redrive policy as JSON text, None without one.
    """

    topic: Setting[str]
    protocol: Setting[str]
    endpoint: Setting[str]
    raw: Setting[bool]
    filter_policy: Setting[str | None]
    filter_scope: Setting[str]
    redrive_policy: Setting[str | None]

    @property
    def dead_letter_arn(self) -> Setting[str | None]:
        """ARN of the dead-letter queue, None without one."""
        held = self.redrive_policy
        if held.known is None:
            return held
        target = (document(held.known) or {}).get("deadLetterTargetArn")
        return Setting(target if isinstance(target, str) else None, held.origin)


def topic(inputs: Inputs, inputs_of: InputsOf) -> Topic:
    """A topic of its inputs and of the policies that other resources give it.

    Args:
        inputs: its inputs.
        inputs_of: the inputs of each resource of a type.
    """
    return Topic(
        **inputs.identity(),
        fifo=inputs.switch("fifoTopic", default=False),
        content_based_deduplication=inputs.switch("contentBasedDeduplication", default=False),
        deduplication_scope=inputs.text("fifoThroughputScope", default=DEDUPLICATION_SCOPE.default),
        maximum_message_bytes=inputs.number("maximumMessageSize", default=TOPIC_MESSAGE.default),
        signature_version=inputs.number("signatureVersion", default=1),
        policies=policies_of(
            inputs, (each for each in inputs_of(resource_types.TOPIC_POLICY) if each.raw("arn") == inputs.output("arn"))
        ),
    )


def subscription(inputs: Inputs) -> Subscription:
    """A subscription of its inputs."""
    return Subscription(
        **inputs.identity(),
        topic=inputs.text("topic"),
        protocol=inputs.text("protocol"),
        endpoint=inputs.text("endpoint"),
        raw=inputs.switch("rawMessageDelivery", default=False),
        filter_policy=json_text(inputs, "filterPolicy"),
        filter_scope=inputs.text("filterPolicyScope", default=FILTER_SCOPE.default),
        redrive_policy=json_text(inputs, "redrivePolicy"),
    )


def json_text(inputs: Inputs, name: str) -> Setting[str | None]:
    """A JSON document as text, however the program gives it; None where it is left out or empty."""
    value = inputs.raw(name)
    if has_unknown(value):
        return Setting(UNKNOWN, inputs.origin(name))
    if not value:
        return Setting(None, inputs.origin(name), given=False)
    text = value if isinstance(value, str) else json.dumps(value)
    return Setting(text, inputs.origin(name, value=text))
