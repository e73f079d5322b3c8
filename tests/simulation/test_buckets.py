"""From buckets and their notifications of a stack to a run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus, unquote_plus

import pytest

from delivery_lab import resource_types
from delivery_lab.checks.registry import CHECKS
from delivery_lab.errors import DeploymentRefusedError, NotModelledError, WorkloadError
from delivery_lab.events import FeederAccepted
from delivery_lab.model.sns.publishing import PublishSettings
from delivery_lab.model.sqs.attributes import FifoAttributes
from delivery_lab.program.graph import UNKNOWN, Resource
from delivery_lab.results.outcome import outcome_of
from delivery_lab.results.timeline import timeline
from delivery_lab.simulation.buckets import connect_buckets
from delivery_lab.stack.topics import Topic
from tests.model.support import WORLDS, World
from tests.simulation.test_simulate import Folder
from tests.stack.world import arn_of, resource, stack_of

BUCKET = resource(resource_types.BUCKET, "uploads")
LETS_S3 = {"Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"}, "Action": "sqs:*", "Resource": "*"}
JOBS = resource(resource_types.QUEUE, "jobs", {"policy": {"Statement": [LETS_S3]}})
WORKER = resource(resource_types.FUNCTION, "worker")
CREATED = {"events": ["s3:ObjectCreated:*"]}


def _tell(**inputs: Any) -> Resource:
    return resource(resource_types.BUCKET_NOTIFICATION, "tell", {"bucket": BUCKET.name, **inputs})


def _to(queue: Resource, **inputs: Any) -> Resource:
    return _tell(queues=[{"queueArn": arn_of(queue), **CREATED, **inputs}])


def _versioning(status: str, bucket: str = "uploads", of: str = resource_types.BUCKET_VERSIONINGS[0]) -> Resource:
    return resource(of, "versioning", {"bucket": bucket, "versioningConfiguration": {"status": status}})


class _Connected(World):
    def __init__(self, *resources: Resource) -> None:
        super().__init__()
        stack, self.notes = stack_of(*resources), list[str]()
        for queue in stack.queues:
            created = self.queue(queue.label, fifo=FifoAttributes() if queue.fifo.certain() else None)
            created.arn = queue.arn or ""
        for function in stack.functions:
            self.function(function.label)
        for topic in stack.all(Topic):
            self.account.create_topic(topic.label, topic.arn or "", PublishSettings())
        connect_buckets(stack, self.account, self.notes)
        for feed in self.account.feeds:
            feed.note_configuration()

    def put(self, key: str = "in/a") -> None:
        for bucket in self.account.buckets.values():
            bucket.change("ObjectCreated:Put", key, 1, "e")
        self.run()


def test_a_queue_gets_the_record() -> None:
    world = _Connected(BUCKET, JOBS, _to(JOBS, filterPrefix="in/", filterSuffix="a", id="arrivals"))

    world.put("in/a")
    world.put("out/a")

    (message,) = world.account.queues["jobs"].messages
    assert json.loads(message.body)["Records"][0]["s3"]["configurationId"] == "arrivals"


def test_s3_policy_1_a_queue_that_lets_s3_not_send_is_refused_where_something_is_put() -> None:
    closed = resource(resource_types.QUEUE, "closed")
    world = _Connected(BUCKET, closed, _to(closed))

    (note,) = world.notes
    assert note.startswith("AWS would refuse tell: InvalidArgument: Unable to validate the following destination")
    with pytest.raises(DeploymentRefusedError, match="Unable to validate the following destination") as refused:
        world.put()
    assert refused.value.rule == "S3-POLICY-1"


def test_s3_policy_1_a_function_without_permission_is_refused_where_something_is_put() -> None:
    world = _Connected(BUCKET, WORKER, _tell(lambdaFunctions=[{"lambdaFunctionArn": arn_of(WORKER), **CREATED}]))

    with pytest.raises(DeploymentRefusedError, match="Unable to validate"):
        world.put()


def test_a_function_with_permission_is_invoked() -> None:
    told = _tell(lambdaFunctions=[{"lambdaFunctionArn": arn_of(WORKER), **CREATED}])
    permission = {
        "function": arn_of(WORKER),
        "action": "lambda:InvokeFunction",
        "principal": "s3.amazonaws.com",
        "sourceArn": arn_of(BUCKET),
    }
    world = _Connected(BUCKET, WORKER, resource(resource_types.PERMISSION, "may", permission), told)

    world.put()

    assert [call.records[0]["eventSource"] for call in world.calls] == ["aws:s3"]


def test_s3_fifo_1_a_fifo_queue_is_refused() -> None:
    fifo = resource(resource_types.QUEUE, "jobs.fifo", {"fifoQueue": True, "policy": {"Statement": [LETS_S3]}})

    with pytest.raises(DeploymentRefusedError, match="is a FIFO queue") as refused:
        _Connected(BUCKET, fifo, _to(fifo))
    assert refused.value.rule == "S3-FIFO-1"


def test_a_topic_gets_the_record() -> None:
    lets = {"Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"}, "Action": "sns:Publish", "Resource": "*"}
    topic = resource(resource_types.TOPIC, "told", {"policy": {"Statement": [lets]}})
    world = _Connected(BUCKET, topic, _tell(topics=[{"topicArn": arn_of(topic), **CREATED}]))

    world.put()

    assert len(world.events(FeederAccepted)) == 1


def test_s3_address_1_a_bucket_is_named_by_its_name_not_by_its_arn() -> None:
    bucket = resource(resource_types.BUCKETS[0], "uploads")
    told = resource(resource_types.BUCKET_NOTIFICATION, "notify", {"bucket": "arn:aws:s3:::uploads"})
    stack = stack_of(bucket, told)

    with pytest.raises(DeploymentRefusedError) as refused:
        connect_buckets(stack, World().account, [])

    assert str(refused.value) == (
        "AWS would refuse notify: InvalidBucketName: The specified bucket is not valid: arn:aws:s3:::uploads is no "
        "name (S3-ADDRESS-1)\n  fix: set bucket of notify to the id of the bucket"
    )
    assert [found.resources for found in CHECKS["CHK-FEED-13"].findings(stack)] == [("notify",)]


def test_what_lies_outside_is_noted() -> None:
    elsewhere = [{"queueArn": "arn:aws:sqs:us-east-1:210987654321:theirs", **CREATED}]
    of_somebody = resource(resource_types.BUCKET_NOTIFICATION, "other", {"bucket": "theirs", "eventbridge": True})
    world = _Connected(BUCKET, _tell(queues=elsewhere, eventbridge=True), of_somebody)

    assert world.notes == [
        "tell tells arn:aws:sqs:us-east-1:210987654321:theirs of uploads, outside this stack: that is not counted",
        "other is about theirs, which is not in this stack: nothing happens there in a run",
    ]


def test_a_policy_that_is_not_known_refuses_only_runs_that_use_it() -> None:
    unsure = resource(resource_types.QUEUE, "jobs", {"policy": UNKNOWN})
    world = _Connected(BUCKET, unsure, _to(unsure))

    with pytest.raises(NotModelledError, match="jobs"):
        world.put()
    WORLDS.clear()


_MORE = """
uploads = aws.s3.Bucket("uploads")
may = aws.sqs.QueuePolicy("may", queue_url=jobs.url, policy=json.dumps({"Statement": [{"Effect": "Allow",
    "Principal": {"Service": "s3.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": "*"}]}))
aws.s3.BucketNotification("tell", bucket=uploads.id, queues=[
    {"queue_arn": jobs.arn, "events": ["s3:ObjectCreated:*"], "filter_prefix": "in/"}])
"""
_READS = """
import json
def handle(event, context):
    for record in event["Records"]:
        for change in json.loads(record["body"]).get("Records", []):
            print(change["s3"]["object"]["key"], change["s3"]["object"]["size"])
"""
_NEEDS_RECORDS = _READS.replace('.get("Records", [])', '["Records"]')
_CHANGES = "send: [{times: 3, every: 1, s3: uploads, key: 'in/{n}', size: 7}, {s3: uploads, key: out/1, body: x}]"


def test_what_a_workload_does_to_objects_is_told_and_counted(tmp_path: Path) -> None:
    run = Folder(tmp_path).run(handler=_READS, more=_MORE, workload=_CHANGES)

    outcome = outcome_of(run)
    assert (outcome.messages.sent, outcome.messages.processed, outcome.messages.filtered) == (4, 3, 1)
    assert "changed in uploads: in/1" in "\n".join(entry.text for entry in timeline(run))


def test_s3_test_1_a_handler_that_needs_records_fails_with_the_test_event_alone(tmp_path: Path) -> None:
    run = Folder(tmp_path).run(handler=_NEEDS_RECORDS, more=_MORE, workload=_CHANGES)

    outcome = outcome_of(run)
    assert (outcome.messages.sent, outcome.messages.processed, outcome.messages.dead_lettered) == (4, 3, 0)
    assert outcome.invocations.failed >= 3


_V2 = resource_types.BUCKET_VERSIONINGS[1]


@pytest.mark.parametrize(
    ("resources", "keeps"),
    [
        ((BUCKET,), False),
        ((resource(resource_types.BUCKET, "uploads", {"versioning": {"enabled": True}}),), True),
        ((resource(resource_types.BUCKET, "uploads", {"versioning": {"enabled": False}}),), False),
        ((BUCKET, _versioning("Enabled")), True),
        ((BUCKET, _versioning("Enabled", of=_V2)), True),
        ((BUCKET, _versioning("Suspended")), True),
        ((BUCKET, _versioning("Disabled")), False),
        ((BUCKET, _versioning("Enabled", bucket="another")), False),
    ],
)
def test_a_bucket_that_keeps_versions_is_noted(resources: tuple[Resource, ...], keeps: bool) -> None:
    world = _Connected(*resources, JOBS, _to(JOBS))

    assert world.notes == ["uploads keeps versions: what it tells of objects has no version id in a run"] * keeps


@pytest.mark.parametrize("tells", [{"events": ["s3:ObjectRemoved:*"]}, {"events": ["s3:ObjectRemoved:Delete"]}])
def test_a_deletion_in_a_bucket_that_keeps_versions_is_refused_where_somebody_is_told(tells: dict[str, Any]) -> None:
    world = _Connected(BUCKET, _versioning("Enabled"), JOBS, _to(JOBS, **tells))
    (bucket,) = world.account.buckets.values()

    with pytest.raises(NotModelledError, match="DeleteObject is called for a of uploads, which keeps versions"):
        bucket.operation("DeleteObject", {"Key": "a"}, {})
    WORLDS.clear()


def test_a_deletion_is_told_where_no_versions_are_kept_and_not_told_to_nobody() -> None:
    told = _Connected(BUCKET, JOBS, _to(JOBS, events=["s3:ObjectRemoved:*"]))
    silent = _Connected(BUCKET, _versioning("Enabled"), JOBS, _to(JOBS))
    for world in (told, silent):
        (bucket,) = world.account.buckets.values()
        bucket.operation("DeleteObject", {"Key": "a"}, {})
        world.run()

    assert [len(world.account.queues["jobs"].messages) for world in (told, silent)] == [1, 0]


def test_what_a_handler_puts_is_told(tmp_path: Path) -> None:
    puts = """
import boto3, json
s3 = boto3.client("s3")
def handle(event, context):
    for record in event["Records"]:
        body = json.loads(record["body"])
        if "id" in body:
            s3.put_object(Bucket="uploads", Key="in/" + body["id"], Body=b"abc")
"""
    more = _MORE.replace('aws.s3.Bucket("uploads")', 'aws.s3.Bucket("uploads", bucket="uploads")')

    run = Folder(tmp_path).run(handler=puts, more=more)

    assert [event.body for event in run.events if isinstance(event, FeederAccepted)][1:] == [
        json.dumps({"key": f"in/{n}", "event": "ObjectCreated:Put", "size": 3}) for n in (1, 2, 3)
    ]
    assert outcome_of(run).messages.sent == 6


def test_a_bucket_without_notifications_is_none_of_a_workload(tmp_path: Path) -> None:
    message = Folder(tmp_path).refusal(
        WorkloadError, more='aws.s3.Bucket("quiet")', workload="send: [{s3: quiet, key: k}]"
    )

    assert "bucket with notifications" in message


def _two(first: dict[str, Any], second: dict[str, Any]) -> Resource:
    return _tell(queues=[{"queueArn": arn_of(JOBS), **CREATED, **each} for each in (first, second)])


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({}, {"filterPrefix": "images"}),
        ({"filterPrefix": "images"}, {"filterPrefix": "images/large"}),
        ({"filterSuffix": "jpg"}, {"filterSuffix": "pg", "events": ["s3:ObjectCreated:Put"]}),
        ({"filterPrefix": "images", "filterSuffix": "jpg"}, {"filterSuffix": "jpg"}),
    ],
)
def test_s3_filter_2_aws_s_examples_of_filters_that_overlap_are_refused(
    first: dict[str, Any], second: dict[str, Any]
) -> None:
    with pytest.raises(DeploymentRefusedError) as refused:
        _Connected(BUCKET, JOBS, _two(first, second))

    assert (refused.value.rule, refused.value.code) == ("S3-FILTER-2", "InvalidArgument")
    assert "Configuration is ambiguously defined" in str(refused.value)
    WORLDS.clear()


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"filterPrefix": "images/"}, {"filterPrefix": "logs/"}),
        ({"filterSuffix": ".jpg"}, {"filterSuffix": ".png"}),
        ({"filterPrefix": "images", "filterSuffix": ".jpg"}, {"filterPrefix": "images", "filterSuffix": ".png"}),
        ({"filterPrefix": "image/"}, {"filterPrefix": "image/", "events": ["s3:ObjectRemoved:*"]}),
    ],
)
def test_s3_filter_2_aws_s_examples_of_valid_configurations_are_taken(
    first: dict[str, Any], second: dict[str, Any]
) -> None:
    world = _Connected(BUCKET, JOBS, _two(first, second))

    (bucket,) = world.account.buckets.values()
    assert len(bucket.notifications) == 2


@pytest.mark.parametrize(
    ("about", "keys"),
    [
        ({"filterPrefix": "new+orders/"}, ["new orders/a.json"]),
        ({"filterPrefix": "a%2Bb/"}, ["a+b/c"]),
        ({"filterPrefix": "in/*"}, ["in/*"]),
        ({"filterSuffix": "+1.json"}, ["in/copy 1.json"]),
        ({"filterPrefix": "day=1/"}, ["day=1/x"]),
    ],
)
def test_s3_filter_3_a_filter_is_written_url_encoded(about: dict[str, Any], keys: list[str]) -> None:
    world = _Connected(BUCKET, JOBS, _to(JOBS, **about))
    (bucket,) = world.account.buckets.values()

    for key in (
        "new orders/a.json",
        "new+orders/a.json",
        "a+b/c",
        "a b/c",
        "in/*",
        "in/x",
        "in/copy 1.json",
        "day=1/x",
    ):
        bucket.change("ObjectCreated:Put", key, 1)

    told = [
        json.loads(message.body)["Records"][0]["s3"]["object"]["key"]
        for message in world.account.queues["jobs"].messages
    ]
    assert list(map(unquote_plus, told)) == keys


@pytest.mark.parametrize("prefix", ["new orders/", "caf\u00e9/"])
def test_s3_filter_3_what_is_not_encoded_is_refused_where_it_decides(prefix: str) -> None:
    world = _Connected(BUCKET, JOBS, _to(JOBS, filterPrefix=prefix))
    (bucket,) = world.account.buckets.values()

    with pytest.raises(NotModelledError) as refused:
        bucket.change("ObjectCreated:Put", f"{prefix}a", 1)

    assert str(refused.value).endswith(f"fix: write {quote_plus(prefix, safe='/')}")
    WORLDS.clear()


def test_s3_notify_2_two_notifications_of_a_bucket_end_a_run_that_one_of_them_is_about() -> None:
    other = {"queueArn": arn_of(JOBS), **CREATED, "filterPrefix": "out/"}
    second = resource(resource_types.BUCKET_NOTIFICATION, "second", {"bucket": BUCKET.name, "queues": [other]})
    world = _Connected(BUCKET, JOBS, _to(JOBS, filterPrefix="in/"), second)

    world.put("else/a")
    for key in ("in/a", "out/a"):
        with pytest.raises(NotModelledError) as refused:
            world.put(key)
        assert str(refused.value) == (
            "tell and second write the notifications of uploads over each other, and AWS keeps what is written last "
            "(S3-NOTIFY-2)\n  fix: put all configurations of tell and second into one BucketNotification"
        )
    assert not world.account.queues["jobs"].messages
