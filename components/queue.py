"""A queue together with the dead-letter queue that catches what cannot be processed."""

from __future__ import annotations

from collections.abc import Sequence

import pulumi
from pulumi_aws import sqs

from components.iam import Sender, tls_only
from components.settings import DeadLetterQueueSettings, OrderableQueueSettings, QueueSettings


class QueueWithDlq(pulumi.ComponentResource):
    """An SQS queue with its dead-letter queue: `<name>-queue` and `<name>-dlq`. Both are FIFO queues, or neither is.

    Both are encrypted with keys that SQS manages and answer over TLS only; the dead-letter queue accepts
    messages of its source and of no other queue.

    Args:
        name: prefix of the children's names.
        queue: settings of the source queue.
        dead_letter_queue: settings of the dead-letter queue.
        opts: resource options.
        initial_visibility_timeout_seconds: the visibility timeout to create the queue with, where something else
            keeps it afterwards and Pulumi must leave it alone.
        senders: services that may send to the source queue: a topic's or a bucket's.

    Attributes:
        queue: the source queue.
        dlq: the dead-letter queue.
        policy: policy of the source queue; what sends from the start depends on it.
    """

    # No annotations in class bodies of components: the SDK reads them as types of outputs, and an attribute such as
    # `queue` would then clash with the input of the same name, which the engine hands back.
    def __init__(
        self,
        name: str,
        queue: QueueSettings,
        dead_letter_queue: DeadLetterQueueSettings,
        opts: pulumi.ResourceOptions | None = None,
        *,
        initial_visibility_timeout_seconds: int | None = None,
        senders: Sequence[Sender] = (),
    ) -> None:
        props = {"queue": queue.effective(), "deadLetterQueue": dead_letter_queue.effective()}
        super().__init__("delivery-lab:queue:QueueWithDlq", name, props, opts)
        child = pulumi.ResourceOptions(parent=self)
        kept_elsewhere = initial_visibility_timeout_seconds is not None
        ordered = queue if isinstance(queue, OrderableQueueSettings) and queue.fifo else None
        self.dlq = sqs.Queue(
            f"{name}-dlq",
            fifo_queue=True if ordered else None,
            message_retention_seconds=dead_letter_queue.retention_seconds,
            sqs_managed_sse_enabled=True,
            opts=child,
        )
        self.queue = sqs.Queue(
            f"{name}-queue",
            fifo_queue=True if ordered else None,
            content_based_deduplication=ordered.content_based_deduplication if ordered else None,
            deduplication_scope=ordered.deduplication_scope if ordered else None,
            fifo_throughput_limit=ordered.fifo_throughput_limit if ordered else None,
            visibility_timeout_seconds=initial_visibility_timeout_seconds
            if kept_elsewhere
            else queue.visibility_timeout_seconds,
            message_retention_seconds=queue.retention_seconds,
            delay_seconds=queue.delay_seconds,
            receive_wait_time_seconds=queue.receive_wait_time_seconds,
            max_message_size=queue.maximum_message_bytes,
            redrive_policy=pulumi.Output.json_dumps(
                {"deadLetterTargetArn": self.dlq.arn, "maxReceiveCount": queue.max_receive_count}
            ),
            sqs_managed_sse_enabled=True,
            opts=pulumi.ResourceOptions(
                parent=self, ignore_changes=["visibilityTimeoutSeconds"] if kept_elsewhere else []
            ),
        )
        sqs.RedriveAllowPolicy(
            f"{name}-dlq-redrive-allow",
            queue_url=self.dlq.url,
            redrive_allow_policy=pulumi.Output.json_dumps(
                {"redrivePermission": "byQueue", "sourceQueueArns": [self.queue.arn]}
            ),
            opts=child,
        )
        self.policy = sqs.QueuePolicy(
            f"{name}-queue-policy",
            queue_url=self.queue.url,
            policy=tls_only(self.queue.arn, senders=senders),
            opts=child,
        )
        sqs.QueuePolicy(f"{name}-dlq-policy", queue_url=self.dlq.url, policy=tls_only(self.dlq.arn), opts=child)
        self.register_outputs(
            {
                "queueUrl": self.queue.url,
                "queueArn": self.queue.arn,
                "dlqUrl": self.dlq.url,
                "dlqArn": self.dlq.arn,
            }
        )
