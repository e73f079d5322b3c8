"""DynamoDB in the model: its rules, and that the short way to moto answers as the long one does."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from delivery_lab.errors import NotModelledError
from delivery_lab.events import Journal
from delivery_lab.model.clock import Scheduler, seconds
from delivery_lab.model.dynamodb import DynamoDb
from delivery_lab.model.runtime import AwsError
from delivery_lab.model.streams.dynamodb import TableStream

TABLE = {
    "TableName": "t",
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
    "BillingMode": "PAY_PER_REQUEST",
}
IF_ABSENT = {"ConditionExpression": "attribute_not_exists(id)"}


@pytest.fixture
def scheduler() -> Scheduler:
    return Scheduler()


@pytest.fixture
def tables(scheduler: Scheduler) -> Iterator[DynamoDb]:
    with DynamoDb("us-east-1", Journal()) as tables:
        tables.create_table(TABLE)
        yield tables


def _item(key: str = "a", **attributes: dict[str, Any]) -> dict[str, Any]:
    return {"TableName": "t", "Item": {"id": {"S": key}, **attributes}}


def _get(tables: DynamoDb, key: str = "a") -> Any:
    return tables.call("GetItem", {"TableName": "t", "Key": {"id": {"S": key}}}).get("Item")


def test_an_item_without_its_key_is_refused_in_the_words_of_dynamodb(tables: DynamoDb) -> None:
    with pytest.raises(AwsError) as without:
        tables.call("PutItem", {"TableName": "t", "Item": {"n": {"N": "1"}}})
    with pytest.raises(AwsError) as other:
        tables.call("GetItem", {"TableName": "t", "Key": {"n": {"N": "1"}}})

    assert without.value.message == "One or more parameter values were invalid: Missing the key id in the item"
    assert (without.value.code, other.value.code) == ("ValidationException", "ValidationException")
    assert other.value.message == "The provided key element does not match the schema"


@pytest.mark.parametrize("is_there", [False, True])
@pytest.mark.parametrize("expression", ["SET m = :x ADD n :x", "SET m = :x DELETE n :x", "SET m = :x, n = n + :x"])
def test_ddb_update_1_an_update_that_is_refused_changes_nothing(
    tables: DynamoDb, expression: str, is_there: bool
) -> None:
    if is_there:
        tables.call("PutItem", _item(n={"N": "1"}))
    before = _get(tables)
    update = {"UpdateExpression": expression, "ExpressionAttributeValues": {":x": {"S": "x"}}}

    with pytest.raises(AwsError, match="ValidationException"):
        tables.call("UpdateItem", {"TableName": "t", "Key": {"id": {"S": "a"}}, **update})

    assert _get(tables) == before


def test_ddb_update_1_with_a_sort_key_too(tables: DynamoDb) -> None:
    keys = [{"AttributeName": "id", "KeyType": "HASH"}, {"AttributeName": "part", "KeyType": "RANGE"}]
    definitions = [{"AttributeName": name, "AttributeType": "S"} for name in ("id", "part")]
    tables.create_table({**TABLE, "TableName": "parts", "KeySchema": keys, "AttributeDefinitions": definitions})
    first, second = ({"id": {"S": "a"}, "part": {"S": part}} for part in "12")
    tables.call("PutItem", {"TableName": "parts", "Item": first})
    wrong = {"UpdateExpression": "ADD n :x", "ExpressionAttributeValues": {":x": {"S": "x"}}}

    for key in (first, second):
        with pytest.raises(AwsError, match="ValidationException"):
            tables.call("UpdateItem", {"TableName": "parts", "Key": key, **wrong})

    assert tables.call("Scan", {"TableName": "parts"})["Items"] == [first]


def test_ddb_update_1_an_update_of_a_key_alone_creates_the_item(tables: DynamoDb) -> None:
    tables.call("UpdateItem", {"TableName": "t", "Key": {"id": {"S": "a"}}})

    assert _get(tables) == {"id": {"S": "a"}}


def test_ddb_cond_1_of_two_conditional_writes_one_succeeds(tables: DynamoDb) -> None:
    tables.call("PutItem", {**_item(n={"N": "1"}), **IF_ABSENT})

    with pytest.raises(AwsError) as caught:
        tables.call("PutItem", {**_item(n={"N": "2"}), **IF_ABSENT, "ReturnValuesOnConditionCheckFailure": "ALL_OLD"})

    assert caught.value.code == "ConditionalCheckFailedException"
    assert caught.value.message == "The conditional request failed"
    assert caught.value.status == 400
    assert caught.value.details["Item"] == {"id": {"S": "a"}, "n": {"N": "1"}}
    assert _get(tables) == {"id": {"S": "a"}, "n": {"N": "1"}}


def test_ddb_read_1_a_read_sees_the_latest_write(tables: DynamoDb) -> None:
    for number in range(3):
        tables.call("PutItem", _item(n={"N": str(number)}))

        assert _get(tables)["n"] == {"N": str(number)}


def test_ddb_ttl_1_an_expired_item_stays(tables: DynamoDb, scheduler: Scheduler) -> None:
    tables.call("PutItem", _item(expiresAt={"N": "1"}))

    scheduler.run(until=seconds(14 * 86_400))

    assert _get(tables) == {"id": {"S": "a"}, "expiresAt": {"N": "1"}}


def test_neither_side_sees_the_others_changes(tables: DynamoDb) -> None:
    item = _item(m={"M": {"x": {"N": "1"}}})
    tables.call("PutItem", item)

    item["Item"]["m"]["M"]["x"]["N"] = "9"
    _get(tables)["m"]["M"]["x"]["N"] = "8"

    assert _get(tables)["m"] == {"M": {"x": {"N": "1"}}}


def test_tables_are_gone_with_the_run() -> None:
    with DynamoDb("us-east-1", Journal()) as first:
        first.create_table(TABLE)
        first.call("PutItem", _item())

    with DynamoDb("us-east-1", Journal()) as second, pytest.raises(AwsError) as caught:
        _get(second)

    assert caught.value.code == "ResourceNotFoundException"


def test_an_operation_that_is_not_modelled_is_named(tables: DynamoDb) -> None:
    with pytest.raises(NotModelledError) as caught:
        tables.call("ExportTableToPointInTime", {})

    assert str(caught.value).startswith("the DynamoDB operation ExportTableToPointInTime is not modelled (modelled: ")


CALLS: list[tuple[str, dict[str, Any]]] = [
    ("PutItem", {**_item("a", n={"N": "1"}, b={"B": b"bytes"}), **IF_ABSENT}),
    ("PutItem", {**_item("a"), **IF_ABSENT, "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}),
    ("PutItem", {**_item("a", n={"N": "2"}), "ReturnValues": "ALL_OLD"}),
    ("GetItem", {"TableName": "t", "Key": {"id": {"S": "a"}}}),
    ("GetItem", {"TableName": "t", "Key": {"id": {"S": "nobody"}}}),
    ("GetItem", {"TableName": "elsewhere", "Key": {"id": {"S": "a"}}}),
    (
        "UpdateItem",
        {
            "TableName": "t",
            "Key": {"id": {"S": "a"}},
            "UpdateExpression": "SET #n = #n + :one",
            "ExpressionAttributeNames": {"#n": "n"},
            "ExpressionAttributeValues": {":one": {"N": "1"}},
            "ReturnValues": "ALL_NEW",
        },
    ),
    ("UpdateItem", {"TableName": "t", "Key": {"id": {"S": "a"}}, "UpdateExpression": "SET nonsense"}),
    ("BatchWriteItem", {"RequestItems": {"t": [{"PutRequest": {"Item": {"id": {"S": "b"}}}}]}}),
    ("BatchGetItem", {"RequestItems": {"t": {"Keys": [{"id": {"S": "b"}}]}}}),
    (
        "Query",
        {
            "TableName": "t",
            "KeyConditionExpression": "id = :id",
            "ExpressionAttributeValues": {":id": {"S": "a"}},
        },
    ),
    ("Scan", {"TableName": "t"}),
    (
        "TransactWriteItems",
        {"TransactItems": [{"Put": {**_item("a"), **IF_ABSENT}}, {"Put": {**_item("c"), **IF_ABSENT}}]},
    ),
    ("TransactGetItems", {"TransactItems": [{"Get": {"TableName": "t", "Key": {"id": {"S": "a"}}}}]}),
    ("DeleteItem", {"TableName": "t", "Key": {"id": {"S": "a"}}, "ReturnValues": "ALL_OLD"}),
    ("DeleteItem", {"TableName": "t", "Key": {"wrong": {"S": "a"}}}),
]


def test_the_short_way_to_moto_answers_as_a_client_over_http_does(
    tables: DynamoDb, monkeypatch: pytest.MonkeyPatch
) -> None:
    def short(operation: str, parameters: dict[str, Any]) -> Any:
        try:
            return tables.call(operation, parameters)
        except AwsError as error:
            return error.code, error.message, error.details.get("Item"), error.status

    def long(operation: str, parameters: dict[str, Any]) -> Any:
        try:
            answer = client._make_api_call(operation, parameters)
            answer.pop("ResponseMetadata")
            return answer
        except ClientError as error:
            response: Any = error.response
            status = response["ResponseMetadata"]["HTTPStatusCode"]
            return response["Error"]["Code"], response["Error"]["Message"], response.get("Item"), status

    answers = [short(operation, parameters) for operation, parameters in CALLS]
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        client: Any = boto3.session.Session(region_name="us-east-1").client("dynamodb")
        client.create_table(**TABLE)
        expected = [long(operation, parameters) for operation, parameters in CALLS]

    assert dict(enumerate(answers)) == dict(enumerate(expected))


def test_dds_api_1_a_table_names_the_stream_that_can_be_read(scheduler: Scheduler) -> None:
    journal = Journal()
    arn = "arn:aws:dynamodb:us-east-1:123456789012:table/items/stream/2026-01-01T00:00:00.000"
    stream = TableStream("items", arn, "KEYS_ONLY", "id", scheduler=scheduler, journal=journal)
    with DynamoDb("us-east-1", journal) as database:
        database.create_table({**TABLE, "TableName": "items"}, stream)

        table = database.call("DescribeTable", {"TableName": "items"})["Table"]

    assert (table["LatestStreamArn"], table["LatestStreamLabel"]) == (arn, "2026-01-01T00:00:00.000")
    assert table["StreamSpecification"] == {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}
