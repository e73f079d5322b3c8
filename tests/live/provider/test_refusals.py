"""What AWS refuses is refused with AWS's codes, although the emulator would take it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from delivery_lab import resource_types
from delivery_lab.live.provider.creator import Creator
from tests.live.conftest import Make
from tests.live.provider.test_types import _ASSUME, _CODE, _function, _queue

pytestmark = pytest.mark.emulator


def refused(make: Make, token: str, **inputs: Any) -> tuple[str, str]:
    """AWS's code and message of a refusal."""
    with pytest.raises(ClientError) as caught:
        make(token, **inputs)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


@pytest.fixture
def ends(make: Make) -> dict[str, Any]:
    """A function with a timeout of 30 s and a queue that hides messages as long."""
    return {
        "functionName": _function(make, timeout=30).outputs["arn"],
        "eventSourceArn": _queue(make, visibilityTimeoutSeconds=30).outputs["arn"],
    }


def test_esm_vt_1_a_visibility_timeout_below_the_functions_timeout(make: Make) -> None:
    function, queue = _function(make, timeout=30), _queue(make, visibilityTimeoutSeconds=29)
    ends = {"functionName": function.outputs["arn"], "eventSourceArn": queue.outputs["arn"]}
    assert refused(make, resource_types.MAPPING, **ends) == (
        "InvalidParameterValueException",
        "Queue visibility timeout: 29 seconds is less than Function timeout: 30 seconds",
    )


def test_esm_vt_1_holds_for_updates_of_a_mapping_too(make: Make, creator: Creator, ends: dict[str, Any]) -> None:
    mapping = make(resource_types.MAPPING, **ends, batchSize=10)
    url = creator.cloud.client("sqs").get_queue_url(QueueName=ends["eventSourceArn"].rpartition(":")[2])["QueueUrl"]
    creator.cloud.client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "5"})
    wanted = {**mapping.inputs, "batchSize": 1}
    with pytest.raises(
        ClientError, match="Queue visibility timeout: 5 seconds is less than Function timeout: 30 seconds"
    ):
        creator.update(
            resource_types.MAPPING, mapping.id, mapping.inputs, {**mapping.inputs, **mapping.outputs}, wanted
        )


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"batchSize": 20_000}, "Value 20000 at 'batchSize' failed to satisfy constraint: 1 to 10000"),
        (
            {"batchSize": 11},
            "Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10",
        ),
        (
            {"scalingConfig": {"maximumConcurrency": 1}},
            "Value 1 at 'scalingConfig.maximumConcurrency' failed to satisfy constraint: 2 to 1000",
        ),
        (
            {"bisectBatchOnFunctionError": True},
            "Unsupported parameter for event source type: bisectBatchOnFunctionError (an SQS queue)",
        ),
        (
            {"startingPosition": "LATEST"},
            "Unsupported parameter for event source type: startingPosition (an SQS queue)",
        ),
    ],
)
def test_settings_of_a_queues_mapping(make: Make, ends: dict[str, Any], settings: dict[str, Any], message: str) -> None:
    assert refused(make, resource_types.MAPPING, **ends, **settings) == ("InvalidParameterValueException", message)


def test_a_response_type_that_does_not_exist(make: Make, ends: dict[str, Any]) -> None:
    assert refused(make, resource_types.MAPPING, **ends, functionResponseTypes=["Nope"]) == (
        "ValidationException",
        (
            "1 validation error detected: Value '['Nope']' at 'functionResponseTypes' failed to satisfy constraint: "
            "[ReportBatchItemFailures]"
        ),
    )


def test_esm_one_1_a_second_mapping_of_the_same_queue_and_function(make: Make, ends: dict[str, Any]) -> None:
    make(resource_types.MAPPING, **ends)
    code, message = refused(make, resource_types.MAPPING, **ends)
    assert code == "ResourceConflictException"
    assert message.startswith(f'The event source arn (" {ends["eventSourceArn"]} ") and function (')


def test_a_mapping_of_a_queue_that_is_not_there(make: Make, ends: dict[str, Any]) -> None:
    missing = "arn:aws:sqs:us-east-1:123456789012:missing"
    code, message = refused(make, resource_types.MAPPING, **{**ends, "eventSourceArn": missing})
    assert (code, missing in message) == ("InvalidParameterValueException", True)


def test_a_stream_needs_a_starting_position(make: Make, ends: dict[str, Any]) -> None:
    stream = make(resource_types.STREAM, shardCount=1).outputs["arn"]
    assert refused(make, resource_types.MAPPING, functionName=ends["functionName"], eventSourceArn=stream) == (
        "InvalidParameterValueException",
        f"StartingPosition is required for event source {stream}",
    )


def test_kaf_retry_1_retry_controls_of_a_topic_need_provisioned_mode(make: Make, ends: dict[str, Any]) -> None:
    topic = {
        "functionName": ends["functionName"],
        "eventSourceArn": "arn:aws:kafka:us-east-1:123456789012:cluster/c/1",
        "topics": ["t"],
        "startingPosition": "LATEST",
    }
    assert refused(make, resource_types.MAPPING, **topic, maximumRetryAttempts=3) == (
        "InvalidParameterValueException",
        "maximumRetryAttempts is supported for Kafka event sources in provisioned mode only",
    )


@pytest.mark.parametrize(
    ("settings", "name"),
    [
        ({"visibilityTimeoutSeconds": 43_201}, "VisibilityTimeout"),
        ({"messageRetentionSeconds": 59}, "MessageRetentionPeriod"),
        ({"delaySeconds": 901}, "DelaySeconds"),
    ],
)
def test_sqs_bounds_1_attributes_beyond_their_bounds(make: Make, settings: dict[str, Any], name: str) -> None:
    assert refused(make, resource_types.QUEUE, **settings) == (
        "InvalidAttributeValue",
        f"Invalid value for the parameter {name}.",
    )


def test_sqs_bounds_1_a_receive_count_of_zero(make: Make) -> None:
    redrive = json.dumps({"deadLetterTargetArn": _queue(make).outputs["arn"], "maxReceiveCount": 0})
    assert refused(make, resource_types.QUEUE, redrivePolicy=redrive)[0] == "InvalidParameterValue"


def test_lam_time_1_a_timeout_above_900_seconds(make: Make) -> None:
    role = make(resource_types.ROLE, assumeRolePolicy=_ASSUME).outputs["arn"]
    function = {"role": role, "code": _CODE, "handler": "handler.lambda_handler", "runtime": "python3.13"}
    assert refused(make, resource_types.FUNCTION, **function, timeout=901) == (
        "ValidationException",
        (
            "1 validation error detected: Value '901' at 'timeout' failed to satisfy constraint: "
            "Member must have value less than or equal to 900"
        ),
    )


def test_lam_conc_3_a_reservation_that_leaves_too_little_and_the_function_does_not_stay(
    make: Make, creator: Creator
) -> None:
    with pytest.raises(ClientError, match=r"below its minimum value of \[100\]"):
        _function(make, reservedConcurrentExecutions=901)
    assert creator.cloud.client("lambda").list_functions()["Functions"] == []
