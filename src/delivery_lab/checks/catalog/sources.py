"""What fits no source of that kind: settings, filters and alarms that are meant for another one."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from delivery_lab.checks.catalog.asynchronous import INVOKE_CONFIG
from delivery_lab.checks.catalog.streams import destination
from delivery_lab.checks.check import Check, Found
from delivery_lab.checks.finding import Edit, Severity
from delivery_lab.checks.topology import Function, SourceMapping, Topology
from delivery_lab.checks.values import block, is_unknown, listed
from delivery_lab.limits.mappings import FOREIGN_SETTINGS, SOURCES, SourceKind
from delivery_lab.program.graph import Resource
from delivery_lab.rules.rule import LAMBDA_API, LAMBDA_GUIDE

_KINDS: Mapping[str, SourceKind] = {kind: kind for kind in SOURCES}
_ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"
_LAMBDA_NAMESPACE = "AWS/Lambda"
_METRICS: Mapping[str, tuple[frozenset[str], str]] = {
    "IteratorAge": (frozenset({"kinesis", "dynamodb"}), "streams"),
    "OffsetLag": (frozenset({"kafka"}), "Kafka topics"),
}
"""Metrics of Lambda that only some kinds of sources have."""


class ForeignSettings(Check):
    id = "CHK-KIND-1"
    title = "setting that the source of a mapping does not have"
    severity = Severity.ERROR
    why = "Retries, age, bisecting and destinations belong to streams and Kafka; AWS refuses them for a queue."
    fix = "Remove the setting; a queue has its visibility timeout and its redrivePolicy for that."
    source = "ESM-KIND-1"
    same_as = ("CFN-E3634",)

    def find(self, topology: Topology) -> Iterator[Found]:
        for mapping in topology.mappings:
            if mapping.kind not in _KINDS:
                continue
            kind = SOURCES[_KINDS[mapping.kind]]
            inputs = mapping.resource.inputs
            names = [name for name in _foreign_settings(mapping) if not is_unknown(inputs[name])]
            if not names:
                continue
            why = (
                f"AWS refuses {', '.join(names)} of a mapping that reads {kind}: other kinds of sources have such "
                "settings."
            )
            fix = f"remove {', '.join(names)} of {mapping.name}"
            if mapping.kind == "sqs" and {"maximumRetryAttempts", "destinationConfig"} & set(names):
                fix += ", and set redrivePolicy of the queue, which is what ends retries there"
            values = {f"{mapping.name}.{name}": inputs[name] for name in names}
            edits = tuple(Edit(mapping.resource.urn, (name,), None) for name in names)
            yield Found((mapping.name,), values, why, fix, edits)


def _foreign_settings(mapping: SourceMapping) -> list[str]:
    values = {name: mapping.resource.inputs.get(name) for name in sorted(FOREIGN_SETTINGS[_KINDS[mapping.kind]])}
    return [name for name, value in values.items() if value is not None and value is not False and value != {}]


class RivalFilters(Check):
    id = "CHK-FILTER-1"
    title = "filter on a queue that somebody else reads too"
    severity = Severity.ERROR
    why = "A message that does not match is deleted, not left for the other reader."
    fix = "Give each reader a queue of its own."
    source = "ESM-FILTER-1"

    def find(self, topology: Topology) -> Iterator[Found]:
        for queue in topology.polled_queues():
            readers = [reader for reader in topology.mappings if reader.queue is queue and reader.enabled]
            filtering = [reader for reader in readers if _filters(reader)]
            if not filtering or len({json.dumps(_filters(reader), sort_keys=True) for reader in readers}) < 2:
                continue  # nobody filters, or everybody in the same way
            names = tuple(reader.name for reader in filtering)
            why = (
                "A queue hands each message to one of its readers, and a mapping deletes what its filters do not "
                f"match: messages that are meant for another reader of {queue.name} are deleted by {', '.join(names)}."
            )
            fix = (
                f"give each reader of {queue.name} a queue of its own, with the filter on the subscription that fills "
                "it"
            )
            values = {f"{reader.name}.filterCriteria": reader.resource.inputs["filterCriteria"] for reader in filtering}
            others = tuple(reader.name for reader in readers if reader not in filtering)
            yield Found((*names, *others, queue.name), values, why, fix)


def _filters(mapping: SourceMapping) -> list[Any]:
    filters = block(mapping.resource, "filterCriteria").get("filters")
    return [] if is_unknown(filters) else listed(filters)


class SecondMapping(Check):
    id = "CHK-ONE-1"
    title = "second mapping of the same queue to the same function"
    severity = Severity.ERROR
    why = "AWS refuses it with ResourceConflictException."
    fix = "Keep one mapping."
    source = LAMBDA_API + "API_CreateEventSourceMapping.html"

    def find(self, topology: Topology) -> Iterator[Found]:
        pairs: dict[tuple[str, str], list[SourceMapping]] = {}
        for mapping in topology.mappings:
            reference = mapping.resource.inputs.get("functionName")
            if mapping.queue is not None and isinstance(reference, str):
                pairs.setdefault((mapping.queue.resource.urn, reference), []).append(mapping)
        for (_, reference), mappings in pairs.items():
            if len(mappings) < 2:
                continue
            names = tuple(mapping.name for mapping in mappings)
            why = "AWS refuses a second mapping of the same queue to the same function."
            fix = f"keep one of {', '.join(names)}"
            values = {f"{name}.functionName": reference for name in names}
            yield Found(names, values, why, fix, source="ESM-ONE-1")


class FifoDestination(Check):
    id = "CHK-DEST-1"
    title = "FIFO queue or topic as a destination"
    severity = Severity.ERROR
    why = "Destinations of mappings and of asynchronous invokes are standard queues and topics."
    fix = "Set a standard queue or topic, or a bucket."
    source = "STR-DEST-5"

    def find(self, topology: Topology) -> Iterator[Found]:
        for mapping in topology.mappings:
            arn = destination(mapping)
            if isinstance(arn, str) and arn.endswith(".fifo"):
                why = "AWS refuses a FIFO queue or topic as a destination for failures."
                fix = f"set destinationConfig.onFailure of {mapping.name} to a standard queue or topic, or to a bucket"
                values = {f"{mapping.name}.destinationConfig.onFailure.destinationArn": arn}
                yield Found((mapping.name,), values, why, fix)
        for config in topology.graph.of_type(INVOKE_CONFIG):
            for event in ("onSuccess", "onFailure"):
                target = block(config, "destinationConfig").get(event)
                arn = target.get("destination") if isinstance(target, Mapping) else None
                if isinstance(arn, str) and arn.endswith(".fifo"):
                    why = "AWS refuses a FIFO queue or topic as a destination of asynchronous invokes."
                    fix = f"set destinationConfig.{event} of {config.name} to a standard queue or topic"
                    values = {f"{config.name}.destinationConfig.{event}.destination": arn}
                    source = LAMBDA_API + "API_PutFunctionEventInvokeConfig.html"
                    yield Found((config.name,), values, why, fix, source=source)


class SilentAlarm(Check):
    id = "CHK-METRIC-1"
    title = "alarm on a metric that the source does not have"
    severity = Severity.WARNING
    why = "IteratorAge belongs to Kinesis and DynamoDB streams, OffsetLag to Kafka: the alarm never has data."
    fix = "Watch OffsetLag for Kafka, IteratorAge for streams, ApproximateAgeOfOldestMessage for queues."
    source = LAMBDA_GUIDE + "monitoring-metrics-types.html"

    def find(self, topology: Topology) -> Iterator[Found]:
        for alarm in topology.graph.of_type(_ALARM):
            for metric, dimensions in _metrics_of(alarm):
                function = topology.function_at(dimensions.get("FunctionName"))
                fitting, sources = _METRICS[metric]
                kinds = _kinds_of(topology, function)
                if function is None or not kinds or kinds & (fitting | {""}):
                    continue
                instead = "OffsetLag" if kinds == {"kafka"} else "IteratorAge" if "kafka" not in kinds else ""
                if kinds == {"sqs"}:
                    instead = "ApproximateAgeOfOldestMessage of the queue"
                why = (
                    f"{metric} is a metric of {sources}, which do not feed {function.name}, so the alarm never has "
                    "data."
                )
                fix = (
                    f"let {alarm.name} watch {instead}" if instead else f"let {alarm.name} watch a metric of the source"
                )
                values = {f"{alarm.name}.metricName": metric, f"{alarm.name}.dimensions": dict(dimensions)}
                yield Found((alarm.name, function.name), values, why, fix)


def _kinds_of(topology: Topology, function: Function | None) -> set[str]:
    return set() if function is None else {mapping.kind for mapping in topology.mappings_of(function)}


def _metrics_of(alarm: Resource) -> Iterator[tuple[str, Mapping[str, Any]]]:
    queries = [query.get("metric") for query in listed(alarm.inputs.get("metricQueries")) if isinstance(query, Mapping)]
    for metric in (alarm.inputs, *queries):
        if not isinstance(metric, Mapping) or metric.get("namespace") != _LAMBDA_NAMESPACE:
            continue
        name, dimensions = metric.get("metricName"), metric.get("dimensions")
        if name in _METRICS and isinstance(dimensions, Mapping):
            yield str(name), dimensions
