"""Event source mappings: the class of each source, and what is read of it."""

from __future__ import annotations

from typing import Any

import pytest

from delivery_lab.program.graph import UNKNOWN
from delivery_lab.resource_types import FUNCTION, MAPPING, MSK_CLUSTER, QUEUE, STREAM, STREAM_CONSUMER, TABLE
from delivery_lab.stack.mappings import (
    DynamoDbMapping,
    EventSourceMapping,
    KafkaMapping,
    KinesisMapping,
    SqsMapping,
    UnknownMapping,
)
from tests.stack.world import arn_of, resource, stack_of

WORKER = resource(FUNCTION, "worker")
JOBS = resource(QUEUE, "jobs")
ORDERS = resource(STREAM, "orders")
ITEMS = resource(TABLE, "items", outputs={"streamArn": "arn:aws:dynamodb:us-east-1:123456789012:table/items/stream/1"})
BROKERS = resource(MSK_CLUSTER, "brokers", outputs={"arn": "arn:aws:kafka:us-east-1:123456789012:cluster/brokers/1"})
SOURCES = {
    "sqs": arn_of(JOBS),
    "kinesis": arn_of(ORDERS),
    "dynamodb": str(ITEMS.outputs["streamArn"]),
    "kafka": arn_of(BROKERS),
}


def mapping(source: object, **inputs: Any) -> EventSourceMapping:
    given = {"eventSourceArn": source, "functionName": "worker", **inputs}
    stack = stack_of(WORKER, JOBS, ORDERS, ITEMS, BROKERS, resource(MAPPING, "mapping", given))
    (found,) = stack.mappings
    return found


def test_each_kind_of_source_has_a_class_that_knows_its_source() -> None:
    queue, stream, table, kafka = (mapping(SOURCES[kind]) for kind in ("sqs", "kinesis", "dynamodb", "kafka"))

    assert isinstance(queue, SqsMapping)
    assert queue.queue is not None
    assert queue.queue.name == "jobs"
    assert isinstance(stream, KinesisMapping)
    assert stream.stream is not None
    assert stream.stream.name == "orders"
    assert isinstance(table, DynamoDbMapping)
    assert table.table is not None
    assert table.table.name == "items"
    assert isinstance(kafka, KafkaMapping)
    assert kafka.cluster is not None
    assert kafka.cluster.name == "brokers"


def test_a_mapping_on_a_consumer_knows_the_consumer_and_its_stream() -> None:
    arn = f"{arn_of(ORDERS)}/consumer/search:1767225600"
    consumer = resource(STREAM_CONSUMER, "search", {"streamArn": arn_of(ORDERS)}, outputs={"arn": arn})
    given = {"eventSourceArn": arn, "functionName": "worker"}
    stack = stack_of(WORKER, ORDERS, consumer, resource(MAPPING, "mapping", given))

    (found,) = stack.mappings
    assert isinstance(found, KinesisMapping)
    assert found.consumer is stack.at(arn)
    assert found.stream is stack.at(arn_of(ORDERS))


def test_a_source_that_nobody_knows_has_a_class_of_its_own() -> None:
    assert isinstance(mapping("arn:aws:mq:us-east-1:123456789012:broker:b"), UnknownMapping)
    assert isinstance(mapping(UNKNOWN), UnknownMapping)


def test_a_source_outside_the_stack_is_external() -> None:
    found = mapping("arn:aws:sqs:us-east-1:123456789012:others.fifo")

    assert isinstance(found, SqsMapping)
    assert found.queue is None
    assert found.source_arn.known == "arn:aws:sqs:us-east-1:123456789012:others.fifo"
    assert found.fifo is True


@pytest.mark.parametrize(("kind", "default"), [("sqs", 10), ("kinesis", 100), ("dynamodb", 100), ("kafka", 100)])
def test_esm_zero_1_a_batch_size_of_zero_is_the_default_of_every_kind(kind: str, default: int) -> None:
    zero, left_out, one = (mapping(SOURCES[kind], **given) for given in ({"batchSize": 0}, {}, {"batchSize": 1}))

    assert (zero.batch_size.value, zero.batch_size.given) == (default, False)
    assert (left_out.batch_size.value, left_out.batch_size.given) == (default, False)
    assert (one.batch_size.value, one.batch_size.given) == (1, True)


def test_esm_zero_1_a_window_of_zero_is_half_a_second_for_kafka() -> None:
    zero, five = (mapping(SOURCES["kafka"], maximumBatchingWindowInSeconds=given) for given in (0, 5))

    assert isinstance(zero, KafkaMapping)
    assert isinstance(five, KafkaMapping)
    assert (zero.window_seconds.value, five.window_seconds.value) == (None, 5)


def test_settings_of_other_kinds_are_foreign_unless_they_say_nothing() -> None:
    found = mapping(SOURCES["sqs"], maximumRetryAttempts=3, bisectBatchOnFunctionError=False, destinationConfig={})

    assert [str(setting.origin) for setting in found.foreign] == ["mapping.maximumRetryAttempts"]
    assert [setting.value for setting in found.foreign] == [3]


def test_an_unknown_part_of_a_list_makes_the_list_unknown() -> None:
    found = mapping(SOURCES["sqs"], functionResponseTypes=[UNKNOWN], filterCriteria={"filters": [{"pattern": UNKNOWN}]})

    assert found.reports.known is None
    assert found.filters.known is None


def test_an_unknown_block_makes_what_is_in_it_unknown() -> None:
    found = mapping(SOURCES["sqs"], scalingConfig=UNKNOWN, provisionedPollerConfig=UNKNOWN)

    assert isinstance(found, SqsMapping)
    assert found.maximum_concurrency.value is UNKNOWN
    assert found.provisioned.value is UNKNOWN


def test_provisioned_pollers_have_the_defaults_of_their_kind() -> None:
    block = {"provisionedPollerConfig": {"maximumPollers": 5}}
    queue, kafka = mapping(SOURCES["sqs"], **block), mapping(SOURCES["kafka"], **block)

    assert isinstance(queue, SqsMapping)
    assert isinstance(kafka, KafkaMapping)
    assert queue.pollers is not None
    assert kafka.pollers is not None
    assert (queue.pollers.minimum.value, queue.pollers.maximum.value) == (2, 5)
    assert (kafka.pollers.minimum.value, kafka.pollers.maximum.value) == (1, 5)


def test_what_a_mapping_reads_is_the_stacks_own_resource() -> None:
    inputs = [resource(MAPPING, f"of-{kind}", {"eventSourceArn": SOURCES[kind]}) for kind in SOURCES]
    stack = stack_of(WORKER, JOBS, ORDERS, ITEMS, BROKERS, *inputs)

    sqs, kinesis, dynamodb, kafka = stack.mappings
    assert isinstance(sqs, SqsMapping)
    assert isinstance(kinesis, KinesisMapping)
    assert isinstance(dynamodb, DynamoDbMapping)
    assert isinstance(kafka, KafkaMapping)
    assert sqs.queue is stack.at(arn_of(JOBS))
    assert kinesis.stream is stack.at(arn_of(ORDERS))
    assert dynamodb.table is stack.resources[ITEMS.urn]
    assert kafka.cluster is stack.at(arn_of(BROKERS))
