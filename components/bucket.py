"""Buckets: private ones, and one that tells a queue of its objects."""

from __future__ import annotations

import pulumi
from pulumi_aws import s3, sqs

from components.iam import Sender, Statement, tls_only
from components.settings import NotificationSettings

SERVICE = "s3.amazonaws.com"


def private_bucket(name: str, opts: pulumi.ResourceOptions) -> s3.Bucket:
    """A bucket `<name>` that nobody outside the account sees, and that answers over TLS only.

    Encryption with S3's own keys and the block of public access are what AWS gives every new bucket; the block is
    written down here so that a change of it shows up as drift.
    """
    bucket = s3.Bucket(name, opts=opts)
    s3.BucketPublicAccessBlock(
        f"{name}-private",
        bucket=bucket.id,
        block_public_acls=True,
        block_public_policy=True,
        ignore_public_acls=True,
        restrict_public_buckets=True,
        opts=opts,
    )
    everything = pulumi.Output.concat(bucket.arn, "/*")
    s3.BucketPolicy(f"{name}-policy", bucket=bucket.id, policy=tls_only(bucket.arn, "s3", everything), opts=opts)
    return bucket


class FeedingBucket(pulumi.ComponentResource):
    """The bucket `<name>-bucket`, private, which answers over TLS only.

    Args:
        name: prefix of the children's names.
        opts: resource options.

    Attributes:
        bucket: the bucket.
    """

    def __init__(self, name: str, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("delivery-lab:bucket:FeedingBucket", name, {}, opts)
        self.bucket = private_bucket(f"{name}-bucket", pulumi.ResourceOptions(parent=self))
        self.register_outputs({"bucketName": self.bucket.bucket, "bucketArn": self.bucket.arn})

    def sender(self) -> Sender:
        """What the policy of a queue has to allow that is told of this bucket's objects."""
        return Sender("TellOfObjects", SERVICE, self.bucket.arn)

    def reading_statements(self) -> list[Statement]:
        """What a function must be allowed that reads objects; without ListBucket a missing one is no 404 but a 403."""
        return [
            Statement("ReadObjects", ("s3:GetObject",), pulumi.Output.concat(self.bucket.arn, "/*")),
            Statement("FindBucket", ("s3:ListBucket",), self.bucket.arn),
        ]


class QueueNotification(pulumi.ComponentResource):
    """The notification `<name>-notification` of a bucket, by which S3 tells a queue of objects.

    A bucket has one configuration of notifications: another resource of that kind for the same bucket replaces it. S3
    tries the queue when it is configured, so the queue's policy has to be there before.

    Args:
        name: prefix of the child's name.
        bucket: the bucket.
        queue: the queue; its policy has to let the bucket send.
        settings: of which objects the queue is told.
        opts: resource options.

    Attributes:
        notification: the notification.
    """

    def __init__(
        self,
        name: str,
        bucket: FeedingBucket,
        queue: sqs.Queue,
        settings: NotificationSettings,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("delivery-lab:bucket:QueueNotification", name, settings.effective(), opts)
        told: s3.BucketNotificationQueueArgsDict = {"queue_arn": queue.arn, "events": list(settings.events)}
        if settings.prefix:
            told["filter_prefix"] = settings.prefix
        if settings.suffix:
            told["filter_suffix"] = settings.suffix
        self.notification = s3.BucketNotification(
            f"{name}-notification",
            bucket=bucket.bucket.id,
            queues=[told],
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.register_outputs({"bucketName": bucket.bucket.bucket})
