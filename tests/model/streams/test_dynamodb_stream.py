from collections.abc import Iterator
from typing import Any

import pytest

from delivery_lab.events import RecordAppended, RecordExpired
from delivery_lab.model.dynamodb import DynamoDb
from delivery_lab.model.runtime import AwsError
from delivery_lab.model.streams.dynamodb import SHARDS, TableStream
from delivery_lab.model.streams.items import to_item
from tests.model.partition_world import PartitionWorld, documents, records_of
from tests.model.support import CALLER, Script

ARN = "arn:aws:dynamodb:us-east-1:123456789012:table/items/stream/2026-01-01T00:00:00.000"
TABLE = {
    "TableName": "items",
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
    "BillingMode": "PAY_PER_REQUEST",
}


class TableWorld(PartitionWorld):
    def __init__(self, database: DynamoDb, view_type: str = "NEW_AND_OLD_IMAGES") -> None:
        super().__init__()
        self.function()
        self.account.dynamodb = database
        self.stream: TableStream = self.account.create_table_stream("items", ARN, view_type, "id")
        database.create_table(TABLE, self.stream)
        self.stream_mapping(self.stream)
        self.start()

    def call(self, operation: str, **parameters: Any) -> None:
        self.account.call("dynamodb", operation, {"TableName": "items", **parameters}, CALLER)

    def changes(self) -> list[dict[str, Any]]:
        return [record for call in self.calls for record in records_of(call)]


@pytest.fixture
def database() -> Iterator[DynamoDb]:
    with DynamoDb("us-east-1", PartitionWorld().journal) as found:
        yield found


def test_dds_record_1_a_record_for_each_item_that_changed(database: DynamoDb) -> None:
    world = TableWorld(database)
    world.call("PutItem", Item={"id": {"S": "a"}, "n": {"N": "1"}})
    world.call("PutItem", Item={"id": {"S": "a"}, "n": {"N": "1"}})
    world.call(
        "UpdateItem",
        Key={"id": {"S": "a"}},
        UpdateExpression="ADD n :one",
        ExpressionAttributeValues={":one": {"N": "1"}},
    )
    world.call("DeleteItem", Key={"id": {"S": "a"}})
    world.call("DeleteItem", Key={"id": {"S": "a"}})

    world.run()

    assert [change["eventName"] for change in world.changes()] == ["INSERT", "MODIFY", "REMOVE"]
    images = [(c["dynamodb"].get("OldImage"), c["dynamodb"].get("NewImage")) for c in world.changes()]
    one, two = {"id": {"S": "a"}, "n": {"N": "1"}}, {"id": {"S": "a"}, "n": {"N": "2"}}
    assert images == [(None, one), (one, two), (two, None)]


def test_dds_record_1_an_update_that_creates_an_item_leaves_one_record(database: DynamoDb) -> None:
    world = TableWorld(database)
    update = {
        "Key": {"id": {"S": "a"}},
        "UpdateExpression": "ADD n :one",
        "ExpressionAttributeValues": {":one": {"N": "1"}},
    }
    world.call("UpdateItem", **update)
    second = {**update, "TableName": "items", "Key": {"id": {"S": "b"}}}
    world.account.call("dynamodb", "TransactWriteItems", {"TransactItems": [{"Update": second}]}, CALLER)
    world.call("UpdateItem", Key={"id": {"S": "c"}})

    world.run()

    images = {change["dynamodb"]["Keys"]["id"]["S"]: change["dynamodb"]["NewImage"] for change in world.changes()}
    one = {"N": "1"}
    assert images == {"a": {"id": {"S": "a"}, "n": one}, "b": {"id": {"S": "b"}, "n": one}, "c": {"id": {"S": "c"}}}
    assert [change["eventName"] for change in world.changes()] == ["INSERT"] * 3


def test_ddb_update_1_an_update_that_is_refused_leaves_no_record(database: DynamoDb) -> None:
    world = TableWorld(database)
    with pytest.raises(AwsError, match="ValidationException"):
        world.call(
            "UpdateItem",
            Key={"id": {"S": "a"}},
            UpdateExpression="ADD n :text",
            ExpressionAttributeValues={":text": {"S": "x"}},
        )
    world.call("PutItem", Item={"id": {"S": "b"}})

    world.run()

    assert [change["dynamodb"]["Keys"] for change in world.changes()] == [{"id": {"S": "b"}}]


@pytest.mark.parametrize(
    ("view_type", "images"),
    [
        ("KEYS_ONLY", set()),
        ("NEW_IMAGE", {"NewImage"}),
        ("OLD_IMAGE", {"OldImage"}),
        ("NEW_AND_OLD_IMAGES", {"NewImage", "OldImage"}),
    ],
)
def test_dds_view_1_the_view_type_decides_which_images_a_record_has(
    database: DynamoDb, view_type: str, images: set[str]
) -> None:
    world = TableWorld(database, view_type)
    world.call("PutItem", Item={"id": {"S": "a"}, "n": {"N": "1"}})
    world.call("PutItem", Item={"id": {"S": "a"}, "n": {"N": "2"}})

    world.run()

    change = world.changes()[-1]["dynamodb"]
    assert images == {"NewImage", "OldImage"} & change.keys()
    assert (change["Keys"], change["StreamViewType"]) == ({"id": {"S": "a"}}, view_type)


def test_dds_record_1_a_batch_leaves_a_record_for_each_item(database: DynamoDb) -> None:
    world = TableWorld(database)
    requests = [{"PutRequest": {"Item": {"id": {"S": str(n)}}}} for n in range(5)]
    world.account.call("dynamodb", "BatchWriteItem", {"RequestItems": {"items": requests}}, CALLER)

    world.run()

    assert len(world.changes()) == 5
    assert [event.body for event in world.events(RecordAppended)] == [f'{{"id":"{n}"}}' for n in range(5)]


def test_dds_binary_1_a_handler_s_bytes_are_base64_in_the_event(database: DynamoDb) -> None:
    world = TableWorld(database)
    world.call("PutItem", Item={"id": {"S": "a"}, "data": {"B": b"foobar"}, "deep": {"L": [{"B": b"x"}]}})

    world.run()

    (change,) = world.changes()
    assert change["dynamodb"]["NewImage"] == {
        "id": {"S": "a"},
        "data": {"B": "Zm9vYmFy"},
        "deep": {"L": [{"B": "eA=="}]},
    }
    assert [event.body for event in world.events(RecordAppended)] == ['{"id":"a","data":"Zm9vYmFy","deep":["eA=="]}']


@pytest.mark.parametrize(
    ("view_type", "expected"),
    [("KEYS_ONLY", [3, 3]), ("NEW_IMAGE", [6, 8]), ("OLD_IMAGE", [3, 6]), ("NEW_AND_OLD_IMAGES", [6, 11])],
)
def test_dds_size_1_a_record_counts_its_keys_and_the_images_that_it_carries(
    database: DynamoDb, view_type: str, expected: list[int]
) -> None:
    world = TableWorld(database, view_type)
    world.call("PutItem", Item={"id": {"S": "a"}})
    world.call("PutItem", Item={"id": {"S": "a"}, "b": {"BOOL": True}})

    world.run()

    assert [change["dynamodb"]["SizeBytes"] for change in world.changes()] == expected


def test_dds_time_1_the_creation_time_is_a_float_of_whole_seconds(database: DynamoDb) -> None:
    world = TableWorld(database)
    world.at(3.7, lambda: world.call("PutItem", Item={"id": {"S": "a"}}))

    world.run()

    assert '"ApproximateCreationDateTime":1767225603.0,' in world.calls[0].payload


def test_dds_time_1_the_times_of_a_document_have_no_milliseconds() -> None:
    world = PartitionWorld(lambda call: Script(error="ValueError"))
    world.function()
    failures = world.destination_queue()
    stream = world.account.create_table_stream("items", ARN, "KEYS_ONLY", "id")
    world.stream_mapping(stream, destination=failures, maximum_retry_attempts=0)
    world.start()
    world.at(3.7, stream.changed, "INSERT", {"id": {"S": "a"}}, None, {"id": {"S": "a"}})

    world.run()

    (document,) = documents(failures)
    info = document["DDBStreamBatchInfo"]
    assert info["approximateArrivalOfFirstRecord"] == "2026-01-01T00:00:03Z"
    assert info["approximateArrivalOfLastRecord"] == "2026-01-01T00:00:03Z"
    assert document["timestamp"].endswith("Z")
    assert "." in document["timestamp"]


def test_dds_shard_1_items_of_a_key_share_a_shard(database: DynamoDb) -> None:
    world = TableWorld(database)
    for round_number in range(3):
        for item in range(20):
            world.call("PutItem", Item={"id": {"S": str(item)}, "round": {"N": str(round_number)}})

    world.run()

    shards: dict[str, set[str]] = {}
    for event in world.events(RecordAppended):
        shards.setdefault(str(event.key), set()).add(event.partition)
    assert {len(homes) for homes in shards.values()} == {1}
    assert len({home for homes in shards.values() for home in homes}) == SHARDS


def test_str_poll_2_a_shard_is_polled_four_times_a_second(database: DynamoDb) -> None:
    world = TableWorld(database)
    for tenth in range(20):
        item = {"id": {"S": "a"}, "n": {"N": str(tenth)}}
        world.at(tenth / 10, lambda item=item: world.call("PutItem", Item=item))

    world.run()

    assert len(world.calls) in (8, 9)  # twenty changes within 1.9 s


def test_dds_ret_1_records_last_24_hours(database: DynamoDb) -> None:
    world = PartitionWorld()
    stream = world.account.create_table_stream("items", ARN, "KEYS_ONLY", "id")
    stream.changed("INSERT", {"id": {"S": "a"}}, None, {"id": {"S": "a"}})

    world.run(until_seconds=86_400)

    assert len(world.messages_of(RecordExpired)) == 1


def test_plain_objects_become_items() -> None:
    item = to_item({"a": 1, "b": 1.5, "c": "x", "d": True, "e": None, "f": [1], "g": {"h": "i"}})

    assert item == {
        "a": {"N": "1"},
        "b": {"N": "1.5"},
        "c": {"S": "x"},
        "d": {"BOOL": True},
        "e": {"NULL": True},
        "f": {"L": [{"N": "1"}]},
        "g": {"M": {"h": {"S": "i"}}},
    }
    with pytest.raises(ValueError, match="is no DynamoDB value"):
        to_item({"a": object()})
