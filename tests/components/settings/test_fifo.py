from __future__ import annotations

import json
from typing import Any

import pytest

from components.settings import BatchSettings, SettingsError, load_settings
from tests.components.world import deploy


def _load(**parts: Any) -> BatchSettings:
    loaded: list[BatchSettings] = []

    def program() -> None:
        batch = load_settings().batch
        assert batch is not None
        loaded.append(batch)

    deploy(program, config={"delivery-lab:batch": json.dumps(parts)}, stack="mine")
    return loaded[0]


def _problems(**parts: Any) -> list[tuple[str, str, str]]:
    with pytest.raises(SettingsError) as caught:
        _load(**parts)
    return [
        (problem.key.removeprefix("delivery-lab:batch."), problem.message, problem.fix)
        for problem in caught.value.problems
    ]


def test_a_fifo_queue_with_everything_it_can_have() -> None:
    queue = _load(
        queue={
            "fifo": True,
            "contentBasedDeduplication": True,
            "deduplicationScope": "messageGroup",
            "fifoThroughputLimit": "perMessageGroupId",
        },
        worker={"keepGroupOrder": False},
    ).queue
    assert (queue.fifo, queue.content_based_deduplication) == (True, True)
    assert (queue.deduplication_scope, queue.fifo_throughput_limit) == ("messageGroup", "perMessageGroupId")


@pytest.mark.parametrize(
    ("key", "value", "attribute"),
    [
        ("contentBasedDeduplication", False, "ContentBasedDeduplication"),
        ("deduplicationScope", "queue", "DeduplicationScope"),
        ("fifoThroughputLimit", "perQueue", "FifoThroughputLimit"),
    ],
)
def test_keys_of_fifo_queues_are_refused_on_a_standard_queue(key: str, value: object, attribute: str) -> None:
    assert _problems(queue={key: value}) == [
        (
            f"queue.{key}",
            f"Unknown Attribute {attribute} (SQS refuses it on a standard queue)",
            "set fifo to true as well, or remove it",
        )
    ]


def test_throughput_per_group_needs_deduplication_per_group() -> None:
    assert _problems(queue={"fifo": True, "fifoThroughputLimit": "perMessageGroupId"}) == [
        (
            "queue.fifoThroughputLimit",
            "the value perMessageGroupId is allowed only when the value of deduplicationScope is messageGroup",
            "set deduplicationScope to messageGroup, or fifoThroughputLimit to perQueue",
        )
    ]


def test_a_window_and_a_large_batch_are_refused_on_a_fifo_queue() -> None:
    assert _problems(queue={"fifo": True}, worker={"batchSize": 11, "maximumBatchingWindowSeconds": 5}) == [
        (
            "worker.maximumBatchingWindowSeconds",
            "Batching window is not supported for FIFO queues (AWS refuses such an event source mapping)",
            "set it to 0, or leave it out",
        ),
        (
            "worker.batchSize",
            "a batch of a FIFO queue has 10 messages at most (AWS refuses such an event source mapping)",
            "set it to 10 or less",
        ),
    ]


def test_only_a_fifo_queue_has_an_order_to_keep() -> None:
    assert _problems(worker={"keepGroupOrder": True}) == [
        (
            "worker.keepGroupOrder",
            "a standard queue has no message groups whose order could be kept",
            "set queue.fifo to true, or remove it",
        )
    ]


def test_a_fifo_dead_letter_queue_counts_retention_anew_and_may_keep_messages_as_long_as_the_source() -> None:
    kept = {"retentionSeconds": 345_600}
    assert _load(queue={"fifo": True}, deadLetterQueue=kept).dead_letter_queue.retention_seconds == 345_600


def test_provisioned_pollers_and_their_defaults() -> None:
    pollers = _load(worker={"provisionedPollers": {}}).worker.provisioned_pollers
    assert pollers is not None
    assert (pollers.minimum, pollers.maximum) == (2, 200)


@pytest.mark.parametrize(
    ("pollers", "key", "message", "fix"),
    [
        (
            {"minimum": 1},
            "minimum",
            "must be a whole number from 2 to 200 (ProvisionedPollerConfig.MinimumPollers of an SQS mapping)",
            "set it to 2 or more",
        ),
        (
            {"maximum": 10_001},
            "maximum",
            "must be a whole number from 2 to 10000 (ProvisionedPollerConfig.MaximumPollers of an SQS mapping)",
            "set it to 10000 or less",
        ),
        ({"minimum": 9, "maximum": 4}, "minimum", "must not be above maximum (4)", "set it to 4 or less"),
        ({"most": 4}, "most", "unknown key", "remove it; known keys here: maximum, minimum"),
    ],
)
def test_bounds_of_provisioned_pollers(pollers: dict[str, int], key: str, message: str, fix: str) -> None:
    assert _problems(worker={"provisionedPollers": pollers}) == [(f"worker.provisionedPollers.{key}", message, fix)]


def test_provisioned_pollers_and_maximum_concurrency_exclude_each_other() -> None:
    assert _problems(worker={"provisionedPollers": {}, "maximumConcurrency": 5}) == [
        (
            "worker.maximumConcurrency",
            (
                "maximum concurrency and provisioned mode cannot be used together (AWS refuses such an event source "
                "mapping)"
            ),
            (
                "remove it, or provisionedPollers; provisioned pollers are limited by their maximum, with 10 "
                "concurrent invokes each"
            ),
        )
    ]
