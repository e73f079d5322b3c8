"""The DynamoDB Streams API that handlers call: reading the stream of a table without a mapping (DDS-API-1)."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from delivery_lab.errors import NotModelledError
from delivery_lab.events import Journal
from delivery_lab.limits.streams import TABLE_ITERATOR_SECONDS, TABLE_READ_BYTES, TABLE_READ_RECORDS
from delivery_lab.model.api_errors import streams
from delivery_lab.model.clock import EPOCH, Scheduler, epoch_ms, seconds
from delivery_lab.model.partition import Partition, Record
from delivery_lab.model.streams import iterators
from delivery_lab.model.streams.dynamodb import FIRST_SEQUENCE, TableStream
from delivery_lab.model.streams.items import as_clients_get
from delivery_lab.model.streams.iterators import ShardIterator

_SHOWN = 100
_PARTS = ("Keys", "NewImage", "OldImage")


class TableStreamsApi:
    """What handlers call.

    Args:
        streams: the streams of tables that there are.
        scheduler: the run's clock.
        journal: where rules are noted that an answer relies on.
    """

    def __init__(self, streams: Mapping[str, TableStream], scheduler: Scheduler, journal: Journal) -> None:
        self._streams = streams
        self._scheduler = scheduler
        self._journal = journal
        self._operations: Mapping[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
            "DescribeStream": self._describe_stream,
            "GetRecords": self._get_records,
            "GetShardIterator": self._get_shard_iterator,
            "ListStreams": self._list_streams,
        }

    def call(self, operation: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Answer one call at the current instant.

        Raises:
            AwsError: DynamoDB would answer with an error.
            NotModelledError: the model does not know the operation.
        """
        answer = self._operations.get(operation)
        if answer is None:
            known = ", ".join(self._operations)
            raise NotModelledError(f"the DynamoDB Streams operation {operation} is not modelled (modelled: {known})")
        self._journal.rely_on("DDS-API-1")
        return answer(parameters)

    def _stream(self, arn: str) -> TableStream:
        for stream in self._streams.values():
            if stream.arn == arn:
                return stream
        raise streams.TABLE_STREAM_MISSING.error(stream=arn)

    def _shard(self, stream: TableStream, name: str) -> Partition:
        for shard in stream.shards:
            if shard.name == name:
                return shard
        raise streams.TABLE_SHARD_MISSING.error(shard=name, stream=stream.arn)

    def _list_streams(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        table = parameters.get("TableName")
        by_arn = {each.arn: each for each in self._streams.values() if table in (None, each.table_name)}
        most = min(iterators.limit_of(parameters, "Limit", _SHOWN), _SHOWN)
        arns, more = iterators.page(sorted(by_arn), parameters.get("ExclusiveStartStreamArn"), most)
        answer: dict[str, Any] = {"Streams": [_identity(by_arn[arn]) for arn in arns]}
        return answer | ({"LastEvaluatedStreamArn": arns[-1]} if more else {})

    def _describe_stream(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        stream = self._stream(parameters["StreamArn"])
        most = min(iterators.limit_of(parameters, "Limit", _SHOWN), _SHOWN)
        # No shard is closed within a run, so none has children (DDS-SHARD-1).
        children = (parameters.get("ShardFilter") or {}).get("Type") == "CHILD_SHARDS"
        names = [] if children else [shard.name for shard in stream.shards]
        shown, more = iterators.page(names, parameters.get("ExclusiveStartShardId"), most)
        description = {
            **_identity(stream),
            "StreamStatus": "ENABLED",
            "StreamViewType": stream.view_type,
            "CreationRequestDateTime": EPOCH,
            "KeySchema": [
                {"AttributeName": name, "KeyType": kind}
                for name, kind in ((stream.hash_key, "HASH"), (stream.range_key, "RANGE"))
                if name
            ],
            "Shards": [
                {"ShardId": name, "SequenceNumberRange": {"StartingSequenceNumber": str(FIRST_SEQUENCE)}}
                for name in shown
            ],
        }
        return {"StreamDescription": description | ({"LastEvaluatedShardId": shown[-1]} if more else {})}

    def _get_shard_iterator(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        stream = self._stream(parameters["StreamArn"])
        shard = self._shard(stream, parameters["ShardId"])
        kind, sequence = parameters["ShardIteratorType"], parameters.get("SequenceNumber")
        if iterators.needs_sequence(kind) != (sequence is not None):
            fault = "SequenceNumber is required" if sequence is None else "SequenceNumber is not allowed"
            raise streams.TABLE_ITERATOR_KIND.error(fault=fault, kind=kind)
        if sequence is not None and not sequence.isdecimal():
            raise streams.TABLE_SEQUENCE_INVALID.error(sequence=sequence)
        if (kind == "AT_TIMESTAMP") != (parameters.get("Timestamp") is not None):
            raise streams.TABLE_TIMESTAMP.error()
        number = iterators.start_of(shard, kind, sequence, parameters.get("Timestamp"))
        return {"ShardIterator": self._iterator(stream, shard, number)}

    def _get_records(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        most = iterators.read_limit(parameters, TABLE_READ_RECORDS)
        stream, shard, number = self._place(parameters["ShardIterator"])
        records = iterators.records_from(shard, number, most, TABLE_READ_BYTES)
        after = records[-1].number + 1 if records else number
        return {
            "Records": [_record(record) for record in records],
            "NextShardIterator": self._iterator(stream, shard, after),
        }

    def _iterator(self, stream: TableStream, shard: Partition, number: int) -> str:
        text = ShardIterator(stream.arn, shard.name, number, self._scheduler.now).text()
        return f"{stream.arn}|1|{text}"

    def _place(self, text: str) -> tuple[TableStream, Partition, int]:
        """Where an iterator is.

        Raises:
            AwsError: it is none, older than 15 minutes, or at a record that retention has ended.
        """
        try:
            found = ShardIterator.read(text.rpartition("|")[2])
        except iterators.UnreadableIteratorError:
            raise streams.TABLE_ITERATOR_INVALID.error() from None
        if self._scheduler.now - found.created_at > seconds(TABLE_ITERATOR_SECONDS):
            raise streams.TABLE_ITERATOR_EXPIRED.error()
        stream = self._stream(found.stream_arn)
        shard = self._shard(stream, found.shard)
        if found.number < iterators.trim_horizon(shard):
            raise streams.TRIMMED.error()
        return stream, shard, found.number


def _identity(stream: TableStream) -> dict[str, Any]:
    return {"StreamArn": stream.arn, "TableName": stream.table_name, "StreamLabel": stream.arn.rpartition("/")[2]}


def _record(record: Record) -> dict[str, Any]:
    """A record as clients get it: without the ARN that events carry, with binary values as bytes."""
    content = json.loads(record.json)
    del content["eventSourceARN"]
    change = content["dynamodb"]
    whole_seconds = epoch_ms(record.appended_at) // 1000 - epoch_ms(0) // 1000
    change["ApproximateCreationDateTime"] = EPOCH + timedelta(seconds=whole_seconds)
    for part in _PARTS:
        if part in change:
            change[part] = as_clients_get(change[part])
    found: dict[str, Any] = content
    return found
