"""Operations on tables and the capacity that they use: throttled where nothing is left, charged for what they did."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from delivery_lab.model.capacity import Item, TableCapacity, exceeded
from delivery_lab.model.conditions import CONDITION_REFUSED
from delivery_lab.model.runtime import AwsError
from delivery_lab.model.streams.items import size_of

Parameters = Mapping[str, Any]
Send = Callable[[str, Parameters], dict[str, Any]]
"""Has DynamoDB carry out an operation."""

_FILTERS = ("FilterExpression", "ProjectionExpression", "Select", "AttributesToGet", "ScanFilter", "QueryFilter")
"""What makes the answer to a query or scan less than what it went through."""

_AT_ONCE = ("PutItem", "DeleteItem")
_AT_ONCE_RETURN = ("NONE", "ALL_OLD")
"""What they return where they can be carried out and charged at once."""

_NAMES = re.compile(r"[#:]\w+")
_THROTTLED = {"Code": "ProvisionedThroughputExceeded", "Message": str(exceeded()).partition(": ")[2]}


@dataclass(frozen=True, slots=True)
class _Write:
    """A write of one item, before it happens.

    Attributes:
        table: name of the table.
        key: key of the item.
        old: the item as it is.
        new: the item as a put makes it, None where that cannot be told yet or it is deleted.
        changes: whether it changes anything: a check of a condition does not.
    """

    table: str
    key: dict[str, Any]
    old: Item | None
    new: Item | None
    changes: bool = True


@dataclass(slots=True)
class Metering:
    """Meters tables.

    Attributes:
        send: has DynamoDB carry out an operation.
        tables: the capacity of tables by name; what is done with others uses none.
    """

    send: Send
    tables: dict[str, TableCapacity] = field(default_factory=dict)

    def carry_out(self, operation: str, parameters: Parameters) -> dict[str, Any]:
        """Carry out an operation.

        Raises:
            AwsError: DynamoDB answers with an error, the one of a throttled request among them (DDB-CAPACITY-1).
        """
        single = parameters.get("TableName")
        if single is not None and single not in self.tables:
            return self.send(operation, parameters)
        match operation:
            case "PutItem" | "UpdateItem" | "DeleteItem":
                return self._write(operation, parameters)
            case "GetItem":
                return self._get(parameters)
            case "Query" | "Scan":
                return self._search(operation, parameters)
            case "BatchWriteItem":
                return self._batch_write(parameters)
            case "BatchGetItem":
                return self._batch_get(parameters)
            case "TransactWriteItems":
                return self._transact_write(parameters)
            case "TransactGetItems":
                return self._transact_get(parameters)
        return self.send(operation, parameters)

    # -- writes -------------------------------------------------------------------------------------------

    def _write(self, operation: str, parameters: Parameters) -> dict[str, Any]:
        table = self.tables[parameters["TableName"]]
        if table.is_on_demand and operation in _AT_ONCE and parameters.get("ReturnValues", "NONE") in _AT_ONCE_RETURN:
            return self._write_at_once(table, operation, parameters)
        write = self._before(operation.removesuffix("Item"), parameters)
        refusal = table.refusal_of_write(write.old, write.new)
        if refusal is not None:
            raise refusal
        try:
            answer = self.send(operation, parameters)
        except AwsError as error:
            if error.code == CONDITION_REFUSED:  # a write that its condition forbids uses what the item is worth
                table.use_write(write.old, write.old)
            raise
        self._charge(write)
        return answer

    def _write_at_once(self, table: TableCapacity, operation: str, parameters: Parameters) -> dict[str, Any]:
        """A put or delete that nothing throttles: its answer says what was there before, which spares a read."""
        asked = parameters.get("ReturnValues", "NONE") == "ALL_OLD"
        try:
            answer = self.send(operation, {**parameters, "ReturnValues": "ALL_OLD"})
        except AwsError as error:
            if error.code == CONDITION_REFUSED:
                write = self._before(operation.removesuffix("Item"), parameters)
                table.use_write(write.old, write.old)
            raise
        old = answer.get("Attributes") if asked else answer.pop("Attributes", None)
        table.use_write(old, parameters.get("Item"))
        return answer

    def _before(self, kind: str, parameters: Parameters) -> _Write:
        """A write as it is before it happens; of an update nobody knows what it makes."""
        table = self.tables[parameters["TableName"]]
        key = table.key_of(parameters["Item"]) if kind == "Put" else dict(parameters["Key"])
        old = self._item(parameters["TableName"], key)
        new = {"Put": parameters.get("Item"), "Update": old}.get(kind)
        return _Write(
            parameters["TableName"], key, old, old if kind == "ConditionCheck" else new, kind != "ConditionCheck"
        )

    def _charge(self, write: _Write, factor: int = 1) -> None:
        new = self._item(write.table, write.key)
        self.tables[write.table].use_write(write.old, new if write.changes else write.old, factor)

    def _item(self, table: str, key: Parameters) -> Item | None:
        try:
            found: Item | None = self.send("GetItem", {"TableName": table, "Key": key}).get("Item")
        except AwsError:
            return None  # the operation itself says what is wrong with the key
        return found

    def _batch_write(self, parameters: Parameters) -> dict[str, Any]:
        """What nothing is left for stays unprocessed; where that is all, the request is throttled (DDB-CAPACITY-4)."""
        admitted: dict[str, list[Any]] = {}
        left: dict[str, list[Any]] = {}
        refusal: AwsError | None = None
        for table, request in _entries(parameters):
            found = self._refusal_of_entry(table, request)
            refusal = refusal or found
            (admitted if found is None else left).setdefault(table, []).append(request)
        if refusal is not None and not admitted:
            raise refusal
        answer = self.send("BatchWriteItem", {**parameters, "RequestItems": admitted})
        answer["UnprocessedItems"] = {**(answer.get("UnprocessedItems") or {}), **left}
        return answer

    def _refusal_of_entry(self, table: str, request: Parameters) -> AwsError | None:
        """Why an entry of a batch is not processed; what it uses is charged at once, so that the next one sees it."""
        capacity = self.tables.get(table)
        if capacity is None:
            return None
        ((kind, held),) = request.items()
        write = self._before(kind.removesuffix("Request"), {"TableName": table, **held})
        refusal = capacity.refusal_of_write(write.old, write.new)
        if refusal is None:
            capacity.use_write(write.old, write.new)
        return refusal

    def _transact_write(self, parameters: Parameters) -> dict[str, Any]:
        """A transaction uses twice the units, and is cancelled where an item is throttled (DDB-CAPACITY-4)."""
        writes = [
            self._before(kind, held) if held["TableName"] in self.tables else None
            for entry in parameters["TransactItems"]
            for kind, held in entry.items()
        ]
        throttled = [
            write is not None and self.tables[write.table].refusal_of_write(write.old, write.new) is not None
            for write in writes
        ]
        _cancel_if(throttled)
        answer = self.send("TransactWriteItems", parameters)
        for write in writes:
            if write is not None:
                self._charge(write, factor=2)
        return answer

    # -- reads --------------------------------------------------------------------------------------------

    def _get(self, parameters: Parameters) -> dict[str, Any]:
        table = self.tables[parameters["TableName"]]
        refusal = table.refusal_of_read(None)
        if refusal is not None:
            raise refusal
        answer = self.send("GetItem", parameters)
        whole = not parameters.keys() & {"ProjectionExpression", "AttributesToGet"}
        size = size_of(answer.get("Item") if whole else self._item(parameters["TableName"], parameters["Key"]))
        table.use_read(size, consistent=bool(parameters.get("ConsistentRead")))
        return answer

    def _search(self, operation: str, parameters: Parameters) -> dict[str, Any]:
        """A query or scan is charged for all that it goes through, before any filter."""
        table, index = self.tables[parameters["TableName"]], parameters.get("IndexName")
        refusal = table.refusal_of_read(index)
        if refusal is not None:
            raise refusal
        answer = self.send(operation, parameters)
        whole = not parameters.keys() & set(_FILTERS)
        unfiltered = answer if whole else self.send(operation, _unfiltered(parameters))
        size = sum(size_of(item) for item in unfiltered.get("Items", ()))
        table.use_read(size, consistent=bool(parameters.get("ConsistentRead")), index=index)
        return answer

    def _batch_get(self, parameters: Parameters) -> dict[str, Any]:
        """As a batch of writes."""
        admitted: dict[str, dict[str, Any]] = {}
        left: dict[str, dict[str, Any]] = {}
        refusal: AwsError | None = None
        for name, request in parameters["RequestItems"].items():
            for key in request["Keys"]:
                found = self._refusal_of_key(name, key, consistent=bool(request.get("ConsistentRead")))
                refusal = refusal or found
                kept = (admitted if found is None else left).setdefault(name, {**request, "Keys": []})
                kept["Keys"].append(key)
        if refusal is not None and not admitted:
            raise refusal
        answer = self.send("BatchGetItem", {**parameters, "RequestItems": admitted})
        answer["UnprocessedKeys"] = {**(answer.get("UnprocessedKeys") or {}), **left}
        return answer

    def _refusal_of_key(self, name: str, key: Parameters, *, consistent: bool) -> AwsError | None:
        table = self.tables.get(name)
        if table is None:
            return None
        refusal = table.refusal_of_read(None)
        if refusal is None:
            table.use_read(size_of(self._item(name, key)), consistent=consistent)
        return refusal

    def _transact_get(self, parameters: Parameters) -> dict[str, Any]:
        """Twice the units of consistent reads."""
        gets = [entry["Get"] for entry in parameters["TransactItems"]]
        metered = [(self.tables.get(get["TableName"]), get) for get in gets]
        _cancel_if([table is not None and table.refusal_of_read(None) is not None for table, _ in metered])
        answer = self.send("TransactGetItems", parameters)
        for table, get in metered:
            if table is not None:
                table.use_read(size_of(self._item(get["TableName"], get["Key"])), consistent=True, factor=2)
        return answer


def _entries(parameters: Parameters) -> Iterator[tuple[str, Any]]:
    return ((table, request) for table, requests in parameters["RequestItems"].items() for request in requests)


def _cancel_if(throttled: list[bool]) -> None:
    """Cancel a transaction some of whose items are throttled."""
    if not any(throttled):
        return
    codes = ", ".join("ProvisionedThroughputExceeded" if each else "None" for each in throttled)
    reasons = [dict(_THROTTLED) if each else {"Code": "None"} for each in throttled]
    raise AwsError(
        "TransactionCanceledException",
        f"Transaction cancelled, please refer cancellation reasons for specific reasons [{codes}]",
        details={"CancellationReasons": reasons},
    )


def _unfiltered(parameters: Parameters) -> dict[str, Any]:
    """A query or scan without filter and projection, and without the names and values that only they use."""
    kept = {name: value for name, value in parameters.items() if name not in _FILTERS}
    used = set(_NAMES.findall(str(kept.get("KeyConditionExpression", ""))))
    for block in ("ExpressionAttributeNames", "ExpressionAttributeValues"):
        held = {name: value for name, value in kept.pop(block, {}).items() if name in used}
        if held:
            kept[block] = held
    return kept
