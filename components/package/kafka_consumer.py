"""`KafkaConsumer` of the package."""

import pulumi

from components.alarms import Alarms, dead_letter_watch, function_watches, offset_lag_watch
from components.kafka_consumer import KafkaConsumer as Consumer
from components.msk_brokers import MskBrokers
from components.package.args import KafkaConsumerArgs
from components.package.arguments import KafkaConsumerArguments
from components.package.functions import function_code
from components.package.reading import Arguments, read
from components.self_managed_kafka import SelfManagedKafka


class KafkaConsumer(pulumi.ComponentResource):
    """The function `<name>-consumer`, fed from a topic of MSK, or of a Kafka of one's own, by `<name>-mapping`.

    What the mapping discards is told to `<name>-dlq` (a queue), `<name>-failures` (SNS or S3) or a topic of the same
    cluster. The poller reaches the brokers through the cluster's network, with the function's role.
    """

    function_name: pulumi.Output[str]
    """Name of the function."""
    function_arn: pulumi.Output[str]
    """ARN of the function."""
    role_name: pulumi.Output[str]
    """Name of the function's role."""
    mapping_uuid: pulumi.Output[str]
    """UUID of the event source mapping."""
    failure_destination_arn: pulumi.Output[str] | None
    """ARN of what is told of discarded records; not with onFailure none or kafka."""

    def __init__(self, name: str, args: KafkaConsumerArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        arguments = read("KafkaConsumer", name, KafkaConsumerArguments, args)
        super().__init__("delivery-lab:index:KafkaConsumer", name, arguments.properties(), opts)
        child, model = pulumi.ResourceOptions(parent=self), arguments.model
        code = function_code(f"{name}-consumer", "kafka_consumer", arguments, child)
        section = model.section()
        consumer = Consumer(name, _source(arguments), section, code, child)
        destination = consumer.destination
        watches = [*function_watches(consumer.function), offset_lag_watch(consumer.function, section)]
        if destination is not None and destination.queue is not None:
            watches.append(dead_letter_watch(destination.queue))
        Alarms(name, model.alarms, watches, child, topic_arn=arguments.value("alarms", "topic_arn"))
        self.function_name, self.function_arn = consumer.function.name, consumer.function.arn
        self.role_name, self.mapping_uuid = consumer.role.name, consumer.mapping.uuid
        self.failure_destination_arn = None if destination is None else destination.arn
        outputs = {
            "functionName": self.function_name,
            "functionArn": self.function_arn,
            "roleName": self.role_name,
            "mappingUuid": self.mapping_uuid,
            "failureDestinationArn": self.failure_destination_arn,
        }
        self.register_outputs({key: output for key, output in outputs.items() if output is not None})


def _source(arguments: Arguments[KafkaConsumerArguments]) -> MskBrokers | SelfManagedKafka:
    settings = arguments.model.self_managed
    if settings is None:
        return MskBrokers(pulumi.Output.from_input(arguments.value("cluster_arn")))
    return SelfManagedKafka(
        bootstrap_servers=arguments.values("self_managed", "bootstrap_servers"),
        authentication=settings.authentication,
        secret_arn=arguments.value("self_managed", "secret_arn"),
        root_ca_secret_arn=arguments.value("self_managed", "root_ca_secret_arn"),
        subnet_ids=arguments.values("self_managed", "subnet_ids"),
        security_group_ids=arguments.values("self_managed", "security_group_ids"),
    )
