from __future__ import annotations

from typing import Any

import pytest
from pulumi_aws import sqs

from components.bucket import FeedingBucket
from components.object_worker import ObjectWorker
from components.settings import ObjectWorkerSettings
from tests.components.world import World, deploy


def _world(**settings: Any) -> World:
    def program() -> None:
        worker = ObjectWorkerSettings.model_validate(settings)
        ObjectWorker("orders", FeedingBucket("orders"), sqs.Queue("jobs"), "layer-arn", worker)

    return deploy(program)


@pytest.mark.parametrize(
    ("settings", "variables"),
    [
        ({}, {"ON_RECORD_ERROR": "report", "TEST_EVENT": "skip", "OBJECT_KEYS": "decoded"}),
        (
            {"onRecordError": "raise", "testEvent": "fail", "decodeKeys": False},
            {"ON_RECORD_ERROR": "raise", "TEST_EVENT": "fail", "OBJECT_KEYS": "as-they-come"},
        ),
    ],
)
def test_the_function_is_told_what_to_do(settings: dict[str, Any], variables: dict[str, str]) -> None:
    function = _world(**settings).one("aws:lambda/function:Function", "orders-worker").inputs
    assert function["code"].path == "functions/object_worker"
    assert function["environment"]["variables"] == {
        "POWERTOOLS_SERVICE_NAME": "orders-worker",
        "POWERTOOLS_LOG_LEVEL": "INFO",
        **variables,
    }


def test_the_function_may_read_objects_of_its_bucket_and_nothing_else() -> None:
    policy = _world().one("aws:iam/rolePolicy:RolePolicy", "orders-worker-policy").document("policy")
    granted = {each["Sid"]: (each["Action"], each["Resource"]) for each in policy["Statement"]}
    assert set(granted) == {"WriteOwnLogs", "PollQueue", "ReadObjects", "FindBucket"}
    assert granted["ReadObjects"] == (["s3:GetObject"], "arn:aws:s3:::orders-bucket/*")
    assert granted["FindBucket"] == (["s3:ListBucket"], "arn:aws:s3:::orders-bucket")


def test_the_mapping_and_the_outputs() -> None:
    world = _world(batchSize=5)
    mapping = world.one("aws:lambda/eventSourceMapping:EventSourceMapping", "orders-mapping")
    assert (mapping.inputs["batchSize"], mapping.parent) == (5, "delivery-lab:worker:ObjectWorker::orders")
    assert world.component_outputs["delivery-lab:worker:ObjectWorker"] == {
        "functionName": "orders-worker",
        "mappingUuid": "uuid-of-orders-mapping",
    }


def test_records_of_work_done_have_a_table_that_the_function_knows_and_may_write_to() -> None:
    world = _world(idempotency={"mode": "powertools"})
    variables = world.one("aws:lambda/function:Function", "orders-worker").inputs["environment"]["variables"]
    assert (variables["IDEMPOTENCY_MODE"], variables["TABLE_NAME"]) == ("powertools", "orders-table")
    assert variables["IDEMPOTENCY_EXPIRES_AFTER_SECONDS"] == "2592000"
    statements = world.one("aws:iam/rolePolicy:RolePolicy", "orders-worker-policy").document("policy")["Statement"]
    assert statements[-1]["Sid"] == "KeepRecords"
    assert statements[-1]["Resource"] == "arn:aws:dynamodb:eu-west-1:123456789012:orders-table"


def test_without_records_there_is_no_table() -> None:
    assert _world().of_type("aws:dynamodb/table:Table") == []
