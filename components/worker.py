"""Workers: a function together with the mapping that feeds it from a queue."""

from __future__ import annotations

import pulumi
from pulumi_aws import sqs

from components.function import PythonFunction, PythonFunctionArgs
from components.mapping import poller_statement, sqs_mapping
from components.settings import BatchWorkerSettings


class BatchWorker(pulumi.ComponentResource):
    """The function `<name>-worker`, fed in batches by the mapping `<name>-mapping`.

    Args:
        name: prefix of the children's names.
        queue: the queue to read.
        layer_arn: layer with the dependencies and the shared code.
        settings: settings of the function and of the mapping.
        opts: resource options.
        fifo: whether the queue is a FIFO queue, whose groups the function then keeps in order.

    Attributes:
        function: the Lambda function.
        mapping: the event source mapping.
    """

    def __init__(
        self,
        name: str,
        queue: sqs.Queue,
        layer_arn: pulumi.Input[str],
        settings: BatchWorkerSettings,
        opts: pulumi.ResourceOptions | None = None,
        *,
        fifo: bool = False,
    ) -> None:
        super().__init__("delivery-lab:worker:BatchWorker", name, settings.effective(), opts)
        args = PythonFunctionArgs(
            source="batch_worker",
            settings=settings,
            layer_arn=layer_arn,
            environment=_environment(settings, fifo=fifo),
            statements=[poller_statement(queue)],
        )
        worker = PythonFunction(f"{name}-worker", args, pulumi.ResourceOptions(parent=self))
        self.function = worker.function
        self.mapping = sqs_mapping(f"{name}-mapping", worker, queue, settings, parent=self)
        self.register_outputs({"functionName": self.function.name, "mappingUuid": self.mapping.uuid})


def _environment(settings: BatchWorkerSettings, *, fifo: bool) -> dict[str, pulumi.Input[str]]:
    variables: dict[str, pulumi.Input[str]] = {"ON_RECORD_ERROR": settings.on_record_error}
    if fifo:
        variables["KEEP_GROUP_ORDER"] = "false" if settings.keep_group_order is False else "true"
    return variables
