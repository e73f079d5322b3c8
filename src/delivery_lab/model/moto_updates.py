"""UpdateItem as DynamoDB carries it out: what is refused changes nothing, where moto stops half-way through."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from moto.dynamodb.models.dynamo_type import DynamoType
from moto.dynamodb.models.table import Table

from delivery_lab.model.runtime import AwsError


def completed(parameters: Mapping[str, Any]) -> Mapping[str, Any]:
    """The parameters of an `UpdateItem` as moto takes them: one that only names a key says that nothing is updated."""
    return parameters if "UpdateExpression" in parameters else {"AttributeUpdates": {}, **parameters}


@contextmanager
def undone_if_refused(table: Table | None, key: Mapping[str, Any]) -> Iterator[None]:
    """Put an item back as it was where its update is refused (DDB-UPDATE-1).

    Args:
        table: moto's table, None where there is none.
        key: the key of the item, in DynamoDB's JSON.
    """
    names = [] if table is None else [name for name in (table.hash_key_attr, table.range_key_attr) if name]
    if table is None or set(names) != set(key):
        yield  # the call is refused before anything is touched
        return
    first = DynamoType(key[names[0]])
    second = DynamoType(key[names[1]]) if len(names) > 1 else None
    # A twentieth of a millisecond, 3 % of what moto takes for an update with an expression.
    before = copy.deepcopy(table.get_item(first, second))
    try:
        yield
    except AwsError:
        items: dict[Any, Any] = table.items if second is None else table.items[first]
        last = first if second is None else second
        if before is None:
            items.pop(last, None)
        else:
            items[last] = before
        if table.stream_shard is not None:
            table.stream_shard.items = []
        raise
