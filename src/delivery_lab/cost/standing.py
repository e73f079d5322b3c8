"""What a stack is billed for while it does nothing: by the hour, whatever is sent."""

from __future__ import annotations

from collections.abc import Iterator

from delivery_lab.cost.use import HOURS_OF_MONTH, SECONDS_OF_HOUR, Usage
from delivery_lab.stack.alarms import Alarm
from delivery_lab.stack.functions import Function
from delivery_lab.stack.stack import Stack
from delivery_lab.stack.streams import ON_DEMAND, Cluster, FanOutConsumer, Stream, Table
from delivery_lab.stack.versions import ProvisionedConcurrency

_INCLUDED_RETENTION_HOURS = 24
_EXTENDED_RETENTION_HOURS = 168
_HIGH_RESOLUTION_BELOW_SECONDS = 60


def standing(stack: Stack, hours: float) -> Iterator[Usage]:
    """What so many hours use; pollers and their receives are not among it (`pollers`, `polling`)."""
    for stream in stack.all(Stream):
        yield from _stream(stream, hours)
    for consumer in stack.all(FanOutConsumer):
        shards = consumer.stream.shards.known if consumer.stream is not None else None
        if shards is not None:
            yield Usage("kinesis.fan-out", consumer.label, shards * hours, by_time=True)
    for table in stack.tables:
        yield from _table(table, hours)
    for cluster in stack.all(Cluster):
        yield from _cluster(cluster, hours)
    for alarm in stack.all(Alarm):
        yield _alarm(alarm, hours)
    for kept in stack.all(ProvisionedConcurrency):
        executions = kept.executions.known
        if kept.function is not None and executions is not None:
            memory_mb = kept.function.memory_mb.known
            if memory_mb is not None:
                item = f"lambda.provisioned.{architecture(kept.function)}"
                yield Usage(
                    item, kept.function.label, executions * memory_mb / 1024 * hours * SECONDS_OF_HOUR, by_time=True
                )


def architecture(function: Function) -> str:
    """The architecture of a function, as prices are told apart by it."""
    return "arm64" if "arm64" in (function.architectures.known or ()) else "x86_64"


def _stream(stream: Stream, hours: float) -> Iterator[Usage]:
    if stream.mode.known == ON_DEMAND:
        yield Usage("kinesis.streams.on-demand", stream.label, hours, by_time=True)
        return
    shards, retention = stream.shards.known, stream.retention_hours.known
    if shards is None:
        return
    yield Usage("kinesis.shards", stream.label, shards * hours, by_time=True)
    if retention is not None and retention > _INCLUDED_RETENTION_HOURS:
        yield Usage("kinesis.retention", stream.label, shards * hours, by_time=True)


def keeps_longer_than_a_day(stream: Stream) -> bool:
    """Whether a stream keeps records for longer than what its other prices include."""
    return (stream.retention_hours.known or 0) > _INCLUDED_RETENTION_HOURS


def keeps_longer_than_a_week(stream: Stream) -> bool:
    """Whether a stream keeps records for so long that AWS bills them by their size."""
    return (stream.retention_hours.known or 0) > _EXTENDED_RETENTION_HOURS


def _table(table: Table, hours: float) -> Iterator[Usage]:
    if table.billing_mode.known != "PROVISIONED":
        return
    for kind, own in (("read", table.read_capacity.known), ("write", table.write_capacity.known)):
        of_indexes = (index.read_capacity if kind == "read" else index.write_capacity for index in table.indexes)
        units = (own or 0) + sum(each or 0 for each in of_indexes)
        if units:
            yield Usage(f"dynamodb.{kind}.provisioned", table.label, units * hours, by_time=True)


def _cluster(cluster: Cluster, hours: float) -> Iterator[Usage]:
    if cluster.serverless:
        yield Usage("msk.serverless.clusters", cluster.label, hours, by_time=True)
        return
    brokers, volume_gib = cluster.brokers.known, cluster.volume_gib.known
    if brokers is None:
        return
    yield Usage(f"msk.brokers.{cluster.broker_type.known or 'unknown'}", cluster.label, brokers * hours, by_time=True)
    if volume_gib is not None:
        yield Usage("msk.storage", cluster.label, brokers * volume_gib * hours / HOURS_OF_MONTH, by_time=True)


def _alarm(alarm: Alarm, hours: float) -> Usage:
    fast = alarm.period_seconds.known is not None and alarm.period_seconds.known < _HIGH_RESOLUTION_BELOW_SECONDS
    item = "cloudwatch.alarms.high-resolution" if fast else "cloudwatch.alarms.standard"
    return Usage(item, alarm.label, max(1, len(alarm.metrics)) * hours / HOURS_OF_MONTH, by_time=True)
