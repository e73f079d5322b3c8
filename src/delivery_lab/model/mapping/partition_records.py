"""The events that carry records of streams and topics, and what event filters see of a record (semantics.md F, G1)."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from delivery_lab.errors import NotModelledError
from delivery_lab.limits.functions import SYNCHRONOUS_PAYLOAD
from delivery_lab.model.clock import iso_time
from delivery_lab.model.mapping.partition_decisions import Identify, offset_in, sequence_number
from delivery_lab.model.partition import Partition, Record
from delivery_lab.model.runtime import UNKNOWN_ROLE

_encode = json.JSONEncoder(separators=(",", ":")).encode


class Format(Protocol):
    """How a kind of source looks in events, responses and destination records."""

    def event(self, records: Sequence[Record], partition: Partition) -> str:
        """The payload that carries records of one partition."""

    def identify(self, partition: Partition) -> Identify:
        """Reads an `itemIdentifier` of a response."""

    def batch_info(self, records: Sequence[Record], partition: Partition) -> dict[str, Any]:
        """What a destination record says about the batch: a block under its documented name."""

    def filterable(self, record: Record) -> Mapping[str, Any]:
        """What filter patterns are matched against."""


def refuse_too_large(payload: str, first: Record) -> None:
    """A single record may be larger than an invoke: AWS sends it to the destination, which is not modelled.

    Args:
        payload: the event as JSON text.
        first: its first record.

    Raises:
        NotModelledError: the event is over 6 MB.
    """
    if len(payload) > SYNCHRONOUS_PAYLOAD.maximum:
        raise NotModelledError(
            f"{first.id}: its event has {len(payload)} bytes, and an invoke takes {SYNCHRONOUS_PAYLOAD.maximum}; that "
            "AWS hands such a record to the on-failure destination is not modelled\n"
            "  nearest: records of up to 4 MB, which Base64 makes a third larger"
        )


def _identity(role: str) -> str:
    return f'"invokeIdentityArn":"{role}"'


@dataclass(frozen=True, slots=True)
class StreamFormat:
    """Kinesis and DynamoDB streams.

    Attributes:
        stream_arn: ARN of the stream.
        info_name: name of the block in destination records, `KinesisBatchInfo` or `DDBStreamBatchInfo`.
        source_arn: what the mapping reads: the stream, or an enhanced fan-out consumer of it.
        role_arn: execution role of the function, "" where that is not known.
    """

    stream_arn: str
    info_name: str
    source_arn: str
    role_arn: str = ""

    def event(self, records: Sequence[Record], partition: Partition) -> str:
        """See `Format.event`."""
        event = '{"Records":[' + ",".join([record.json for record in records]) + "]}"
        # What differs from mapping to mapping is put in. No text of a record can look like it: its quotes are escaped.
        if self.role_arn:
            event = event.replace(_identity(UNKNOWN_ROLE), _identity(self.role_arn))
        if self.source_arn == self.stream_arn:
            return event
        # Records name the consumer (KIN-FAN-3).
        return event.replace(f'"eventSourceARN":"{self.stream_arn}"', f'"eventSourceARN":"{self.source_arn}"')

    def identify(self, partition: Partition) -> Identify:
        """See `Format.identify`."""
        return sequence_number

    def batch_info(self, records: Sequence[Record], partition: Partition) -> dict[str, Any]:
        """See `Format.batch_info`."""
        return {
            self.info_name: {
                "shardId": partition.name,
                "startSequenceNumber": records[0].sequence,
                "endSequenceNumber": records[-1].sequence,
                "approximateArrivalOfFirstRecord": self._arrival(records[0]),
                "approximateArrivalOfLastRecord": self._arrival(records[-1]),
                "batchSize": len(records),
                "streamArn": self.stream_arn,
            }
        }

    def _arrival(self, record: Record) -> str:
        """When a record arrived: Kinesis knows milliseconds, the stream of a table whole seconds (DDS-TIME-1)."""
        arrived = iso_time(record.appended_at)
        return arrived if self.info_name == "KinesisBatchInfo" else f"{arrived.partition('.')[0]}Z"

    def filterable(self, record: Record) -> Mapping[str, Any]:
        """See `Format.filterable`: of Kinesis the record's own block with its data decoded."""
        content: dict[str, Any] = json.loads(record.json)
        if "kinesis" not in content:
            return content
        return {**content["kinesis"], "data": _decoded(content["kinesis"]["data"])}


@dataclass(frozen=True, slots=True)
class KafkaFormat:
    """Kafka topics.

    Attributes:
        cluster_arn: ARN of the MSK cluster, "" for a cluster of one's own.
        bootstrap_servers: its brokers, separated by commas.
    """

    cluster_arn: str
    bootstrap_servers: str

    def event(self, records: Sequence[Record], partition: Partition) -> str:
        """See `Format.event`."""
        head: dict[str, Any] = {"eventSource": "aws:kafka" if self.cluster_arn else "SelfManagedKafka"}
        if self.cluster_arn:
            head["eventSourceArn"] = self.cluster_arn
        head["bootstrapServers"] = self.bootstrap_servers
        inner = f"{_encode(partition.name)}:[{','.join([record.json for record in records])}]"
        return f'{_encode(head)[:-1]},"records":{{{inner}}}}}'

    def identify(self, partition: Partition) -> Identify:
        """See `Format.identify`."""
        return offset_in(partition.name)

    def batch_info(self, records: Sequence[Record], partition: Partition) -> dict[str, Any]:
        """See `Format.batch_info`."""
        info: dict[str, Any] = {
            "batchSize": len(records),
            "bootstrapServers": self.bootstrap_servers,
            "payloadSize": len(self.event(records, partition).encode()),
            "recordsInfo": {
                partition.name: {
                    "firstRecordOffset": records[0].sequence,
                    "lastRecordOffset": records[-1].sequence,
                    "firstRecordTimestamp": iso_time(records[0].appended_at),
                    "lastRecordTimestamp": iso_time(records[-1].appended_at),
                }
            },
        }
        if self.cluster_arn:
            info["eventSourceArn"] = self.cluster_arn
        return {"KafkaBatchInfo": info}

    def filterable(self, record: Record) -> Mapping[str, Any]:
        """See `Format.filterable`: with key and value decoded."""
        content: dict[str, Any] = json.loads(record.json)
        decoded: dict[str, Any] = {name: _decoded(content[name]) for name in ("key", "value") if name in content}
        return {**content, **decoded}


def with_window(event: str, fields: Mapping[str, Any]) -> str:
    """An event with further fields, as those of a tumbling window (STR-WINDOW-1)."""
    return f"{event[:-1]},{_encode(fields)[1:]}"


def _decoded(text: str) -> Any:
    """A Base64 text as filters see it: parsed where it is a JSON object, else as text."""
    plain = base64.b64decode(text).decode(errors="replace")
    try:
        parsed = json.loads(plain)
    except ValueError:
        return plain
    return parsed if isinstance(parsed, dict) else plain
