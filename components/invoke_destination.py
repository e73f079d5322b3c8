"""Where the records of asynchronous invokes go: a queue, a topic, an event bus or a function of the stack's own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
from pulumi_aws import cloudwatch, lambda_, sns, sqs

from components.function import PythonFunction, PythonFunctionArgs
from components.iam import Statement, tls_only
from components.parking import ParkingQueue
from components.settings import Destination, FunctionSettings

ARCHIVE_DAYS = 14

_ACTIONS: Mapping[Destination, str] = {
    "sqs": "sqs:SendMessage",
    "sns": "sns:Publish",
    "eventbridge": "events:PutEvents",
    "lambda": "lambda:InvokeFunction",
}
"""What the function's role must be allowed for Lambda to send there in its name."""


@dataclass(frozen=True, slots=True)
class DestinationArgs:
    """What a destination is made of.

    Attributes:
        kind: queue, topic, bus or function; not `none`.
        layer_arn: layer of the function, where it is one.
        retention_seconds: how long the queue keeps messages, where it is one.
    """

    kind: Destination
    layer_arn: pulumi.Input[str]
    retention_seconds: int


class InvokeDestination(pulumi.ComponentResource):
    """A destination `<name>` for records of asynchronous invokes.

    - `sqs`: a queue, encrypted, over TLS only.
    - `sns`: a topic, encrypted, over TLS only. A topic keeps nothing: subscribe to it, or records are gone.
    - `eventbridge`: a bus with an archive of `ARCHIVE_DAYS` days, so that records are kept although no rule matches.
    - `lambda`: a function that logs each record.

    Args:
        name: logical name of the destination, and prefix of the other children's names.
        args: what it is made of.
        opts: resource options.

    Attributes:
        arn: its ARN.
        queue: the queue, None for the other kinds.
        action: what the function that is invoked must be allowed on it.
    """

    def __init__(self, name: str, args: DestinationArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        props = {"kind": args.kind, "retentionSeconds": args.retention_seconds}
        super().__init__("delivery-lab:destination:InvokeDestination", name, props, opts)
        child = pulumi.ResourceOptions(parent=self)
        self.queue: sqs.Queue | None = None
        make = {"sqs": self._queue, "sns": self._topic, "eventbridge": self._bus, "lambda": self._function}
        self.arn = make[args.kind](name, args, child)
        self.action = _ACTIONS[args.kind]
        self.register_outputs({"arn": self.arn})

    def statement(self, sid: str) -> Statement:
        """What the function that is invoked must be allowed."""
        return Statement(sid, (self.action,), self.arn)

    def _queue(self, name: str, args: DestinationArgs, child: pulumi.ResourceOptions) -> pulumi.Output[str]:
        self.queue = ParkingQueue(name, child, retention_seconds=args.retention_seconds).queue
        return self.queue.arn

    @staticmethod
    def _topic(name: str, _args: DestinationArgs, child: pulumi.ResourceOptions) -> pulumi.Output[str]:
        topic = sns.Topic(name, kms_master_key_id="alias/aws/sns", opts=child)
        sns.TopicPolicy(f"{name}-policy", arn=topic.arn, policy=tls_only(topic.arn, "sns"), opts=child)
        return topic.arn

    @staticmethod
    def _bus(name: str, _args: DestinationArgs, child: pulumi.ResourceOptions) -> pulumi.Output[str]:
        bus = cloudwatch.EventBus(name, opts=child)
        cloudwatch.EventArchive(f"{name}-archive", event_source_arn=bus.arn, retention_days=ARCHIVE_DAYS, opts=child)
        return bus.arn

    @staticmethod
    def _function(name: str, args: DestinationArgs, child: pulumi.ResourceOptions) -> pulumi.Output[str]:
        parts = PythonFunctionArgs("record_logger", FunctionSettings(), args.layer_arn)
        function: lambda_.Function = PythonFunction(name, parts, child).function
        return function.arn
