"""A Kinesis stream and a pipe of EventBridge that feeds a queue with its records."""

from __future__ import annotations

import pulumi
from pulumi_aws import iam, kinesis, pipes, sqs

from components.iam import Statement, document
from components.parking import ParkingQueue
from components.settings import KinesisSettings, QueuePipeSettings

TEMPLATE = '{"id": <$.data.id>, "data": <$.data>}'
"""What the queue gets of a record: without a template it would get the data in Base64, with an envelope around it."""
_READING = (
    "kinesis:DescribeStream",
    "kinesis:DescribeStreamSummary",
    "kinesis:GetRecords",
    "kinesis:GetShardIterator",
    "kinesis:ListShards",
)


class FeedingStream(pulumi.ComponentResource):
    """The stream `<name>-stream`, encrypted.

    Args:
        name: prefix of the children's names.
        settings: settings of the stream.
        opts: resource options.

    Attributes:
        stream: the stream.
    """

    def __init__(self, name: str, settings: KinesisSettings, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("delivery-lab:pipe:FeedingStream", name, settings.effective(), opts)
        self.stream = kinesis.Stream(
            f"{name}-stream",
            stream_mode_details={"stream_mode": "PROVISIONED"},
            shard_count=settings.shards,
            retention_period=settings.retention_hours,
            encryption_type="KMS",
            kms_key_id="alias/aws/kinesis",
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.register_outputs({"streamName": self.stream.name, "streamArn": self.stream.arn})


class QueuePipe(pulumi.ComponentResource):
    """The pipe `<name>-pipe`, its role `<name>-pipe-role`, and `<name>-undelivered` for what it discards.

    The role may read the one stream and send to the two queues, and nothing else.

    Args:
        name: prefix of the children's names.
        stream: the stream.
        queue: the queue.
        settings: what becomes of a record that the queue does not take.
        opts: resource options.

    Attributes:
        pipe: the pipe.
        undelivered: the queue for what it discards, or None.
    """

    def __init__(
        self,
        name: str,
        stream: kinesis.Stream,
        queue: sqs.Queue,
        settings: QueuePipeSettings,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("delivery-lab:pipe:QueuePipe", name, settings.effective(), opts)
        child = pulumi.ResourceOptions(parent=self)
        self.undelivered: sqs.Queue | None = None
        statements = [
            Statement("ReadStream", _READING, stream.arn),
            Statement("ListStreams", ("kinesis:ListStreams",), "*"),  # it knows no resources
            Statement("Send", ("sqs:SendMessage",), queue.arn),
        ]
        reading: pipes.PipeSourceParametersKinesisStreamParametersArgsDict = {
            "starting_position": "TRIM_HORIZON",
            "batch_size": settings.batch_size,
            "maximum_retry_attempts": settings.maximum_retry_attempts,
            "maximum_record_age_in_seconds": settings.maximum_record_age_seconds,
        }
        if settings.on_partial_batch_item_failure != "none":
            reading["on_partial_batch_item_failure"] = settings.on_partial_batch_item_failure
        if settings.dead_letter_queue:
            self.undelivered = ParkingQueue(f"{name}-undelivered", child).queue
            reading["dead_letter_config"] = {"arn": self.undelivered.arn}
            statements.append(Statement("KeepUndelivered", ("sqs:SendMessage",), self.undelivered.arn))
        trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "pipes.amazonaws.com"}}
        role = iam.Role(f"{name}-pipe-role", assume_role_policy=document([trust]), opts=child)
        policy = iam.RolePolicy(
            f"{name}-pipe-policy",
            role=role.id,
            policy=document([statement.as_json() for statement in statements]),
            opts=child,
        )
        self.pipe = pipes.Pipe(
            f"{name}-pipe",
            role_arn=role.arn,
            source=stream.arn,
            target=queue.arn,
            source_parameters={"kinesis_stream_parameters": reading},
            target_parameters={"input_template": TEMPLATE},
            opts=pulumi.ResourceOptions(parent=self, depends_on=[policy]),
        )
        self.register_outputs({"pipeArn": self.pipe.arn})
