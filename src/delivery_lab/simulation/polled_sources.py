"""What mappings of records read: streams, the streams of tables, Kafka clusters and their topics."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from delivery_lab.errors import NotModelledError, ProgramError
from delivery_lab.limits.streams import ON_DEMAND_SHARDS
from delivery_lab.model.account import Account
from delivery_lab.model.kafka.cluster import KafkaCluster, KafkaTopic
from delivery_lab.model.streams.dynamodb import TableStream
from delivery_lab.model.streams.kinesis import KinesisStream
from delivery_lab.simulation.broker_properties import apply_properties
from delivery_lab.simulation.workload import TopicSettings
from delivery_lab.stack.streams import ON_DEMAND, Cluster, FanOutConsumer, Stream, Table


@dataclass(slots=True)
class PolledSources:
    """Creates streams and clusters, and finds them and their topics.

    Attributes:
        account: the account of the run.
        topics: Kafka topics as the workload says they are.
    """

    account: Account
    topics: Mapping[str, TopicSettings]

    def create_stream(self, stream: Stream) -> None:
        """Create a Kinesis data stream."""
        on_demand = stream.mode.certain() == ON_DEMAND
        if on_demand:
            self.account.journal.rely_on("KIN-SHARD-3")
        created = self.account.create_stream(
            stream.label,
            stream.arn or "",
            shards=ON_DEMAND_SHARDS if on_demand else stream.shards.certain(),
            retention_hours=stream.retention_hours.certain(),
            record_kib=stream.record_kib.certain(),
        )
        created.on_demand = on_demand

    def register_consumer(self, consumer: FanOutConsumer) -> None:
        """Register a consumer of a stream for enhanced fan-out.

        Raises:
            NotModelledError: the stream is none of the stack.
        """
        if consumer.stream is None:
            known = ", ".join(self.account.streams_by_name) or "none"
            raise NotModelledError(
                f"{consumer.name} is a consumer of {consumer.stream_arn.certain()}, which is not in this stack "
                f"(streams: {known})\n"
                "  nearest: a stream that this stack creates; an external one is read without a consumer"
            )
        stream = self.account.streams_by_name[consumer.stream.label]
        stream.register_consumer(consumer.label, consumer.arn or "")

    def create_table_stream(self, table: Table) -> TableStream | None:
        """Create the stream of a table, if it has one.

        Raises:
            ProgramError: its ARN is known only after deployment.
        """
        if not table.stream_enabled.certain():
            return None
        if table.stream_arn is None:
            raise ProgramError(f"{table.name}: streamArn is known only after deployment, so it cannot be simulated")
        view_type = table.stream_view_type.certain()
        keys = table.hash_key.certain(), table.range_key.certain()
        return self.account.create_table_stream(table.label, table.stream_arn, view_type, *keys)

    def stream_of(self, source: Stream | Table) -> KinesisStream | TableStream:
        """The stream that was created for a resource."""
        if isinstance(source, Stream):
            return self.account.streams_by_name[source.label]
        return self.account.table_streams[source.label]

    def create_cluster(self, cluster: Cluster) -> None:
        """Create an MSK cluster; the configurations that it depends on decide the defaults of its topics."""
        servers = cluster.bootstrap_servers or f"boot.{cluster.label}.kafka.us-east-1.amazonaws.com:9098"
        created = self.account.create_cluster(cluster.label, cluster.arn or "", servers)
        for configuration in cluster.configurations:
            apply_properties(created, configuration.name, configuration.properties.certain())

    def topic(self, name: str) -> KafkaTopic | None:
        """A topic of any cluster; one that the workload describes comes into being where there is one cluster."""
        for cluster in self.account.clusters.values():
            if name in cluster.topics:
                return cluster.topics[name]
        if name in self.topics and len(self.account.clusters) == 1:
            return self.topic_of(next(iter(self.account.clusters.values())), name)
        return None

    def topic_of(self, cluster: KafkaCluster, name: str) -> KafkaTopic:
        """A topic of a cluster, which comes into being as the workload says that it is."""
        if name in cluster.topics:
            return cluster.topics[name]
        self.account.journal.rely_on("KAF-TOPIC-1")
        settings = self.topics.get(name)
        if settings is None:
            return cluster.create_topic(name)
        return cluster.create_topic(name, settings.partitions, settings.retention_hours)
