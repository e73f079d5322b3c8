"""What a bucket tells: the record of a change, and the event by which it tries a destination."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote_plus

from delivery_lab.errors import NotModelledError
from delivery_lab.model.clock import iso_time
from delivery_lab.model.eventbridge.event import BusEvent, event_time

EVENT_VERSION = "2.5"
TEST_EVENT = "s3:TestEvent"


@dataclass(frozen=True, slots=True)
class ObjectChange:
    """Something that happened to an object.

    Attributes:
        event: such as `ObjectCreated:Put`.
        key: the object's key, as it is.
        size_bytes: its size, None where it is gone.
        etag: its entity tag, "" where it is gone.
        at: instant of the change.
        sequencer: number of the change, by which changes of one key are put in order.
        request_id: id of the request that made it.
    """

    event: str
    key: str
    size_bytes: int | None
    etag: str
    at: int
    sequencer: int
    request_id: str

    @property
    def body(self) -> str:
        """What is known of it, as text."""
        told = {"key": self.key, "event": self.event, "size": self.size_bytes}
        return json.dumps({name: value for name, value in told.items() if value is not None})


@dataclass(frozen=True, slots=True)
class BucketIdentity:
    """The bucket of a change.

    Attributes:
        physical_name: AWS's name of it.
        arn: its ARN.
        region: the region that it is in.
        account: the account that owns it.
    """

    physical_name: str
    arn: str
    region: str
    account: str = ""


def record(change: ObjectChange, bucket: BucketIdentity, configuration: str) -> str:
    """The event that a destination gets: one record (S3-RECORD-1).

    Args:
        change: what happened.
        bucket: the bucket.
        configuration: id of the notification configuration.
    """
    content: dict[str, Any] = {"key": quote_plus(change.key, safe="/*-._")}
    if change.size_bytes is not None:
        content |= {"size": change.size_bytes, "eTag": change.etag}
    content["sequencer"] = f"{change.sequencer:018X}"
    told = {
        "eventVersion": EVENT_VERSION,
        "eventSource": "aws:s3",
        "awsRegion": bucket.region,
        "eventTime": iso_time(change.at),
        "eventName": change.event,
        "userIdentity": {"principalId": "AWS:AIDAEXAMPLE"},
        "requestParameters": {"sourceIPAddress": "127.0.0.1"},
        "responseElements": {"x-amz-request-id": change.request_id, "x-amz-id-2": _second_id(change.request_id)},
        "s3": {
            "s3SchemaVersion": "1.0",
            "configurationId": configuration,
            "bucket": {
                "name": bucket.physical_name,
                "ownerIdentity": {"principalId": "A3NL1KOZZKEXAMPLE"},
                "arn": bucket.arn,
            },
            "object": content,
        },
    }
    return json.dumps({"Records": [told]})


def trial(bucket: BucketIdentity, at: int, request_id: str) -> str:
    """The event by which S3 finds out whether it may publish to a queue or topic (S3-TEST-1)."""
    return json.dumps(
        {
            "Service": "Amazon S3",
            "Event": TEST_EVENT,
            "Time": iso_time(at),
            "Bucket": bucket.physical_name,
            "RequestId": request_id,
            "HostId": _second_id(request_id),
        }
    )


_KINDS = {"ObjectCreated": "Object Created", "ObjectRemoved": "Object Deleted"}
_REASONS = {
    "Put": "PutObject",
    "Post": "POST Object",
    "Copy": "CopyObject",
    "CompleteMultipartUpload": "CompleteMultipartUpload",
}
_DELETIONS = {"Delete": "Permanently Deleted", "DeleteMarkerCreated": "Delete Marker Created"}
_WAYS = {"ObjectCreated": _REASONS, "ObjectRemoved": _DELETIONS}


def bus_event(change: ObjectChange, bucket: BucketIdentity, event_id: str) -> str:
    """The event that the default event bus gets of a change (S3-BUS-1, S3-BUS-2).

    Args:
        change: what happened.
        bucket: the bucket.
        event_id: id of the event.

    Raises:
        NotModelledError: events of other kinds than creations and deletions have other details.
    """
    kind, _, how = change.event.partition(":")
    if how not in _WAYS.get(kind, {}):
        raise NotModelledError(
            f"a bucket tells the default event bus of {change.event}; that is not modelled\n"
            "  nearest: ObjectCreated:Put or ObjectRemoved:Delete"
        )
    content: dict[str, Any] = {"key": change.key}
    if change.size_bytes is not None:
        content |= {"size": change.size_bytes, "etag": change.etag}
    detail: dict[str, Any] = {
        "version": "0",
        "bucket": {"name": bucket.physical_name},
        "object": {**content, "sequencer": f"{change.sequencer:018X}"},
        "request-id": change.request_id,
        "requester": bucket.account,
        "source-ip-address": "127.0.0.1",
        "reason": "DeleteObject" if kind == "ObjectRemoved" else _REASONS[how],
    }
    if kind == "ObjectRemoved":
        detail["deletion-type"] = _DELETIONS[how]
    event = BusEvent(
        event_id, "aws.s3", _KINDS[kind], detail, event_time(change.at), bucket.account, bucket.region, (bucket.arn,)
    )
    return event.body


def _second_id(request_id: str) -> str:
    return hashlib.sha256(request_id.encode()).hexdigest()
