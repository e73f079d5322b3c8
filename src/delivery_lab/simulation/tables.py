"""From a table of the stack to the parameters of DynamoDB's `CreateTable`."""

from __future__ import annotations

from typing import Any

from delivery_lab.errors import ProgramError
from delivery_lab.stack.streams import Table, TableIndex


def table_definition(table: Table) -> dict[str, Any]:
    """Parameters of `CreateTable`.

    Raises:
        ProgramError: the table's name, or one of its keys, is known only after deployment.
    """
    if table.physical_name is None:
        raise ProgramError(f"{table.name}: name is known only after deployment, so it cannot be simulated")
    definition: dict[str, Any] = {
        "TableName": table.physical_name,
        "KeySchema": _keys(table.hash_key.certain(), table.range_key.certain()),
        "AttributeDefinitions": [
            {"AttributeName": name, "AttributeType": kind} for name, kind in table.attributes.items()
        ],
        "BillingMode": "PAY_PER_REQUEST",
    }
    for parameter, is_local in (("GlobalSecondaryIndexes", False), ("LocalSecondaryIndexes", True)):
        indexes = [_index(index) for index in table.indexes if index.is_local == is_local]
        if indexes:
            definition[parameter] = indexes
    return definition


def _keys(hash_key: str, range_key: str | None) -> list[dict[str, str]]:
    keys = [{"AttributeName": hash_key, "KeyType": "HASH"}]
    if range_key:
        keys.append({"AttributeName": range_key, "KeyType": "RANGE"})
    return keys


def _index(index: TableIndex) -> dict[str, Any]:
    projection: dict[str, Any] = {"ProjectionType": index.projection}
    if index.projected:
        projection["NonKeyAttributes"] = list(index.projected)
    return {"IndexName": index.name, "KeySchema": _keys(index.hash_key, index.range_key), "Projection": projection}
