"""The producer of a Kafka topic: a function inside the cluster's VPC, and the API in front of it."""

from __future__ import annotations

import pulumi

from components.api import PRODUCE, EnqueueApi
from components.function import PythonFunction, PythonFunctionArgs
from components.iam import Statement
from components.msk_cluster import MskCluster
from components.settings import KafkaSettings


class KafkaProducer(pulumi.ComponentResource):
    """The function `<name>-producer` behind the HTTP API `<name>-api`, `POST /produce`.

    It signs in with IAM, creates the topic when it is missing (and the topic for failures, where there is to be one),
    and answers when all copies of a record have been written.

    Args:
        name: prefix of the children's names.
        cluster: the MSK cluster.
        settings: topic, producer and API.
        layer_arn: layer with the dependencies and the shared code.
        opts: resource options.

    Attributes:
        function: the Lambda function.
        endpoint: URL of the API without a path.
    """

    def __init__(
        self,
        name: str,
        cluster: MskCluster,
        settings: KafkaSettings,
        layer_arn: pulumi.Input[str],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        props = {"producer": settings.producer.effective(), "api": settings.api.effective()}
        super().__init__("delivery-lab:producer:KafkaProducer", name, props, opts)
        child = pulumi.ResourceOptions(parent=self)
        topic, consumer = settings.topic, settings.consumer
        making = ("kafka-cluster:CreateTopic", "kafka-cluster:DescribeTopic")
        statements = [
            cluster.brokers.statement("Connect", ("kafka-cluster:Connect", "kafka-cluster:WriteDataIdempotently")),
            Statement("WriteTopic", (*making, "kafka-cluster:WriteData"), cluster.brokers.topic_arn(topic.name)),
        ]
        environment: dict[str, pulumi.Input[str]] = {
            "BOOTSTRAP_SERVERS": cluster.bootstrap_servers,
            "TOPIC": topic.name,
            "TOPIC_PARTITIONS": str(topic.partitions),
            "TOPIC_REPLICATION_FACTOR": str(cluster.replication_factor),
            "TOPIC_RETENTION_HOURS": str(topic.retention_hours),
        }
        if consumer.on_failure == "kafka":
            environment["FAILURE_TOPIC"] = consumer.failure_topic
            statements.append(Statement("MakeFailureTopic", making, cluster.brokers.topic_arn(consumer.failure_topic)))
        args = PythonFunctionArgs(
            source="kafka_producer",
            settings=settings.producer,
            code=layer_arn,
            environment=environment,
            statements=statements,
            network=cluster.client_network,
        )
        self.function = PythonFunction(f"{name}-producer", args, child).function
        self.endpoint = EnqueueApi(f"{name}-api", self.function, settings.api, child, path=PRODUCE).endpoint
        self.register_outputs({"functionName": self.function.name, "endpoint": self.endpoint})
