"""Bugs in settings: one value of a safe variant is another one."""

from __future__ import annotations

from typing import Any

from tests.quality.in_handlers import (
    CONDITIONAL,
    DONE_ONCE,
    DUPLICATES,
    HEALTHY_STAY,
    IN_ORDER,
    LONG_JOBS,
    MANY_JOBS,
    NOTHING_LOST,
    OVERLAPPING,
)
from tests.quality.planted import Planted


def _set(name: str, about: str, stack: str, expect: str, *overrides: str, **more: Any) -> Planted:
    return Planted(name, about, stack, expect, overrides=overrides, **more)


IN_SETTINGS = (
    _set(
        "mapping-ignores-reports",
        "the mapping has no ReportBatchItemFailures",
        "batch-partial",
        NOTHING_LOST,
        "batch.worker.reportBatchItemFailures=false",
    ),
    _set(
        "one-receive",
        "a message has one receive",
        "retry-sqs",
        HEALTHY_STAY,
        "batch.queue.maxReceiveCount=1",
    ),
    _set(
        "swallows-what-is-invalid",
        "invalid messages are swallowed in place of parked",
        "sqs-park",
        NOTHING_LOST,
        "batch.worker.retry.nonRetryable=swallow",
    ),
    _set(
        "group-order-off",
        "a FIFO worker goes on in a group",
        "fifo-ordered",
        IN_ORDER,
        "batch.worker.keepGroupOrder=false",
    ),
    _set(
        "visibility-below-the-work",
        "the visibility timeout is shorter than the work",
        "visibility-safe",
        "deliveries.duplicates == 0",
        "visibility.allowShortVisibility=true",
        "visibility.queue.visibilityTimeoutSeconds=5",
    ),
    _set(
        "no-record-of-work",
        "the worker keeps no record of what is done",
        "visibility-safe",
        DONE_ONCE,
        "visibility.worker.idempotency.mode=none",
        base=CONDITIONAL,
        faults=DUPLICATES,
        send=MANY_JOBS,
    ),
    _set(
        "no-condition-on-the-record",
        "the record is written without a condition",
        "visibility-safe",
        DONE_ONCE,
        "visibility.worker.idempotency.mode=unconditional",
        base=OVERLAPPING,
        send=LONG_JOBS,
    ),
    _set(
        "no-cap-on-concurrency",
        "reserved concurrency with no maximum of the mapping",
        "concurrency-capped",
        HEALTHY_STAY,
        "batch.worker.maximumConcurrency=null",
        "batch.worker.reservedConcurrency=3",
    ),
    _set(
        "no-bisecting",
        "a stream's batch that fails is not cut",
        "stream-bisect",
        HEALTHY_STAY,
        "stream.worker.bisectBatchOnFunctionError=false",
    ),
    _set(
        "stream-without-destination",
        "records that are discarded go nowhere",
        "stream-bisect",
        NOTHING_LOST,
        "stream.worker.onFailure=none",
    ),
    _set(
        "topic-without-destination",
        "records of a topic that are discarded go nowhere",
        "msk-bisect",
        NOTHING_LOST,
        "kafka.consumer.onFailure=none",
    ),
    _set(
        "events-without-destination",
        "events that fail for good go nowhere",
        "async-destinations",
        NOTHING_LOST,
        "async.destinations.onFailure=none",
        "async.destinations.deadLetterQueue=false",
    ),
    _set(
        "events-without-retries",
        "an event is not tried again",
        "async-destinations",
        HEALTHY_STAY,
        "async.worker.maximumRetryAttempts=0",
    ),
    _set(
        "events-that-age-fast",
        "events live for a minute while a dependency is down for longer",
        "async-destinations",
        HEALTHY_STAY,
        "async.worker.maximumEventAgeSeconds=60",
    ),
    _set(
        "short-retention",
        "a queue keeps messages for a minute, less than a retry takes",
        "retry-sqs",
        "messages.expired == 0",
        "batch.queue.retentionSeconds=60",
    ),
    _set(
        "latest",
        "a topic is read from its end",
        "msk-bisect",
        "messages.processed >= 10",
        "kafka.consumer.startingPosition=LATEST",
        workload="workloads/kafka-early.yaml",
    ),
)
