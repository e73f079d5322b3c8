"""What a bucket tells, held field by field to the example events in AWS's guide."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from delivery_lab.model.s3.records import BucketIdentity, ObjectChange, bus_event, record, trial

RECORD: dict[str, Any] = {
    "eventVersion": "2.5",
    "eventSource": "aws:s3",
    "awsRegion": "us-west-2",
    "eventTime": "1970-01-01T00:00:00.000Z",
    "eventName": "ObjectCreated:Put",
    "userIdentity": {"principalId": "AIDAJDPLRKLG7UEXAMPLE"},
    "requestParameters": {"sourceIPAddress": "127.0.0.1"},
    "responseElements": {
        "x-amz-request-id": "C3D13FE58DE4C810",
        "x-amz-id-2": "FMyUVURIY8/IgAtTv8xRjskZQpcIZ9KG4V5Wp6S7S/JRWeUWerMUE5JgHvANOjpD",
    },
    "s3": {
        "s3SchemaVersion": "1.0",
        "configurationId": "testConfigRule",
        "bucket": {
            "name": "amzn-s3-demo-bucket",
            "ownerIdentity": {"principalId": "A3NL1KOZZKExample"},
            "arn": "arn:aws:s3:::amzn-s3-demo-bucket",
        },
        "object": {
            "key": "HappyFace.jpg",
            "size": 1024,
            "eTag": "d41d8cd98f00b204e9800998ecf8427e",
            "versionId": "096fKKXTRTtl3on89fVO.nfljtsv6qko",
            "sequencer": "0055AED6DCD90281E5",
        },
    },
}
"""The example at notification-content-structure.html, which is of a bucket with versions."""
TEST_EVENT = {
    "Service": "Amazon S3",
    "Event": "s3:TestEvent",
    "Time": "2014-10-13T15:57:02.089Z",
    "Bucket": "amzn-s3-demo-bucket",
    "RequestId": "5582815E1AEA5ADF",
    "HostId": "8cLeGAmw098X5cv4Zkwcmo8vvZa3eH3eKxsPzbB9wrR+YstdA6Knx4Ip8EXAMPLE",
}
"""The example at how-to-enable-disable-notification-intro.html."""
CREATED: dict[str, Any] = {
    "version": "0",
    "id": "17793124-05d4-b198-2fde-7ededc63b103",
    "detail-type": "Object Created",
    "source": "aws.s3",
    "account": "111122223333",
    "time": "2021-11-12T00:00:00Z",
    "region": "ca-central-1",
    "resources": ["arn:aws:s3:::amzn-s3-demo-bucket1"],
    "detail": {
        "version": "0",
        "bucket": {"name": "amzn-s3-demo-bucket1"},
        "object": {
            "key": "example-key",
            "size": 5,
            "etag": "b1946ac92492d2347c6235b4d2611184",
            "version-id": "IYV3p45BT0ac8hjHg1houSdS1a.Mro8e",
            "sequencer": "617f08299329d189",
        },
        "request-id": "N4N7GDK58NMKJ12R",
        "requester": "123456789012",
        "source-ip-address": "1.2.3.4",
        "reason": "PutObject",
    },
}
"""The first example at ev-events.html, which is of a bucket with versions."""
MADE_UP = {"userIdentity", "x-amz-id-2", "ownerIdentity", "sequencer", "HostId", "source-ip-address", "requester"}
"""What differs from request to request, and is a name that nobody can know (S3-RECORD-2)."""
VERSIONS = {"versionId", "version-id"}
"""What only buckets with versions have."""
CHANGE = ObjectChange(
    "ObjectCreated:Put", "HappyFace.jpg", 1024, RECORD["s3"]["object"]["eTag"], 0, 1, "C3D13FE58DE4C810"
)
BUCKET = BucketIdentity("amzn-s3-demo-bucket", "arn:aws:s3:::amzn-s3-demo-bucket", "us-west-2", "111122223333")


def like(example: Any, found: Any, path: str = "") -> None:
    """The same members in the same order, of the same types, with the same values but for what is made up."""
    assert type(found) is type(example), path
    if isinstance(example, dict):
        assert list(found) == [name for name in example if name not in VERSIONS], path
        for name, value in found.items():
            if name in MADE_UP:
                assert type(value) is type(example[name]), f"{path}.{name}"
            else:
                like(example[name], value, f"{path}.{name}")
    else:
        assert found == example, path


def test_s3_record_1_the_record_is_the_documented_example() -> None:
    (found,) = json.loads(record(CHANGE, BUCKET, "testConfigRule"))["Records"]

    assert found["eventTime"].endswith("Z")
    assert len(found["eventTime"]) == len("1970-01-01T00:00:00.000Z")
    like({**RECORD, "eventTime": found["eventTime"]}, found)
    assert set(found["userIdentity"]) == set(found["s3"]["bucket"]["ownerIdentity"]) == {"principalId"}


def test_s3_test_1_the_test_event_is_the_documented_example() -> None:
    found = json.loads(trial(BUCKET, 0, "5582815E1AEA5ADF"))

    like({**TEST_EVENT, "Time": found["Time"]}, found)
    assert len(found["Time"]) == len("2014-10-13T15:57:02.089Z")


def _on_the_bus(change: ObjectChange) -> dict[str, Any]:
    bucket = BucketIdentity("amzn-s3-demo-bucket1", "arn:aws:s3:::amzn-s3-demo-bucket1", "ca-central-1", "111122223333")
    found: dict[str, Any] = json.loads(bus_event(change, bucket, "17793124-05d4-b198-2fde-7ededc63b103"))
    return found


def test_s3_bus_1_the_event_of_a_new_object_is_the_documented_example() -> None:
    found = _on_the_bus(
        replace(
            CHANGE,
            key="example-key",
            size_bytes=5,
            etag="b1946ac92492d2347c6235b4d2611184",
            request_id="N4N7GDK58NMKJ12R",
        )
    )

    like({**CREATED, "time": found["time"]}, found)
    assert len(found["time"]) == len("2021-11-12T00:00:00Z")


@pytest.mark.parametrize(
    ("how", "kind"), [("Delete", "Permanently Deleted"), ("DeleteMarkerCreated", "Delete Marker Created")]
)
def test_s3_bus_1_the_event_of_a_deleted_object_says_how(how: str, kind: str) -> None:
    found = _on_the_bus(replace(CHANGE, event=f"ObjectRemoved:{how}", size_bytes=None, etag=""))

    assert list(found) == list(CREATED)
    assert found["detail-type"] == "Object Deleted"
    members = [*CREATED["detail"], "deletion-type"]
    assert list(found["detail"]) == members
    assert (found["detail"]["reason"], found["detail"]["deletion-type"]) == ("DeleteObject", kind)
    assert list(found["detail"]["object"]) == ["key", "sequencer"]


@pytest.mark.parametrize(
    ("how", "reason"),
    [
        ("Put", "PutObject"),
        ("Post", "POST Object"),
        ("Copy", "CopyObject"),
        ("CompleteMultipartUpload", "CompleteMultipartUpload"),
    ],
)
def test_s3_bus_1_the_reason_is_the_operation(how: str, reason: str) -> None:
    assert _on_the_bus(replace(CHANGE, event=f"ObjectCreated:{how}"))["detail"]["reason"] == reason
