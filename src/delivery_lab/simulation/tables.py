"""From a table of the stack to the parameters of DynamoDB's `CreateTable`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from delivery_lab.errors import ProgramError
from delivery_lab.stack.streams import PER_REQUEST, Table, TableIndex


def table_definition(table: Table) -> dict[str, Any]:
    """Parameters of `CreateTable`; a table whose capacity is not known is one on demand.

    Raises:
        ProgramError: the table's name, or one of its keys, is known only after deployment.
    """
    if table.physical_name is None:
        raise ProgramError(f"{table.name}: name is known only after deployment, so it cannot be simulated")
    metered = not any(unmetered_parts(table)) and table.billing_mode.certain() != PER_REQUEST
    definition: dict[str, Any] = {
        "TableName": table.physical_name,
        "KeySchema": _keys(table.hash_key.certain(), table.range_key.certain()),
        "AttributeDefinitions": [
            {"AttributeName": name, "AttributeType": kind} for name, kind in table.attributes.items()
        ],
        "BillingMode": "PROVISIONED" if metered else PER_REQUEST,
    }
    if metered:
        definition |= _throughput(table.read_capacity.known, table.write_capacity.known)
    for parameter, is_local in (("GlobalSecondaryIndexes", False), ("LocalSecondaryIndexes", True)):
        indexes = [_index(index, metered=metered) for index in table.indexes if index.is_local == is_local]
        if indexes:
            definition[parameter] = indexes
    return definition


def unmetered_parts(table: Table) -> Iterator[str]:
    """What of a table with provisioned capacity has none that is known: then all of it is taken as enough."""
    if table.billing_mode.known == PER_REQUEST:
        return
    if table.read_capacity.known is None or table.write_capacity.known is None:
        yield "readCapacity and writeCapacity"
    for index in table.indexes:
        if not index.is_local and (index.read_capacity is None or index.write_capacity is None):
            yield f"readCapacity and writeCapacity of {index.name}"


def capacity_notes(table: Table, scaled: Mapping[str, str]) -> Iterator[str]:
    """What a reader has to know of a table's capacity.

    Args:
        table: the table.
        scaled: names of the resources that scale a table, by `table/` and its name.
    """
    missing = list(unmetered_parts(table))
    if missing:
        yield (
            f"{table.name}: {', '.join(missing)} cannot be told; its provisioned capacity is taken as enough, and no "
            "request is throttled"
        )
    scaling = scaled.get(f"table/{table.physical_name}")
    if scaling is not None and not missing and table.billing_mode.known != PER_REQUEST:
        yield f"{table.name}: its capacity stays as the program gives it; {scaling} is not simulated"


def replica_notes(table: Table) -> Iterator[str]:
    """That a table has replicas: they change nothing for the table itself, and are not part of a run.

    Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/globaltables-CoreConcepts.html ("Adding
    replicas does not affect the performance of existing single-Region tables").
    """
    if table.replica_regions:
        regions = ", ".join(table.replica_regions)
        yield (
            f"{table.name}: its replicas ({regions}) are not simulated: nobody writes there, and what replication "
            "costs is not counted"
        )


def _keys(hash_key: str, range_key: str | None) -> list[dict[str, str]]:
    keys = [{"AttributeName": hash_key, "KeyType": "HASH"}]
    if range_key:
        keys.append({"AttributeName": range_key, "KeyType": "RANGE"})
    return keys


def _index(index: TableIndex, *, metered: bool) -> dict[str, Any]:
    projection: dict[str, Any] = {"ProjectionType": index.projection}
    if index.projected:
        projection["NonKeyAttributes"] = list(index.projected)
    made = {"IndexName": index.name, "KeySchema": _keys(index.hash_key, index.range_key), "Projection": projection}
    throughput = _throughput(index.read_capacity, index.write_capacity) if metered and not index.is_local else {}
    return made | throughput


def _throughput(reads: int | None, writes: int | None) -> dict[str, Any]:
    return {"ProvisionedThroughput": {"ReadCapacityUnits": reads, "WriteCapacityUnits": writes}}
