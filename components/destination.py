"""Where a mapping of a stream or topic reports what it discards: a queue, a topic of SNS, or a bucket."""

from __future__ import annotations

from typing import Literal

import pulumi
from pulumi_aws import sns, sqs

from components.bucket import private_bucket
from components.iam import Statement, tls_only
from components.settings import DeadLetterQueueSettings

DestinationKind = Literal["sqs", "sns", "s3"]


class FailureDestination(pulumi.ComponentResource):
    """The destination of a mapping's failures: `<name>-dlq`, or `<name>-failures` for SNS and S3.

    A queue and an SNS topic are told which records were discarded (where they stand in the source, and why), a bucket
    gets the records as well (semantics.md F). Each is encrypted and answers over TLS only.

    Args:
        name: prefix of the children's names.
        kind: which of the three.
        queue: settings of the queue.
        opts: resource options.

    Attributes:
        arn: ARN for the mapping.
        statements: what the function's role needs to be allowed, since the poller acts with it.
        queue: the queue, None for the other kinds.
        url: URL of the queue, name of the bucket, ARN of the topic.
    """

    def __init__(
        self,
        name: str,
        kind: DestinationKind,
        queue: DeadLetterQueueSettings,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("delivery-lab:destination:FailureDestination", name, {"kind": kind}, opts)
        child = pulumi.ResourceOptions(parent=self)
        self.queue: sqs.Queue | None = None
        if kind == "sqs":
            self.queue = _queue(name, queue, child)
            self.arn, self.url = self.queue.arn, self.queue.url
            self.statements = [Statement("ReportFailures", ("sqs:SendMessage",), self.arn)]
        elif kind == "sns":
            topic = _topic(name, child)
            self.arn, self.url = topic.arn, topic.arn
            self.statements = [Statement("ReportFailures", ("sns:Publish",), self.arn)]
        else:
            bucket = private_bucket(f"{name}-failures", child)
            self.arn, self.url = bucket.arn, bucket.bucket
            self.statements = [
                Statement("FindBucket", ("s3:ListBucket",), self.arn),
                Statement("ReportFailures", ("s3:PutObject",), pulumi.Output.concat(self.arn, "/*")),
            ]
        self.register_outputs({"arn": self.arn})


def _queue(name: str, settings: DeadLetterQueueSettings, opts: pulumi.ResourceOptions) -> sqs.Queue:
    queue = sqs.Queue(
        f"{name}-dlq", message_retention_seconds=settings.retention_seconds, sqs_managed_sse_enabled=True, opts=opts
    )
    sqs.QueuePolicy(f"{name}-dlq-policy", queue_url=queue.url, policy=tls_only(queue.arn), opts=opts)
    return queue


def _topic(name: str, opts: pulumi.ResourceOptions) -> sns.Topic:
    topic = sns.Topic(f"{name}-failures", kms_master_key_id="alias/aws/sns", opts=opts)
    sns.TopicPolicy(f"{name}-failures-policy", arn=topic.arn, policy=tls_only(topic.arn, "sns"), opts=opts)
    return topic
