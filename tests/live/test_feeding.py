"""Topics, buckets and event buses in real time, with queues and a bucket that answer as AWS's do."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from delivery_lab import Lab
from delivery_lab.errors import NotModelledError
from delivery_lab.events import (
    Actor,
    FeedConfigured,
    FeedDeadLettered,
    FeedDiscarded,
    FeederAccepted,
    FeedFiltered,
    FeedHandedOn,
    FeedRepeated,
    FeedRetryScheduled,
    Journal,
    MessageSent,
)
from delivery_lab.live.clock import RealClock, RealTimeScheduler
from delivery_lab.live.errors import PlaceError
from delivery_lab.live.queues import RealQueue
from delivery_lab.model.clock import seconds
from delivery_lab.model.faults import Faults
from delivery_lab.model.invokes import InvokeResult
from delivery_lab.model.pipes.stage import TargetStage
from delivery_lab.model.randomness import RandomStreams
from delivery_lab.places.feeding import RealFeeds, RealQueueTarget, feeds_of
from delivery_lab.places.known import know
from delivery_lab.places.seen import in_order
from delivery_lab.rules.assumptions import DEFAULTS
from delivery_lab.stack.stack import Stack
from tests.lab_support import ROOT

_SPEED = 50.0


class _Aws:
    """SQS and S3: notes what it is sent. Ids are those given, then numbers."""

    def __init__(self, *ids: str) -> None:
        self.sent: list[dict[str, Any]] = []
        self.objects: dict[str, bytes] = {}
        self.refuses = ""
        self._ids = list(ids)

    def send_message(self, **given: Any) -> dict[str, Any]:
        self.sent.append(given)
        return {"MessageId": self._ids.pop(0) if self._ids else f"m-{len(self.sent)}"}

    def put_object(self, Bucket: str, Key: str, Body: bytes) -> None:  # noqa: N803 - AWS's names
        if self.refuses:
            raise ClientError({"Error": {"Code": self.refuses, "Message": "no"}}, "PutObject")
        self.objects[Key] = Body

    def delete_object(self, Bucket: str, Key: str) -> None:  # noqa: N803 - AWS's names
        del self.objects[Key]

    def get_paginator(self, _operation: str) -> _Aws:
        return self

    def paginate(self, **_: Any) -> list[dict[str, Any]]:
        if self.refuses:
            raise ClientError({"Error": {"Code": self.refuses, "Message": "no"}}, "ListObjectsV2")
        return [{"Contents": [{"Key": key}]} for key in self.objects] or [{}]


class _World:
    def __init__(self, stack: str, workload: str, tmp_path: Path, aws: _Aws | None = None) -> None:
        file = tmp_path / "workload.yaml"
        file.write_text(workload, encoding="utf-8")
        lab = Lab.open(ROOT)
        known = know(Stack.of(lab.graph(stack)), ROOT, lab.workload(stack, file), 1, DEFAULTS)
        self.aws = aws or _Aws()
        self.journal = Journal()
        self.scheduler = RealTimeScheduler(RealClock(_SPEED))
        self.queues = {
            name: RealQueue.of(queue, self.aws, self.scheduler, self.journal)
            for name, queue in known.account.queues.items()
        }
        faults = Faults(known.faults, self.scheduler, RandomStreams(1), self.journal)
        self.feeds: RealFeeds = feeds_of(
            known, self.queues, faults, lambda _: self.aws, 1, self.scheduler, self.journal
        )

    def run(self) -> None:
        self.scheduler.clock.begin()
        self.feeds.start()
        assert self.scheduler.run_until(lambda: self.feeds.is_idle, seconds(600))

    def kinds(self) -> list[str]:
        return [type(event).__name__ for event in in_order(self.journal.events)]


def test_sns_deliver_1_a_message_is_announced_before_the_queue_has_it(tmp_path: Path) -> None:
    world = _World("sns-sqs-raw", "send: [{sns: sns-topic, body: {id: a}}]", tmp_path)
    world.run()
    assert world.kinds() == ["FeedConfigured", "FeederAccepted", "FeedHandedOn", "MessageSent"]
    told = {type(event): event for event in world.journal.events}
    handed, sent = told[FeedHandedOn], told[MessageSent]
    assert isinstance(handed, FeedHandedOn)
    assert isinstance(sent, MessageSent)
    assert (handed.target, handed.new_message, sent.message) == ("sns-queue", "m-1", "m-1")
    [request] = world.aws.sent
    assert request["MessageBody"] == '{"id": "a"}'
    world.feeds.check()


def test_sns_filter_1_a_message_that_is_filtered_reaches_no_queue(tmp_path: Path) -> None:
    world = _World("sns-sqs-filter-safe", "send: [{sns: sns-topic, body: {id: a, kind: greeting}}]", tmp_path)
    world.run()
    assert world.aws.sent == []
    assert {FeedFiltered, FeedConfigured, FeederAccepted} == {type(event) for event in world.journal.events}


_FAULTY = """
send: [{event: eventbridge-bus, source: shop, detailType: order placed, body: {id: a}}]
faults: [{for: 600, service: sqs, operation: SendMessage, kind: error}]
"""


def test_eb_retry_1_a_target_that_fails_is_tried_again_and_the_run_waits_for_it(tmp_path: Path) -> None:
    world = _World("eventbridge-sqs", _FAULTY, tmp_path)
    world.run()
    kinds = world.kinds()
    assert kinds.count("FeedRetryScheduled") >= 1
    assert kinds[-1] == "FeedDiscarded"
    assert world.aws.sent == []
    assert FeedRetryScheduled in {type(event) for event in world.journal.events}
    assert FeedDiscarded in {type(event) for event in world.journal.events}


def test_a_message_that_a_queue_takes_for_a_repetition_is_not_written_down_as_sent(tmp_path: Path) -> None:
    twice = "send: [{times: 2, sns: sns-topic, body: {id: a}}]"
    world = _World("sns-sqs-raw", twice, tmp_path, _Aws("same", "same"))
    world.run()
    assert [type(event) for event in world.journal.events if isinstance(event, (MessageSent, FeedRepeated))] == [
        MessageSent,
        FeedRepeated,
    ]
    assert FeedDeadLettered not in {type(event) for event in world.journal.events}


def test_s3_test_1_objects_are_there_before_the_queue_is_told(tmp_path: Path) -> None:
    workload = """
send:
  - {at: 1, s3: s3-bucket, key: orders/1.json, body: {id: a}}
  - {at: 2, s3: s3-bucket, key: orders/1.json, event: "ObjectRemoved:Delete"}
"""
    world = _World("s3-sqs-safe", workload, tmp_path)
    known: list[dict[str, bytes]] = []
    send = world.aws.send_message

    def look(**given: Any) -> dict[str, Any]:
        known.append(dict(world.aws.objects))
        return send(**given)

    world.aws.send_message = look  # type: ignore[method-assign]
    world.run()
    assert known == [{}, {"orders/1.json": b'{"id": "a"}'}]
    assert "s3:TestEvent" in world.aws.sent[0]["MessageBody"]
    assert world.aws.objects == {}
    world.feeds.check()


def test_what_functions_do_themselves_is_refused_by_name(tmp_path: Path) -> None:
    world = _World("s3-sqs-safe", "send: [{s3: s3-bucket, key: a, body: {id: a}}]", tmp_path)
    world.run()
    world.aws.objects["b"] = b""
    with pytest.raises(NotModelledError, match=r" has b, which a function put there: of it nobody was told\n"):
        world.feeds.check()
    world.aws.refuses = "AccessDenied"
    with pytest.raises(PlaceError, match=r"^ListObjectsV2 of .* was refused: AccessDenied: no\n  fix: "):
        world.feeds.check()
    world.queues["s3-queue"].found.add("m-9")
    with pytest.raises(NotModelledError) as caught:
        world.feeds.check()
    assert str(caught.value) == (
        "s3-queue got 1 messages that a function sent or published: beside what the lab's topics, buckets and buses "
        "hand on, the emulator's did\n  nearest: --on simulation"
    )


def test_a_bucket_that_refuses_ends_the_run(tmp_path: Path) -> None:
    world = _World("s3-sqs", "send: [{s3: s3-bucket, key: a, body: {id: a}}]", tmp_path)
    world.aws.refuses = "AccessDenied"
    with pytest.raises(PlaceError, match=r"^changing a of .* was refused: AccessDenied: no\n"):
        world.run()


@pytest.mark.parametrize(
    "fault", ["operation: SendMessage, kind: latency, seconds: 1", "operation: DeleteMessage, kind: error"]
)
def test_faults_that_do_not_happen_to_what_is_handed_on_are_refused(fault: str, tmp_path: Path) -> None:
    workload = f"send: [{{sns: sns-topic, body: {{id: a}}}}]\nfaults: [{{service: sqs, {fault}}}]"
    with pytest.raises(NotModelledError, match=r": faults are what the simulation makes up; a real place has none"):
        _World("sns-sqs-raw", workload, tmp_path)


def test_pipe_target_1_a_pipe_hands_on_to_the_real_queue(tmp_path: Path) -> None:
    world = _World("pipe-sqs-safe", "send: [{stream: pipe-stream, key: k, body: {id: a}}]", tmp_path)
    [(name, stage)] = world.feeds.stages.items()
    assert name == "pipe-pipe"
    assert isinstance(stage, TargetStage)
    assert isinstance(stage.target, RealQueueTarget)
    payload = json.dumps({"Records": [_stream_record("1"), _stream_record("2")]})
    answers: list[InvokeResult] = []
    world.scheduler.clock.begin()
    stage.invoke(name, payload, answers.append, by=Actor("mapping", name))
    assert world.scheduler.run_until(lambda: bool(answers), seconds(600))
    assert json.loads(answers[0].payload) == {"batchItemFailures": []}
    assert len(world.aws.sent) == 2
    assert world.kinds() == ["PipeHandedOn", "MessageSent", "PipeHandedOn", "MessageSent"]


def _stream_record(sequence: str) -> dict[str, Any]:
    data = base64.b64encode(b'{"id": 1}').decode()
    return {
        "eventID": f"shardId-000000000000:{sequence}",
        "eventSource": "aws:kinesis",
        "eventSourceARN": "arn:aws:kinesis:us-east-1:123456789012:stream/s",
        "kinesis": {"data": data, "partitionKey": "k", "sequenceNumber": sequence, "approximateArrivalTimestamp": 1.0},
    }
