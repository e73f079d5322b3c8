"""The records of an SQS event, as Lambda writes them into the payload (semantics.md B1)."""

from __future__ import annotations

import base64
import json
from typing import Any

from delivery_lab.model.mapping.ports import SystemAttributes
from delivery_lab.model.sqs import message_attributes
from delivery_lab.model.sqs.api import md5_of
from delivery_lab.model.sqs.message import Delivery

_encode = json.JSONEncoder(separators=(",", ":")).encode


def sqs_record(api: SystemAttributes, delivery: Delivery, queue_arn: str, region: str, *, window: bool) -> str:
    """One record as JSON text.

    A message without attributes has no checksum of them: with a batching window the record says so with null, without
    one it does not name the checksum (ESM-RECORD-1).

    Args:
        api: the SQS API, which knows the system attributes.
        delivery: the delivered message.
        queue_arn: ARN of the queue.
        region: region of the queue.
        window: whether the mapping has a batching window.
    """
    message = delivery.message
    checksum = message_attributes.md5_of(message.attributes) if message.attributes else None
    return _encode(
        {
            "messageId": message.id,
            "receiptHandle": delivery.receipt_handle,
            "body": message.body,
            "attributes": api.system_attributes(delivery),
            "messageAttributes": {name: _attribute(value) for name, value in message.attributes.items()},
            **({} if checksum is None and not window else {"md5OfMessageAttributes": checksum}),
            "md5OfBody": md5_of(message.body),
            "eventSource": "aws:sqs",
            "eventSourceARN": queue_arn,
            "awsRegion": region,
        }
    )


def _attribute(value: dict[str, Any]) -> dict[str, Any]:
    record: dict[str, Any] = {"stringListValues": [], "binaryListValues": [], "dataType": value["DataType"]}
    if "StringValue" in value:
        record["stringValue"] = value["StringValue"]
    if "BinaryValue" in value:
        record["binaryValue"] = base64.b64encode(value["BinaryValue"]).decode()
    return record


def event_of(records: list[str]) -> str:
    """The payload that carries these records."""
    return '{"Records":[' + ",".join(records) + "]}"
