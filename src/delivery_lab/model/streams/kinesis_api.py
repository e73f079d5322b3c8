"""The Kinesis API that handlers call: putting records, and reading a stream without a mapping (KIN-API-1)."""

from __future__ import annotations

import base64
import json
from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from delivery_lab.errors import NotModelledError
from delivery_lab.events import Journal
from delivery_lab.limits.streams import (
    ITERATOR_SECONDS,
    READ_BYTES,
    READ_RECORDS,
    SHARED_READS_PER_SECOND,
)
from delivery_lab.model.api_errors import streams
from delivery_lab.model.clock import EPOCH, Scheduler, epoch_ms, seconds
from delivery_lab.model.partition import Partition, Record
from delivery_lab.model.runtime import ACCOUNT_ID
from delivery_lab.model.streams import iterators
from delivery_lab.model.streams.iterators import ShardIterator
from delivery_lab.model.streams.kinesis import FIRST_SEQUENCE, KinesisStream

_SHARDS_SHOWN = 100
_STREAMS_SHOWN = 100


class KinesisApi:
    """What handlers call.

    Args:
        scheduler: the run's clock.
        journal: where rules are noted that an answer relies on.
    """

    def __init__(self, scheduler: Scheduler, journal: Journal) -> None:
        self._scheduler = scheduler
        self._journal = journal
        self._streams: dict[str, KinesisStream] = {}
        self._reads: defaultdict[str, deque[int]] = defaultdict(deque)
        self._operations: Mapping[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
            "DescribeStream": self._describe_stream,
            "DescribeStreamConsumer": self._describe_consumer,
            "DescribeStreamSummary": self._describe_summary,
            "GetRecords": self._get_records,
            "GetShardIterator": self._get_shard_iterator,
            "ListShards": self._list_shards,
            "ListStreamConsumers": self._list_consumers,
            "ListStreams": self._list_streams,
            "PutRecord": lambda parameters: _put(self._stream(parameters), parameters),
            "PutRecords": self._put_records,
        }

    def add(self, stream: KinesisStream) -> None:
        """Make a stream reachable by its ARN and its physical name."""
        self._streams[stream.arn] = stream
        self._streams[stream.physical_name] = stream

    def call(self, operation: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Answer one call at the current instant.

        Raises:
            AwsError: Kinesis would answer with an error.
            NotModelledError: the model does not know the operation.
        """
        answer = self._operations.get(operation)
        if answer is None:
            known = ", ".join(self._operations)
            raise NotModelledError(f"the Kinesis operation {operation} is not modelled (modelled: {known})")
        return answer(parameters)

    def _stream(self, parameters: Mapping[str, Any]) -> KinesisStream:
        name = parameters.get("StreamARN") or parameters.get("StreamName") or ""
        stream = self._streams.get(name)
        if stream is None:
            raise streams.KINESIS_STREAM_MISSING.error(stream=name, account=ACCOUNT_ID)
        return stream

    # -- putting ------------------------------------------------------------------------------------------

    def _put_records(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        stream = self._stream(parameters)
        entries = parameters["Records"]
        if not 1 <= len(entries) <= 500:
            raise streams.RECORDS_IN_REQUEST.error(count=len(entries))
        for entry in entries:  # one malformed entry refuses the whole request
            stream.check(_bytes(entry["Data"]), entry["PartitionKey"], entry.get("ExplicitHashKey"))
        return {"FailedRecordCount": 0, "Records": [_put(stream, entry) for entry in entries]}

    # -- describing ---------------------------------------------------------------------------------------

    def _describe_stream(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        stream = self._stream(parameters)
        most = iterators.limit_of(parameters, "Limit", _SHARDS_SHOWN)
        shards, more = self._shards(stream, parameters.get("ExclusiveStartShardId"), most)
        return {"StreamDescription": {**_description(stream), "Shards": shards, "HasMoreShards": more}}

    def _describe_summary(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        stream = self._stream(parameters)
        return {
            "StreamDescriptionSummary": {
                **_description(stream),
                "OpenShardCount": len(stream.shards),
                "ConsumerCount": len(stream.consumers),
                "MaxRecordSizeInKiB": stream.record_kib,
            }
        }

    def _list_shards(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        token = parameters.get("NextToken")
        if token and (parameters.get("StreamName") or parameters.get("StreamARN")):
            raise streams.TOKEN_AND_STREAM.error()
        name, after = json.loads(base64.b64decode(token)) if token else (None, parameters.get("ExclusiveStartShardId"))
        stream = self._stream({"StreamARN": name} if name else parameters)
        chosen = parameters.get("ShardFilter") or {}
        if chosen.get("Type") == "AFTER_SHARD_ID":
            after = chosen.get("ShardId")
        # All shards are open from the beginning to the end of a run (KIN-SHARD-2), so every other filter takes all.
        shards, more = self._shards(stream, after, iterators.limit_of(parameters, "MaxResults", 1_000))
        answer: dict[str, Any] = {"Shards": shards}
        if more:
            held = json.dumps([stream.arn, shards[-1]["ShardId"]]).encode()
            answer["NextToken"] = base64.b64encode(held).decode()
        return answer

    def _shards(self, stream: KinesisStream, after: str | None, most: int) -> tuple[list[dict[str, Any]], bool]:
        names, more = iterators.page([shard.name for shard in stream.shards], after, most)
        described = {shard.name: _shard(stream, number) for number, shard in enumerate(stream.shards)}
        return [described[name] for name in names], more

    def _list_streams(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        by_name = {stream.physical_name: stream for stream in self._streams.values()}
        after = parameters.get("ExclusiveStartStreamName") or parameters.get("NextToken")
        names, more = iterators.page(sorted(by_name), after, iterators.limit_of(parameters, "Limit", _STREAMS_SHOWN))
        summaries = [_identity(by_name[name]) for name in names]
        answer: dict[str, Any] = {"StreamNames": names, "HasMoreStreams": more, "StreamSummaries": summaries}
        return answer | ({"NextToken": names[-1]} if more else {})

    # -- consumers ----------------------------------------------------------------------------------------

    def _list_consumers(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        return {"Consumers": [_consumer(arn) for arn in self._stream(parameters).consumers]}

    def _describe_consumer(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        arn = parameters.get("ConsumerARN") or ""
        stream = self._stream({"StreamARN": parameters.get("StreamARN") or arn.partition("/consumer/")[0]})
        for known in stream.consumers:
            described = _consumer(known)
            if known == arn or described["ConsumerName"] == parameters.get("ConsumerName"):
                return {"ConsumerDescription": {**described, "StreamARN": stream.arn}}
        named = arn or parameters.get("ConsumerName")
        raise streams.CONSUMER_MISSING.error(consumer=named, stream=stream.physical_name)

    # -- reading ------------------------------------------------------------------------------------------

    def _get_shard_iterator(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        stream = self._stream(parameters)
        shard = self._shard(stream, parameters["ShardId"])
        kind, sequence = parameters["ShardIteratorType"], parameters.get("StartingSequenceNumber")
        if iterators.needs_sequence(kind) != (sequence is not None):
            raise streams.SEQUENCE_OR_NOT.error(kind=kind, given="no" if sequence is None else "also a")
        if sequence is not None and not sequence.isdecimal():
            raise streams.SEQUENCE_INVALID.error(
                sequence=sequence, shard=shard.name, stream=stream.physical_name, account=ACCOUNT_ID
            )
        timestamp = parameters.get("Timestamp")
        if (kind == "AT_TIMESTAMP") != (timestamp is not None):
            raise streams.TIMESTAMP_MISSING.error()
        self._journal.rely_on("KIN-API-1")
        number = iterators.start_of(shard, kind, sequence, timestamp)
        return {"ShardIterator": self._iterator(stream, shard, number)}

    def _get_records(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        most = iterators.read_limit(parameters, READ_RECORDS)
        stream, shard, number = self._place(parameters["ShardIterator"])
        self._throttle(stream, shard)
        self._journal.rely_on("KIN-API-1")
        records = iterators.records_from(shard, number, most, READ_BYTES)
        stream.shared_reads[stream.shards.index(shard)].use(sum(record.size_bytes for record in records))
        after = records[-1].number + 1 if records else max(number, iterators.trim_horizon(shard))
        unread = iterators.records_from(shard, after, 1, READ_BYTES)
        behind = self._scheduler.now - unread[0].appended_at if unread else 0
        return {
            "Records": [_record(record) for record in records],
            "NextShardIterator": self._iterator(stream, shard, after),
            "MillisBehindLatest": behind // 1000,
        }

    def _shard(self, stream: KinesisStream, name: str) -> Partition:
        for shard in stream.shards:
            if shard.name == name:
                return shard
        raise streams.KINESIS_SHARD_MISSING.error(shard=name, stream=stream.physical_name, account=ACCOUNT_ID)

    def _iterator(self, stream: KinesisStream, shard: Partition, number: int) -> str:
        return ShardIterator(stream.arn, shard.name, number, self._scheduler.now).text()

    def _place(self, text: str) -> tuple[KinesisStream, Partition, int]:
        """Where an iterator is.

        Raises:
            AwsError: it is none, or older than five minutes.
        """
        try:
            found = ShardIterator.read(text)
        except iterators.UnreadableIteratorError:
            raise streams.KINESIS_ITERATOR_INVALID.error() from None
        if self._scheduler.now - found.created_at > seconds(ITERATOR_SECONDS):
            raise streams.KINESIS_ITERATOR_EXPIRED.error(
                created=_time(found.created_at).ctime(),
                now=_time(self._scheduler.now).ctime(),
                milliseconds=ITERATOR_SECONDS * 1000,
            )
        stream = self._stream({"StreamARN": found.stream_arn})
        return stream, self._shard(stream, found.shard), found.number

    def _throttle(self, stream: KinesisStream, shard: Partition) -> None:
        """Refuse a read beyond what a shard gives its standard consumers (KIN-READ-1).

        Raises:
            AwsError: there were too many reads, or too large ones.
        """
        now = self._scheduler.now
        reads = self._reads[shard.name + stream.arn]
        while reads and reads[0] <= now - seconds(1):
            reads.popleft()
        spent = stream.shared_reads[stream.shards.index(shard)].available_at > now
        if len(reads) >= SHARED_READS_PER_SECOND or spent:
            self._journal.rely_on("KIN-READ-1")
            raise streams.READ_RATE.error(shard=shard.name, stream=stream.physical_name, account=ACCOUNT_ID)
        reads.append(now)


def _identity(stream: KinesisStream) -> dict[str, Any]:
    return {
        "StreamName": stream.physical_name,
        "StreamARN": stream.arn,
        "StreamStatus": "ACTIVE",
        "StreamModeDetails": {"StreamMode": "ON_DEMAND" if stream.on_demand else "PROVISIONED"},
        "StreamCreationTimestamp": EPOCH,
    }


def _description(stream: KinesisStream) -> dict[str, Any]:
    return {
        **_identity(stream),
        "RetentionPeriodHours": stream.retention_hours,
        "EnhancedMonitoring": [{"ShardLevelMetrics": []}],
        "EncryptionType": "NONE",
    }


def _shard(stream: KinesisStream, number: int) -> dict[str, Any]:
    first, last = stream.hash_keys(number)
    return {
        "ShardId": stream.shards[number].name,
        "HashKeyRange": {"StartingHashKey": str(first), "EndingHashKey": str(last)},
        "SequenceNumberRange": {"StartingSequenceNumber": str(FIRST_SEQUENCE)},
    }


def _consumer(arn: str) -> dict[str, Any]:
    return {
        "ConsumerName": arn.partition("/consumer/")[2].partition(":")[0],
        "ConsumerARN": arn,
        "ConsumerStatus": "ACTIVE",
        "ConsumerCreationTimestamp": EPOCH,
    }


def _record(record: Record) -> dict[str, Any]:
    content = json.loads(record.json)["kinesis"]
    return {
        "SequenceNumber": record.sequence,
        "ApproximateArrivalTimestamp": _time(record.appended_at),
        "Data": base64.b64decode(content["data"]),
        "PartitionKey": record.key,
    }


def _time(instant: int) -> datetime:
    """An instant as clients get it, in milliseconds."""
    return EPOCH + timedelta(milliseconds=epoch_ms(instant) - epoch_ms(0))


def _put(stream: KinesisStream, entry: Mapping[str, Any]) -> dict[str, Any]:
    record = stream.put(_bytes(entry["Data"]), entry["PartitionKey"], entry.get("ExplicitHashKey"))
    return {"ShardId": record.id.partition(":")[0], "SequenceNumber": record.sequence}


def _bytes(data: bytes | str) -> bytes:
    return data if isinstance(data, bytes) else data.encode()
