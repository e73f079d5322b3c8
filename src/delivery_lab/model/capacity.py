"""Capacity of DynamoDB tables: what operations use, and when one is throttled.

Each table and each global secondary index has its units a second, and keeps what it does not use for 300 s
(DDB-CAPACITY-2). AWS does not say how a request larger than what is left is treated: here it is let through as long as
anything is left, and what it uses beyond is missing to the next ones (DDB-CAPACITY-3). Of a table on demand nothing is
throttled: what is used is counted, since AWS bills it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from delivery_lab.events import Meter, Used
from delivery_lab.limits.dynamodb import BURST_SECONDS, READ_UNIT_BYTES, WRITE_UNIT_BYTES
from delivery_lab.model.clock import Scheduler, in_seconds
from delivery_lab.model.runtime import AwsError
from delivery_lab.model.streams.items import size_of

Item = Mapping[str, Any]

EXCEEDED = "ProvisionedThroughputExceededException"
_MESSAGES = {
    False: "The level of configured provisioned throughput for the table was exceeded. Consider increasing your "
    "provisioning level with the UpdateTable API.",
    True: "The level of configured provisioned throughput for one or more global secondary indexes of the table was "
    "exceeded. Consider increasing your provisioning level for the under-provisioned global secondary indexes with the "
    "UpdateTable API",
}


def exceeded(*, of_index: bool = False) -> AwsError:
    """What a throttled request gets (DDB-CAPACITY-1)."""
    return AwsError(EXCEEDED, _MESSAGES[of_index])


HALVES_OF_UNIT = 2
"""A read that need not be consistent uses half a unit: on-demand use is counted in halves."""


class Units(Protocol):
    """The read or write units of a table or index."""

    @property
    def left(self) -> float:
        """Units that are left now."""

    def use(self, units: float) -> None:
        """Use units."""


class CountedUnits:
    """Units of a table on demand: there are always some, and each is billed.

    Args:
        meter: counts them, in halves.
        table: name of the table; what its indexes use is billed as its own.
        action: what they are for.
    """

    left = math.inf

    def __init__(self, meter: Meter, table: str, action: Literal["read", "write"]) -> None:
        self._meter = meter
        self._used = Used("dynamodb", table, action)

    def use(self, units: float) -> None:
        """Use units."""
        self._meter.count(self._used, round(units * HALVES_OF_UNIT))


class CapacityUnits:
    """The read or write units a second of a table or index with provisioned capacity.

    Args:
        per_second: units a second.
        scheduler: the run's clock.
        is_saved: whether the run begins with 300 s of unused units.
    """

    def __init__(self, per_second: int, scheduler: Scheduler, *, is_saved: bool) -> None:
        self._per_second = per_second
        self._scheduler = scheduler
        self._left = float(per_second * (BURST_SECONDS if is_saved else 1))
        self._since = scheduler.now

    @property
    def left(self) -> float:
        """Units that are left now; below zero where a large request has used those of seconds to come."""
        now = self._scheduler.now
        gained = in_seconds(now - self._since) * self._per_second
        self._left = min(self._left + gained, float(self._per_second * BURST_SECONDS))
        self._since = now
        return self._left

    def use(self, units: float) -> None:
        """Use units."""
        self._left = self.left - units


@dataclass(frozen=True, slots=True)
class CapacityIndex:
    """A secondary index, as far as writes to its table use capacity for it.

    Attributes:
        keys: its key attributes, and those of the table.
        projected: the attributes that it has besides, None for all.
        reads: its read units.
        writes: its write units; of a local index those of the table.
        is_local: whether it is a local secondary index.
    """

    keys: frozenset[str]
    projected: frozenset[str] | None
    reads: Units
    writes: Units
    is_local: bool

    def entry(self, item: Item | None) -> Item | None:
        """The entry of an item, None where it has none: an attribute of the key is missing."""
        if item is None or not self.keys <= item.keys():
            return None
        if self.projected is None:
            return item
        return {name: value for name, value in item.items() if name in self.keys | self.projected}

    def units_for(self, old: Item | None, new: Item | None) -> float:
        """Write units that a change of an item uses for its entry (DDB-CAPACITY-5)."""
        before, after = self.entry(old), self.entry(new)
        if before == after:
            return 0
        if before is None or after is None:
            return write_units(before or after)
        if any(before.get(name) != after.get(name) for name in self.keys):
            return write_units(before) + write_units(after)  # a new place: the entry is deleted and put
        return max(write_units(before), write_units(after))


@dataclass(frozen=True, slots=True)
class TableCapacity:
    """The capacity of one table.

    Attributes:
        keys: names of its key attributes.
        reads: its read units.
        writes: its write units.
        indexes: its secondary indexes by name.
        is_on_demand: whether nothing is ever throttled.
    """

    keys: tuple[str, ...]
    reads: Units
    writes: Units
    indexes: Mapping[str, CapacityIndex]
    is_on_demand: bool = False

    def refusal_of_write(self, old: Item | None, new: Item | None) -> AwsError | None:
        """Why a write is throttled, None where it is let through. An index without units throttles its table."""
        if self.writes.left <= 0:
            return exceeded()
        touched = (index for index in self.indexes.values() if index.units_for(old, new))
        return exceeded(of_index=True) if any(index.writes.left <= 0 for index in touched) else None

    def refusal_of_read(self, index: str | None) -> AwsError | None:
        """Why a read is throttled, None where it is let through."""
        found = self._reads_of(index)
        return exceeded(of_index=index is not None) if found.left <= 0 else None

    def use_write(self, old: Item | None, new: Item | None, factor: int = 1) -> None:
        """Use what a write uses: by the larger of the item before and after it, and for each index."""
        self.writes.use(factor * max(write_units(old), write_units(new)))
        for index in self.indexes.values():
            index.writes.use(factor * index.units_for(old, new))

    def use_read(self, size_bytes: int, *, consistent: bool, index: str | None = None, factor: float = 1) -> None:
        """Use what a read of that many bytes uses; half where it need not be consistent."""
        self._reads_of(index).use(factor * read_units(size_bytes) * (1 if consistent else 0.5))

    def _reads_of(self, index: str | None) -> Units:
        return self.reads if index is None or index not in self.indexes else self.indexes[index].reads

    def key_of(self, item: Item) -> dict[str, Any]:
        """The key of an item."""
        return {name: item[name] for name in self.keys if name in item}


def write_units(item: Item | None) -> int:
    """Units for writing an item: one for each KB, begun ones included, and at least one."""
    return max(1, -(-size_of(item) // WRITE_UNIT_BYTES))


def read_units(size_bytes: int) -> int:
    """Units for reading so many bytes consistently: one for each 4 KB, begun ones included, and at least one."""
    return max(1, -(-size_bytes // READ_UNIT_BYTES))


def capacity_of(
    definition: Mapping[str, Any], scheduler: Scheduler | None, meter: Meter, *, is_saved: bool
) -> TableCapacity:
    """The capacity of a table.

    Args:
        definition: parameters of `CreateTable`.
        scheduler: the run's clock; without one no request is throttled.
        meter: counts what a table on demand uses.
        is_saved: whether the run begins with 300 s of unused units (DDB-CAPACITY-6).
    """
    is_on_demand = scheduler is None or "ProvisionedThroughput" not in definition

    def units(held: Mapping[str, Any], name: Literal["ReadCapacityUnits", "WriteCapacityUnits"]) -> Units:
        if scheduler is None or is_on_demand:
            return CountedUnits(meter, definition["TableName"], "read" if name == "ReadCapacityUnits" else "write")
        return CapacityUnits(held["ProvisionedThroughput"][name], scheduler, is_saved=is_saved)

    keys = tuple(_keys(definition))
    reads, writes = units(definition, "ReadCapacityUnits"), units(definition, "WriteCapacityUnits")
    indexes: dict[str, CapacityIndex] = {}
    for parameter, is_local in (("GlobalSecondaryIndexes", False), ("LocalSecondaryIndexes", True)):
        held: Sequence[Mapping[str, Any]] = definition.get(parameter, ())
        for index in held:
            indexes[index["IndexName"]] = CapacityIndex(
                keys=frozenset((*_keys(index), *keys)),
                projected=_projected(index["Projection"]),
                reads=reads if is_local else units(index, "ReadCapacityUnits"),
                writes=writes if is_local else units(index, "WriteCapacityUnits"),
                is_local=is_local,
            )
    return TableCapacity(keys, reads, writes, indexes, is_on_demand)


def _keys(held: Mapping[str, Any]) -> Iterator[str]:
    return (str(entry["AttributeName"]) for entry in held["KeySchema"])


def _projected(projection: Mapping[str, Any]) -> frozenset[str] | None:
    if projection["ProjectionType"] == "ALL":
        return None
    return frozenset(projection.get("NonKeyAttributes", ()))
