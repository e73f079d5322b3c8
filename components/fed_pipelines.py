"""The families in which something else feeds the queue: a topic of SNS, a bucket, an event bus, an API, a pipe."""

from __future__ import annotations

from dataclasses import replace

import pulumi
from pulumi_aws import sqs

from components.alarms import Alarms, Watch, dead_letter_watch, queue_watches
from components.bucket import FeedingBucket, QueueNotification
from components.event_bus import FeedingBus, QueueTarget
from components.family import Family
from components.object_worker import ObjectWorker
from components.pipe import FeedingStream, QueuePipe
from components.queue import QueueWithDlq
from components.queue_api import QueueApi
from components.settings import EventBridgeSettings, GatewaySettings, PipeSettings, S3Settings, SnsSettings
from components.topic import FeedingTopic, QueueSubscription
from components.worker import BatchWorker


class _FedPipeline(Family):
    """A family whose feed may have a queue for what it cannot deliver."""

    def _watch_undelivered(self, queue: sqs.Queue | None, service: str, watches: list[Watch]) -> None:
        """Watch for anything at all in the queue for what a service cannot deliver, where there is one."""
        if queue is not None:
            description = f"There are messages that {service} cannot deliver."
            watches.append(replace(dead_letter_watch(queue), key="undelivered", description=description))
            self._outputs["UndeliveredUrl"] = queue.url


def _outputs_of(queues: QueueWithDlq, worker: BatchWorker | ObjectWorker) -> dict[str, pulumi.Output[str]]:
    """The outputs that a queue and its worker have in each of these families."""
    return {"QueueUrl": queues.queue.url, "DlqUrl": queues.dlq.url, "WorkerFunction": worker.function.name}


class TopicPipeline(_FedPipeline):
    """A topic, a queue that subscribes to it and the queue's worker: the section `delivery-lab:sns`.

    Nothing here publishes: who feeds a topic is the business of other stacks.

    Args:
        name: prefix of the names of all resources.
        settings: the section.
        layer_arn: layer with the dependencies and the shared code.
        opts: resource options.
    """

    def __init__(
        self,
        name: str,
        settings: SnsSettings,
        layer_arn: pulumi.Input[str],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("delivery-lab:pipelines:TopicPipeline", name, settings.effective(), opts)
        child = pulumi.ResourceOptions(parent=self)
        topic = FeedingTopic(name, settings.topic, child)
        queues = QueueWithDlq(name, settings.queue, settings.dead_letter_queue, child, senders=[topic.sender()])
        worker = BatchWorker(
            name, queues.queue, layer_arn, settings.worker, child, fifo=settings.queue.fifo, body=settings.body
        )
        # The worker is there before the first message is, and the queue lets the topic send.
        ready = pulumi.ResourceOptions(parent=self, depends_on=[queues.policy, worker.mapping])
        subscription = QueueSubscription(
            name, topic, queues.queue, settings.subscription, ready, fifo=settings.queue.fifo
        )
        watches = queue_watches(queues.queue, queues.dlq, settings.queue, worker.function)
        self._outputs = {"TopicArn": topic.topic.arn, **_outputs_of(queues, worker)}
        self._watch_undelivered(subscription.undelivered, "SNS", watches)
        Alarms(name, settings.alarms, watches, child)
        self.register_outputs(self.exports())


class BucketPipeline(Family):
    """A bucket, a queue that is told of its objects and the queue's worker: the section `delivery-lab:s3`.

    Nothing here writes objects: who does is the business of other stacks.

    Args:
        name: prefix of the names of all resources.
        settings: the section.
        layer_arn: layer with the dependencies and the shared code.
        opts: resource options.
    """

    def __init__(
        self,
        name: str,
        settings: S3Settings,
        layer_arn: pulumi.Input[str],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("delivery-lab:pipelines:BucketPipeline", name, settings.effective(), opts)
        child = pulumi.ResourceOptions(parent=self)
        bucket = FeedingBucket(name, child)
        queues = QueueWithDlq(name, settings.queue, settings.dead_letter_queue, child, senders=[bucket.sender()])
        worker = ObjectWorker(name, bucket, queues.queue, layer_arn, settings.worker, child)
        # S3 sends a test event when it is configured, and refuses the configuration if it may not.
        ready = pulumi.ResourceOptions(parent=self, depends_on=[queues.policy, worker.mapping])
        QueueNotification(name, bucket, queues.queue, settings.notification, ready)
        self._outputs = {"BucketName": bucket.bucket.bucket, **_outputs_of(queues, worker)}
        Alarms(name, settings.alarms, queue_watches(queues.queue, queues.dlq, settings.queue, worker.function), child)
        self.register_outputs(self.exports())


class BusPipeline(_FedPipeline):
    """A bus, a queue that gets its events by a rule and the queue's worker: the section `delivery-lab:eventbridge`.

    Nothing here publishes: who puts events on the bus is the business of other stacks.

    Args:
        name: prefix of the names of all resources.
        settings: the section.
        layer_arn: layer with the dependencies and the shared code.
        opts: resource options.
    """

    def __init__(
        self,
        name: str,
        settings: EventBridgeSettings,
        layer_arn: pulumi.Input[str],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("delivery-lab:pipelines:BusPipeline", name, settings.effective(), opts)
        child = pulumi.ResourceOptions(parent=self)
        bus = FeedingBus(name, settings.rule, child)
        queues = QueueWithDlq(name, settings.queue, settings.dead_letter_queue, child, senders=[bus.sender()])
        worker = BatchWorker(name, queues.queue, layer_arn, settings.worker, child)
        # EventBridge does not retry what it may not deliver, so the queue lets the rule send before there is a target.
        ready = pulumi.ResourceOptions(parent=self, depends_on=[queues.policy, worker.mapping])
        target = QueueTarget(name, bus, queues.queue, settings.target, ready)
        watches = queue_watches(queues.queue, queues.dlq, settings.queue, worker.function)
        self._outputs = {"BusName": bus.bus.name, **_outputs_of(queues, worker)}
        self._watch_undelivered(target.undelivered, "EventBridge", watches)
        Alarms(name, settings.alarms, watches, child)
        self.register_outputs(self.exports())


class ApiPipeline(Family):
    """An API that sends to a queue itself, and the queue's worker: the section `delivery-lab:apigateway`.

    Args:
        name: prefix of the names of all resources.
        settings: the section.
        layer_arn: layer with the dependencies and the shared code.
        opts: resource options.
    """

    def __init__(
        self,
        name: str,
        settings: GatewaySettings,
        layer_arn: pulumi.Input[str],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("delivery-lab:pipelines:ApiPipeline", name, settings.effective(), opts)
        child = pulumi.ResourceOptions(parent=self)
        queues = QueueWithDlq(name, settings.queue, settings.dead_letter_queue, child)
        api = QueueApi(f"{name}-api", queues.queue, settings.api, child)
        worker = BatchWorker(name, queues.queue, layer_arn, settings.worker, child)
        self._outputs = {"ApiEndpoint": api.endpoint, **_outputs_of(queues, worker)}
        Alarms(name, settings.alarms, queue_watches(queues.queue, queues.dlq, settings.queue, worker.function), child)
        self.register_outputs(self.exports())


class PipePipeline(_FedPipeline):
    """A Kinesis stream, a pipe that feeds a queue with its records, and its worker: the section `delivery-lab:pipe`.

    Nothing here puts records: who does is the business of other stacks.

    Args:
        name: prefix of the names of all resources.
        settings: the section.
        layer_arn: layer with the dependencies and the shared code.
        opts: resource options.
    """

    def __init__(
        self,
        name: str,
        settings: PipeSettings,
        layer_arn: pulumi.Input[str],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("delivery-lab:pipelines:PipePipeline", name, settings.effective(), opts)
        child = pulumi.ResourceOptions(parent=self)
        stream = FeedingStream(name, settings.kinesis, child)
        queues = QueueWithDlq(name, settings.queue, settings.dead_letter_queue, child)
        worker = BatchWorker(name, queues.queue, layer_arn, settings.worker, child)
        ready = pulumi.ResourceOptions(parent=self, depends_on=[queues.policy, worker.mapping])
        pipe = QueuePipe(name, stream.stream, queues.queue, settings.pipe, ready)
        watches = queue_watches(queues.queue, queues.dlq, settings.queue, worker.function)
        self._outputs = {"StreamName": stream.stream.name, **_outputs_of(queues, worker)}
        self._watch_undelivered(pipe.undelivered, "the pipe", watches)
        Alarms(name, settings.alarms, watches, child)
        self.register_outputs(self.exports())
