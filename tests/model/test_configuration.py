"""What is deployed, as events: whoever checks a run reads in them the bounds that hold."""

from __future__ import annotations

from typing import Any

from delivery_lab.events import (
    Actor,
    ApiCallRefused,
    FunctionConfigured,
    MappingConfigured,
    MessageReceived,
    MessageSent,
    QueueConfigured,
    RecordSkipped,
)
from delivery_lab.model.clock import seconds
from delivery_lab.model.dynamodb import DynamoDb
from delivery_lab.model.runtime import AwsError, Caller
from tests.model.partition_world import PartitionWorld
from tests.model.support import World

TABLE = {
    "TableName": "t",
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
    "BillingMode": "PAY_PER_REQUEST",
}


def test_an_account_says_how_it_is_configured_when_it_starts() -> None:
    world = PartitionWorld()
    dead = world.queue("dead", retention=600)
    queue = world.queue("jobs", visibility=60, dead_letters=dead, max_receive_count=3)
    world.function(timeout=7, reserved=2)
    world.mapping(queue, name="of-queue", batch_size=4)
    settings: dict[str, Any] = {"batch_size": 50, "parallelization_factor": 2, "maximum_record_age_seconds": 60}
    world.stream_mapping(world.kinesis(), name="of-stream", **settings)
    world.kafka_mapping(world.cluster(orders=1), name="of-topic")

    world.start()

    assert world.events(QueueConfigured) == [
        QueueConfigured(0, None, "dead", False, 30, 600, None, None),
        QueueConfigured(0, None, "jobs", False, 60, 345_600, 3, "dead"),
    ]
    assert world.events(FunctionConfigured) == [FunctionConfigured(0, None, "worker", 7, 2)]
    assert world.events(MappingConfigured) == [
        MappingConfigured(0, None, "of-queue", "sqs", "jobs", "worker", 4, 1, -1),
        MappingConfigured(0, None, "of-stream", "kinesis", "orders", "worker", 50, 2, 60),
        MappingConfigured(0, None, "of-topic", "kafka", "orders", "worker", 100, 1, -1),
    ]


def test_a_queue_says_so_when_its_attributes_change_and_only_then() -> None:
    world = World()
    queue = world.queue("jobs")
    world.wait(5)
    for visibility in ("30", "90"):
        world.sqs("SetQueueAttributes", QueueUrl=queue.url, Attributes={"VisibilityTimeout": visibility})

    assert world.events(QueueConfigured) == [QueueConfigured(seconds(5), None, "jobs", False, 90, 345_600, None, None)]


def test_events_of_a_queue_say_when_a_message_is_visible_and_who_received_it() -> None:
    world = World()
    queue = world.queue("jobs", delay=10, visibility=30)
    queue.send("a")
    world.wait(10)
    caller = Caller("worker", "r1")
    world.account.sqs.call("ReceiveMessage", {"QueueUrl": queue.url, "VisibilityTimeout": 5}, caller)

    (sent,), (received,) = world.events(MessageSent), world.events(MessageReceived)
    assert (sent.instant_us, sent.visible_at_us, sent.invoke) == (0, seconds(10), None)
    assert (received.visible_at_us, received.receive_count) == (seconds(15), 1)
    assert received.by == Actor("function", "worker", "r1")


def test_a_skipped_record_names_the_mapping_that_skips_it() -> None:
    world = PartitionWorld()
    world.function()
    source = world.kinesis()
    record = source.put(b"old", "k")
    world.stream_mapping(source, name="reader", starting_position="LATEST")

    world.wait(1)
    world.start()

    (skipped,) = world.events(RecordSkipped)
    assert (skipped.record, skipped.mapping, skipped.source_kind) == (record.id, "reader", "kinesis")


def test_ddb_cond_1_a_condition_that_does_not_hold_is_told_also_of_a_transaction() -> None:
    world = World()
    caller = Caller("worker", "r1")
    put = {"TableName": "t", "Item": {"id": {"S": "a"}}, "ConditionExpression": "attribute_not_exists(id)"}
    with DynamoDb("us-east-1", world.journal) as tables:
        tables.create_table(TABLE)
        world.account.dynamodb = tables
        calls: tuple[tuple[str, dict[str, Any]], ...] = (
            ("PutItem", put),
            ("TransactWriteItems", {"TransactItems": [{"Put": put}]}),
            ("GetItem", {}),
        )
        for operation, parameters in (calls[0], *calls):
            try:
                world.account.call("dynamodb", operation, {"TableName": "none", "Key": {}, **parameters}, caller)
            except AwsError:
                continue

    refused = world.events(ApiCallRefused)
    assert [(event.operation, event.condition_refused) for event in refused] == [
        ("PutItem", True),
        ("TransactWriteItems", True),
        ("GetItem", False),
    ]
    assert {event.by for event in refused} == {Actor("function", "worker", "r1")}
