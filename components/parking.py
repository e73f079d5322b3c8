"""The parking queue: where a function puts a message that no retry can help, with the reason beside it."""

from __future__ import annotations

from collections.abc import Sequence

import pulumi
from pulumi_aws import sqs

from components.iam import Sender, Statement, tls_only
from components.settings.queue import MAXIMUM_RETENTION_SECONDS


class ParkingQueue(pulumi.ComponentResource):
    """A queue `<name>` that no mapping reads: people look into it, correct, and send on.

    It is encrypted with keys that SQS manages, answers over TLS only and keeps messages for the longest time unless
    told otherwise. No redrive policy of a queue points to it: what lies in it was put there by a function that knows
    why, by Lambda in a function's name, or by SNS.

    Args:
        name: logical name of the queue, and prefix of the other children's names.
        opts: resource options.
        retention_seconds: how long messages are kept.
        fifo: whether it is a FIFO queue.
        senders: services that may send to it.

    Attributes:
        queue: the queue.
        policy: its policy.
    """

    def __init__(
        self,
        name: str,
        opts: pulumi.ResourceOptions | None = None,
        *,
        retention_seconds: int = MAXIMUM_RETENTION_SECONDS,
        fifo: bool = False,
        senders: Sequence[Sender] = (),
    ) -> None:
        super().__init__("delivery-lab:queue:ParkingQueue", name, {"retentionSeconds": retention_seconds}, opts)
        child = pulumi.ResourceOptions(parent=self)
        self.queue = sqs.Queue(
            name,
            fifo_queue=True if fifo else None,
            message_retention_seconds=retention_seconds,
            sqs_managed_sse_enabled=True,
            opts=child,
        )
        policy = tls_only(self.queue.arn, senders=senders)
        self.policy = sqs.QueuePolicy(f"{name}-policy", queue_url=self.queue.url, policy=policy, opts=child)
        self.register_outputs({"queueUrl": self.queue.url, "queueArn": self.queue.arn})

    def statement(self) -> Statement:
        """What a function must be allowed that parks messages."""
        return Statement("ParkMessages", ("sqs:SendMessage",), self.queue.arn)
