"""The parking queue: where a function puts a message that no retry can help, with the reason beside it."""

from __future__ import annotations

import pulumi
from pulumi_aws import sqs

from components.iam import Statement, tls_only
from components.settings.queue import MAXIMUM_RETENTION_SECONDS


class ParkingQueue(pulumi.ComponentResource):
    """A standard queue `<name>` that no mapping reads: people look into it, correct, and send on.

    It is encrypted with keys that SQS manages, answers over TLS only and keeps messages for the longest time unless
    told otherwise. No redrive policy points to it: what lies in it was put there by a function that knows why, or by
    Lambda in a function's name.

    Args:
        name: logical name of the queue, and prefix of the other children's names.
        opts: resource options.
        retention_seconds: how long messages are kept.

    Attributes:
        queue: the queue.
    """

    def __init__(
        self,
        name: str,
        opts: pulumi.ResourceOptions | None = None,
        *,
        retention_seconds: int = MAXIMUM_RETENTION_SECONDS,
    ) -> None:
        super().__init__("delivery-lab:queue:ParkingQueue", name, {"retentionSeconds": retention_seconds}, opts)
        child = pulumi.ResourceOptions(parent=self)
        self.queue = sqs.Queue(
            name, message_retention_seconds=retention_seconds, sqs_managed_sse_enabled=True, opts=child
        )
        sqs.QueuePolicy(f"{name}-policy", queue_url=self.queue.url, policy=tls_only(self.queue.arn), opts=child)
        self.register_outputs({"queueUrl": self.queue.url, "queueArn": self.queue.arn})

    def statement(self) -> Statement:
        """What a function must be allowed that parks messages."""
        return Statement("ParkMessages", ("sqs:SendMessage",), self.queue.arn)
