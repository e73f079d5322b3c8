"""The families that read ordered logs: a stream with its worker, a Kafka topic with its producer and consumer."""

from __future__ import annotations

import pulumi

from components.alarms import Alarms, Watch, dead_letter_watch, function_watches, iterator_age_watch, offset_lag_watch
from components.destination import FailureDestination
from components.family import Family
from components.kafka_consumer import KafkaConsumer, poller_services
from components.kafka_producer import KafkaProducer
from components.msk_cluster import MskCluster
from components.self_managed_kafka import SelfManagedKafka
from components.settings import KafkaSettings, StreamSettings
from components.stream_worker import StreamWorker


class StreamPipeline(Family):
    """A stream and its worker: the section `delivery-lab:stream`.

    Args:
        name: prefix of the names of all resources, and name of the Kinesis stream.
        settings: the section.
        layer_arn: layer with the dependencies and the shared code.
        opts: resource options.
    """

    def __init__(
        self,
        name: str,
        settings: StreamSettings,
        layer_arn: pulumi.Input[str],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("delivery-lab:pipelines:StreamPipeline", name, settings.effective(), opts)
        child = pulumi.ResourceOptions(parent=self)
        worker = StreamWorker(name, settings, layer_arn, child)
        watches = [
            *function_watches(worker.function),
            iterator_age_watch(worker.function, settings),
            *_destination_watches(worker.destination),
        ]
        Alarms(name, settings.alarms, watches, child)
        self._outputs = {"WorkerFunction": worker.function.name}
        if worker.stream is not None:
            self._outputs["StreamName"] = worker.stream.name
        if worker.table is not None:
            self._outputs["TableName"] = worker.table.name
        self._outputs |= _destination_outputs(worker.destination)
        self.register_outputs(self.exports())


class KafkaPipeline(Family):
    """A Kafka topic, who writes it and who reads it: the section `delivery-lab:kafka`.

    Args:
        name: prefix of the names of all resources.
        settings: the section.
        layer_arn: layer with the dependencies and the shared code.
        opts: resource options.
    """

    def __init__(
        self,
        name: str,
        settings: KafkaSettings,
        layer_arn: pulumi.Input[str],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("delivery-lab:pipelines:KafkaPipeline", name, settings.effective(), opts)
        child = pulumi.ResourceOptions(parent=self)
        self._outputs = {"TopicName": pulumi.Output.from_input(settings.topic.name)}
        if settings.self_managed is not None:
            consumer = KafkaConsumer(name, SelfManagedKafka.of(settings.self_managed), settings, layer_arn, child)
        else:
            cluster = MskCluster(name, settings.cluster, settings.topic, poller_services(settings.consumer), child)
            producer = KafkaProducer(name, cluster, settings, layer_arn, child)
            consumer = KafkaConsumer(name, cluster.brokers, settings, layer_arn, child)
            self._outputs |= {
                "ApiEndpoint": producer.endpoint,
                "ClusterArn": cluster.arn,
                "ProducerFunction": producer.function.name,
            }
        self._outputs |= {"WorkerFunction": consumer.function.name, **_destination_outputs(consumer.destination)}
        watches = [
            *function_watches(consumer.function),
            offset_lag_watch(consumer.function, settings),
            *_destination_watches(consumer.destination),
        ]
        Alarms(name, settings.alarms, watches, child)
        self.register_outputs(self.exports())


def _destination_watches(destination: FailureDestination | None) -> list[Watch]:
    """A queue can be looked into; a topic of SNS notifies by itself, and a bucket by its own events."""
    if destination is None or destination.queue is None:
        return []
    return [dead_letter_watch(destination.queue)]


def _destination_outputs(destination: FailureDestination | None) -> dict[str, pulumi.Output[str]]:
    if destination is None:
        return {}
    return {"DlqUrl" if destination.queue is not None else "FailureDestination": destination.url}
