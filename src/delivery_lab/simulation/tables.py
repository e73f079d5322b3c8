"""From the inputs of a Pulumi table to the parameters of DynamoDB's `CreateTable`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def table_definition(inputs: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Parameters of `CreateTable`.

    Args:
        inputs: inputs of an `aws:dynamodb/table:Table`.
        name: the table's name.
    """
    definition: dict[str, Any] = {
        "TableName": name,
        "KeySchema": _keys(inputs),
        "AttributeDefinitions": [
            {"AttributeName": attribute["name"], "AttributeType": attribute["type"]}
            for attribute in inputs.get("attributes") or ()
        ],
        "BillingMode": "PAY_PER_REQUEST",
    }
    for plural, parameter in (
        ("globalSecondaryIndexes", "GlobalSecondaryIndexes"),
        ("localSecondaryIndexes", "LocalSecondaryIndexes"),
    ):
        indexes = [_index(index, inputs) for index in inputs.get(plural) or ()]
        if indexes:
            definition[parameter] = indexes
    return definition


def _keys(inputs: Mapping[str, Any]) -> list[dict[str, str]]:
    keys = [{"AttributeName": inputs["hashKey"], "KeyType": "HASH"}]
    if inputs.get("rangeKey"):
        keys.append({"AttributeName": inputs["rangeKey"], "KeyType": "RANGE"})
    return keys


def _index(index: Mapping[str, Any], table: Mapping[str, Any]) -> dict[str, Any]:
    projection: dict[str, Any] = {"ProjectionType": index.get("projectionType", "ALL")}
    if index.get("nonKeyAttributes"):
        projection["NonKeyAttributes"] = list(index["nonKeyAttributes"])
    # A local index shares the table's partition key and names only its own sort key.
    keys = _keys({"hashKey": table["hashKey"], **index})
    return {"IndexName": index["name"], "KeySchema": keys, "Projection": projection}
