from __future__ import annotations

from typing import Any

import pytest
from pulumi_aws import sqs

from components.settings import BatchWorkerSettings
from components.worker import BatchWorker
from tests.components.world import Registered, World, deploy

MAPPING = "aws:lambda/eventSourceMapping:EventSourceMapping"
FUNCTION = "aws:lambda/function:Function"
QUEUE_ARN = "arn:aws:sqs:eu-west-1:123456789012:jobs"
RECORD_VARIABLES = {"IDEMPOTENCY_MODE", "TABLE_NAME", "IDEMPOTENCY_EXPIRES_AFTER_SECONDS"}


def _world(**settings: Any) -> World:
    def program() -> None:
        BatchWorker("batch", sqs.Queue("jobs"), "layer-arn", BatchWorkerSettings.model_validate(settings))

    return deploy(program)


def _mapping(**settings: Any) -> Registered:
    return _world(**settings).one(MAPPING, "batch-mapping")


def test_every_setting_of_the_mapping_reaches_it() -> None:
    mapping = _mapping(
        batchSize=50,
        maximumBatchingWindowSeconds=20,
        maximumConcurrency=5,
        filters=[{"body": {"kind": ["order"]}}, {"body": {"kind": [{"prefix": "re"}]}}],
        enabled=False,
    )
    assert mapping.inputs == {
        "eventSourceArn": QUEUE_ARN,
        "functionName": "arn:aws:lambda:eu-west-1:123456789012:batch-worker",
        "batchSize": 50,
        "maximumBatchingWindowInSeconds": 20,
        "functionResponseTypes": ["ReportBatchItemFailures"],
        "scalingConfig": {"maximumConcurrency": 5},
        "filterCriteria": {
            "filters": [
                {"pattern": '{"body":{"kind":["order"]}}'},
                {"pattern": '{"body":{"kind":[{"prefix":"re"}]}}'},
            ]
        },
        "enabled": False,
    }


def test_the_mapping_s_defaults() -> None:
    inputs = _mapping().inputs
    assert inputs["batchSize"] == 10
    assert inputs["functionResponseTypes"] == ["ReportBatchItemFailures"]
    assert inputs["enabled"] is True
    assert {"scalingConfig", "filterCriteria"}.isdisjoint(inputs)


def test_reporting_switched_off_is_sent_as_an_empty_list_so_that_an_update_takes_it_away() -> None:
    assert _mapping(reportBatchItemFailures=False).inputs["functionResponseTypes"] == []


def test_the_mapping_waits_for_the_policy_and_is_deleted_before_it_is_replaced() -> None:
    world = _world()
    mapping = world.one(MAPPING, "batch-mapping")
    assert "aws:iam/rolePolicy:RolePolicy::batch-worker-policy" in mapping.dependencies
    assert mapping.delete_before_replace
    policy_position = world.position("aws:iam/rolePolicy:RolePolicy", "batch-worker-policy")
    assert policy_position < world.position(MAPPING, "batch-mapping")


def test_the_function_may_poll_its_queue_and_write_its_logs_and_nothing_else() -> None:
    statements = _world().one("aws:iam/rolePolicy:RolePolicy", "batch-worker-policy").document("policy")["Statement"]
    assert [statement["Sid"] for statement in statements] == ["WriteOwnLogs", "PollQueue"]
    assert statements[1] == {
        "Sid": "PollQueue",
        "Effect": "Allow",
        "Action": ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"],
        "Resource": QUEUE_ARN,
    }


@pytest.mark.parametrize("mode", ["report", "raise"])
def test_the_function_is_told_what_to_do_with_failed_records(mode: str) -> None:
    function = _world(onRecordError=mode).one(FUNCTION, "batch-worker")
    assert function.inputs["environment"]["variables"] == {
        "POWERTOOLS_SERVICE_NAME": "batch-worker",
        "POWERTOOLS_LOG_LEVEL": "INFO",
        "ON_RECORD_ERROR": mode,
    }
    assert function.inputs["code"].path == "functions/batch_worker"


def test_children_parents_inputs_and_outputs() -> None:
    world = _world(batchSize=1)
    component = world.one("delivery-lab:worker:BatchWorker", "batch")
    assert component.inputs["batchSize"] == 1
    assert world.one(MAPPING, "batch-mapping").parent == "delivery-lab:worker:BatchWorker::batch"
    function = world.one("delivery-lab:function:PythonFunction", "batch-worker")
    assert function.parent == "delivery-lab:worker:BatchWorker::batch"
    assert set(function.inputs) == {"source", "timeoutSeconds", "memoryMb", "logRetentionDays"}
    assert world.component_outputs["delivery-lab:worker:BatchWorker"] == {
        "functionName": "batch-worker",
        "mappingUuid": "uuid-of-batch-mapping",
    }


def test_a_parking_queue_is_made_known_and_may_be_sent_to() -> None:
    world = _world(retry={"nonRetryable": "park"})
    assert (
        world.one("delivery-lab:queue:ParkingQueue", "batch-parking").parent == "delivery-lab:worker:BatchWorker::batch"
    )
    variables = world.one(FUNCTION, "batch-worker").inputs["environment"]["variables"]
    assert (variables["NON_RETRYABLE"], variables["PARKING_QUEUE_URL"]) == ("park", "https://sqs.test/batch-parking")
    statements = world.one("aws:iam/rolePolicy:RolePolicy", "batch-worker-policy").document("policy")["Statement"]
    assert [statement["Sid"] for statement in statements] == ["WriteOwnLogs", "PollQueue", "ParkMessages"]
    assert statements[2]["Action"] == ["sqs:SendMessage"]
    assert statements[2]["Resource"] == "arn:aws:sqs:eu-west-1:123456789012:batch-parking"


def test_a_worker_that_deletes_by_hand_knows_its_queue_and_needs_no_other_right() -> None:
    world = _world(onRecordError="delete-and-raise")
    variables = world.one(FUNCTION, "batch-worker").inputs["environment"]["variables"]
    assert (variables["ON_RECORD_ERROR"], variables["QUEUE_URL"]) == ("delete-and-raise", "https://sqs.test/jobs")
    statements = world.one("aws:iam/rolePolicy:RolePolicy", "batch-worker-policy").document("policy")["Statement"]
    assert [statement["Sid"] for statement in statements] == ["WriteOwnLogs", "PollQueue"]
    assert "sqs:DeleteMessage" in statements[1]["Action"]


def test_a_worker_that_keeps_records_knows_its_table_and_may_do_with_it_what_that_takes() -> None:
    world = _world(idempotency={"mode": "powertools", "expiresAfterSeconds": 1000})
    table = world.one("aws:dynamodb/table:Table", "batch-table")
    assert table.parent == "delivery-lab:worker:BatchWorker::batch"
    assert (table.inputs["hashKey"], table.inputs["ttl"]) == (
        "messageId",
        {"attributeName": "expiresAt", "enabled": True},
    )
    variables = world.one(FUNCTION, "batch-worker").inputs["environment"]["variables"]
    assert {name: variables[name] for name in RECORD_VARIABLES} == {
        "IDEMPOTENCY_MODE": "powertools",
        "TABLE_NAME": "batch-table",
        "IDEMPOTENCY_EXPIRES_AFTER_SECONDS": "1000",
    }
    statements = world.one("aws:iam/rolePolicy:RolePolicy", "batch-worker-policy").document("policy")["Statement"]
    assert statements[2] == {
        "Sid": "KeepRecords",
        "Effect": "Allow",
        "Action": ["dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"],
        "Resource": "arn:aws:dynamodb:eu-west-1:123456789012:batch-table",
    }


def test_without_records_there_is_no_table_and_nothing_is_said_of_one() -> None:
    world = _world()
    assert world.of_type("aws:dynamodb/table:Table") == []
    assert RECORD_VARIABLES.isdisjoint(world.one(FUNCTION, "batch-worker").inputs["environment"]["variables"])


def test_swallowing_needs_no_queue_and_no_permission() -> None:
    world = _world(retry={"nonRetryable": "swallow"})
    assert [queue.name for queue in world.of_type("aws:sqs/queue:Queue")] == ["jobs"]
    assert world.one(FUNCTION, "batch-worker").inputs["environment"]["variables"]["NON_RETRYABLE"] == "swallow"
    statements = world.one("aws:iam/rolePolicy:RolePolicy", "batch-worker-policy").document("policy")["Statement"]
    assert [statement["Sid"] for statement in statements] == ["WriteOwnLogs", "PollQueue"]


def test_a_worker_that_delays_returns_may_change_visibility_and_knows_its_queue() -> None:
    world = _world(retry={"backoff": True})
    variables = world.one(FUNCTION, "batch-worker").inputs["environment"]["variables"]
    assert (variables["RETURN_DELAY"], variables["QUEUE_URL"]) == ("backoff", "https://sqs.test/jobs")
    statements = world.one("aws:iam/rolePolicy:RolePolicy", "batch-worker-policy").document("policy")["Statement"]
    assert statements[2] == {
        "Sid": "DelayReturn",
        "Effect": "Allow",
        "Action": ["sqs:ChangeMessageVisibility"],
        "Resource": QUEUE_ARN,
    }
