"""From the inputs of an event source mapping to the class of its kind."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, TypedDict

from delivery_lab.limits.across import is_left_out
from delivery_lab.limits.limit import Limit
from delivery_lab.limits.mappings import (
    ENDLESS,
    FOREIGN_SETTINGS,
    KAFKA_BATCH_SIZE,
    KAFKA_MAXIMUM_POLLERS,
    KAFKA_MINIMUM_POLLERS,
    PARALLELIZATION_FACTOR,
    REPORT,
    SQS_BATCH_SIZE,
    SQS_MAXIMUM_POLLERS,
    SQS_MINIMUM_POLLERS,
    SQS_WINDOW,
    STREAM_BATCH_SIZE,
    STREAM_WINDOW,
    TUMBLING_WINDOW,
)
from delivery_lab.program.graph import UNKNOWN, Graph, Resource
from delivery_lab.resource_types import SourceKind
from delivery_lab.stack.functions import Function
from delivery_lab.stack.mappings import (
    DynamoDbMapping,
    EventSourceMapping,
    KafkaMapping,
    KinesisMapping,
    Pollers,
    SqsMapping,
    UnknownMapping,
)
from delivery_lab.stack.queues import Queue
from delivery_lab.stack.reading import Inputs, has_unknown, listed
from delivery_lab.stack.resource import StackResource
from delivery_lab.stack.settings import Setting
from delivery_lab.stack.streams import Cluster, FanOutConsumer, Stream, Table

_SERVICES: Mapping[str, SourceKind] = {
    "sqs": "sqs",
    "kinesis": "kinesis",
    "dynamodb": "dynamodb",
    "kafka": "kafka",
    "msk": "kafka",
}
_WINDOW = "maximumBatchingWindowInSeconds"


def event_source_mapping(
    inputs: Inputs, graph: Graph, function: Function | None, sources: Mapping[str, StackResource]
) -> EventSourceMapping:
    """A mapping, of the class of its source.

    Args:
        inputs: its inputs.
        graph: the graph, which says what an ARN that is not known yet comes from.
        function: the function that it feeds, None if it is none of the stack or unknown.
        sources: queues, streams, their consumers, tables and clusters by the ARN that a mapping names.
    """
    kind = _kind(graph, inputs.resource)
    source = sources.get(str(inputs.raw("eventSourceArn")))
    match kind:
        case "sqs":
            return _queue_mapping(inputs, function, source if isinstance(source, Queue) else None)
        case "kinesis":
            consumer = source if isinstance(source, FanOutConsumer) else None
            read = consumer.stream if consumer is not None else source
            return KinesisMapping(
                **_common(inputs, function, kind),
                **_of_streams(inputs),
                stream=read if isinstance(read, Stream) else None,
                consumer=consumer,
            )
        case "dynamodb":
            table = source if isinstance(source, Table) else None
            return DynamoDbMapping(**_common(inputs, function, kind), **_of_streams(inputs), table=table)
        case "kafka":
            return _kafka_mapping(inputs, function, source if isinstance(source, Cluster) else None)
    return UnknownMapping(**_common(inputs, function, None))


def _queue_mapping(inputs: Inputs, function: Function | None, queue: Queue | None) -> SqsMapping:
    return SqsMapping(
        **_common(inputs, function, "sqs"),
        queue=queue,
        window_seconds=inputs.number(_WINDOW, default=SQS_WINDOW.default),
        maximum_concurrency=inputs.optional_number("scalingConfig", "maximumConcurrency"),
        pollers=_pollers(inputs, SQS_MINIMUM_POLLERS, SQS_MAXIMUM_POLLERS),
    )


def _kafka_mapping(inputs: Inputs, function: Function | None, cluster: Cluster | None) -> KafkaMapping:
    managed = inputs.optional_text("amazonManagedKafkaEventSourceConfig", "consumerGroupId")
    window = inputs.optional_number(_WINDOW)
    return KafkaMapping(
        **_common(inputs, function, "kafka"),
        **_of_records(inputs),
        cluster=cluster,
        bootstrap_servers=inputs.optional_text("selfManagedEventSource", "endpoints", "KAFKA_BOOTSTRAP_SERVERS"),
        topics=inputs.texts("topics"),
        consumer_group=managed
        if managed.given
        else inputs.optional_text("selfManagedKafkaEventSourceConfig", "consumerGroupId"),
        # The provider leaves a 0 out of its request, and AWS then takes its own 0.5 s (ESM-ZERO-1).
        window_seconds=replace(window, value=None, given=False) if is_left_out(window.known) else window,
        pollers=_pollers(inputs, KAFKA_MINIMUM_POLLERS, KAFKA_MAXIMUM_POLLERS),
    )


class _Common(TypedDict):
    urn: str
    type: str
    name: str
    label: str
    id: str
    arn: str | None
    source_arn: Setting[str]
    function_name: Setting[str]
    function: Function | None
    batch_size: Setting[int]
    reports: Setting[bool]
    filters: Setting[tuple[str, ...]]
    enabled: Setting[bool]
    provisioned: Setting[bool]
    foreign: tuple[Setting[object], ...]


_BATCH_SIZES: Mapping[SourceKind, Limit] = {
    "sqs": SQS_BATCH_SIZE,
    "kinesis": STREAM_BATCH_SIZE,
    "dynamodb": STREAM_BATCH_SIZE,
    "kafka": KAFKA_BATCH_SIZE,
}


def _common(inputs: Inputs, function: Function | None, kind: SourceKind | None) -> _Common:
    limit = STREAM_BATCH_SIZE if kind is None else _BATCH_SIZES[kind]
    return _Common(
        **inputs.identity(),
        source_arn=inputs.text("eventSourceArn"),
        function_name=inputs.text("functionName"),
        function=function,
        batch_size=_batch_size(inputs, limit),
        reports=_reports(inputs),
        filters=_filters(inputs),
        enabled=inputs.switch("enabled", default=True),
        provisioned=inputs.present("provisionedPollerConfig"),
        foreign=() if kind is None else tuple(_foreign(inputs, kind)),
    )


def _batch_size(inputs: Inputs, limit: Limit) -> Setting[int]:
    found = inputs.number("batchSize", default=limit.default)
    # The provider leaves a 0 out of its request, and AWS then takes its default (ESM-ZERO-1).
    return replace(found, value=limit.default, given=False) if found.known == 0 else found


def _reports(inputs: Inputs) -> Setting[bool]:
    types = inputs.texts("functionResponseTypes")
    if types.known is None:
        return Setting(UNKNOWN, types.origin, types.given)
    origin = inputs.origin("functionResponseTypes", value=types.known) if types.given else types.origin
    return Setting(REPORT in types.known, origin, types.given)


def _filters(inputs: Inputs) -> Setting[tuple[str, ...]]:
    path = ("filterCriteria", "filters")
    held = inputs.raw(*path)
    if has_unknown(held):
        return Setting(UNKNOWN, inputs.origin(*path))
    patterns = (entry.get("pattern", "") for entry in listed(held) if isinstance(entry, Mapping))
    return Setting(tuple(map(str, patterns)), inputs.origin(*path), given=held is not None)


def _foreign(inputs: Inputs, kind: SourceKind) -> Iterator[Setting[object]]:
    """Settings that AWS has for other kinds of sources only; what says nothing (false, nothing in it) is not meant."""
    for name in sorted(FOREIGN_SETTINGS[kind]):
        value: Any = inputs.raw(name)
        if value is not None and value is not False and value != {}:
            yield Setting(value, inputs.origin(name))


class _OfRecords(TypedDict):
    starting_position: Setting[str | None]
    starting_position_timestamp: Setting[str | None]
    maximum_retry_attempts: Setting[int]
    maximum_record_age_seconds: Setting[int]
    bisects: Setting[bool]
    destination_arn: Setting[str | None]


class _OfStreams(_OfRecords):
    window_seconds: Setting[int]
    parallelization_factor: Setting[int]
    tumbling_window_seconds: Setting[int]


def _of_records(inputs: Inputs) -> _OfRecords:
    return _OfRecords(
        starting_position=inputs.optional_text("startingPosition"),
        starting_position_timestamp=inputs.written("startingPositionTimestamp"),
        maximum_retry_attempts=inputs.number("maximumRetryAttempts", default=ENDLESS),
        maximum_record_age_seconds=inputs.number("maximumRecordAgeInSeconds", default=ENDLESS),
        bisects=inputs.switch("bisectBatchOnFunctionError", default=False),
        destination_arn=inputs.optional_text("destinationConfig", "onFailure", "destinationArn"),
    )


def _of_streams(inputs: Inputs) -> _OfStreams:
    return _OfStreams(
        **_of_records(inputs),
        window_seconds=inputs.number(_WINDOW, default=STREAM_WINDOW.default),
        parallelization_factor=inputs.number("parallelizationFactor", default=PARALLELIZATION_FACTOR.default),
        tumbling_window_seconds=inputs.number("tumblingWindowInSeconds", default=TUMBLING_WINDOW.default),
    )


def _pollers(inputs: Inputs, minimum: Limit, maximum: Limit) -> Pollers | None:
    if not inputs.raw("provisionedPollerConfig"):
        return None
    return Pollers(
        inputs.number("provisionedPollerConfig", "minimumPollers", default=minimum.default),
        inputs.number("provisionedPollerConfig", "maximumPollers", default=maximum.default),
    )


def _kind(graph: Graph, resource: Resource) -> SourceKind | None:
    source = resource.inputs.get("eventSourceArn")
    if isinstance(source, str) and source.startswith("arn:"):
        return _SERVICES.get(source.split(":")[2])
    if resource.inputs.get("selfManagedEventSource") is not None or resource.inputs.get("topics"):
        return "kafka"
    if source is UNKNOWN:
        # The ARN is not known, but where it comes from may be.
        urns = resource.property_dependencies.get("eventSourceArn", ())
        tokens = {graph.resources[urn].type for urn in urns if urn in graph.resources}
        kinds = {_SERVICES.get(_service(token)) for token in tokens}
        return kinds.pop() if len(kinds) == 1 else None
    return None


def _service(type_token: str) -> str:
    return type_token.split(":")[1].split("/")[0] if type_token.count(":") == 2 else ""
