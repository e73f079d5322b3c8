"""Mappings of streams and Kafka topics: what is created, and what AWS refuses at its point."""

from typing import Any

import pytest

from delivery_lab.errors import DeploymentRefusedError, NotModelledError
from delivery_lab.model.mapping.destinations import PublishedDestination, Recorder, TopicDestination
from delivery_lab.model.sns.publishing import PublishSettings
from delivery_lab.program.graph import Resource
from delivery_lab.resource_types import BUCKETS, FUNCTION, MAPPING, MSK_CLUSTER, STREAM, STREAM_CONSUMER, TOPIC
from delivery_lab.simulation.polled_sources import PolledSources
from delivery_lab.simulation.record_mappings import RecordMappings, refuse_foreign_settings
from delivery_lab.stack.mappings import DynamoDbMapping, KafkaMapping, KinesisMapping, SqsMapping
from delivery_lab.stack.streams import FanOutConsumer
from tests.model.partition_world import PartitionWorld
from tests.stack.world import arn_of, resource, stack_of

STREAM_ARN = "arn:aws:kinesis:us-east-1:123456789012:stream/orders-0123456"
CLUSTER_ARN = "arn:aws:kafka:us-east-1:123456789012:cluster/cluster/uuid"
SOURCES = {
    "an SQS queue": "arn:aws:sqs:us-east-1:123456789012:jobs",
    "a stream": STREAM_ARN,
    "a Kafka topic": CLUSTER_ARN,
}
Mapping = SqsMapping | KinesisMapping | DynamoDbMapping | KafkaMapping


def mappings_of(world: PartitionWorld, *resources: Resource) -> RecordMappings:
    stack = stack_of(
        resource(FUNCTION, "worker"),
        resource(STREAM, "orders", outputs={"arn": STREAM_ARN}),
        resource(MSK_CLUSTER, "cluster", outputs={"arn": CLUSTER_ARN}),
        *resources,
    )
    return RecordMappings(stack, world.account, PolledSources(world.account, {}), [])


def mapping(source: str, **inputs: Any) -> Resource:
    given = {"startingPosition": "TRIM_HORIZON", "functionName": "worker", **inputs}
    return resource(MAPPING, "mapping", {"eventSourceArn": source, **given} if source else given)


def mapping_of(made: RecordMappings) -> Mapping:
    (found,) = made.stack.mappings
    assert isinstance(found, Mapping)
    return found


def stream_world() -> tuple[PartitionWorld, Any]:
    world = PartitionWorld()
    world.function()
    return world, world.kinesis()


def refuse(kind: str, inputs: dict[str, Any]) -> None:
    given = {"eventSourceArn": SOURCES[kind], "functionName": "worker", **inputs}
    refuse_foreign_settings(mapping_of(mappings_of(PartitionWorld(), resource(MAPPING, "mapping", given))))


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
        refuse(kind, {setting: value})

    assert refused.value.aws_message == f"Unsupported parameter for event source type: {setting} ({kind})"
    assert refused.value.rule == "ESM-KIND-1"


def test_esm_kind_1_settings_that_say_nothing_pass() -> None:
    refuse("an SQS queue", {"bisectBatchOnFunctionError": False, "scalingConfig": {}, "topics": None})


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

    (created,) = world.account.record_mappings.values()
    assert created.config.starting_position_instant == -64_800_000_000


def create(world: PartitionWorld, source: Any, inputs: dict[str, Any], *others: Resource) -> RecordMappings:
    made = mappings_of(world, *others, mapping(STREAM_ARN, **inputs))
    found = mapping_of(made)
    assert isinstance(found, KinesisMapping)
    made.create_stream_mapping(found, "worker", source, ())
    return made


def on_failure(arn: str) -> dict[str, Any]:
    return {"destinationConfig": {"onFailure": {"destinationArn": arn}}}


def test_str_dest_2_buckets_record_what_they_get() -> None:
    world, stream = stream_world()
    arn = "arn:aws:s3:::failures"

    made = create(world, stream, on_failure(arn), resource(BUCKETS[0], "failures", outputs={"arn": arn}))

    destination = world.account.record_mappings["mapping"].destination
    assert isinstance(destination, Recorder)
    assert (destination.name, destination.with_records) == ("failures", True)
    assert made.notes == []


def test_str_dest_2_subscribers_of_a_topic_get_what_describes_the_batch() -> None:
    world, stream = stream_world()
    topic = resource(TOPIC, "failures")
    world.account.create_topic("failures", arn_of(topic), PublishSettings())

    create(world, stream, on_failure(arn_of(topic)), topic)

    destination = world.account.record_mappings["mapping"].destination
    assert isinstance(destination, PublishedDestination)
    assert destination.name == "failures"


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


def kafka_mapping(world: PartitionWorld, arn: str, **inputs: Any) -> RecordMappings:
    made = mappings_of(world, mapping(arn, **inputs))
    found = mapping_of(made)
    assert isinstance(found, KafkaMapping)
    made.create_kafka_mapping(found, "worker", ())
    return made


def test_a_kafka_topic_as_destination() -> None:
    world = PartitionWorld()
    world.function()
    cluster = world.cluster()

    kafka_mapping(
        world,
        cluster.arn,
        topics=["orders"],
        provisionedPollerConfig={"minimumPollers": 1},
        **on_failure("kafka://dead"),
    )

    destination = world.account.record_mappings["mapping"].destination
    assert isinstance(destination, TopicDestination)
    assert set(cluster.topics) == {"orders", "dead"}


def test_a_cluster_of_ones_own() -> None:
    world = PartitionWorld()
    world.function()
    endpoints = {"endpoints": {"KAFKA_BOOTSTRAP_SERVERS": "k1:9092,k2:9092"}}
    made = kafka_mapping(world, "", topics=["orders"], selfManagedEventSource=endpoints)
    topic = made.sources.topic("orders")
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
    world = PartitionWorld()
    world.function()

    with pytest.raises(DeploymentRefusedError, match=message):
        kafka_mapping(world, world.cluster().arn, **inputs)


def test_a_cluster_outside_the_stack_is_refused_by_name() -> None:
    world = PartitionWorld()
    world.function()

    with pytest.raises(NotModelledError, match=r"which is not in this stack \(Kafka clusters: none\)"):
        kafka_mapping(world, "arn:aws:kafka:us-east-1:123456789012:cluster/theirs/1", topics=["a"])


def test_a_cluster_of_ones_own_needs_endpoints() -> None:
    world = PartitionWorld()
    world.function()

    with pytest.raises(DeploymentRefusedError, match="must have the endpoint KAFKA_BOOTSTRAP_SERVERS"):
        kafka_mapping(world, "", topics=["a"], selfManagedEventSource={"endpoints": {}})


def test_kin_fan_1_a_mapping_on_a_registered_consumer_reads_as_that_consumer() -> None:
    world, _ = stream_world()
    arn = f"{STREAM_ARN}/consumer/search:1767225600"
    consumer = resource(STREAM_CONSUMER, "search", {"streamArn": STREAM_ARN}, outputs={"arn": arn})
    made = mappings_of(world, consumer, mapping(arn))
    registered, found = made.stack.at(arn), mapping_of(made)
    assert isinstance(registered, FanOutConsumer)
    assert isinstance(found, KinesisMapping)

    made.sources.register_consumer(registered)
    made.create_stream_mapping(found, "worker", world.account.streams_by_name["orders"], ())

    assert world.account.streams_by_name["orders"].consumers == {arn: "search"}
    assert world.account.record_mappings["mapping"].settings.source_arn == arn


def test_a_consumer_of_a_stream_that_is_not_here_is_refused_by_name() -> None:
    world, _ = stream_world()
    elsewhere = resource(STREAM_CONSUMER, "search", {"streamArn": "arn:aws:kinesis:us-east-1:1:stream/theirs"})
    made = mappings_of(world, elsewhere)
    (registered,) = made.stack.all(FanOutConsumer)

    with pytest.raises(NotModelledError, match="search is a consumer of arn:aws:kinesis:us-east-1:1:stream/theirs"):
        made.sources.register_consumer(registered)
