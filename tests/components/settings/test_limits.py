"""The settings of our components have the bounds of AWS as `delivery_lab.limits` holds them.

Components work without the package in a plain Pulumi project, and functions in their archives, so both have bounds of
their own: here they are held to those that everybody else reads.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Iterator, Mapping
from importlib import import_module
from types import UnionType
from typing import Literal, Union, get_args, get_origin

import annotated_types
import pytest
from pydantic.fields import FieldInfo
from shared import heartbeat, invoking, sending

import components.settings
from components.settings import function as function_settings
from components.settings import kafka, ordered, stream
from components.settings import queue as queue_settings
from components.settings.base import Section
from delivery_lab.limits import across, eventbridge, functions, gateway, mappings, pipes, queues, streams, topics
from delivery_lab.limits.limit import Bound, Choice

HELD: Mapping[str, Bound | Choice] = {
    "SubscriptionSettings.filter_policy_scope": topics.FILTER_SCOPE,
    "QueueSettings.visibility_timeout_seconds": queues.VISIBILITY_TIMEOUT,
    "QueueSettings.max_receive_count": queues.MAX_RECEIVE_COUNT,
    "QueueSettings.retention_seconds": queues.RETENTION,
    "QueueSettings.delay_seconds": queues.DELAY,
    "QueueSettings.receive_wait_time_seconds": queues.RECEIVE_WAIT,
    "QueueSettings.maximum_message_bytes": queues.MESSAGE_SIZE,
    "OrderableQueueSettings.deduplication_scope": queues.DEDUPLICATION_SCOPE,
    "OrderableQueueSettings.fifo_throughput_limit": queues.THROUGHPUT_LIMIT,
    "DeadLetterQueueSettings.retention_seconds": queues.RETENTION,
    "DestinationsSettings.retention_seconds": queues.RETENTION,
    "FunctionSettings.timeout_seconds": functions.TIMEOUT,
    "FunctionSettings.memory_mb": functions.MEMORY,
    "CalleeSettings.timeout_seconds": functions.TIMEOUT,
    "QueueTargetSettings.maximum_retry_attempts": eventbridge.RETRIES,
    "QueueTargetSettings.maximum_event_age_seconds": eventbridge.EVENT_AGE,
    "QueuePipeSettings.maximum_retry_attempts": mappings.RETRY_ATTEMPTS,
    "AsyncWorkerSettings.maximum_retry_attempts": functions.RETRY_ATTEMPTS,
    "AsyncWorkerSettings.maximum_event_age_seconds": functions.EVENT_AGE,
    "SqsWorkerSettings.batch_size": mappings.SQS_BATCH_SIZE,
    "SqsWorkerSettings.maximum_batching_window_seconds": mappings.SQS_WINDOW,
    "SqsWorkerSettings.maximum_concurrency": mappings.MAXIMUM_CONCURRENCY,
    "IdempotentWorkerSettings.batch_size": mappings.SQS_BATCH_SIZE,
    "ProvisionedPollersSettings.minimum": mappings.SQS_MINIMUM_POLLERS,
    "ProvisionedPollersSettings.maximum": mappings.SQS_MAXIMUM_POLLERS,
    "OrderedWorkerSettings.batch_size": mappings.STREAM_BATCH_SIZE,
    "OrderedWorkerSettings.starting_position": mappings.STREAM_POSITIONS,
    "OrderedWorkerSettings.maximum_retry_attempts": mappings.RETRY_ATTEMPTS,
    "StreamWorkerSettings.maximum_batching_window_seconds": mappings.STREAM_WINDOW,
    "StreamWorkerSettings.parallelization_factor": mappings.PARALLELIZATION_FACTOR,
    "StreamWorkerSettings.tumbling_window_seconds": mappings.TUMBLING_WINDOW,
    "KafkaConsumerSettings.timeout_seconds": mappings.KAFKA_FUNCTION_TIMEOUT,
    "KafkaConsumerSettings.maximum_batching_window_seconds": mappings.KAFKA_WINDOW,
    "PollerSettings.minimum": mappings.KAFKA_MINIMUM_POLLERS,
    "PollerSettings.maximum": mappings.KAFKA_MAXIMUM_POLLERS,
    "KinesisSettings.shards": streams.SHARDS,
    "KinesisSettings.retention_hours": streams.RETENTION_HOURS,
}
"""Fields whose bounds are AWS's, with the limit that they equal."""

OWN = frozenset(
    {
        "NotificationSettings.events",
        "NotificationSettings.prefix",
        "NotificationSettings.suffix",
        "ObjectWorkerSettings.on_record_error",
        "ObjectWorkerSettings.test_event",
        "SnsWorkerSettings.body",
        "AsyncIdempotencySettings.expires_after_seconds",
        "AsyncIdempotencySettings.mode",
        "ApiSettings.authorization",
        "BatchIdempotencySettings.expires_after_seconds",
        "BatchIdempotencySettings.mode",
        "BatchWorkerSettings.on_record_error",
        "BreakerSettings.failure_threshold",
        "BreakerSettings.reset_seconds",
        "CallerSettings.maximum_attempts",
        "CallerSettings.mode",
        "DestinationsSettings.on_failure",
        "DestinationsSettings.on_success",
        "HeartbeatSettings.every_seconds",
        "IdempotencySettings.expires_after_seconds",
        "IdempotencySettings.mode",
        "KafkaConsumerSettings.on_failure",
        "MskSettings.brokers_per_zone",
        "MskSettings.mode",
        "MskSettings.zones",
        "OrderedWorkerSettings.on_record_error",
        "PollerSettings.mode",
        "RetrySettings.non_retryable",
        "SelfManagedKafkaSettings.authentication",
        "StreamSettings.source",
        "QueuePipeSettings.on_partial_batch_item_failure",
        "StreamWorkerSettings.on_failure",
        "TableSettings.stream_view_type",
        "TopicDefaultsSettings.partitions",
        "TopicDefaultsSettings.retention_hours",
    }
)
"""Fields whose values are the project's own choice, and narrower than AWS's or none of AWS's."""

NOT_MODELLED = frozenset(
    {
        "FunctionSettings.log_retention_days",
        "FunctionSettings.reserved_concurrency",
        "MskSettings.storage_gb",
        "ThrottlingSettings.burst_limit",
        "ThrottlingSettings.rate_limit",
    }
)
"""Fields with a bound of AWS that nobody else in the project reads."""

DERIVED = frozenset(
    {
        "HeartbeatSettings.extend_to_seconds",
        "MappingSettings.filters",
        "OrderedWorkerSettings.maximum_record_age_seconds",
        "QueuePipeSettings.batch_size",
        "QueuePipeSettings.maximum_record_age_seconds",
        "ProducerSettings.timeout_seconds",
        "SelfManagedKafkaSettings.bootstrap_servers",
        "SelfManagedKafkaSettings.security_group_ids",
        "SelfManagedKafkaSettings.subnet_ids",
        "VpcSettings.subnet_ids",
    }
)
"""Fields that follow from a limit in another way, which tests below hold, and lists of ids."""


def _models(base: type[Section] = Section) -> Iterator[type[Section]]:
    for model in base.__subclasses__():
        yield model
        yield from _models(model)


def _fields() -> dict[str, FieldInfo]:
    for module in pkgutil.iter_modules(components.settings.__path__):
        import_module(f"components.settings.{module.name}")
    return {
        f"{model.__name__}.{name}": field
        for model in _models()
        if model.__module__.startswith("components.settings.")
        for name, field in model.model_fields.items()
        if name in model.__annotations__
    }


FIELDS = _fields()


def _bounds(field: FieldInfo) -> tuple[int | None, int | None]:
    lowest = [meta.ge for meta in field.metadata if isinstance(meta, annotated_types.Ge)]
    highest = [meta.le for meta in field.metadata if isinstance(meta, annotated_types.Le)]
    return (int(str(lowest[0])) if lowest else None, int(str(highest[0])) if highest else None)


def _choices(annotation: object) -> tuple[str, ...]:
    if get_origin(annotation) is Literal:
        return tuple(map(str, get_args(annotation)))
    if get_origin(annotation) in (Union, UnionType):
        return next((found for each in get_args(annotation) if (found := _choices(each))), ())
    return ()


def _is_bounded(field: FieldInfo) -> bool:
    kinds = (annotated_types.Ge, annotated_types.Gt, annotated_types.Le, annotated_types.MinLen, annotated_types.MaxLen)
    return bool(_choices(field.annotation)) or any(isinstance(meta, kinds) for meta in field.metadata)


@pytest.mark.parametrize("name", HELD)
def test_a_setting_has_the_bounds_of_aws(name: str) -> None:
    field, limit = FIELDS[name], HELD[name]

    if isinstance(limit, Choice):
        assert _choices(field.annotation) == limit.values
    else:
        assert _bounds(field) == (limit.minimum, limit.maximum)


def test_every_setting_with_bounds_is_held_to_a_limit_or_is_our_own() -> None:
    bounded = {name for name, field in FIELDS.items() if _is_bounded(field)}

    assert bounded == set(HELD) | OWN | NOT_MODELLED | DERIVED


def test_settings_that_follow_from_a_limit_in_another_way() -> None:
    ages = _bounds(FIELDS["OrderedWorkerSettings.maximum_record_age_seconds"])
    filters = FIELDS["MappingSettings.filters"].metadata

    assert ages == (mappings.ENDLESS, mappings.RECORD_AGE.maximum)
    assert _bounds(FIELDS["QueuePipeSettings.maximum_record_age_seconds"]) == ages
    assert _bounds(FIELDS["QueuePipeSettings.batch_size"])[1] == pipes.TARGET_BATCH["queue"]
    assert [meta.max_length for meta in filters if isinstance(meta, annotated_types.MaxLen)] == [
        mappings.FILTERS.maximum
    ]
    assert _bounds(FIELDS["HeartbeatSettings.extend_to_seconds"])[1] == queues.VISIBILITY_TIMEOUT.maximum
    assert _bounds(FIELDS["ProducerSettings.timeout_seconds"])[1] == gateway.HTTP_TIMEOUT.maximum // 1000


def test_numbers_that_rules_across_settings_are_made_of() -> None:
    assert function_settings.MAXIMUM_BATCH_SIZE_WITHOUT_WINDOW == mappings.SQS_BATCH_SIZE_WITHOUT_WINDOW
    assert mappings.FIFO_BATCH_SIZE == mappings.SQS_BATCH_SIZE_WITHOUT_WINDOW
    assert mappings.FILTER_PATTERN.maximum == function_settings.MAXIMUM_FILTER_CHARACTERS
    assert mappings.KAFKA_FUNCTION_TIMEOUT.maximum == kafka.LONGEST_CONSUMER_TIMEOUT_SECONDS
    assert ordered.ENDLESS == mappings.ENDLESS
    assert (
        mappings.RECORD_AGE.minimum,
        mappings.RECORD_AGE.maximum,
    ) == (ordered.SHORTEST_AGE_LIMIT_SECONDS, ordered.LONGEST_AGE_LIMIT_SECONDS)
    assert stream.TABLE_STREAM_RETENTION_HOURS == streams.TABLE_STREAM_RETENTION_HOURS


@pytest.mark.parametrize(("timeout", "window"), [(1, 0), (30, 5), (900, 300)])
def test_the_advised_visibility_is_the_same(timeout: int, window: int) -> None:
    ours = queue_settings.recommended_visibility_timeout_seconds(timeout, window)

    assert ours == across.advised_visibility_seconds(timeout, window)


def test_functions_have_the_limits_of_aws() -> None:
    assert queues.VISIBILITY_TIMEOUT.maximum == heartbeat.MAX_HIDDEN_SECONDS
    assert queues.BATCH_ENTRIES.maximum == sending.BATCH_ENTRIES
    assert functions.SYNCHRONOUS_PAYLOAD.maximum == invoking.MAX_PAYLOAD_BYTES
