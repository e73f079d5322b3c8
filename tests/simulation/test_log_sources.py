"""Streams, clusters and mappings of a resource graph: what is created, and what AWS refuses at its point."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from delivery_lab.errors import DeploymentRefusedError, NotModelledError, WorkloadError
from delivery_lab.model.mapping.destinations import Recorder, TopicDestination
from delivery_lab.program.graph import Graph, Resource
from delivery_lab.simulation.log_sources import LogSources, refuse_foreign_settings
from delivery_lab.simulation.workload import TopicSettings
from delivery_lab.simulation.workload_files import read_workload
from tests.model.log_world import LogWorld

MAPPING = "aws:lambda/eventSourceMapping:EventSourceMapping"
STREAM_ARN = "arn:aws:kinesis:us-east-1:123456789012:stream/orders-0123456"


def resource(type_token: str, name: str, inputs: dict[str, Any], outputs: dict[str, Any] | None = None) -> Resource:
    urn = f"urn:pulumi:test::shop::{type_token}::{name}"
    return Resource(urn, type_token, name, True, name, "", inputs, outputs or {})


def graph_of(*resources: Resource) -> Graph:
    return Graph("shop", "test", {found.urn: found for found in resources}, {}, {})


def sources(world: LogWorld, *resources: Resource, **topics: TopicSettings) -> LogSources:
    return LogSources(graph_of(*resources), world.account, topics, [])


def mapping(**inputs: Any) -> Resource:
    return resource(MAPPING, "mapping", {"startingPosition": "TRIM_HORIZON", **inputs})


def stream_world() -> tuple[LogWorld, Any]:
    world = LogWorld()
    world.function()
    return world, world.kinesis()


@pytest.mark.parametrize(
    ("kind", "setting", "value"),
    [
        ("an SQS queue", "startingPosition", "LATEST"),
        ("an SQS queue", "maximumRetryAttempts", 3),
        ("an SQS queue", "bisectBatchOnFunctionError", True),
        ("an SQS queue", "destinationConfig", {"onFailure": {"destinationArn": "arn"}}),
        ("an SQS queue", "topics", ["orders"]),
        ("a stream", "scalingConfig", {"maximumConcurrency": 5}),
        ("a stream", "provisionedPollerConfig", {"minimumPollers": 1}),
        ("a stream", "topics", ["orders"]),
        ("a Kafka topic", "parallelizationFactor", 2),
        ("a Kafka topic", "tumblingWindowInSeconds", 60),
        ("a Kafka topic", "scalingConfig", {"maximumConcurrency": 5}),
    ],
)
def test_esm_kind_1_a_setting_of_another_kind_of_source_is_refused(kind: str, setting: str, value: Any) -> None:
    with pytest.raises(DeploymentRefusedError) as refused:
        refuse_foreign_settings(resource(MAPPING, "mapping", {setting: value}), kind)

    assert refused.value.aws_message == f"Unsupported parameter for event source type: {setting} ({kind})"
    assert refused.value.rule == "ESM-KIND-1"


def test_esm_kind_1_settings_that_say_nothing_pass() -> None:
    inputs = {"bisectBatchOnFunctionError": False, "scalingConfig": {}, "topics": None}

    refuse_foreign_settings(resource(MAPPING, "mapping", inputs), "an SQS queue")


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
    world = LogWorld()

    sources(world).create_stream(resource("aws:kinesis/stream:Stream", "orders", inputs, {"arn": STREAM_ARN}), "orders")

    stream = world.account.streams_by_name["orders"]
    assert (len(stream.shards), stream.retention_hours) == (shards, retention_hours)


def test_kaf_topic_1_a_clusters_configuration_decides_the_defaults_of_its_topics() -> None:
    world = LogWorld()
    properties = "num.partitions = 6\n# log.retention.hours = 1\nlog.retention.hours=48\nlog.retention.minutes=90\n"
    configuration = resource("aws:msk/configuration:Configuration", "conf", {"serverProperties": properties})
    cluster = Resource(
        "urn:cluster",
        "aws:msk/cluster:Cluster",
        "cluster",
        True,
        "cluster",
        "",
        {},
        {"arn": "arn:aws:kafka:us-east-1:123456789012:cluster/c/1", "bootstrapBrokersSaslIam": "b-1:9098"},
        dependencies=(configuration.urn,),
    )

    sources(world, configuration, cluster).create_cluster(cluster, "cluster")

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
    world = LogWorld()
    configuration = resource("aws:msk/configuration:Configuration", "conf", {"serverProperties": line})
    arn = "arn:aws:kafka:us-east-1:123456789012:cluster/c/1"
    cluster = replace(
        resource("aws:msk/cluster:Cluster", "cluster", {}, {"arn": arn}), dependencies=(configuration.urn,)
    )

    with pytest.raises(NotModelledError, match=re.escape(message)):
        sources(world, configuration, cluster).create_cluster(cluster, "cluster")


@pytest.mark.parametrize("timestamp", ["yesterday", "2025-12-31T08:00:00", ""])
def test_str_start_1_a_timestamp_is_a_time_with_its_offset(timestamp: str) -> None:
    world, stream = stream_world()
    inputs = {"startingPosition": "AT_TIMESTAMP", "startingPositionTimestamp": timestamp}

    with pytest.raises(DeploymentRefusedError, match=f"StartingPositionTimestamp {timestamp!r} is no time"):
        create(world, stream, inputs)


def test_str_start_1_a_timestamp_before_the_run() -> None:
    world, stream = stream_world()
    inputs = {"startingPosition": "AT_TIMESTAMP", "startingPositionTimestamp": "2025-12-31T08:00:00+02:00"}

    create(world, stream, inputs)

    (created,) = world.account.log_mappings.values()
    assert created.config.starting_position_instant == -64_800_000_000


def test_kaf_topic_1_the_workload_says_how_a_topic_is() -> None:
    world = LogWorld()
    world.cluster()

    found = sources(world, orders=TopicSettings(partitions=5, retention_hours=12)).topic("orders")

    assert found is not None
    assert (len(found.partitions), found.retention_hours) == (5, 12)
    assert sources(world).topic("unknown") is None


def create(world: LogWorld, source: Any, inputs: dict[str, Any], *others: Resource) -> LogSources:
    made = sources(world, *others)
    made.create_stream_mapping(mapping(**inputs), "mapping", "worker", source, ())
    return made


def on_failure(arn: str) -> dict[str, Any]:
    return {"destinationConfig": {"onFailure": {"destinationArn": arn}}}


@pytest.mark.parametrize(("service", "with_records"), [("sns", False), ("s3", True)])
def test_str_dest_2_topics_and_buckets_record_what_they_get(service: str, with_records: bool) -> None:
    world, stream = stream_world()
    arn = f"arn:aws:{service}:::failures"
    token = "aws:sns/topic:Topic" if service == "sns" else "aws:s3/bucket:Bucket"

    made = create(world, stream, on_failure(arn), resource(token, "failures", {}, {"arn": arn}))

    destination = world.account.log_mappings["mapping"].destination
    assert isinstance(destination, Recorder)
    assert (destination.name, destination.with_records) == ("failures", with_records)
    assert made.notes == []


def test_a_destination_of_somebody_elses_is_taken_to_accept_everything() -> None:
    world, stream = stream_world()

    made = create(world, stream, on_failure("arn:aws:sqs:us-east-1:999999999999:theirs"))

    assert made.notes == [
        "mapping: arn:aws:sqs:us-east-1:999999999999:theirs is not in this stack; it is taken to accept every document"
    ]


@pytest.mark.parametrize(
    ("arn", "message"),
    [
        ("arn:aws:sqs:us-east-1:123456789012:failures.fifo", "is a FIFO queue or topic"),
        ("arn:aws:lambda:us-east-1:123456789012:function:f", "The provided destination config is invalid"),
        ("failures", "The provided destination config is invalid: failures"),
    ],
)
def test_str_dest_5_other_destinations_are_refused(arn: str, message: str) -> None:
    world, stream = stream_world()

    with pytest.raises(DeploymentRefusedError, match=message):
        create(world, stream, on_failure(arn))


def test_a_topic_as_destination_of_a_stream_is_refused_by_name() -> None:
    world, stream = stream_world()

    with pytest.raises(NotModelledError, match="a Kafka topic as the destination of a stream is not modelled"):
        create(world, stream, on_failure("kafka://dead"))


def kafka_mapping(world: LogWorld, arn: str, **inputs: Any) -> LogSources:
    made = sources(world)
    made.create_kafka_mapping(mapping(**inputs), "mapping", "worker", arn, ())
    return made


def test_a_kafka_topic_as_destination() -> None:
    world = LogWorld()
    world.function()
    cluster = world.cluster()

    kafka_mapping(
        world,
        cluster.arn,
        topics=["orders"],
        provisionedPollerConfig={"minimumPollers": 1},
        **on_failure("kafka://dead"),
    )

    destination = world.account.log_mappings["mapping"].destination
    assert isinstance(destination, TopicDestination)
    assert set(cluster.topics) == {"orders", "dead"}


def test_a_cluster_of_ones_own() -> None:
    world = LogWorld()
    world.function()
    endpoints = {"endpoints": {"KAFKA_BOOTSTRAP_SERVERS": "k1:9092,k2:9092"}}
    made = kafka_mapping(world, "", topics=["orders"], selfManagedEventSource=endpoints)
    topic = made.topic("orders")
    assert topic is not None
    topic.produce(b"a", "k")
    world.start()

    world.run()

    event = world.calls[0].event
    assert (event["eventSource"], event["bootstrapServers"]) == ("SelfManagedKafka", "k1:9092,k2:9092")
    assert "eventSourceArn" not in event


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ({"topics": []}, "Topics must hold exactly one topic, not 0"),
        ({"topics": ["a", "b"]}, "Topics must hold exactly one topic, not 2"),
    ],
)
def test_kaf_batch_1_a_mapping_has_one_topic(inputs: dict[str, Any], message: str) -> None:
    world = LogWorld()
    world.function()

    with pytest.raises(DeploymentRefusedError, match=message):
        kafka_mapping(world, world.cluster().arn, **inputs)


def test_a_cluster_outside_the_stack_is_refused_by_name() -> None:
    world = LogWorld()
    world.function()

    with pytest.raises(NotModelledError, match=r"which is not in this stack \(Kafka clusters: none\)"):
        kafka_mapping(world, "arn:aws:kafka:us-east-1:123456789012:cluster/theirs/1", topics=["a"])


def test_a_cluster_of_ones_own_needs_endpoints() -> None:
    world = LogWorld()
    world.function()

    with pytest.raises(DeploymentRefusedError, match="must have the endpoint KAFKA_BOOTSTRAP_SERVERS"):
        kafka_mapping(world, "", topics=["a"], selfManagedEventSource={"endpoints": {}})


# -- workloads ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{stream: s, body: {}}", "send.1: a stream needs a key: it decides the shard"),
        ("{table: t, body: text}", "send.1: the body of a table is the item: an object"),
        ("{stream: s, topic: t, key: k, body: {}}", "name exactly one target of"),
        ('{stream: s, key: "", body: {}}', "send.1.key: String should have at least 1 character"),
    ],
)
def test_lines_that_make_no_sense_are_refused(tmp_path: Path, line: str, message: str) -> None:
    file = tmp_path / "w.yaml"
    file.write_text(f"send:\n  - {line}\n")

    with pytest.raises(WorkloadError) as refused:
        read_workload(file)

    assert message in str(refused.value)


def test_topics_are_described_in_the_workload(tmp_path: Path) -> None:
    file = tmp_path / "w.yaml"
    file.write_text("topics: {t: {partitions: 0}}\nsend:\n  - {topic: t, body: {}}\n")

    with pytest.raises(WorkloadError, match=r"topics.t.partitions: has to be greater than or equal to 1, not 0"):
        read_workload(file)
