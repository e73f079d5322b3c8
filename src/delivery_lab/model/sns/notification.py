"""What a topic sends to its subscribers: the envelope in a queue, the event of a function, the message as it is.

The envelope has the members of AWS's documented example, in its order (SNS-ENVELOPE-1); the event of a function has
other names for some of them (SNS-LAMBDA-1). Signatures are not real (SNS-SIGN-1).
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from delivery_lab.model.clock import iso_time

Attributes = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Notification:
    """A message that was published to a topic.

    Attributes:
        id: SNS's message id.
        topic_arn: ARN of the topic.
        message: the body.
        published_at: instant of the publish.
        subject: the subject, None without one.
        attributes: message attributes as the API takes them.
        group: its message group, "" without one.
        deduplication_id: what a FIFO topic knows it by, "" on a standard topic.
        sequence_number: what a FIFO topic numbers it with, "" on a standard topic.
        signature_version: `1` or `2`.
        by_protocol: bodies for single protocols, of a message of the structure `json`.
    """

    id: str
    topic_arn: str
    message: str
    published_at: int
    subject: str | None = None
    attributes: Attributes = field(default_factory=dict)
    group: str = ""
    deduplication_id: str = ""
    sequence_number: str = ""
    signature_version: str = "1"
    by_protocol: Mapping[str, str] = field(default_factory=dict)

    def message_for(self, protocol: str) -> str:
        """The body for a protocol."""
        return self.by_protocol.get(protocol, self.message)

    @property
    def signature(self) -> str:
        """Something that looks like a signature, and is the same for the same message (SNS-SIGN-1)."""
        digest = hashlib.sha512(f"{self.id} {self.message}".encode()).digest()
        return base64.b64encode(digest * 4).decode()


def envelope(notification: Notification, subscription_arn: str) -> str:
    """The body of the message in a queue, without raw message delivery.

    Args:
        notification: the message.
        subscription_arn: ARN of the subscription.
    """
    host = _host(notification.topic_arn)
    members: dict[str, Any] = {"Type": "Notification", "MessageId": notification.id}
    if notification.sequence_number:
        members["SequenceNumber"] = notification.sequence_number
    members["TopicArn"] = notification.topic_arn
    if notification.subject is not None:
        members["Subject"] = notification.subject
    members["Message"] = notification.message_for("sqs")
    members["Timestamp"] = iso_time(notification.published_at)
    if not notification.sequence_number:  # FIFO topics do not sign
        members["SignatureVersion"] = notification.signature_version
        members["Signature"] = notification.signature
        members["SigningCertURL"] = _certificate(host)
    members["UnsubscribeURL"] = _unsubscribe(host, subscription_arn)
    if notification.attributes:
        members["MessageAttributes"] = _attributes(notification.attributes)
    lines = ",\n".join(f"  {json.dumps(name)} : {_written(value)}" for name, value in members.items())
    return f"{{\n{lines}\n}}"


def lambda_event(notification: Notification, subscription_arn: str) -> str:
    """The event that a function gets: one record."""
    host = _host(notification.topic_arn)
    content = {
        "Type": "Notification",
        "MessageId": notification.id,
        "TopicArn": notification.topic_arn,
        "Subject": notification.subject,
        "Message": notification.message_for("lambda"),
        "Timestamp": iso_time(notification.published_at),
        "SignatureVersion": notification.signature_version,
        "Signature": notification.signature,
        "SigningCertUrl": _certificate(host),
        "UnsubscribeUrl": _unsubscribe(host, subscription_arn),
        "MessageAttributes": _attributes(notification.attributes),
    }
    record = {"EventSource": "aws:sns", "EventVersion": "1.0", "EventSubscriptionArn": subscription_arn, "Sns": content}
    return json.dumps({"Records": [record]})


def inner_message(body: str) -> str | None:
    """What stands in the envelope of a body, None where the body is none."""
    try:
        held = json.loads(body)
    except ValueError:
        return None
    if not isinstance(held, dict) or held.get("Type") != "Notification":
        return None
    message = held.get("Message")
    return message if isinstance(message, str) else None


def _attributes(attributes: Attributes) -> dict[str, dict[str, str]]:
    return {name: {"Type": str(held["DataType"]), "Value": _value(held)} for name, held in attributes.items()}


def _value(attribute: Mapping[str, Any]) -> str:
    binary = attribute.get("BinaryValue")
    return str(attribute.get("StringValue", "")) if binary is None else base64.b64encode(binary).decode()


def _written(value: Any) -> str:
    """A member as SNS writes it: a text, or the attributes with a line for each."""
    if not isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False)
    inner = ",\n".join(
        f"    {json.dumps(name)} : {json.dumps(held, separators=(',', ':'), ensure_ascii=False)}"
        for name, held in value.items()
    )
    return f"{{\n{inner}\n  }}"


def _host(topic_arn: str) -> str:
    _, partition, _, region, *_ = topic_arn.split(":")
    return f"https://sns.{region}.amazonaws.com{'.cn' if partition == 'aws-cn' else ''}"


def _certificate(host: str) -> str:
    return f"{host}/SimpleNotificationService-{hashlib.md5(host.encode(), usedforsecurity=False).hexdigest()}.pem"


def _unsubscribe(host: str, subscription_arn: str) -> str:
    return f"{host}/?Action=Unsubscribe&SubscriptionArn={quote(subscription_arn, safe=':-')}"
