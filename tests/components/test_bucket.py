from __future__ import annotations

from typing import Any

from pulumi_aws import sqs

from components.bucket import FeedingBucket, QueueNotification
from components.settings import NotificationSettings
from tests.components.world import World, deploy

BUCKET_ARN = "arn:aws:s3:::orders-bucket"
QUEUE_ARN = "arn:aws:sqs:eu-west-1:123456789012:jobs"
NOTIFICATION = "aws:s3/bucketNotification:BucketNotification"


def _world(**settings: Any) -> World:
    def program() -> None:
        bucket = FeedingBucket("orders")
        QueueNotification("orders", bucket, sqs.Queue("jobs"), NotificationSettings.model_validate(settings))

    return deploy(program)


def test_the_bucket_is_private_and_answers_over_tls_only() -> None:
    world = _world()
    assert world.one("aws:s3/bucket:Bucket", "orders-bucket").inputs == {}
    block = world.one("aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock", "orders-bucket-private").inputs
    assert {name: value for name, value in block.items() if name != "bucket"} == {
        "blockPublicAcls": True,
        "blockPublicPolicy": True,
        "ignorePublicAcls": True,
        "restrictPublicBuckets": True,
    }
    (statement,) = world.one("aws:s3/bucketPolicy:BucketPolicy", "orders-bucket-policy").document("policy")["Statement"]
    assert (statement["Effect"], statement["Resource"]) == ("Deny", [BUCKET_ARN, f"{BUCKET_ARN}/*"])


def test_the_queue_is_told_of_every_object_that_is_created() -> None:
    (told,) = _world().one(NOTIFICATION, "orders-notification").inputs["queues"]
    assert told == {"queueArn": QUEUE_ARN, "events": ["s3:ObjectCreated:*"]}


def test_or_of_those_whose_keys_begin_and_end_so() -> None:
    (told,) = (
        _world(events=["s3:ObjectCreated:Put"], prefix="in/", suffix=".json")
        .one(NOTIFICATION, "orders-notification")
        .inputs["queues"]
    )
    assert told == {
        "queueArn": QUEUE_ARN,
        "events": ["s3:ObjectCreated:Put"],
        "filterPrefix": "in/",
        "filterSuffix": ".json",
    }


def test_children_and_outputs() -> None:
    world = _world()
    parents = {world.one("aws:s3/bucket:Bucket", "orders-bucket").parent}
    assert parents == {"delivery-lab:bucket:FeedingBucket::orders"}
    assert world.one(NOTIFICATION, "orders-notification").parent == "delivery-lab:bucket:QueueNotification::orders"
    assert world.component_outputs["delivery-lab:bucket:FeedingBucket"] == {
        "bucketName": "orders-bucket",
        "bucketArn": BUCKET_ARN,
    }
    assert world.component_outputs["delivery-lab:bucket:QueueNotification"] == {"bucketName": "orders-bucket"}
