"""Streams, clusters and topics of a stack, as they are created in the account of a run."""

import re
from dataclasses import replace
from typing import Any

import pytest

from delivery_lab.errors import NotModelledError
from delivery_lab.resource_types import MSK_CLUSTER, MSK_CONFIGURATION, STREAM
from delivery_lab.simulation.polled_sources import PolledSources
from delivery_lab.simulation.workload import TopicSettings
from delivery_lab.stack.streams import Cluster, Stream
from tests.model.partition_world import PartitionWorld
from tests.stack.world import resource, stack_of

STREAM_ARN = "arn:aws:kinesis:us-east-1:123456789012:stream/orders-0123456"
CLUSTER_ARN = "arn:aws:kafka:us-east-1:123456789012:cluster/c/1"


def sources(world: PartitionWorld, **topics: TopicSettings) -> PolledSources:
    return PolledSources(world.account, topics)


def cluster_with(properties: str) -> Cluster:
    configuration = resource(MSK_CONFIGURATION, "conf", {"serverProperties": properties})
    outputs = {"arn": CLUSTER_ARN, "bootstrapBrokersSaslIam": "b-1:9098"}
    cluster = replace(resource(MSK_CLUSTER, "cluster", outputs=outputs), dependencies=(configuration.urn,))
    (found,) = stack_of(configuration, cluster).all(Cluster)
    return found


@pytest.mark.parametrize(
    ("inputs", "shards", "retention_hours"),
    [
        ({}, 1, 24),
        ({"shardCount": 3, "retentionPeriod": 48}, 3, 48),
        ({"streamModeDetails": {"streamMode": "ON_DEMAND"}}, 4, 24),
    ],
)
def test_kin_shard_3_a_stream_is_created_as_the_graph_says(
    inputs: dict[str, Any], shards: int, retention_hours: int
) -> None:
    world = PartitionWorld()

    (found,) = stack_of(resource(STREAM, "orders", inputs, outputs={"arn": STREAM_ARN})).all(Stream)
    sources(world).create_stream(found)

    stream = world.account.streams_by_name["orders"]
    assert (len(stream.shards), stream.retention_hours) == (shards, retention_hours)


def test_kaf_topic_1_a_clusters_configuration_decides_the_defaults_of_its_topics() -> None:
    world = PartitionWorld()
    properties = "num.partitions = 6\n# log.retention.hours = 1\nlog.retention.hours=48\nlog.retention.minutes=90\n"

    sources(world).create_cluster(cluster_with(properties))

    created = world.account.clusters["cluster"]
    assert (created.default_partitions, created.default_retention_hours) == (6, 1.5)
    assert created.bootstrap_servers == "b-1:9098"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("log.retention.ms=-1", "conf: log.retention.ms=-1: records that are kept for ever are not modelled"),
        ("log.retention.hours=0", "log.retention.hours=0: no whole number from 1 on"),
        ("num.partitions=many", "num.partitions=many: no whole number from 1 on"),
        (
            "message.max.bytes=10485760",
            "conf: message.max.bytes=10485760 is not modelled\n  nearest: message.max.bytes=1048588, the default",
        ),
        ("log.retention.bytes=1073741824", "conf: log.retention.bytes=1073741824 is not modelled"),
        ("log.cleanup.policy = compact", "conf: log.cleanup.policy=compact is not modelled"),
    ],
)
def test_kaf_topic_1_defaults_that_the_model_does_not_have_are_refused_by_name(line: str, message: str) -> None:
    world = PartitionWorld()

    with pytest.raises(NotModelledError, match=re.escape(message)):
        sources(world).create_cluster(cluster_with(line))


def test_kaf_topic_1_the_workload_says_how_a_topic_is() -> None:
    world = PartitionWorld()
    world.cluster()

    found = sources(world, orders=TopicSettings(partitions=5, retention_hours=12)).topic("orders")

    assert found is not None
    assert (len(found.partitions), found.retention_hours) == (5, 12)
    assert sources(world).topic("unknown") is None
