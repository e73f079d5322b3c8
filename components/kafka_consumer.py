"""A consumer of a Kafka topic, of MSK or of a Kafka of one's own: a function and its mapping."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
from pulumi_aws import lambda_

from components.destination import FailureDestination
from components.function import Code, PythonFunction, PythonFunctionArgs
from components.iam import Statement, network_interfaces
from components.mapping import filter_criteria
from components.msk_brokers import MskBrokers
from components.self_managed_kafka import SelfManagedKafka
from components.settings import KafkaConsumerSettings, KafkaSettings

_FIND_BROKERS = ("kafka:DescribeClusterV2", "kafka:GetBootstrapBrokers")


@dataclass(frozen=True, slots=True)
class _Where:
    """The inputs of a mapping that say what it reads, and as which consumer group."""

    event_source_arn: pulumi.Input[str] | None = None
    msk_group: lambda_.EventSourceMappingAmazonManagedKafkaEventSourceConfigArgsDict | None = None
    endpoints: lambda_.EventSourceMappingSelfManagedEventSourceArgsDict | None = None
    access: Sequence[lambda_.EventSourceMappingSourceAccessConfigurationArgsDict] | None = None
    self_managed_group: lambda_.EventSourceMappingSelfManagedKafkaEventSourceConfigArgsDict | None = None


class KafkaConsumer(pulumi.ComponentResource):
    """The function `<name>-consumer` and the mapping `<name>-mapping`.

    What the mapping discards goes to `<name>-dlq` (a queue), `<name>-failures` (SNS or S3) or a topic of the same
    cluster, as the settings say. The function itself stands outside the VPC: it is the poller that needs to reach the
    brokers, and the poller uses the cluster's network with the function's role.

    Args:
        name: prefix of the children's names.
        source: the brokers of an MSK cluster, or how to reach a Kafka of one's own.
        settings: topic, consumer and destination.
        code: the layer with the dependencies and the shared code, or other code.
        opts: resource options.

    Attributes:
        destination: where failures go, None for nowhere and for a topic.
        function: the Lambda function.
        role: its execution role.
        mapping: the event source mapping.
    """

    def __init__(
        self,
        name: str,
        source: MskBrokers | SelfManagedKafka,
        settings: KafkaSettings,
        code: Code,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        props = {"topic": settings.topic.name, **settings.consumer.effective()}
        super().__init__("delivery-lab:worker:KafkaConsumer", name, props, opts)
        child = pulumi.ResourceOptions(parent=self)
        consumer = settings.consumer
        self.destination: FailureDestination | None = None
        if consumer.on_failure != "none" and consumer.on_failure != "kafka":  # mypy follows no `in`
            self.destination = FailureDestination(name, consumer.on_failure, settings.dead_letter_queue, child)
        args = PythonFunctionArgs(
            source="kafka_consumer",
            settings=consumer,
            code=code,
            environment={"ON_RECORD_ERROR": consumer.on_record_error},
            statements=[
                *_reading(source, settings),
                *(self.destination.statements if self.destination else ()),
            ],
        )
        function = PythonFunction(f"{name}-consumer", args, child)
        self.function, self.role = function.function, function.role
        self.mapping = self._mapping(name, source, settings, function)
        self.register_outputs({"functionName": self.function.name, "mappingUuid": self.mapping.uuid})

    def _mapping(
        self,
        name: str,
        source: MskBrokers | SelfManagedKafka,
        settings: KafkaSettings,
        function: PythonFunction,
    ) -> lambda_.EventSourceMapping:
        consumer = settings.consumer
        where = _where(source, consumer.consumer_group_id)
        controls = consumer.pollers.mode == "provisioned"
        return lambda_.EventSourceMapping(
            f"{name}-mapping",
            event_source_arn=where.event_source_arn,
            self_managed_event_source=where.endpoints,
            source_access_configurations=where.access,
            amazon_managed_kafka_event_source_config=where.msk_group,
            self_managed_kafka_event_source_config=where.self_managed_group,
            topics=[settings.topic.name],
            function_name=function.function.arn,
            batch_size=consumer.batch_size,
            maximum_batching_window_in_seconds=consumer.maximum_batching_window_seconds,
            starting_position=consumer.starting_position,
            starting_position_timestamp=consumer.starting_position_timestamp,
            provisioned_poller_config={
                "minimum_pollers": consumer.pollers.minimum,
                "maximum_pollers": consumer.pollers.maximum,
            }
            if controls
            else None,
            # AWS offers these with provisioned pollers only, so with others they are not sent at all.
            maximum_retry_attempts=consumer.maximum_retry_attempts if controls else None,
            maximum_record_age_in_seconds=consumer.maximum_record_age_seconds if controls else None,
            bisect_batch_on_function_error=consumer.bisect_batch_on_function_error if controls else None,
            function_response_types=["ReportBatchItemFailures"] if consumer.report_batch_item_failures else [],
            destination_config=self._destination_config(consumer),
            filter_criteria=filter_criteria(consumer),
            enabled=consumer.enabled,
            opts=pulumi.ResourceOptions(parent=self, depends_on=[function.policy], delete_before_replace=True),
        )

    def _destination_config(
        self, consumer: KafkaConsumerSettings
    ) -> lambda_.EventSourceMappingDestinationConfigArgsDict | None:
        if consumer.on_failure == "kafka":
            return {"on_failure": {"destination_arn": f"kafka://{consumer.failure_topic}"}}
        if self.destination is None:
            return None
        return {"on_failure": {"destination_arn": self.destination.arn}}


def poller_services(settings: KafkaConsumerSettings) -> tuple[str, ...]:
    """AWS services that the poller has to reach from inside the cluster's network (semantics.md G2, G4).

    Provisioned pollers reach Lambda and STS by themselves; the service of the destination has to be reachable always
    (https://docs.aws.amazon.com/lambda/latest/dg/kafka-on-failure.html).
    """
    scaling = ("lambda", "sts") if settings.pollers.mode == "on-demand" else ()
    destination = (settings.on_failure,) if settings.on_failure in ("sqs", "sns", "s3") else ()
    return (*scaling, *destination)


def _reading(source: MskBrokers | SelfManagedKafka, settings: KafkaSettings) -> Sequence[Statement]:
    """What the poller does with the function's role."""
    if isinstance(source, SelfManagedKafka):
        return _reading_self_managed(source)
    consumer = settings.consumer
    statements = [
        network_interfaces(),
        source.statement("FindBrokers", _FIND_BROKERS),
        source.statement("Connect", ("kafka-cluster:Connect", "kafka-cluster:DescribeClusterDynamicConfiguration")),
        Statement(
            "ReadTopic",
            ("kafka-cluster:DescribeTopic", "kafka-cluster:ReadData"),
            source.topic_arn(settings.topic.name),
        ),
        Statement(
            "KeepOffsets",
            ("kafka-cluster:AlterGroup", "kafka-cluster:DescribeGroup"),
            source.group_arn(consumer.consumer_group_id),
        ),
    ]
    if consumer.on_failure == "kafka":
        # As the guide has it, reading included (kafka-on-failure-destination.html).
        writing = ("kafka-cluster:DescribeTopic", "kafka-cluster:ReadData", "kafka-cluster:WriteData")
        statements.append(source.statement("FindFailureTopic", ("kafka-cluster:DescribeCluster",)))
        statements.append(Statement("ReportFailures", writing, source.topic_arn(consumer.failure_topic)))
    return statements


def _reading_self_managed(source: SelfManagedKafka) -> Sequence[Statement]:
    return [*([network_interfaces()] if source.subnet_ids else []), *source.statements()]


def _where(source: MskBrokers | SelfManagedKafka, group: str | None) -> _Where:
    if isinstance(source, MskBrokers):
        return _Where(event_source_arn=source.arn, msk_group={"consumer_group_id": group} if group else None)
    return _Where(
        endpoints={"endpoints": {"KAFKA_BOOTSTRAP_SERVERS": source.servers()}},
        access=source.access() or None,
        self_managed_group={"consumer_group_id": group} if group else None,
    )
