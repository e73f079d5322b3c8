"""Items that were put into tables in somebody's account: known by the business id that functions log.

PutItem does not say which record of the table's stream it becomes. The log contract does: a line has the `id` of the
item, and the sequence number of the record.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from delivery_lab.events import RecordAppended
from delivery_lab.model.streams.dynamodb import TableStream
from delivery_lab.model.streams.items import plain, to_item
from delivery_lab.places.followable import readers_of
from delivery_lab.places.known import KnownStack
from delivery_lab.places.logs import FunctionLog, delivered_ids
from delivery_lab.results.fates import business_id_of

UNSEEN_SHARD = "unseen"
"""Records of a table do not say which shard they are of."""


@dataclass(frozen=True, slots=True)
class _Put:
    at: int
    body: str

    @property
    def business_id(self) -> str:
        return business_id_of(self.body) or ""


@dataclass(slots=True)
class FollowedTables:
    """What was put into tables.

    Attributes:
        known: the stack and the workload.
        unchanged: how many items were there already as they were put: they become no record (DDS-RECORD-1).
    """

    known: KnownStack
    unchanged: int = 0
    _puts: dict[str, list[_Put]] = field(default_factory=dict)

    @property
    def count(self) -> int:
        """How many items were put that become records."""
        return sum(map(len, self._puts.values()))

    def accepted(self, table: str, body: str, answer: Mapping[str, Any], at: int) -> None:
        """Take what DynamoDB answered to PutItem with the item that was there before.

        Args:
            table: name of the table.
            body: the item, as JSON.
            answer: the answer.
            at: when it was sent.
        """
        if plain(answer.get("Attributes") or {}) == plain(to_item(json.loads(body))):
            self.unchanged += 1
        else:
            self._puts.setdefault(table, []).append(_Put(at, body))

    def open(self, logs: Mapping[str, FunctionLog]) -> int:
        """How many records functions have not done by what they said, each counted for each mapping."""
        return sum(
            max(0, len(puts) - len(done.get(business_id, ())))
            for table, by_id in self._by_id()
            for function in self._functions(table)
            for done in (delivered_ids(logs[function], lambda event: event in ("processed", "duplicate")),)
            for business_id, puts in by_id.items()
        )

    def numbered(self, logs: Mapping[str, FunctionLog]) -> Iterator[RecordAppended]:
        """The records, by the sequence numbers that functions logged; others have one that is made up.

        Args:
            logs: the logs of all functions, by name.
        """
        streams = self.known.account.table_streams
        for table, by_id in self._by_id():
            seen: dict[str, dict[str, None]] = {}
            for function in self._functions(table):
                for business_id, records in delivered_ids(logs[function]).items():
                    seen.setdefault(business_id, {}).update(dict.fromkeys(records))
            for business_id, puts in by_id.items():
                known = list(seen.get(business_id, ()))
                for number, put in enumerate(puts):
                    record = known[number] if number < len(known) else f"unseen-{table}-{business_id}-{number + 1}"
                    sequence, key = record.rpartition(":")[2], _key_of(streams[table], put.body)
                    yield RecordAppended(
                        put.at, None, "dynamodb", table, UNSEEN_SHARD, record, sequence, key=key, body=put.body
                    )

    def _by_id(self) -> Iterator[tuple[str, dict[str, list[_Put]]]]:
        for table, puts in self._puts.items():
            by_id: dict[str, list[_Put]] = {}
            for put in puts:
                by_id.setdefault(put.business_id, []).append(put)
            yield table, by_id

    def _functions(self, table: str) -> dict[str, None]:
        """The functions that get the records of a table, each once."""
        readers = readers_of(self.known)
        return dict.fromkeys(reader.config.function for reader in readers if reader.source.name == table)


def _key_of(stream: TableStream, body: str) -> str:
    """The key of an item: the records of one key keep their order."""
    item = json.loads(body)
    names = [name for name in (stream.hash_key, stream.range_key) if name is not None]
    return json.dumps({name: item.get(name) for name in names})
