"""What a bucket tells of its objects, and whom."""

from __future__ import annotations

import json
from typing import Any

import pytest

from delivery_lab.errors import NotModelledError
from delivery_lab.events import FeederAccepted, FeedFiltered, FeedHandedOn, Published
from delivery_lab.model.eventbridge.target import BusTarget
from delivery_lab.model.faults import FaultKind, InjectedFault
from delivery_lab.model.feeds.feed import Feed
from delivery_lab.model.feeds.targets import PERMITTED, FeedTarget, FunctionTarget, QueueTarget
from delivery_lab.model.s3 import bucket as model
from delivery_lab.model.s3.bucket import NotifyingBucket, ObjectNotification
from delivery_lab.model.s3.records import BucketIdentity
from delivery_lab.model.sns.publishing import PublishSettings
from delivery_lab.model.sns.target import TopicTarget
from tests.model.support import WORLDS, World

IDENTITY = BucketIdentity("uploads-1234567", "arn:aws:s3:::uploads-1234567", "us-east-2")


def _no_retry(_: int, __: int) -> int | None:
    raise NotModelledError("what S3 does then is not known")


class _Bucket(World):
    def __init__(self) -> None:
        super().__init__()
        self.bucket = NotifyingBucket(
            "uploads", IDENTITY, scheduler=self.scheduler, streams=self.account.streams, journal=self.journal
        )

    def to(self, target: FeedTarget, *, events: tuple[str, ...] = ("s3:ObjectCreated:*",), **about: Any) -> Feed:
        feed = Feed(
            "uploads",
            "bucket",
            f"notification {len(self.bucket.notifications) + 1}",
            target,
            None,
            wait=_no_retry,
            rules=model.RULES,
            faults=lambda: self.account.faults,
            scheduler=self.scheduler,
            journal=self.journal,
        )
        feed.note_configuration()
        self.bucket.notifications.append(ObjectNotification(feed, "in", events, **about))
        return feed

    def to_queue(self, name: str = "jobs", **about: Any) -> Feed:
        account = self.account
        queue = account.queues.get(name) or self.queue(name)
        target = QueueTarget(queue, PERMITTED, lambda: account.faults, account.streams, account.journal)
        return self.to(target, **about)

    def to_function(self) -> Feed:
        self.function("worker")
        account = self.account
        target = FunctionTarget(
            "worker",
            "notification 1",
            PERMITTED,
            account.functions,
            account.events,
            lambda: account.faults,
            account.journal,
        )
        return self.to(target, tried=False)

    def put(self, key: str = "in/a.txt", size: int | None = 3, event: str = "ObjectCreated:Put") -> None:
        self.bucket.change(event, key, size, "d41d8cd98f00b204e9800998ecf8427e" if size is not None else "")
        self.run()

    def bodies(self, queue: str = "jobs") -> list[dict[str, Any]]:
        return [json.loads(message.body) for message in self.account.queues[queue].messages]


def test_s3_notify_1_each_destination_is_told() -> None:
    world = _Bucket()
    world.to_queue("jobs")
    world.to_queue("audit")

    world.put()

    assert [body["Records"][0]["s3"]["object"]["key"] for body in world.bodies("jobs")] == ["in/a.txt"]
    assert len(world.bodies("audit")) == 1


def test_s3_notify_1_a_function_is_invoked_asynchronously() -> None:
    world = _Bucket()
    world.to_function()

    world.put()

    assert [call.records[0]["eventSource"] for call in world.calls] == ["aws:s3"]


def test_s3_notify_1_a_topic_publishes_the_record() -> None:
    world = _Bucket()
    topic = world.account.create_topic("told", "arn:aws:sns:us-east-2:123456789012:told", PublishSettings())
    world.to(TopicTarget(topic, PERMITTED, world.account.streams, world.journal))

    world.put()

    published = world.events(Published)
    assert json.loads(published[0].body)["Records"][0]["eventName"] == "ObjectCreated:Put"


def test_s3_time_1_it_is_told_at_the_instant_of_the_change_once_and_in_order() -> None:
    world = _Bucket()
    world.to_queue()

    world.put("a")
    world.put("b")

    told = world.events(FeedHandedOn)
    changed = world.events(FeederAccepted)
    assert [event.instant_us for event in told] == [event.instant_us for event in changed]
    assert [body["Records"][0]["s3"]["object"]["key"] for body in world.bodies()] == ["a", "b"]


def test_s3_time_1_a_destination_that_fails_is_not_modelled() -> None:
    world = _Bucket()
    world.to_queue()
    world.account.inject_faults([InjectedFault(FaultKind.ERROR, service="sqs", operation="SendMessage")])

    with pytest.raises(NotModelledError):
        world.put()
    WORLDS.clear()


def test_s3_record_1_the_record_has_the_documented_shape() -> None:
    world = _Bucket()
    world.to_queue()

    world.put(size=1024)

    (record,) = world.bodies()[0]["Records"]
    assert set(record) == {
        "eventVersion",
        "eventSource",
        "awsRegion",
        "eventTime",
        "eventName",
        "userIdentity",
        "requestParameters",
        "responseElements",
        "s3",
    }
    assert (record["eventSource"], record["eventName"], record["awsRegion"]) == (
        "aws:s3",
        "ObjectCreated:Put",
        "us-east-2",
    )
    assert record["eventTime"] == "2026-01-01T00:00:00.000Z"
    assert set(record["responseElements"]) == {"x-amz-request-id", "x-amz-id-2"}
    s3 = record["s3"]
    assert set(s3) == {"s3SchemaVersion", "configurationId", "bucket", "object"}
    assert (s3["s3SchemaVersion"], s3["configurationId"]) == ("1.0", "in")
    assert (s3["bucket"]["name"], s3["bucket"]["arn"]) == (IDENTITY.physical_name, IDENTITY.arn)
    assert set(s3["object"]) == {"key", "size", "eTag", "sequencer"}
    assert s3["object"]["size"] == 1024


def test_s3_record_1_an_object_that_is_gone_has_no_size() -> None:
    world = _Bucket()
    world.to_queue(events=("s3:ObjectRemoved:*",))

    world.put(size=None, event="ObjectRemoved:Delete")

    assert set(world.bodies()[0]["Records"][0]["s3"]["object"]) == {"key", "sequencer"}


def test_s3_record_1_sequencers_grow() -> None:
    world = _Bucket()
    world.to_queue()

    for _ in range(20):
        world.put("same")

    sequencers = [body["Records"][0]["s3"]["object"]["sequencer"] for body in world.bodies()]
    assert sequencers == sorted(sequencers)
    assert len(set(sequencers)) == 20


def test_s3_record_2_the_version_is_an_assumption() -> None:
    world = _Bucket()
    world.to_queue()

    world.put()

    assert world.bodies()[0]["Records"][0]["eventVersion"] == "2.5"
    assert "S3-RECORD-2" in world.journal.rules


@pytest.mark.parametrize(
    ("key", "encoded"),
    [
        ("in/a.txt", "in/a.txt"),
        ("in/a b.txt", "in/a+b.txt"),
        ("in/a+b.txt", "in/a%2Bb.txt"),
        ("a@b", "a%40b"),
        ("Grüße", "Gr%C3%BC%C3%9Fe"),
    ],
)
def test_s3_key_1_keys_are_url_encoded(key: str, encoded: str) -> None:
    world = _Bucket()
    world.to_queue()

    world.put(key)

    assert world.bodies()[0]["Records"][0]["s3"]["object"]["key"] == encoded


def test_s3_key_1_a_filter_looks_at_the_key_as_it_is() -> None:
    world = _Bucket()
    world.to_queue(prefix="in here/")

    world.put("in here/a")
    world.put("in+here/a")

    assert len(world.bodies()) == 1


@pytest.mark.parametrize(
    ("events", "event", "told"),
    [
        (("s3:ObjectCreated:*",), "ObjectCreated:Put", True),
        (("s3:ObjectCreated:*",), "ObjectCreated:Copy", True),
        (("s3:ObjectCreated:*",), "ObjectRemoved:Delete", False),
        (("s3:ObjectCreated:Put",), "ObjectCreated:Copy", False),
        (("s3:ObjectCreated:Put", "s3:ObjectRemoved:*"), "ObjectRemoved:Delete", True),
        (("s3:ObjectRemoved:Delete",), "ObjectRemoved:DeleteMarkerCreated", False),
    ],
)
def test_s3_filter_1_events_are_named(events: tuple[str, ...], event: str, told: bool) -> None:
    world = _Bucket()
    world.to_queue(events=events)

    world.put(event=event)

    assert bool(world.bodies()) is told


@pytest.mark.parametrize(
    ("key", "told"),
    [("in/a.csv", True), ("in/a.txt", False), ("out/a.csv", False), ("in/.csv", True), ("IN/a.csv", False)],
)
def test_s3_filter_1_prefix_and_suffix_both_have_to_fit(key: str, told: bool) -> None:
    world = _Bucket()
    world.to_queue(prefix="in/", suffix=".csv")

    world.put(key)

    assert bool(world.bodies()) is told
    assert len(world.events(FeedFiltered)) == (not told)


def test_s3_test_1_queues_and_topics_are_tried_and_functions_are_not() -> None:
    world = _Bucket()
    world.to_queue(prefix="in/")
    world.to_function()

    world.bucket.try_destinations()
    world.run()

    (event,) = world.bodies()
    assert set(event) == {"Service", "Event", "Time", "Bucket", "RequestId", "HostId"}
    assert (event["Service"], event["Event"], event["Bucket"]) == (
        "Amazon S3",
        "s3:TestEvent",
        IDENTITY.physical_name,
    )
    assert world.calls == []


@pytest.mark.parametrize(
    ("operation", "event"),
    [
        ("PutObject", "ObjectCreated:Put"),
        ("CopyObject", "ObjectCreated:Copy"),
        ("CompleteMultipartUpload", "ObjectCreated:CompleteMultipartUpload"),
        ("DeleteObject", "ObjectRemoved:Delete"),
    ],
)
def test_operations_of_the_api_change_objects(operation: str, event: str) -> None:
    world = _Bucket()
    world.to_queue(events=("s3:*",))

    world.bucket.operation(operation, {"Bucket": "uploads", "Key": "k", "Body": b"abc"}, {"ETag": '"x"'})
    world.run()

    assert world.bodies()[0]["Records"][0]["eventName"] == event


def test_reading_changes_nothing() -> None:
    world = _Bucket()
    world.to_queue()

    world.bucket.operation("GetObject", {"Bucket": "uploads", "Key": "k"}, {})
    world.run()

    assert world.bodies() == []


def _to_bus(world: _Bucket) -> None:
    """Have the bucket tell the default event bus."""
    account = world.account
    bus = account.buses.default("123456789012", "us-east-2")
    world.to(
        BusTarget(bus, lambda: account.faults, account.streams, account.journal), events=(), to_bus=True, tried=False
    )


@pytest.mark.parametrize(
    ("event", "size", "kind", "told"),
    [
        ("ObjectCreated:Put", 5, "Object Created", {"reason": "PutObject"}),
        ("ObjectCreated:CompleteMultipartUpload", 5, "Object Created", {"reason": "CompleteMultipartUpload"}),
        (
            "ObjectRemoved:Delete",
            None,
            "Object Deleted",
            {"reason": "DeleteObject", "deletion-type": "Permanently Deleted"},
        ),
    ],
)
def test_s3_bus_1_the_default_bus_is_told_of_every_change(
    event: str, size: int | None, kind: str, told: dict[str, str]
) -> None:
    world = _Bucket()
    _to_bus(world)

    world.bucket.change(event, "in/a b.txt", size, "etag" if size else "")

    (published,) = world.events(Published)
    found = json.loads(published.body)
    assert (found["source"], found["detail-type"], found["resources"]) == ("aws.s3", kind, [IDENTITY.arn])
    changed = {"size": 5, "etag": "etag"} if size else {}
    sequencer = found["detail"]["object"].pop("sequencer")
    assert len(sequencer) == 18
    assert found["detail"].pop("request-id")
    assert found["detail"] == {
        "version": "0",
        "bucket": {"name": "uploads-1234567"},
        "object": {"key": "in/a b.txt", **changed},
        "requester": "",
        "source-ip-address": "127.0.0.1",
        **told,
    }


def test_s3_bus_2_the_key_is_as_it_is() -> None:
    world = _Bucket()
    _to_bus(world)

    world.bucket.change("ObjectCreated:Put", "in/a b+c.txt", 1)

    (published,) = world.events(Published)
    detail = json.loads(published.body)["detail"]
    assert (detail["object"]["key"], "event-version" in detail) == ("in/a b+c.txt", False)


def test_other_changes_are_not_modelled_for_the_bus() -> None:
    world = _Bucket()
    _to_bus(world)

    with pytest.raises(
        NotModelledError, match="tells the default event bus of ObjectRestore:Post; that is not modelled"
    ):
        world.bucket.change("ObjectRestore:Post", "in/a", 1)
    WORLDS.clear()
