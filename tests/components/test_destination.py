from __future__ import annotations

import json

from components.destination import DestinationKind, FailureDestination
from components.settings import DeadLetterQueueSettings
from tests.components.world import World, deploy

QUEUE_ARN = "arn:aws:sqs:eu-west-1:123456789012:jobs-dlq"
TOPIC_ARN = "arn:aws:sns:eu-west-1:123456789012:jobs-failures"
BUCKET_ARN = "arn:aws:s3:::jobs-failures"


def _world(kind: DestinationKind) -> tuple[World, list[tuple[str, tuple[str, ...]]]]:
    statements: list[tuple[str, tuple[str, ...]]] = []

    def program() -> None:
        destination = FailureDestination("jobs", kind, DeadLetterQueueSettings())
        statements.extend((each.sid, tuple(each.actions)) for each in destination.statements)

    return deploy(program), statements


def _refuses_plain_http(document: object, action: str, resource: object) -> None:
    assert document == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "RefuseRequestsWithoutTls",
                "Effect": "Deny",
                "Principal": "*",
                "Action": action,
                "Resource": resource,
                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
            }
        ],
    }


def test_a_queue_keeps_what_it_is_told_for_14_days() -> None:
    world, statements = _world("sqs")
    assert world.one("aws:sqs/queue:Queue", "jobs-dlq").inputs == {
        "messageRetentionSeconds": 1_209_600,
        "sqsManagedSseEnabled": True,
    }
    policy = world.one("aws:sqs/queuePolicy:QueuePolicy", "jobs-dlq-policy")
    _refuses_plain_http(policy.document("policy"), "sqs:*", QUEUE_ARN)
    assert statements == [("ReportFailures", ("sqs:SendMessage",))]
    outputs = world.component_outputs["delivery-lab:destination:FailureDestination"]
    assert outputs == {"arn": QUEUE_ARN}


def test_an_sns_topic_is_encrypted() -> None:
    world, statements = _world("sns")
    assert world.one("aws:sns/topic:Topic", "jobs-failures").inputs == {"kmsMasterKeyId": "alias/aws/sns"}
    policy = world.one("aws:sns/topicPolicy:TopicPolicy", "jobs-failures-policy")
    _refuses_plain_http(policy.document("policy"), "sns:Publish", TOPIC_ARN)
    assert statements == [("ReportFailures", ("sns:Publish",))]


def test_a_bucket_is_private() -> None:
    world, statements = _world("s3")
    access = world.one("aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock", "jobs-failures-private").inputs
    assert access.pop("bucket") == "jobs-failures-id"
    assert access == dict.fromkeys(
        ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets"), True
    )
    policy = world.one("aws:s3/bucketPolicy:BucketPolicy", "jobs-failures-policy")
    _refuses_plain_http(json.loads(policy.inputs["policy"]), "s3:*", [BUCKET_ARN, f"{BUCKET_ARN}/*"])
    assert statements == [("FindBucket", ("s3:ListBucket",)), ("ReportFailures", ("s3:PutObject",))]


def test_children_stand_below_the_component() -> None:
    world, _ = _world("sqs")
    assert {resource.parent for resource in world.resources if resource.custom} == {
        "delivery-lab:destination:FailureDestination::jobs"
    }
