from __future__ import annotations

import pytest
from pulumi_aws import sqs

from components.pipelines import BatchPipeline
from components.settings import BatchSettings, BatchWorkerSettings
from components.worker import BatchWorker
from tests.components.world import World, deploy

QUEUE = "aws:sqs/queue:Queue"
FUNCTION = "aws:lambda/function:Function"
MAPPING = "aws:lambda/eventSourceMapping:EventSourceMapping"


def _world(**settings: object) -> World:
    def program() -> None:
        BatchPipeline("batch", BatchSettings.model_validate(settings), "layer-arn")

    return deploy(program)


def _variables(world: World, function: str) -> dict[str, str]:
    variables: dict[str, str] = world.one(FUNCTION, function).inputs["environment"]["variables"]
    return {name: value for name, value in variables.items() if not name.startswith("POWERTOOLS")}


def test_queue_and_dead_letter_queue_are_fifo_together() -> None:
    world = _world(
        queue={
            "fifo": True,
            "contentBasedDeduplication": True,
            "deduplicationScope": "messageGroup",
            "fifoThroughputLimit": "perMessageGroupId",
        }
    )
    inputs = world.one(QUEUE, "batch-queue").inputs
    assert inputs["fifoQueue"] is True
    assert inputs["contentBasedDeduplication"] is True
    assert inputs["deduplicationScope"] == "messageGroup"
    assert inputs["fifoThroughputLimit"] == "perMessageGroupId"
    assert world.one(QUEUE, "batch-dlq").inputs["fifoQueue"] is True


def test_a_standard_queue_has_no_input_of_a_fifo_queue() -> None:
    world = _world()
    for name in ("batch-queue", "batch-dlq"):
        fifo = {"fifoQueue", "contentBasedDeduplication", "deduplicationScope", "fifoThroughputLimit"}
        assert fifo.isdisjoint(world.one(QUEUE, name).inputs)


@pytest.mark.parametrize(
    ("content_based", "told"), [({}, "id"), ({"contentBasedDeduplication": True}, "content")], ids=["id", "content"]
)
def test_the_producer_is_told_how_messages_are_told_apart(content_based: dict[str, bool], told: str) -> None:
    assert _variables(_world(queue={"fifo": True, **content_based}), "batch-producer") == {
        "QUEUE_URL": "https://sqs.test/batch-queue",
        "FIFO_DEDUPLICATION": told,
    }


@pytest.mark.parametrize(("keep", "told"), [(None, "true"), (True, "true"), (False, "false")])
def test_the_worker_is_told_whether_to_keep_the_order(keep: bool | None, told: str) -> None:
    worker = {} if keep is None else {"keepGroupOrder": keep}
    variables = _variables(_world(queue={"fifo": True}, worker=worker), "batch-worker")
    assert variables == {"ON_RECORD_ERROR": "report", "KEEP_GROUP_ORDER": told}


def test_provisioned_pollers_reach_the_mapping() -> None:
    settings = BatchWorkerSettings.model_validate({"provisionedPollers": {"minimum": 3, "maximum": 40}})

    def program() -> None:
        BatchWorker("batch", sqs.Queue("jobs"), "layer-arn", settings)

    inputs = deploy(program).one(MAPPING, "batch-mapping").inputs
    assert inputs["provisionedPollerConfig"] == {"minimumPollers": 3, "maximumPollers": 40}
    assert "scalingConfig" not in inputs
