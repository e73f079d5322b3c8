from __future__ import annotations

from typing import Any

import pytest

from components.settings import StreamSettings
from components.stream_worker import StreamWorker
from tests.components.world import Registered, World, deploy

MAPPING = "aws:lambda/eventSourceMapping:EventSourceMapping"
FUNCTION = "aws:lambda/function:Function"
STREAM = "aws:kinesis/stream:Stream"
TABLE = "aws:dynamodb/table:Table"
STREAM_ARN = "arn:aws:kinesis:eu-west-1:123456789012:clicks"
TABLE_STREAM_ARN = "arn:aws:dynamodb:eu-west-1:123456789012:table/clicks-table/stream/1"
DLQ_ARN = "arn:aws:sqs:eu-west-1:123456789012:clicks-dlq"


def _world(**settings: Any) -> World:
    def program() -> None:
        StreamWorker("clicks", StreamSettings.model_validate(settings), "layer-arn")

    world = deploy(program)
    if settings.get("source") == "dynamodb":
        assert world.of_type(STREAM) == []
    else:
        assert world.of_type(TABLE) == []
    return world


def _mapping(**worker: Any) -> Registered:
    return _world(worker=worker).one(MAPPING, "clicks-mapping")


def _statements(world: World) -> dict[str, dict[str, Any]]:
    document = world.one("aws:iam/rolePolicy:RolePolicy", "clicks-worker-policy").document("policy")
    return {statement["Sid"]: statement for statement in document["Statement"]}


def test_every_setting_of_the_mapping_reaches_it() -> None:
    mapping = _mapping(
        batchSize=50,
        maximumBatchingWindowSeconds=20,
        startingPosition="AT_TIMESTAMP",
        startingPositionTimestamp="2025-12-31T08:00:00Z",
        parallelizationFactor=10,
        maximumRetryAttempts=3,
        maximumRecordAgeSeconds=60,
        bisectBatchOnFunctionError=False,
        reportBatchItemFailures=True,
        tumblingWindowSeconds=30,
        filters=[{"data": {"kind": ["order"]}}],
        enabled=False,
    )
    assert mapping.inputs == {
        "eventSourceArn": STREAM_ARN,
        "functionName": "arn:aws:lambda:eu-west-1:123456789012:clicks-worker",
        "batchSize": 50,
        "maximumBatchingWindowInSeconds": 20,
        "startingPosition": "AT_TIMESTAMP",
        "startingPositionTimestamp": "2025-12-31T08:00:00Z",
        "parallelizationFactor": 10,
        "maximumRetryAttempts": 3,
        "maximumRecordAgeInSeconds": 60,
        "bisectBatchOnFunctionError": False,
        "functionResponseTypes": ["ReportBatchItemFailures"],
        "tumblingWindowInSeconds": 30,
        "destinationConfig": {"onFailure": {"destinationArn": DLQ_ARN}},
        "filterCriteria": {"filters": [{"pattern": '{"data":{"kind":["order"]}}'}]},
        "enabled": False,
    }


def test_the_mapping_s_defaults() -> None:
    inputs = _mapping().inputs
    assert (inputs["maximumRetryAttempts"], inputs["maximumRecordAgeInSeconds"]) == (5, -1)
    assert inputs["bisectBatchOnFunctionError"] is True
    assert inputs["functionResponseTypes"] == ["ReportBatchItemFailures"]
    assert inputs["startingPosition"] == "TRIM_HORIZON"
    assert {"tumblingWindowInSeconds", "filterCriteria", "startingPositionTimestamp"}.isdisjoint(inputs)


def test_without_a_destination_the_mapping_has_none_and_there_is_no_queue() -> None:
    world = _world(worker={"onFailure": "none"})
    assert "destinationConfig" not in world.one(MAPPING, "clicks-mapping").inputs
    assert world.of_type("aws:sqs/queue:Queue") == []
    assert set(_statements(world)) == {"WriteOwnLogs", "ReadStream"}


@pytest.mark.parametrize(
    ("kind", "arn"),
    [
        ("sqs", DLQ_ARN),
        ("sns", "arn:aws:sns:eu-west-1:123456789012:clicks-failures"),
        ("s3", "arn:aws:s3:::clicks-failures"),
    ],
)
def test_failures_go_where_the_settings_say(kind: str, arn: str) -> None:
    world = _world(worker={"onFailure": kind})
    config = world.one(MAPPING, "clicks-mapping").inputs["destinationConfig"]
    assert config == {"onFailure": {"destinationArn": arn}}
    assert _statements(world)["ReportFailures"]["Resource"] == (f"{arn}/*" if kind == "s3" else arn)


def test_the_stream_is_encrypted_and_has_the_shards_asked_for() -> None:
    assert _world(kinesis={"shards": 4, "retentionHours": 48}).one(STREAM, "clicks").inputs == {
        "streamModeDetails": {"streamMode": "PROVISIONED"},
        "shardCount": 4,
        "retentionPeriod": 48,
        "encryptionType": "KMS",
        "kmsKeyId": "alias/aws/kinesis",
    }


def test_the_function_may_read_its_stream_report_failures_and_nothing_else() -> None:
    statements = _statements(_world())
    assert set(statements) == {"WriteOwnLogs", "ReadStream", "ReportFailures"}
    assert statements["ReadStream"]["Resource"] == STREAM_ARN
    assert statements["ReadStream"]["Action"] == [
        "kinesis:DescribeStream",
        "kinesis:DescribeStreamSummary",
        "kinesis:GetRecords",
        "kinesis:GetShardIterator",
        "kinesis:ListShards",
    ]
    assert statements["ReportFailures"]["Action"] == ["sqs:SendMessage"]


def test_a_table_streams_its_changes() -> None:
    world = _world(source="dynamodb", table={"streamViewType": "NEW_IMAGE"})
    assert world.one(TABLE, "clicks-table").inputs == {
        "hashKey": "id",
        "attributes": [{"name": "id", "type": "S"}],
        "billingMode": "PAY_PER_REQUEST",
        "streamEnabled": True,
        "streamViewType": "NEW_IMAGE",
        "pointInTimeRecovery": {"enabled": True},
        "serverSideEncryption": {"enabled": True},
    }
    assert world.one(MAPPING, "clicks-mapping").inputs["eventSourceArn"] == TABLE_STREAM_ARN
    statements = _statements(world)
    assert statements["ReadStream"]["Resource"] == TABLE_STREAM_ARN
    assert statements["ReadStream"]["Action"] == [
        "dynamodb:DescribeStream",
        "dynamodb:GetRecords",
        "dynamodb:GetShardIterator",
    ]
    assert statements["ListStreams"]["Resource"] == "*"


def test_the_mapping_waits_for_the_policy_and_is_deleted_before_it_is_replaced() -> None:
    mapping = _mapping()
    assert "aws:iam/rolePolicy:RolePolicy::clicks-worker-policy" in mapping.dependencies
    assert mapping.delete_before_replace


@pytest.mark.parametrize("mode", ["report", "raise"])
def test_the_function_is_told_what_to_do_with_failed_records(mode: str) -> None:
    function = _world(worker={"onRecordError": mode}).one(FUNCTION, "clicks-worker")
    assert function.inputs["environment"]["variables"]["ON_RECORD_ERROR"] == mode
    assert function.inputs["code"].path == "functions/stream_worker"
    assert "vpcConfig" not in function.inputs


def test_parents_inputs_and_outputs() -> None:
    world = _world()
    component = world.one("delivery-lab:worker:StreamWorker", "clicks")
    assert (component.inputs["source"], component.inputs["batchSize"]) == ("kinesis", 100)
    assert world.one(MAPPING, "clicks-mapping").parent == "delivery-lab:worker:StreamWorker::clicks"
    assert world.component_outputs["delivery-lab:worker:StreamWorker"] == {
        "functionName": "clicks-worker",
        "mappingUuid": "uuid-of-clicks-mapping",
    }
