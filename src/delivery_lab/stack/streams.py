"""Kinesis data streams, DynamoDB tables and Kafka clusters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from delivery_lab.limits.streams import RECORD_KIB, RETENTION_HOURS, SHARDS
from delivery_lab.program.graph import UNKNOWN
from delivery_lab.resource_types import MSK_SERVERLESS_CLUSTER
from delivery_lab.stack.reading import Inputs, UnreadableError, listed, whole_number
from delivery_lab.stack.resource import StackResource
from delivery_lab.stack.settings import Setting

DEFAULT_VIEW_TYPE = "NEW_AND_OLD_IMAGES"
ON_DEMAND = "ON_DEMAND"
PROVISIONED = "PROVISIONED"

PER_REQUEST = "PAY_PER_REQUEST"
"""Billing mode of a table on demand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream(StackResource):
    """A Kinesis data stream.

    Attributes:
        shards: number of shards; of no meaning in on-demand mode.
        retention_hours: how long it keeps records.
        mode: `PROVISIONED` or `ON_DEMAND`.
        record_kib: size of the largest record.
    """

    shards: Setting[int]
    retention_hours: Setting[int]
    mode: Setting[str]
    record_kib: Setting[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class FanOutConsumer(StackResource):
    """A consumer of a stream that is registered for enhanced fan-out.

    Attributes:
        stream_arn: ARN of its stream.
        stream: the stream, None if it is none of the stack.
    """

    stream_arn: Setting[str]
    stream: Stream | None


@dataclass(frozen=True, slots=True)
class TableIndex:
    """A secondary index of a table.

    Attributes:
        name: its name.
        hash_key: its partition key; a local index has that of the table.
        range_key: its sort key, None without.
        projection: which attributes it has.
        projected: attributes that it has besides the keys.
        is_local: whether it is a local secondary index.
        read_capacity: its read units a second, None where it has none of its own or they are unknown.
        write_capacity: its write units a second, None as before.
    """

    name: str
    hash_key: str
    range_key: str | None
    projection: str
    projected: tuple[str, ...]
    is_local: bool
    read_capacity: int | None = None
    write_capacity: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Table(StackResource):
    """A DynamoDB table.

    Attributes:
        physical_name: AWS's name of it, None where it is known only after deployment.
        billing_mode: `PROVISIONED` or `PAY_PER_REQUEST`.
        hash_key: its partition key.
        range_key: its sort key, None without.
        attributes: types of its key attributes by name.
        indexes: its secondary indexes.
        read_capacity: its read units a second, None where it says none.
        write_capacity: its write units a second, None where it says none.
        stream_enabled: whether it has a stream.
        stream_view_type: which images a record of the stream carries.
        stream_arn: ARN of the stream, None without.
        replica_regions: where its replicas are; `another region` where that is known only after deployment.
    """

    physical_name: str | None
    billing_mode: Setting[str]
    hash_key: Setting[str]
    range_key: Setting[str | None]
    attributes: Mapping[str, str]
    indexes: tuple[TableIndex, ...]
    read_capacity: Setting[int | None]
    write_capacity: Setting[int | None]
    stream_enabled: Setting[bool]
    stream_view_type: Setting[str]
    stream_arn: str | None
    replica_regions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class BrokerConfiguration:
    """An MSK configuration.

    Attributes:
        name: logical name of the resource.
        properties: `server.properties`, line by line.
    """

    name: str
    properties: Setting[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster(StackResource):
    """An MSK cluster, provisioned or serverless.

    Attributes:
        bootstrap_servers: how clients reach it, None where it is known only after deployment.
        configurations: the configurations that it depends on; they decide the defaults of its topics.
        serverless: whether it is a serverless one, which has no brokers of its own.
        brokers: how many brokers it has, None where it does not say.
        broker_type: instance type of its brokers, such as `kafka.t3.small`.
        volume_gib: storage of each broker in GiB, None where it does not say.
    """

    bootstrap_servers: str | None
    configurations: tuple[BrokerConfiguration, ...]
    serverless: bool
    brokers: Setting[int | None]
    broker_type: Setting[str | None]
    volume_gib: Setting[int | None]


def stream(inputs: Inputs) -> Stream:
    """A data stream of its inputs."""
    return Stream(
        **inputs.identity(),
        shards=inputs.number("shardCount", default=SHARDS.default),
        retention_hours=inputs.number("retentionPeriod", default=RETENTION_HOURS.default),
        mode=inputs.text("streamModeDetails", "streamMode", default=PROVISIONED),
        record_kib=inputs.number("maxRecordSizeInKib", default=RECORD_KIB.default),
    )


def fan_out_consumer(inputs: Inputs, stream: Stream | None) -> FanOutConsumer:
    """A registered consumer of its inputs."""
    return FanOutConsumer(**inputs.identity(), stream_arn=inputs.text("streamArn"), stream=stream)


def table(inputs: Inputs) -> Table:
    """A table of its inputs."""
    attributes = [entry for entry in listed(inputs.raw("attributes")) if isinstance(entry, Mapping)]
    hash_key = inputs.text("hashKey")
    return Table(
        **inputs.identity(),
        physical_name=inputs.output("name"),
        billing_mode=inputs.text("billingMode", default=PROVISIONED),
        hash_key=hash_key,
        range_key=inputs.optional_text("rangeKey"),
        attributes={str(entry.get("name")): str(entry.get("type")) for entry in attributes},
        indexes=tuple(_indexes(inputs, hash_key.known or "")),
        read_capacity=inputs.optional_number("readCapacity"),
        write_capacity=inputs.optional_number("writeCapacity"),
        stream_enabled=inputs.switch("streamEnabled", default=False),
        stream_view_type=inputs.text("streamViewType", default=DEFAULT_VIEW_TYPE),
        stream_arn=inputs.output("streamArn"),
        replica_regions=tuple(_region(entry) for entry in listed(inputs.raw("replicas"))),
    )


def _region(replica: Any) -> str:
    region = replica.get("regionName") if isinstance(replica, Mapping) else None
    return region if isinstance(region, str) else "another region"


def _indexes(inputs: Inputs, hash_key: str) -> list[TableIndex]:
    found = []
    for name, is_local in (("globalSecondaryIndexes", False), ("localSecondaryIndexes", True)):
        entries = listed(inputs.raw(name))
        found += [_index(entry, hash_key, is_local) for entry in entries if isinstance(entry, Mapping)]
    return found


def _index(entry: Mapping[str, Any], hash_key: str, is_local: bool) -> TableIndex:
    range_key = entry.get("rangeKey")
    return TableIndex(
        name=str(entry.get("name")),
        # A local index shares the table's partition key and names only its own sort key.
        hash_key=hash_key if is_local else str(entry.get("hashKey") or hash_key),
        range_key=str(range_key) if range_key else None,
        projection=str(entry.get("projectionType") or "ALL"),
        projected=tuple(map(str, listed(entry.get("nonKeyAttributes")))),
        is_local=is_local,
        read_capacity=_units(entry.get("readCapacity")),
        write_capacity=_units(entry.get("writeCapacity")),
    )


def _units(value: Any) -> int | None:
    """Units a second; None where they are left out, unknown, or cannot be read."""
    try:
        return whole_number(value) or None
    except UnreadableError:
        return None


def cluster(inputs: Inputs, configurations: tuple[BrokerConfiguration, ...]) -> Cluster:
    """A cluster of its inputs, its outputs and its configurations."""
    outputs = sorted(inputs.resource.outputs.items())
    servers = [str(value) for name, value in outputs if name.startswith("bootstrapBrokers") and _is_text(value)]
    return Cluster(
        **inputs.identity(),
        bootstrap_servers=servers[0] if servers else None,
        configurations=configurations,
        serverless=inputs.resource.type == MSK_SERVERLESS_CLUSTER,
        brokers=inputs.optional_number("numberOfBrokerNodes"),
        broker_type=inputs.optional_text("brokerNodeGroupInfo", "instanceType"),
        volume_gib=inputs.optional_number("brokerNodeGroupInfo", "storageInfo", "ebsStorageInfo", "volumeSize"),
    )


def _is_text(value: Any) -> bool:
    return value is not UNKNOWN and isinstance(value, str) and bool(value)


def broker_configuration(inputs: Inputs) -> BrokerConfiguration:
    """A broker configuration of its inputs."""
    return BrokerConfiguration(inputs.resource.name, inputs.text("serverProperties"))
