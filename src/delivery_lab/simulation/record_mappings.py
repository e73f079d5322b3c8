"""Mappings of streams and Kafka topics, and their on-failure destinations."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from delivery_lab.errors import DeploymentRefusedError, NotModelledError
from delivery_lab.model.account import Account
from delivery_lab.model.clock import EPOCH, seconds
from delivery_lab.model.kafka.cluster import KafkaCluster
from delivery_lab.model.mapping.destinations import (
    Destination,
    PublishedDestination,
    QueueDestination,
    Recorder,
    TopicDestination,
)
from delivery_lab.model.mapping.filters import Pattern
from delivery_lab.model.mapping.kafka import KafkaMappingConfig, KafkaProvisionedMode
from delivery_lab.model.mapping.stream import StreamMappingConfig
from delivery_lab.model.streams.dynamodb import TableStream
from delivery_lab.model.streams.kinesis import KinesisStream
from delivery_lab.simulation.polled_sources import PolledSources
from delivery_lab.stack.events import Bucket
from delivery_lab.stack.mappings import (
    DynamoDbMapping,
    EventSourceMapping,
    KafkaMapping,
    KinesisMapping,
    Pollers,
    RecordMapping,
    SqsMapping,
)
from delivery_lab.stack.regions import regions_apart
from delivery_lab.stack.stack import Stack
from delivery_lab.stack.topics import Topic

KAFKA_DESTINATION = "kafka://"


def refuse_foreign_settings(mapping: SqsMapping | KinesisMapping | DynamoDbMapping | KafkaMapping) -> None:
    """Refuse settings that AWS has for other kinds of sources only (ESM-KIND-1).

    Raises:
        DeploymentRefusedError: naming the setting.
    """
    for setting in mapping.foreign:
        name = setting.origin.input
        raise DeploymentRefusedError(
            mapping.name,
            "InvalidParameterValueException",
            f"Unsupported parameter for event source type: {name} ({mapping.source})",
            rule="ESM-KIND-1",
            fix=f"leave {name} out: it is no setting of a mapping that reads {mapping.source}",
        )


def refuse_other_region(stack: Stack, mapping: EventSourceMapping) -> None:
    """Refuse a mapping whose source is in another region than its function (ESM-REGION-1).

    Raises:
        DeploymentRefusedError: naming both regions.
    """
    regions = regions_apart(stack, mapping)
    if regions is not None:
        source, function = regions
        raise DeploymentRefusedError(
            mapping.name,
            "InvalidParameterValueException",
            f"Event source region must match Lambda region {function}: it is {source}",
            rule="ESM-REGION-1",
            fix=f"create the function and {mapping.name} in {source}",
        )


@dataclass(slots=True)
class RecordMappings:
    """Creates the mappings of streams and topics.

    Attributes:
        stack: the stack.
        account: the account of the run.
        sources: streams, clusters and topics.
        notes: what a reader of the result should know.
        recorders: buckets, and topics of other stacks, that are destinations, by name.
    """

    stack: Stack
    account: Account
    sources: PolledSources
    notes: list[str]
    recorders: dict[str, Recorder] = field(default_factory=dict)

    def create_stream_mapping(
        self,
        mapping: KinesisMapping | DynamoDbMapping,
        function: str,
        source: KinesisStream | TableStream,
        patterns: tuple[Pattern, ...],
    ) -> None:
        """Create the mapping of a stream."""
        refuse_foreign_settings(mapping)
        config = StreamMappingConfig(
            name=mapping.label,
            function=function,
            consumer_arn=_consumer_arn(mapping),
            starting_position=mapping.starting_position.certain(),
            starting_position_instant=instant_of(mapping.label, mapping.starting_position_timestamp.certain()),
            batch_size=mapping.batch_size.certain(),
            window_seconds=mapping.window_seconds.certain(),
            parallelization_factor=mapping.parallelization_factor.certain(),
            maximum_retry_attempts=mapping.maximum_retry_attempts.certain(),
            maximum_record_age_seconds=mapping.maximum_record_age_seconds.certain(),
            bisect=mapping.bisects.certain(),
            report_batch_item_failures=mapping.reports.certain(),
            tumbling_window_seconds=mapping.tumbling_window_seconds.certain(),
            patterns=patterns,
            enabled=mapping.enabled.certain(),
        )
        self.account.create_stream_mapping(config, source, self._destination(mapping, None))

    def create_kafka_mapping(self, mapping: KafkaMapping, function: str, patterns: tuple[Pattern, ...]) -> None:
        """Create the mapping of a Kafka topic."""
        refuse_foreign_settings(mapping)
        cluster = self._cluster(mapping)
        topics = mapping.topics.certain()
        if len(topics) != 1:
            raise DeploymentRefusedError(
                mapping.label,
                "InvalidParameterValueException",
                f"Topics must hold exactly one topic, not {len(topics)}",
                rule="KAF-BATCH-1",
                fix="give the mapping one topic; make another mapping for another topic",
            )
        attempts, age = mapping.maximum_retry_attempts, mapping.maximum_record_age_seconds
        config = KafkaMappingConfig(
            name=mapping.label,
            function=function,
            topic=topics[0],
            starting_position=mapping.starting_position.certain(),
            starting_position_instant=instant_of(mapping.label, mapping.starting_position_timestamp.certain()),
            consumer_group=mapping.consumer_group.certain(),
            batch_size=mapping.batch_size.certain(),
            window_seconds=mapping.window_seconds.certain(),
            provisioned=_pollers(mapping.pollers) if mapping.provisioned.certain() else None,
            maximum_retry_attempts=attempts.certain() if attempts.given else None,
            maximum_record_age_seconds=age.certain() if age.given else None,
            bisect=mapping.bisects.certain(),
            report_batch_item_failures=mapping.reports.certain(),
            patterns=patterns,
            enabled=mapping.enabled.certain(),
        )
        self.sources.topic_of(cluster, config.topic)
        self.account.create_kafka_mapping(config, cluster, self._destination(mapping, cluster))

    def _cluster(self, mapping: KafkaMapping) -> KafkaCluster:
        arn = mapping.source_arn.certain()
        if arn:
            if mapping.cluster is None:
                known = ", ".join(self.account.clusters) or "none"
                raise NotModelledError(
                    f"{mapping.name} reads from {arn}, which is not in this stack (Kafka clusters: {known})\n"
                    "  nearest: a cluster that this stack creates, or a self-managed one by its bootstrap servers"
                )
            return self.account.clusters[mapping.cluster.label]
        servers = mapping.bootstrap_servers.certain()
        if not servers:
            raise DeploymentRefusedError(
                mapping.name,
                "InvalidParameterValueException",
                "SelfManagedEventSource must have the endpoint KAFKA_BOOTSTRAP_SERVERS",
                rule="KAF-BATCH-1",
                fix="set selfManagedEventSource.endpoints.KAFKA_BOOTSTRAP_SERVERS",
            )
        known_one = self.account.clusters.get(servers)
        return known_one or self.account.create_cluster(servers, "", servers)

    # -- destinations -------------------------------------------------------------------------------------

    def _destination(self, mapping: RecordMapping, cluster: KafkaCluster | None) -> Destination | None:
        target = mapping.destination_arn.certain()
        if not target:
            return None
        if target.startswith(KAFKA_DESTINATION):
            return self._topic_destination(mapping, target.removeprefix(KAFKA_DESTINATION), cluster)
        if target.endswith(".fifo"):
            raise DeploymentRefusedError(
                mapping.name,
                "InvalidParameterValueException",
                f"The provided destination config is invalid: {target} is a FIFO queue or topic",
                rule="STR-DEST-5",
                fix="name a standard queue, a standard topic or a bucket",
            )
        queue = self.stack.queue_at(target)
        if queue is not None:
            return QueueDestination(self.account.queues[queue.label])
        return self._recorder(mapping, target)

    def _topic_destination(self, mapping: RecordMapping, name: str, cluster: KafkaCluster | None) -> Destination:
        if cluster is None:
            raise NotModelledError(
                f"{mapping.name}: a Kafka topic as the destination of a stream is not modelled\n  nearest: an SQS queue"
            )
        return TopicDestination(self.sources.topic_of(cluster, name), self.account.scheduler)

    def _recorder(self, mapping: RecordMapping, target: str) -> Destination:
        service = target.split(":")[2] if target.count(":") >= 5 else ""
        if service not in ("sqs", "sns", "s3"):
            raise DeploymentRefusedError(
                mapping.name,
                "InvalidParameterValueException",
                f"The provided destination config is invalid: {target}",
                rule="STR-DEST-5",
                fix="name an SQS queue, an SNS topic or an S3 bucket by its ARN",
            )
        owner = self.stack.at(target)
        if isinstance(owner, Topic):
            return PublishedDestination(self.account.topics[owner.label])
        if isinstance(owner, Bucket):
            name = owner.name
        else:
            self.notes.append(f"{mapping.name}: {target} is not in this stack; it is taken to accept every document")
            name = target.rsplit(":", 1)[-1]
        return self.recorders.setdefault(name, Recorder(name, with_records=service == "s3"))


def _consumer_arn(mapping: KinesisMapping | DynamoDbMapping) -> str | None:
    consumer = mapping.consumer if isinstance(mapping, KinesisMapping) else None
    return consumer.arn if consumer is not None else None


def _pollers(pollers: Pollers | None) -> KafkaProvisionedMode | None:
    return None if pollers is None else KafkaProvisionedMode(pollers.minimum.certain(), pollers.maximum.certain())


def instant_of(reader: str, timestamp: str | None) -> int | None:
    """A time in RFC 3339 as an instant of the run, which begins at `EPOCH`.

    Args:
        reader: name of the mapping or pipe that begins to read there.
        timestamp: the time, None for none.

    Raises:
        DeploymentRefusedError: it is none.
    """
    if timestamp is None:
        return None
    try:
        return seconds((datetime.fromisoformat(timestamp) - EPOCH).total_seconds())
    except (TypeError, ValueError):  # no time, or one without its offset from UTC
        raise DeploymentRefusedError(
            reader,
            "InvalidParameterValueException",
            f"StartingPositionTimestamp {timestamp!r} is no time in RFC 3339",
            rule="STR-START-1",
            fix="write it with its offset from UTC, such as 2026-01-01T00:00:00Z",
        ) from None
