"""The producer: a function that turns requests into messages, and the API in front of it."""

from __future__ import annotations

from typing import Literal

import pulumi
from pulumi_aws import sqs

from components.api import EnqueueApi
from components.function import PythonFunction, PythonFunctionArgs
from components.iam import Statement
from components.settings import ApiSettings, ProducerSettings


class QueueProducer(pulumi.ComponentResource):
    """The function `<name>-producer`, which may send to one queue, behind the HTTP API `<name>-api`.

    Args:
        name: prefix of the children's names.
        source: folder below `functions/` that holds the producer's code.
        queue: the queue to send to.
        layer_arn: layer with the dependencies and the shared code.
        settings: settings of the function.
        api: settings of the API.
        opts: resource options.
        deduplication: on a FIFO queue, what tells messages apart: an `id` that the producer sends, or their `content`.

    Attributes:
        function: the Lambda function.
        endpoint: URL of the API without a path.
    """

    def __init__(
        self,
        name: str,
        source: str,
        queue: sqs.Queue,
        layer_arn: pulumi.Input[str],
        settings: ProducerSettings,
        api: ApiSettings,
        opts: pulumi.ResourceOptions | None = None,
        *,
        deduplication: Literal["id", "content"] | None = None,
    ) -> None:
        props = {"producer": settings.effective(), "api": api.effective()}
        super().__init__("delivery-lab:producer:QueueProducer", name, props, opts)
        child = pulumi.ResourceOptions(parent=self)
        args = PythonFunctionArgs(
            source=source,
            settings=settings,
            code=layer_arn,
            environment={
                "QUEUE_URL": queue.url,
                **({} if deduplication is None else {"FIFO_DEDUPLICATION": deduplication}),
            },
            statements=[Statement("SendToQueue", ("sqs:SendMessage",), queue.arn)],
        )
        self.function = PythonFunction(f"{name}-producer", args, child).function
        self.endpoint = EnqueueApi(f"{name}-api", self.function, api, child).endpoint
        self.register_outputs({"functionName": self.function.name, "endpoint": self.endpoint})
