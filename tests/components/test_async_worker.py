from __future__ import annotations

from typing import Any

import pytest

from components.async_worker import AsyncWorker
from components.settings import AsyncSettings
from tests.components.world import World, deploy

CONFIG = "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig"
FUNCTION = "aws:lambda/function:Function"
POLICY = "aws:iam/rolePolicy:RolePolicy"
QUEUE = "aws:sqs/queue:Queue"
TABLE = "aws:dynamodb/table:Table"
NO_RECORDS = {"idempotency": {"mode": "none"}}


def _world(**parts: Any) -> World:
    settings = AsyncSettings.model_validate(parts)

    def program() -> None:
        AsyncWorker("mail", settings, "layer-arn")

    return deploy(program)


def _statements(world: World) -> dict[str, dict[str, Any]]:
    document = world.one(POLICY, "mail-worker-policy").document("policy")
    return {statement["Sid"]: statement for statement in document["Statement"]}


def _arn(service: str, name: str) -> str:
    return f"arn:aws:{service}:eu-west-1:123456789012:{name}"


def test_every_setting_of_the_event_invoke_configuration_reaches_it() -> None:
    world = _world(
        worker={"maximumRetryAttempts": 1, "maximumEventAgeSeconds": 300},
        destinations={"onSuccess": "sns", "onFailure": "sqs"},
    )
    config = world.one(CONFIG, "mail-invoke-config")
    assert config.inputs == {
        "functionName": "mail-worker",
        "maximumRetryAttempts": 1,
        "maximumEventAgeInSeconds": 300,
        "destinationConfig": {
            "onSuccess": {"destination": _arn("sns", "mail-success")},
            "onFailure": {"destination": _arn("sqs", "mail-failure")},
        },
    }


def test_the_configuration_waits_for_the_policy_that_aws_tries_out() -> None:
    assert f"{POLICY}::mail-worker-policy" in _world().one(CONFIG, "mail-invoke-config").dependencies


@pytest.mark.parametrize(
    ("kind", "service", "name", "action"),
    [
        ("sqs", "sqs", "mail-success", "sqs:SendMessage"),
        ("sns", "sns", "mail-success", "sns:Publish"),
        ("eventbridge", "events", "event-bus/mail-success", "events:PutEvents"),
        ("lambda", "lambda", "mail-success", "lambda:InvokeFunction"),
    ],
)
def test_lambda_may_send_to_each_kind_of_destination_in_the_function_s_name(
    kind: str, service: str, name: str, action: str
) -> None:
    world = _world(worker=NO_RECORDS, destinations={"onSuccess": kind, "onFailure": "none"})
    destination = world.one(CONFIG, "mail-invoke-config").inputs["destinationConfig"]["onSuccess"]["destination"]
    assert destination == _arn(service, name)
    assert _statements(world)["ReportSuccess"] == {
        "Sid": "ReportSuccess",
        "Effect": "Allow",
        "Action": [action],
        "Resource": destination,
    }


def test_without_destinations_there_are_none_and_nothing_is_allowed_for_them() -> None:
    world = _world(worker=NO_RECORDS, destinations={"onFailure": "none"})
    assert "destinationConfig" not in world.one(CONFIG, "mail-invoke-config").inputs
    assert set(_statements(world)) == {"WriteOwnLogs"}
    assert world.of_type(QUEUE) == []
    assert "deadLetterConfig" not in world.one(FUNCTION, "mail-worker").inputs


def test_a_dead_letter_queue_is_the_function_s_and_may_be_had_besides() -> None:
    world = _world(destinations={"deadLetterQueue": True, "retentionSeconds": 600})
    assert world.one(FUNCTION, "mail-worker").inputs["deadLetterConfig"] == {"targetArn": _arn("sqs", "mail-dlq")}
    assert {queue.name: queue.inputs["messageRetentionSeconds"] for queue in world.of_type(QUEUE)} == {
        "mail-failure": 600,
        "mail-dlq": 600,
    }
    assert _statements(world)["DeadLetter"]["Action"] == ["sqs:SendMessage"]
    assert _statements(world)["DeadLetter"]["Resource"] == _arn("sqs", "mail-dlq")


def test_records_of_work_done_have_a_table_that_the_function_knows_and_may_use() -> None:
    world = _world(worker={"idempotency": {"expiresAfterSeconds": 60}})
    assert world.one(TABLE, "mail-table").inputs["hashKey"] == "messageId"
    assert world.one(TABLE, "mail-table").inputs["ttl"] == {"attributeName": "expiresAt", "enabled": True}
    variables = world.one(FUNCTION, "mail-worker").inputs["environment"]["variables"]
    assert variables == {
        "POWERTOOLS_SERVICE_NAME": "mail-worker",
        "POWERTOOLS_LOG_LEVEL": "INFO",
        "IDEMPOTENCY_MODE": "powertools",
        "IDEMPOTENCY_EXPIRES_AFTER_SECONDS": "60",
        "TABLE_NAME": "mail-table",
    }
    assert _statements(world)["KeepRecords"]["Action"] == [
        "dynamodb:DeleteItem",
        "dynamodb:GetItem",
        "dynamodb:PutItem",
        "dynamodb:UpdateItem",
    ]


def test_without_records_there_is_no_table() -> None:
    world = _world(worker=NO_RECORDS)
    assert world.of_type(TABLE) == []
    assert world.one(FUNCTION, "mail-worker").inputs["environment"]["variables"]["IDEMPOTENCY_MODE"] == "none"


def test_a_topic_is_encrypted_and_answers_over_tls_only() -> None:
    world = _world(destinations={"onFailure": "sns"})
    assert world.one("aws:sns/topic:Topic", "mail-failure").inputs == {"kmsMasterKeyId": "alias/aws/sns"}
    (statement,) = world.one("aws:sns/topicPolicy:TopicPolicy", "mail-failure-policy").document("policy")["Statement"]
    assert (statement["Effect"], statement["Action"]) == ("Deny", "sns:Publish")
    assert statement["Resource"] == _arn("sns", "mail-failure")


def test_a_bus_keeps_what_no_rule_matches() -> None:
    world = _world(destinations={"onFailure": "eventbridge"})
    archive = world.one("aws:cloudwatch/eventArchive:EventArchive", "mail-failure-archive")
    assert archive.inputs == {"eventSourceArn": _arn("events", "event-bus/mail-failure"), "retentionDays": 14}


def test_a_function_that_is_a_destination_may_do_nothing_but_log() -> None:
    world = _world(destinations={"onFailure": "lambda"})
    assert world.one(FUNCTION, "mail-failure").inputs["code"].path == "functions/record_logger"
    (statement,) = world.one(POLICY, "mail-failure-policy").document("policy")["Statement"]
    assert statement["Sid"] == "WriteOwnLogs"


def test_children_parents_and_outputs() -> None:
    world = _world(destinations={"onSuccess": "lambda"})
    parent = "delivery-lab:worker:AsyncWorker::mail"
    assert world.one(CONFIG, "mail-invoke-config").parent == parent
    for name in ("mail-success", "mail-failure"):
        assert world.one("delivery-lab:destination:InvokeDestination", name).parent == parent
    assert world.one("delivery-lab:worker:AsyncWorker", "mail").inputs["destinations"]["onSuccess"] == "lambda"
    assert world.component_outputs["delivery-lab:worker:AsyncWorker"] == {"functionName": "mail-worker"}
