"""The families of variants: API -> producer -> queue (+ DLQ) -> worker, wired and ready to be sent work."""

from __future__ import annotations

from typing import Literal

import pulumi
from pulumi_aws import lambda_

from components.alarms import Alarms, queue_watches
from components.idempotent_worker import IdempotentWorker
from components.producer import QueueProducer
from components.queue import QueueWithDlq
from components.settings import BatchSettings, PipelineSettings, VisibilitySettings
from components.worker import BatchWorker


class Pipeline(pulumi.ComponentResource):
    """What every family offers to the outside.

    Attributes:
        api_endpoint: URL of the API; requests go to `<api_endpoint>/enqueue`.
        queue_url: URL of the source queue.
        dlq_url: URL of the dead-letter queue.
        producer_name: name of the producer function.
        worker_name: name of the worker function.
    """

    api_endpoint: pulumi.Output[str]
    queue_url: pulumi.Output[str]
    dlq_url: pulumi.Output[str]
    producer_name: pulumi.Output[str]
    worker_name: pulumi.Output[str]

    def exports(self, prefix: str = "") -> dict[str, pulumi.Output[str]]:
        """The stack outputs of this family, by name."""
        return {
            f"{prefix}ApiEndpoint": self.api_endpoint,
            f"{prefix}QueueUrl": self.queue_url,
            f"{prefix}DlqUrl": self.dlq_url,
            f"{prefix}ProducerFunction": self.producer_name,
            f"{prefix}WorkerFunction": self.worker_name,
        }


class BatchPipeline(Pipeline):
    """Batches with partial failure: the section `delivery-lab:batch`.

    Args:
        name: prefix of the names of all resources.
        settings: the section.
        layer_arn: layer with the dependencies and the shared code.
        opts: resource options.
    """

    def __init__(
        self,
        name: str,
        settings: BatchSettings,
        layer_arn: pulumi.Input[str],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("delivery-lab:pipelines:BatchPipeline", name, settings.effective(), opts)
        child = pulumi.ResourceOptions(parent=self)
        queues = QueueWithDlq(name, settings.queue, settings.dead_letter_queue, child)
        producer = QueueProducer(
            name,
            "producer",
            queues.queue,
            layer_arn,
            settings.producer,
            settings.api,
            child,
            deduplication=_deduplication(settings),
        )
        worker = BatchWorker(name, queues.queue, layer_arn, settings.worker, child, fifo=settings.queue.fifo)
        _alarms(name, settings, queues, worker.function, child)
        self.api_endpoint = producer.endpoint
        self.queue_url = queues.queue.url
        self.dlq_url = queues.dlq.url
        self.producer_name = producer.function.name
        self.worker_name = worker.function.name
        self.register_outputs(self.exports())


def _deduplication(settings: BatchSettings) -> Literal["id", "content"] | None:
    if not settings.queue.fifo:
        return None
    return "content" if settings.queue.content_based_deduplication else "id"


class VisibilityPipeline(Pipeline):
    """Work that may outlast the visibility timeout: the section `delivery-lab:visibility`.

    Args:
        name: prefix of the names of all resources.
        settings: the section.
        layer_arn: layer with the dependencies and the shared code.
        opts: resource options.
    """

    def __init__(
        self,
        name: str,
        settings: VisibilitySettings,
        layer_arn: pulumi.Input[str],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("delivery-lab:pipelines:VisibilityPipeline", name, settings.effective(), opts)
        child = pulumi.ResourceOptions(parent=self)
        worker = IdempotentWorker(name, settings, layer_arn, child)
        queue = worker.queues.queue
        _alarms(name, settings, worker.queues, worker.function, child)
        producer = QueueProducer(name, "visibility_producer", queue, layer_arn, settings.producer, settings.api, child)
        self.api_endpoint = producer.endpoint
        self.queue_url = queue.url
        self.dlq_url = worker.queues.dlq.url
        self.producer_name = producer.function.name
        self.worker_name = worker.function.name
        self.register_outputs(self.exports())


def _alarms(
    name: str,
    settings: PipelineSettings,
    queues: QueueWithDlq,
    worker: lambda_.Function,
    opts: pulumi.ResourceOptions,
) -> None:
    watches = queue_watches(queues.queue, queues.dlq, settings.queue, worker)
    Alarms(name, settings.alarms, watches, opts)
