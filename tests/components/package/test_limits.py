"""Arguments that the components have besides the settings of our own stacks have the bounds of these, and of AWS."""

from __future__ import annotations

import pytest
from annotated_types import Ge, Le
from pydantic.fields import FieldInfo

from components.package.arguments import (
    ARGUMENTS,
    BatchWorkerArguments,
    KafkaConsumerArguments,
    QueueWithDlqArguments,
)
from components.settings import TopicDefaultsSettings
from delivery_lab.limits import functions, mappings, queues

WORKERS = ("BatchWorker", "IdempotentWorker", "StreamWorker", "KafkaConsumer")


def _bounds(field: FieldInfo) -> tuple[object, object]:
    lowest = next(meta.ge for meta in field.metadata if isinstance(meta, Ge))
    return lowest, next(meta.le for meta in field.metadata if isinstance(meta, Le))


def test_numbers_have_the_bounds_of_aws() -> None:
    queue, worker = QueueWithDlqArguments.model_fields, BatchWorkerArguments.model_fields
    for field, limit in (
        (queue["function_timeout_seconds"], functions.TIMEOUT),
        (queue["maximum_batching_window_seconds"], mappings.SQS_WINDOW),
        (worker["queue_visibility_timeout_seconds"], queues.VISIBILITY_TIMEOUT),
    ):
        assert _bounds(field) == (limit.minimum, limit.maximum)


def test_partitions_are_those_of_a_topic() -> None:
    topic = TopicDefaultsSettings.model_fields["partitions"]
    assert _bounds(KafkaConsumerArguments.model_fields["topic_partitions"]) == _bounds(topic)


@pytest.mark.parametrize("component", WORKERS)
def test_every_component_with_a_function_takes_code(component: str) -> None:
    assert {"code", "handler", "environment", "statements"} <= set(ARGUMENTS[component].model_fields)
