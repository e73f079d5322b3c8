from __future__ import annotations

from typing import Any

import pulumi
import pytest

from components.idempotent_worker import IdempotentWorker
from components.settings import VisibilitySettings
from components.short_visibility import mapping_revision
from tests.components.world import World, deploy

MAPPING = "aws:lambda/eventSourceMapping:EventSourceMapping"
QUEUE = "aws:sqs/queue:Queue"
TABLE = "aws:dynamodb/table:Table"
RAISED = "pulumi-python:dynamic/visibility:RaisedVisibility"
LOWERED = "pulumi-python:dynamic/visibility:LoweredVisibility"
QUEUE_ARN = "arn:aws:sqs:eu-west-1:123456789012:jobs-queue"
TABLE_ARN = "arn:aws:dynamodb:eu-west-1:123456789012:jobs-table"
SHORT: dict[str, Any] = {"allowShortVisibility": True, "queue": {"visibilityTimeoutSeconds": 5}}
REGION = {"aws:region": "eu-west-1"}


def _world(config: dict[str, str] | None = None, **parts: Any) -> World:
    settings = VisibilitySettings.model_validate(parts)

    def program() -> None:
        IdempotentWorker("jobs", settings, "layer-arn")

    return deploy(program, config=REGION if config is None else config)


def _statements(world: World) -> dict[str, dict[str, Any]]:
    document = world.one("aws:iam/rolePolicy:RolePolicy", "jobs-worker-policy").document("policy")
    return {statement["Sid"]: statement for statement in document["Statement"]}


def test_the_table_expires_records_can_be_restored_and_is_encrypted() -> None:
    assert _world().one(TABLE, "jobs-table").inputs == {
        "hashKey": "messageId",
        "attributes": [{"name": "messageId", "type": "S"}],
        "billingMode": "PAY_PER_REQUEST",
        "ttl": {"attributeName": "expiresAt", "enabled": True},
        "pointInTimeRecovery": {"enabled": True},
        "serverSideEncryption": {"enabled": True},
    }


READ_AND_WRITE = ["dynamodb:GetItem", "dynamodb:PutItem"]
CLAIM = ["dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"]


@pytest.mark.parametrize(
    ("mode", "actions"),
    [
        ("check-then-put", READ_AND_WRITE),
        ("unconditional", READ_AND_WRITE),
        ("conditional", CLAIM),
        ("powertools", CLAIM),
    ],
)
def test_the_function_may_do_with_the_table_what_its_mode_does(mode: str, actions: list[str]) -> None:
    statements = _statements(_world(worker={"idempotency": {"mode": mode}}))
    assert set(statements) == {"WriteOwnLogs", "PollQueue", "KeepRecords"}
    assert statements["KeepRecords"] == {
        "Sid": "KeepRecords",
        "Effect": "Allow",
        "Action": actions,
        "Resource": TABLE_ARN,
    }


def test_without_idempotency_there_is_no_table() -> None:
    world = _world(worker={"idempotency": {"mode": "none"}})
    assert world.of_type(TABLE) == []
    assert set(_statements(world)) == {"WriteOwnLogs", "PollQueue"}
    variables = world.one("aws:lambda/function:Function", "jobs-worker").inputs["environment"]["variables"]
    assert "TABLE_NAME" not in variables
    assert variables["IDEMPOTENCY_MODE"] == "none"
    assert "tableName" not in world.component_outputs["delivery-lab:worker:IdempotentWorker"]


def test_only_a_worker_with_a_heartbeat_may_extend_visibility_and_only_on_its_queue() -> None:
    assert "ExtendVisibility" not in _statements(_world())
    statement = _statements(_world(worker={"heartbeat": {"enabled": True}}))["ExtendVisibility"]
    assert statement["Action"] == ["sqs:ChangeMessageVisibility"]
    assert statement["Resource"] == QUEUE_ARN


def test_the_function_is_told_everything() -> None:
    world = _world(
        worker={
            "heartbeat": {"enabled": True, "everySeconds": 4, "extendToSeconds": 9, "failing": True},
            "idempotency": {"mode": "conditional", "expiresAfterSeconds": 77},
        }
    )
    function = world.one("aws:lambda/function:Function", "jobs-worker")
    assert function.inputs["code"].path == "functions/idempotent_worker"
    assert function.inputs["environment"]["variables"] == {
        "POWERTOOLS_SERVICE_NAME": "jobs-worker",
        "POWERTOOLS_LOG_LEVEL": "INFO",
        "QUEUE_URL": "https://sqs.test/jobs-queue",
        "TABLE_NAME": "jobs-table",
        "HEARTBEAT_ENABLED": "true",
        "HEARTBEAT_EVERY_SECONDS": "4",
        "HEARTBEAT_EXTEND_TO_SECONDS": "9",
        "HEARTBEAT_FAILING": "true",
        "IDEMPOTENCY_MODE": "conditional",
        "IDEMPOTENCY_EXPIRES_AFTER_SECONDS": "77",
    }


def test_a_visibility_timeout_that_aws_accepts_is_simply_set() -> None:
    world = _world(config={}, queue={"visibilityTimeoutSeconds": 90}, allowShortVisibility=True)
    queue = world.one(QUEUE, "jobs-queue")
    assert queue.inputs["visibilityTimeoutSeconds"] == 90
    assert queue.ignore_changes == ()
    assert world.of_type(RAISED) == []
    assert world.of_type(LOWERED) == []


def test_a_short_visibility_timeout_is_reached_in_steps_that_aws_accepts() -> None:
    world = _world(**SHORT)
    queue = world.one(QUEUE, "jobs-queue")
    raised, lowered = world.one(RAISED, "jobs-queue-raised"), world.one(LOWERED, "jobs-queue-lowered")
    assert queue.inputs["visibilityTimeoutSeconds"] == 30
    assert queue.ignore_changes == ("visibilityTimeoutSeconds",)
    common = {"queueUrl": "https://sqs.test/jobs-queue", "region": "eu-west-1"}
    revision = mapping_revision(VisibilitySettings.model_validate(SHORT).worker)
    invoked = {"functionArn": "arn:aws:lambda:eu-west-1:123456789012:jobs-worker"}
    raised.inputs.pop("__provider")
    lowered.inputs.pop("__provider")
    assert raised.inputs == {**common, "visibilityTimeoutSeconds": 30, "mappingRevision": revision, **invoked}
    assert lowered.inputs == {
        **common,
        "visibilityTimeoutSeconds": 5,
        "restoredVisibilityTimeoutSeconds": 30,
        "mappingRevision": revision,
        **invoked,
    }


def test_the_steps_come_in_the_order_in_which_aws_accepts_them() -> None:
    world = _world(**SHORT)
    raised = world.one(RAISED, "jobs-queue-raised")
    mapping = world.one(MAPPING, "jobs-mapping")
    lowered = world.one(LOWERED, "jobs-queue-lowered")
    assert {"aws:sqs/queue:Queue::jobs-queue", "aws:lambda/function:Function::jobs-worker"} <= raised.dependencies
    assert f"{MAPPING}::jobs-mapping" not in raised.dependencies
    assert f"{RAISED}::jobs-queue-raised" in mapping.dependencies
    assert "aws:iam/rolePolicy:RolePolicy::jobs-worker-policy" in mapping.dependencies
    assert mapping.delete_before_replace
    assert f"{MAPPING}::jobs-mapping" in lowered.dependencies


@pytest.mark.parametrize(
    ("change", "changes_the_mapping"),
    [
        ({"batchSize": 2}, True),
        ({"timeoutSeconds": 31}, True),
        ({"reportBatchItemFailures": False}, True),
        ({"maximumConcurrency": 2}, True),
        ({"enabled": False}, True),
        ({"filters": [{"body": {"kind": ["a"]}}]}, True),
        ({"memoryMb": 512}, False),
        ({"logRetentionDays": 7}, False),
        ({"reservedConcurrency": 3}, False),
        ({"heartbeat": {"enabled": True}}, False),
        ({"idempotency": {"mode": "none"}}, False),
    ],
)
def test_the_revision_changes_with_the_mapping_and_with_nothing_else(
    change: dict[str, Any], changes_the_mapping: bool
) -> None:
    before = mapping_revision(VisibilitySettings.model_validate(SHORT).worker)
    after = mapping_revision(VisibilitySettings.model_validate({**SHORT, "worker": change}).worker)
    assert (before != after) is changes_the_mapping


def test_a_stack_without_region_is_refused_when_something_has_to_be_lowered() -> None:
    with pytest.raises(pulumi.RunError) as caught:
        _world(config={}, **SHORT)
    assert str(caught.value) == (
        "allowShortVisibility needs aws:region in the stack's configuration, so that the visibility timeout is "
        "lowered where the queue is\n    fix: pulumi config set aws:region <region>"
    )


def test_provider_settings_that_cannot_be_followed_are_refused_by_name() -> None:
    config = {**REGION, "aws:assumeRoles": '[{"roleArn": "x"}]', "aws:useFipsEndpoint": "true", "aws:insecure": "false"}
    with pytest.raises(pulumi.RunError) as caught:
        _world(config=config, **SHORT)
    assert str(caught.value) == (
        "allowShortVisibility cannot be used together with aws:assumeRoles, aws:useFipsEndpoint: the visibility "
        "timeout is lowered through boto3, which follows aws:region, aws:profile, aws:accessKey, aws:secretKey, "
        "aws:token and aws:endpoints only\n    fix: give credentials by aws:profile or the environment instead"
    )


def test_children_parents_inputs_and_outputs() -> None:
    world = _world(**SHORT)
    component = world.one("delivery-lab:worker:IdempotentWorker", "jobs")
    assert component.inputs["allowShortVisibility"] is True
    assert component.inputs["idempotency"]["mode"] == "powertools"
    own = "delivery-lab:worker:IdempotentWorker::jobs"
    for token, name in ((TABLE, "jobs-table"), (MAPPING, "jobs-mapping"), (RAISED, "jobs-queue-raised")):
        assert world.one(token, name).parent == own
    assert world.one(LOWERED, "jobs-queue-lowered").parent == own
    assert world.one("delivery-lab:queue:QueueWithDlq", "jobs").parent == own
    assert world.component_outputs["delivery-lab:worker:IdempotentWorker"] == {
        "functionName": "jobs-worker",
        "mappingUuid": "uuid-of-jobs-mapping",
        "tableName": "jobs-table",
    }
