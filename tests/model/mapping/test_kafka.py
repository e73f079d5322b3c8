import json
from typing import Any

import pytest

from delivery_lab.errors import DeploymentRefusedError
from delivery_lab.events import (
    BatchRetryScheduled,
    PollersChanged,
    RecordAppended,
    RecordExpired,
    RecordsCheckpointed,
    RecordsDiscarded,
    RecordSkipped,
)
from delivery_lab.model.mapping.destinations import TopicDestination
from delivery_lab.model.mapping.filters import parse_patterns
from delivery_lab.model.mapping.kafka import START_DELAY_SECONDS, KafkaProvisionedMode
from delivery_lab.rules.assumptions import DEFAULTS, Assumptions, RetriedRecords
from tests.model.partition_world import POISON, PROVISIONED, PartitionWorld, documents, raising, reporting_records
from tests.model.support import Behaviour, Call, Script

LONG_STARTED = START_DELAY_SECONDS + 1


def world_with(
    behave: Behaviour | None = None, partitions: int = 1, assumptions: Assumptions = DEFAULTS, **settings: Any
) -> PartitionWorld:
    world = PartitionWorld(behave or raising())
    world.account.assumptions = assumptions
    world.function()
    cluster = world.cluster(orders=partitions)
    world.kafka_mapping(cluster, **settings)
    world.start()
    return world


def produce(world: PartitionWorld, *texts: str, key: str | None = "k", at: float = LONG_STARTED) -> None:
    topic = world.account.clusters["cluster"].topics["orders"]
    for text in texts:
        world.at(at, topic.produce, text.encode(), key)


def test_kaf_start_2_polling_begins_minutes_after_the_creation() -> None:
    world = world_with()
    produce(world, "a", at=0)

    world.run()

    # The batching window and a cold start are on top.
    assert world.calls[0].at_seconds == START_DELAY_SECONDS + 0.5 + 0.25


def test_kaf_start_3_latest_misses_what_comes_before_polling() -> None:
    world = world_with(starting_position="LATEST")
    produce(world, "early", at=100)
    produce(world, "late", at=200)

    world.run()

    assert world.messages_of(RecordSkipped) == ["orders-0:0"]
    assert world.batches() == [["late"]]


def test_kaf_group_2_a_group_that_committed_goes_on_where_it_was() -> None:
    world = PartitionWorld(raising())
    world.function()
    cluster = world.cluster(orders=1)
    world.kafka_mapping(cluster, consumer_group="billing", starting_position="LATEST")
    for text in "abc":
        cluster.topics["orders"].produce(text.encode(), "k")
    cluster.commit("billing", "orders-0", 1)
    world.start()

    world.run()

    assert world.batches() == [["b", "c"]]
    assert cluster.committed["billing"] == {"orders-0": 3}


def test_kaf_group_1_a_group_of_its_own_begins_at_the_starting_position() -> None:
    world = PartitionWorld(raising())
    world.function()
    cluster = world.cluster(orders=1)
    mapping = world.kafka_mapping(cluster)
    cluster.topics["orders"].produce(b"a", "k")
    cluster.commit("billing", "orders-0", 1)
    world.start()

    world.run()

    assert world.batches() == [["a"]]
    assert cluster.committed[mapping.group] == {"orders-0": 1}


def test_kaf_batch_1_the_event_is_as_documented() -> None:
    world = world_with()
    produce(world, "a", key="left")

    world.run()

    assert world.calls[0].event == {
        "eventSource": "aws:kafka",
        "eventSourceArn": "arn:aws:kafka:us-east-1:123456789012:cluster/cluster/uuid",
        "bootstrapServers": "b-1.kafka:9098,b-2.kafka:9098",
        "records": {
            "orders-0": [
                {
                    "topic": "orders",
                    "partition": 0,
                    "offset": 0,
                    "timestamp": 1767225781000,
                    "timestampType": "CREATE_TIME",
                    "key": "bGVmdA==",
                    "value": "YQ==",
                    "headers": [],
                }
            ]
        },
    }


def test_kaf_batch_1_the_window_is_half_a_second_unless_it_is_set() -> None:
    for window, batches in ((None, [["0", "1", "2"], ["3", "4", "5"]]), (3, [["0", "1", "2", "3", "4", "5"]])):
        world = world_with(window_seconds=window)
        for number in range(6):
            produce(world, str(number), at=LONG_STARTED + number * 0.2)

        world.run()

        assert world.batches() == batches


def test_kaf_batch_2_other_partitions_go_on_while_one_fails() -> None:
    world = world_with(partitions=3, batch_size=1)
    for number in range(30):
        produce(world, str(number), key=f"key-{number}")
    produce(world, POISON, key="key-0", at=LONG_STARTED + 10)
    for number in range(30):
        produce(world, f"later-{number}", key=f"key-{number}", at=LONG_STARTED + 20)

    world.run(until_seconds=3_000)

    blocked = {event.partition for event in world.events(BatchRetryScheduled)}
    readers = world.account.record_mappings["mapping"].readers
    waiting = {reader.partition.name: reader.cursor.waiting for reader in readers}
    assert len(blocked) == 1
    assert {name for name, count in waiting.items() if count} == blocked


def test_kaf_ret_1_endless_retries_end_with_the_retention() -> None:
    world = world_with(batch_size=1)
    produce(world, POISON, "b")

    world.run()

    assert world.messages_of(RecordExpired) == ["orders-0:0", "orders-0:1"]
    assert world.times_of(RecordExpired) == [7 * 86_400 + LONG_STARTED] * 2


def test_kaf_retry_2_endless_retries_with_a_destination_are_ten() -> None:
    world = PartitionWorld(raising())
    world.function()
    failures = world.destination_queue()
    world.kafka_mapping(world.cluster(orders=1), destination=failures, maximum_retry_attempts=-1)
    world.start()
    produce(world, "a", POISON)

    world.run()

    (document,) = documents(failures)
    assert document["requestContext"]["approximateInvokeCount"] == 11
    assert document["KafkaBatchInfo"]["recordsInfo"] == {
        "orders-0": {
            "firstRecordOffset": "0",
            "lastRecordOffset": "1",
            "firstRecordTimestamp": "2026-01-01T00:03:01.000Z",
            "lastRecordTimestamp": "2026-01-01T00:03:01.000Z",
        }
    }
    assert document["KafkaBatchInfo"]["payloadSize"] == len(world.calls[0].payload)
    assert [event.rule for event in world.events(RecordsDiscarded)] == ["KAF-RETRY-2"]


@pytest.mark.parametrize(
    ("retried", "batches", "checkpointed"),
    [
        (RetriedRecords.NAMED, [["a", POISON, "b"], [POISON], [POISON]], ["orders-0:0", "orders-0:2"]),
        (RetriedRecords.FROM_LOWEST, [["a", POISON, "b"], [POISON, "b"], [POISON, "b"]], ["orders-0:0"]),
    ],
)
def test_kaf_report_2_the_records_that_are_named_are_tried_again(
    retried: RetriedRecords, batches: list[list[str]], checkpointed: list[str]
) -> None:
    world = world_with(
        behave=reporting_records(),
        assumptions=Assumptions(kafka_retried=retried),
        provisioned=PROVISIONED,
        maximum_retry_attempts=1,
        report_batch_item_failures=True,
        consumer_group="billing",
    )
    produce(world, "a", POISON, "b")

    world.run()

    assert world.batches() == batches
    assert world.settled(RecordsCheckpointed) == checkpointed
    (cluster,) = world.account.clusters.values()
    assert cluster.committed == {"billing": {"orders-0": 3}}


@pytest.mark.parametrize(
    ("identifier", "tries"),
    [
        ({"partition": "orders-0", "offset": 1}, [["a", POISON, "b"], [POISON], [POISON]]),
        ({"partition": "orders-1", "offset": 1}, [["a", POISON, "b"]] * 2),
        ({"partition": "orders-0", "offset": 7}, [["a", POISON, "b"]] * 2),
        ("1", [["a", POISON, "b"]] * 2),
        (None, [["a", POISON, "b"]]),
    ],
)
def test_kaf_report_1_what_is_no_record_of_the_event_fails_the_whole_batch(identifier: object, tries: object) -> None:
    response = None if identifier is None else {"batchItemFailures": [{"itemIdentifier": identifier}]}
    world = world_with(
        behave=lambda call: Script(payload=json.dumps(response)),
        provisioned=PROVISIONED,
        maximum_retry_attempts=1,
        report_batch_item_failures=True,
    )
    produce(world, "a", POISON, "b")

    world.run()

    assert world.batches() == tries


def test_kaf_dest_1_a_topic_gets_each_record_with_its_key_and_content() -> None:
    world = PartitionWorld(raising())
    world.function()
    cluster = world.cluster(orders=1)
    dead = cluster.create_topic("dead", 1)
    destination = TopicDestination(dead, world.scheduler)
    world.kafka_mapping(cluster, destination=destination, provisioned=PROVISIONED, maximum_retry_attempts=0)
    world.start()
    produce(world, "a", key="left")
    produce(world, POISON, key="right")

    world.run()

    sent = [event for event in world.events(RecordAppended) if event.source == "dead"]
    contents = [json.loads(event.body) for event in sent]
    assert [event.key for event in sent] == ["left", "right"]
    assert [content["KafkaBatchInfo"]["recordInfo"]["offset"] for content in contents] == ["0", "1"]
    assert [content["requestContext"]["condition"] for content in contents] == ["RetriesExhausted"] * 2
    assert all(content["requestContext"]["functionArn"].endswith(":function:worker:$LATEST") for content in contents)
    assert [content["payload"]["records"]["orders-0"][0]["value"] for content in contents] == ["YQ==", "cG9pc29u"]


def test_kaf_dest_1_the_source_topic_is_no_destination() -> None:
    world = PartitionWorld()
    world.function()
    cluster = world.cluster(orders=1)
    destination = TopicDestination(cluster.topics["orders"], world.scheduler)

    with pytest.raises(DeploymentRefusedError, match="The on-failure topic orders is the source topic"):
        world.kafka_mapping(cluster, destination=destination, provisioned=PROVISIONED)


def test_kaf_dest_1_a_topic_as_destination_needs_provisioned_mode() -> None:
    world = PartitionWorld()
    world.function()
    cluster = world.cluster(orders=1, dead=1)
    destination = TopicDestination(cluster.topics["dead"], world.scheduler)

    with pytest.raises(DeploymentRefusedError, match="The on-failure topic dead needs provisioned mode"):
        world.kafka_mapping(cluster, destination=destination)


def test_a_filter_sees_key_and_value() -> None:
    world = world_with(patterns=parse_patterns(['{"value": {"kind": ["order"]}, "key": ["k"]}']))
    produce(world, '{"kind": "order"}', '{"kind": "visit"}')

    world.run()

    assert world.batches() == [['{"kind": "order"}']]


def test_str_filter_1_what_is_passed_over_commits_nothing_that_is_before_it() -> None:
    patterns = parse_patterns(['{"value": {"kind": ["order"]}}'])
    world = world_with(raising(lambda text: True), patterns=patterns, consumer_group="billing")
    produce(world, '{"kind": "order"}', '{"kind": "visit"}')

    world.run(until_seconds=600)

    (cluster,) = world.account.clusters.values()
    assert cluster.committed == {}


def slow(call: Call) -> Script:
    return Script(takes_seconds=4)


def test_kaf_scale_3_a_poller_has_five_invokes_at_once() -> None:
    world = world_with(behave=slow, partitions=8, batch_size=1)
    for number in range(80):
        produce(world, str(number), key=f"key-{number}")

    world.run(until_seconds=LONG_STARTED + 3)

    assert len(world.calls) == 5


def test_kaf_scale_1_on_demand_grows_by_a_poller_a_minute_while_partitions_wait() -> None:
    world = world_with(behave=slow, partitions=12, batch_size=1)
    for number in range(600):
        produce(world, str(number), key=f"key-{number}")

    world.run()

    assert [event.limit for event in world.events(PollersChanged)] == [2, 3]
    assert {event.rule for event in world.events(PollersChanged)} == {"KAF-SCALE-1"}
    assert len(world.settled(RecordsCheckpointed)) == 600


def test_kaf_scale_2_provisioned_pollers_are_there_from_the_start_and_have_a_maximum() -> None:
    world = world_with(behave=slow, partitions=12, batch_size=1, provisioned=KafkaProvisionedMode(2, 2))
    for number in range(200):
        produce(world, str(number), key=f"key-{number}")

    world.run(until_seconds=LONG_STARTED + 3)
    assert len(world.calls) == 10
    world.run()

    assert world.events(PollersChanged) == []
    assert len(world.settled(RecordsCheckpointed)) == 200


@pytest.mark.parametrize(
    ("settings", "message", "rule"),
    [
        ({"batch_size": 0}, "Value 0 at 'batchSize' failed to satisfy constraint: 1 to 10000", "KAF-BATCH-1"),
        ({"window_seconds": 301}, "Value 301 at 'maximumBatchingWindowInSeconds'", "KAF-BATCH-1"),
        ({"consumer_group": "g" * 201}, "consumerGroupId has 201 characters: 1 to 200", "KAF-GROUP-1"),
        ({"maximum_retry_attempts": 3}, "maximumRetryAttempts is supported for Kafka event sources in", "KAF-RETRY-1"),
        ({"maximum_record_age_seconds": 60}, "maximumRecordAgeInSeconds is supported for", "KAF-RETRY-1"),
        ({"bisect": True}, "bisectBatchOnFunctionError is supported for", "KAF-RETRY-1"),
        ({"report_batch_item_failures": True}, "functionResponseTypes is supported for", "KAF-RETRY-1"),
        ({"maximum_record_age_seconds": 59}, "must be -1 or from 60 to 604800, not 59", "STR-AGE-2"),
        ({"provisioned": KafkaProvisionedMode(201, 300)}, "Value 201 at 'provisionedPollerConfig.mini", "KAF-BATCH-1"),
        ({"provisioned": KafkaProvisionedMode(3, 2)}, "minimumPollers (3) must not be above maxim", "KAF-BATCH-1"),
        ({"provisioned": KafkaProvisionedMode(1, 2001)}, "Value 2001 at 'provisionedPollerConfig.maxi", "KAF-BATCH-1"),
    ],
)
def test_refusals_at_creation(settings: dict[str, Any], message: str, rule: str) -> None:
    world = PartitionWorld()
    world.function()

    with pytest.raises(DeploymentRefusedError) as refused:
        world.kafka_mapping(world.cluster(orders=1), **settings)

    assert message in refused.value.aws_message
    assert refused.value.rule == rule


@pytest.mark.parametrize(
    ("position", "message"),
    [
        (None, "StartingPosition is required"),
        ("NOW", "Unsupported starting position"),
        ("AT_TIMESTAMP", "StartingPositionTimestamp goes with"),
    ],
)
def test_kaf_start_1_a_position_is_required(position: str | None, message: str) -> None:
    world = PartitionWorld()
    world.function()

    with pytest.raises(DeploymentRefusedError, match=message):
        world.kafka_mapping(world.cluster(orders=1), starting_position=position)


def test_kaf_poll_1_a_record_is_read_when_it_is_produced() -> None:
    world = world_with(window_seconds=0)
    produce(world, "warm")
    produce(world, "a", at=LONG_STARTED + 10.123)

    world.run()

    assert world.calls[-1].at_seconds == LONG_STARTED + 10.123


def test_kaf_retry_1_endless_settings_need_no_provisioned_mode() -> None:
    world = PartitionWorld()
    world.function()

    mapping = world.kafka_mapping(world.cluster(orders=1), maximum_retry_attempts=-1, maximum_record_age_seconds=-1)

    assert mapping.config.provisioned is None


def test_kaf_time_1_the_function_may_have_14_minutes() -> None:
    world = PartitionWorld()
    world.function("short", timeout=840)
    world.function("long", timeout=841)
    cluster = world.cluster(orders=1, other=1)
    world.kafka_mapping(cluster, function="short")

    with pytest.raises(DeploymentRefusedError, match="Function timeout: 841 seconds is more than the 840 seconds"):
        world.kafka_mapping(cluster, name="second", topic="other", function="long")
