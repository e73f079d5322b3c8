from __future__ import annotations

from typing import Any

from pulumi_aws import sqs

from components.pipe import FeedingStream, QueuePipe
from components.settings import KinesisSettings, QueuePipeSettings
from tests.components.world import World, deploy

STREAM_ARN = "arn:aws:kinesis:eu-west-1:123456789012:shop-stream"
QUEUE_ARN = "arn:aws:sqs:eu-west-1:123456789012:jobs"
UNDELIVERED_ARN = "arn:aws:sqs:eu-west-1:123456789012:shop-undelivered"
PIPE = "aws:pipes/pipe:Pipe"


def _world(**settings: Any) -> World:
    def program() -> None:
        stream = FeedingStream("shop", KinesisSettings())
        QueuePipe("shop", stream.stream, sqs.Queue("jobs"), QueuePipeSettings.model_validate(settings))

    return deploy(program)


def test_retries_end_and_what_is_left_is_kept() -> None:
    inputs = _world().one(PIPE, "shop-pipe").inputs
    assert inputs["source"] == STREAM_ARN
    assert inputs["target"] == QUEUE_ARN
    assert inputs["sourceParameters"] == {
        "kinesisStreamParameters": {
            "startingPosition": "TRIM_HORIZON",
            "batchSize": 10,
            "maximumRetryAttempts": 3,
            "maximumRecordAgeInSeconds": -1,
            "onPartialBatchItemFailure": "AUTOMATIC_BISECT",
            "deadLetterConfig": {"arn": UNDELIVERED_ARN},
        }
    }
    assert inputs["targetParameters"] == {"inputTemplate": '{"id": <$.data.id>, "data": <$.data>}'}


def test_a_pipe_as_aws_has_it_keeps_nothing() -> None:
    world = _world(maximumRetryAttempts=-1, onPartialBatchItemFailure="none", deadLetterQueue=False)
    reading = world.one(PIPE, "shop-pipe").inputs["sourceParameters"]["kinesisStreamParameters"]
    assert reading.keys() == {"startingPosition", "batchSize", "maximumRetryAttempts", "maximumRecordAgeInSeconds"}
    assert [queue.name for queue in world.of_type("aws:sqs/queue:Queue")] == ["jobs"]


def test_the_role_may_read_the_stream_and_send_to_the_two_queues() -> None:
    world = _world()
    policy = world.one("aws:iam/rolePolicy:RolePolicy", "shop-pipe-policy").document("policy")
    assert [(statement["Sid"], statement["Resource"]) for statement in policy["Statement"]] == [
        ("ReadStream", STREAM_ARN),
        ("ListStreams", "*"),
        ("Send", QUEUE_ARN),
        ("KeepUndelivered", UNDELIVERED_ARN),
    ]
    trust = world.one("aws:iam/role:Role", "shop-pipe-role").document("assumeRolePolicy")
    assert trust["Statement"][0]["Principal"] == {"Service": "pipes.amazonaws.com"}
    assert "aws:iam/rolePolicy:RolePolicy::shop-pipe-policy" in world.one(PIPE, "shop-pipe").dependencies


def test_children() -> None:
    world = _world()
    assert world.one(PIPE, "shop-pipe").parent == "delivery-lab:pipe:QueuePipe::shop"
    stream = world.one("aws:kinesis/stream:Stream", "shop-stream")
    assert (stream.parent, stream.inputs["shardCount"]) == ("delivery-lab:pipe:FeedingStream::shop", 1)
