"""`KafkaConsumer` of the package."""

import pulumi

from components.alarms import offset_lag_watch
from components.kafka_consumer import KafkaConsumer as Consumer
from components.msk_brokers import MskBrokers
from components.package.args import KafkaConsumerArgs
from components.package.arguments import KafkaConsumerArguments
from components.package.functions import function_code
from components.package.parts import log_watches, register_outputs, set_alarms
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
        child = pulumi.ResourceOptions(parent=self)
        code = function_code(f"{name}-consumer", "kafka_consumer", arguments, child)
        section = arguments.model.section()
        consumer = Consumer(name, _source(arguments), section, code, child)
        destination = consumer.destination
        lag = offset_lag_watch(consumer.function, section)
        set_alarms(arguments, log_watches(consumer.function, lag, destination), child)
        self.function_name, self.function_arn = consumer.function.name, consumer.function.arn
        self.role_name, self.mapping_uuid = consumer.role.name, consumer.mapping.uuid
        self.failure_destination_arn = None if destination is None else destination.arn
        register_outputs(self)


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
