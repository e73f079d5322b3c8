"""Streams, Kafka clusters and their mappings: from the resource graph to the account (part of `deployment`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from delivery_lab.errors import DeploymentRefusedError, NotModelledError
from delivery_lab.model.account import Account
from delivery_lab.model.clock import EPOCH, seconds
from delivery_lab.model.kafka.cluster import LARGEST_RECORD_BYTES, KafkaCluster, Topic
from delivery_lab.model.mapping.destinations import Destination, QueueDestination, Recorder, TopicDestination
from delivery_lab.model.mapping.filters import Pattern
from delivery_lab.model.mapping.kafka import KafkaMappingConfig, ProvisionedPollers
from delivery_lab.model.mapping.log_decisions import ENDLESS
from delivery_lab.model.mapping.stream import StreamMappingConfig
from delivery_lab.model.streams.dynamodb import TableStream
from delivery_lab.model.streams.kinesis import (
    DEFAULT_RECORD_KIB,
    ON_DEMAND_SHARDS,
    SHORTEST_RETENTION_HOURS,
    KinesisStream,
)
from delivery_lab.program.graph import Graph, Resource
from delivery_lab.simulation.supported import BUCKETS, MSK_CONFIGURATION, TOPIC
from delivery_lab.simulation.workload import TopicSettings

KAFKA_DESTINATION = "kafka://"

_LOG_SETTINGS = frozenset(
    {
        "bisectBatchOnFunctionError",
        "destinationConfig",
        "maximumRecordAgeInSeconds",
        "maximumRetryAttempts",
        "startingPosition",
        "startingPositionTimestamp",
    }
)
_STREAM_SETTINGS = frozenset({"parallelizationFactor", "tumblingWindowInSeconds"})
_KAFKA_SETTINGS = frozenset(
    {
        "amazonManagedKafkaEventSourceConfig",
        "selfManagedEventSource",
        "selfManagedKafkaEventSourceConfig",
        "sourceAccessConfigurations",
        "topics",
    }
)
_QUEUE_SETTINGS = frozenset({"scalingConfig"})
_PROVISIONED = frozenset({"provisionedPollerConfig"})
_FOREIGN: Mapping[str, frozenset[str]] = {
    "an SQS queue": _LOG_SETTINGS | _STREAM_SETTINGS | _KAFKA_SETTINGS,
    "a stream": _KAFKA_SETTINGS | _QUEUE_SETTINGS | _PROVISIONED,
    "a Kafka topic": _STREAM_SETTINGS | _QUEUE_SETTINGS,
}


def refuse_foreign_settings(resource: Resource, kind: str) -> None:
    """Refuse settings that AWS has for other kinds of sources only (ESM-KIND-1).

    Args:
        resource: the mapping.
        kind: `an SQS queue`, `a stream` or `a Kafka topic`.

    Raises:
        DeploymentRefusedError: naming the setting.
    """
    for name in foreign_settings(resource, kind):
        raise DeploymentRefusedError(
            resource.name,
            "InvalidParameterValueException",
            f"Unsupported parameter for event source type: {name} ({kind})",
            rule="ESM-KIND-1",
            fix=f"leave {name} out: it is no setting of a mapping that reads {kind}",
        )


def foreign_settings(resource: Resource, kind: str) -> list[str]:
    """The settings of a mapping that AWS has for other kinds of sources only.

    Args:
        resource: the mapping.
        kind: `an SQS queue`, `a stream` or `a Kafka topic`.
    """
    values = {name: resource.inputs.get(name) for name in sorted(_FOREIGN[kind])}
    return [name for name, value in values.items() if value is not None and value is not False and value != {}]


@dataclass(slots=True)
class LogSources:
    """Creates streams, clusters and their mappings.

    Attributes:
        graph: the resource graph.
        account: the account of the run.
        topics: Kafka topics as the workload says they are.
        notes: what a reader of the result should know.
        recorders: topics and buckets that are destinations, by name.
    """

    graph: Graph
    account: Account
    topics: Mapping[str, TopicSettings]
    notes: list[str]
    recorders: dict[str, Recorder] = field(default_factory=dict)

    # -- sources ------------------------------------------------------------------------------------------

    def create_stream(self, resource: Resource, label: str) -> None:
        """Create a Kinesis data stream."""
        details = resource.inputs.get("streamModeDetails") or {}
        on_demand = details.get("streamMode") == "ON_DEMAND"
        if on_demand:
            self.account.journal.rely_on("KIN-SHARD-3")
        self.account.create_stream(
            label,
            str(resource.outputs["arn"]),
            shards=ON_DEMAND_SHARDS if on_demand else resource.inputs.get("shardCount") or 1,
            retention_hours=resource.inputs.get("retentionPeriod") or SHORTEST_RETENTION_HOURS,
            record_kib=resource.inputs.get("maxRecordSizeInKib") or DEFAULT_RECORD_KIB,
        )

    def create_table_stream(self, resource: Resource, label: str) -> TableStream | None:
        """Create the stream of a table, if it has one."""
        if not resource.inputs.get("streamEnabled"):
            return None
        view_type = str(resource.inputs.get("streamViewType") or "NEW_AND_OLD_IMAGES")
        arn = str(resource.outputs["streamArn"])
        return self.account.create_table_stream(label, arn, view_type, str(resource.inputs["hashKey"]))

    def create_cluster(self, resource: Resource, label: str) -> None:
        """Create an MSK cluster; a configuration that it depends on decides the defaults of its topics."""
        brokers = [
            str(value)
            for name, value in sorted(resource.outputs.items())
            if name.startswith("bootstrapBrokers") and isinstance(value, str) and value
        ]
        servers = brokers[0] if brokers else f"boot.{label}.kafka.us-east-1.amazonaws.com:9098"
        cluster = self.account.create_cluster(label, str(resource.outputs["arn"]), servers)
        for urn in resource.dependencies:
            other = self.graph.resources.get(urn)
            if other is not None and other.type == MSK_CONFIGURATION:
                _apply(cluster, other.name, str(other.inputs.get("serverProperties") or ""))

    def topic(self, name: str) -> Topic | None:
        """A topic of any cluster; one that the workload describes comes into being where there is one cluster."""
        for cluster in self.account.clusters.values():
            if name in cluster.topics:
                return cluster.topics[name]
        if name in self.topics and len(self.account.clusters) == 1:
            return self._create_topic(next(iter(self.account.clusters.values())), name)
        return None

    def _create_topic(self, cluster: KafkaCluster, name: str) -> Topic:
        self.account.journal.rely_on("KAF-TOPIC-1")
        settings = self.topics.get(name)
        if settings is None:
            return cluster.create_topic(name)
        return cluster.create_topic(name, settings.partitions, settings.retention_hours)

    # -- mappings -----------------------------------------------------------------------------------------

    def find_stream(self, arn: str) -> KinesisStream | TableStream | None:
        """The stream of an ARN."""
        sources: list[KinesisStream | TableStream] = [
            *self.account.streams_by_name.values(),
            *self.account.table_streams.values(),
        ]
        return next((source for source in sources if source.arn == arn), None)

    def create_stream_mapping(
        self,
        resource: Resource,
        label: str,
        function: str,
        source: KinesisStream | TableStream,
        patterns: tuple[Pattern, ...],
    ) -> None:
        """Create the mapping of a stream."""
        refuse_foreign_settings(resource, "a stream")
        inputs = resource.inputs
        config = StreamMappingConfig(
            name=label,
            function=function,
            starting_position=inputs.get("startingPosition"),
            starting_position_instant=_instant(label, inputs.get("startingPositionTimestamp")),
            batch_size=inputs.get("batchSize") or 100,
            window_seconds=inputs.get("maximumBatchingWindowInSeconds") or 0,
            parallelization_factor=inputs.get("parallelizationFactor") or 1,
            maximum_retry_attempts=_or(inputs.get("maximumRetryAttempts"), ENDLESS),
            maximum_record_age_seconds=_or(inputs.get("maximumRecordAgeInSeconds"), ENDLESS),
            bisect=bool(inputs.get("bisectBatchOnFunctionError")),
            report_batch_item_failures=_reports(inputs),
            tumbling_window_seconds=inputs.get("tumblingWindowInSeconds") or 0,
            patterns=patterns,
            enabled=inputs.get("enabled") is not False,
        )
        self.account.create_stream_mapping(config, source, self._destination(resource, None))

    def create_kafka_mapping(
        self, resource: Resource, label: str, function: str, cluster_arn: str, patterns: tuple[Pattern, ...]
    ) -> None:
        """Create the mapping of a Kafka topic."""
        refuse_foreign_settings(resource, "a Kafka topic")
        inputs = resource.inputs
        cluster = self._cluster(resource, cluster_arn)
        topics = inputs.get("topics") or []
        if len(topics) != 1:
            raise DeploymentRefusedError(
                label,
                "InvalidParameterValueException",
                f"Topics must hold exactly one topic, not {len(topics)}",
                rule="KAF-BATCH-1",
                fix="give the mapping one topic; make another mapping for another topic",
            )
        block = inputs.get("amazonManagedKafkaEventSourceConfig") or inputs.get("selfManagedKafkaEventSourceConfig")
        pollers = inputs.get("provisionedPollerConfig")
        config = KafkaMappingConfig(
            name=label,
            function=function,
            topic=str(topics[0]),
            starting_position=inputs.get("startingPosition"),
            starting_position_instant=_instant(label, inputs.get("startingPositionTimestamp")),
            consumer_group=(block or {}).get("consumerGroupId"),
            batch_size=inputs.get("batchSize") or 100,
            window_seconds=inputs.get("maximumBatchingWindowInSeconds"),
            provisioned=_pollers(pollers) if pollers else None,
            maximum_retry_attempts=inputs.get("maximumRetryAttempts"),
            maximum_record_age_seconds=inputs.get("maximumRecordAgeInSeconds"),
            bisect=bool(inputs.get("bisectBatchOnFunctionError")),
            report_batch_item_failures=_reports(inputs),
            patterns=patterns,
            enabled=inputs.get("enabled") is not False,
        )
        if config.topic not in cluster.topics:
            self._create_topic(cluster, config.topic)
        self.account.create_kafka_mapping(config, cluster, self._destination(resource, cluster))

    def _cluster(self, resource: Resource, arn: str) -> KafkaCluster:
        if arn:
            found = next((cluster for cluster in self.account.clusters.values() if cluster.arn == arn), None)
            if found is None:
                known = ", ".join(self.account.clusters) or "none"
                raise NotModelledError(
                    f"{resource.name} reads from {arn}, which is not in this stack (Kafka clusters: {known})"
                )
            return found
        endpoints = (resource.inputs.get("selfManagedEventSource") or {}).get("endpoints") or {}
        servers = str(endpoints.get("KAFKA_BOOTSTRAP_SERVERS") or "")
        if not servers:
            raise DeploymentRefusedError(
                resource.name,
                "InvalidParameterValueException",
                "SelfManagedEventSource must have the endpoint KAFKA_BOOTSTRAP_SERVERS",
                rule="KAF-BATCH-1",
                fix="set selfManagedEventSource.endpoints.KAFKA_BOOTSTRAP_SERVERS",
            )
        known_one = self.account.clusters.get(servers)
        return known_one or self.account.create_cluster(servers, "", servers)

    # -- destinations -------------------------------------------------------------------------------------

    def _destination(self, resource: Resource, cluster: KafkaCluster | None) -> Destination | None:
        failure = (resource.inputs.get("destinationConfig") or {}).get("onFailure") or {}
        target = failure.get("destinationArn")
        if not target:
            return None
        if str(target).startswith(KAFKA_DESTINATION):
            return self._topic_destination(resource, str(target).removeprefix(KAFKA_DESTINATION), cluster)
        if str(target).endswith(".fifo"):
            raise DeploymentRefusedError(
                resource.name,
                "InvalidParameterValueException",
                f"The provided destination config is invalid: {target} is a FIFO queue or topic",
                rule="STR-DEST-5",
                fix="name a standard queue, a standard topic or a bucket",
            )
        for queue in self.account.queues.values():
            if queue.arn == target:
                return QueueDestination(queue)
        return self._recorder(resource, str(target))

    def _topic_destination(self, resource: Resource, name: str, cluster: KafkaCluster | None) -> Destination:
        if cluster is None:
            raise NotModelledError(
                f"{resource.name}: a Kafka topic as the destination of a stream is not modelled\n"
                "  nearest: an SQS queue"
            )
        topic = cluster.topics.get(name) or self._create_topic(cluster, name)
        return TopicDestination(topic, self.account.scheduler)

    def _recorder(self, resource: Resource, target: str) -> Destination:
        service = target.split(":")[2] if target.count(":") >= 5 else ""
        if service not in ("sqs", "sns", "s3"):
            raise DeploymentRefusedError(
                resource.name,
                "InvalidParameterValueException",
                f"The provided destination config is invalid: {target}",
                rule="STR-DEST-5",
                fix="name an SQS queue, an SNS topic or an S3 bucket by its ARN",
            )
        owner = next(
            (
                r
                for r in self.graph.resources.values()
                if r.type in (TOPIC, *BUCKETS) and r.outputs.get("arn") == target
            ),
            None,
        )
        if owner is None:
            self.notes.append(f"{resource.name}: {target} is not in this stack; it is taken to accept every document")
        name = owner.name if owner is not None else target.rsplit(":", 1)[-1]
        return self.recorders.setdefault(name, Recorder(name, with_records=service == "s3"))


_MODELLED = {
    "log.cleanup.policy": "delete",
    "log.retention.bytes": "-1",
    "message.max.bytes": str(LARGEST_RECORD_BYTES),
}
"""Broker properties that decide which records there are, with the only value that the model knows."""


def _apply(cluster: KafkaCluster, configuration: str, properties: str) -> None:
    """Take the defaults of topics from a broker configuration.

    Raises:
        NotModelledError: topics would keep their records for ever, by size or by key, or take larger or smaller ones;
            or a value is no whole number.
    """
    values = dict(line.split("=", 1) for line in properties.splitlines() if "=" in line and not line.startswith("#"))
    found = {name.strip(): value.strip() for name, value in values.items()}
    for name, modelled in _MODELLED.items():
        if found.get(name, modelled) != modelled:
            raise NotModelledError(
                f"{configuration}: {name}={found[name]} is not modelled\n  nearest: {name}={modelled}, the default"
            )
    if "num.partitions" in found:
        cluster.default_partitions = _whole_number(configuration, "num.partitions", found["num.partitions"])
    # The finer unit wins, as in Kafka.
    for name, per_hour in (("log.retention.ms", 3_600_000), ("log.retention.minutes", 60), ("log.retention.hours", 1)):
        if name in found:
            cluster.default_retention_hours = _whole_number(configuration, name, found[name]) / per_hour
            return


def _whole_number(configuration: str, name: str, text: str) -> int:
    if text.isdecimal() and int(text) > 0:
        return int(text)
    because = "records that are kept for ever are" if text == "-1" else "no whole number from 1 on, which is"
    raise NotModelledError(f"{configuration}: {name}={text}: {because} not modelled\n  nearest: {name}=168")


def _pollers(block: Mapping[str, Any]) -> ProvisionedPollers:
    return ProvisionedPollers(block.get("minimumPollers") or 1, block.get("maximumPollers") or 200)


def _reports(inputs: Mapping[str, Any]) -> bool:
    return "ReportBatchItemFailures" in (inputs.get("functionResponseTypes") or ())


def _or(value: Any, default: int) -> int:
    return default if value is None else int(value)


def _instant(mapping: str, timestamp: str | None) -> int | None:
    """A time in RFC 3339 as an instant of the run, which begins at `EPOCH`.

    Raises:
        DeploymentRefusedError: it is none.
    """
    if timestamp is None:
        return None
    try:
        return seconds((datetime.fromisoformat(timestamp) - EPOCH).total_seconds())
    except (TypeError, ValueError):  # no time, or one without its offset from UTC
        raise DeploymentRefusedError(
            mapping,
            "InvalidParameterValueException",
            f"StartingPositionTimestamp {timestamp!r} is no time in RFC 3339",
            rule="STR-START-1",
            fix="write it with its offset from UTC, such as 2026-01-01T00:00:00Z",
        ) from None
