from __future__ import annotations

from typing import Any

import pytest

from components.settings import SyncSettings
from components.sync_caller import SyncCaller
from tests.components.world import World, deploy

FUNCTION = "aws:lambda/function:Function"
TABLE = "aws:dynamodb/table:Table"
POWERTOOLS = {"POWERTOOLS_SERVICE_NAME": "pay-caller", "POWERTOOLS_LOG_LEVEL": "INFO"}
CALLEE_ARN = "arn:aws:lambda:eu-west-1:123456789012:pay-callee"


def _world(**parts: Any) -> World:
    settings = SyncSettings.model_validate(parts)

    def program() -> None:
        SyncCaller("pay", settings, "layer-arn")

    return deploy(program)


def _variables(**parts: Any) -> dict[str, str]:
    variables: dict[str, str] = _world(**parts).one(FUNCTION, "pay-caller").inputs["environment"]["variables"]
    return variables


@pytest.mark.parametrize(
    ("caller", "variables"),
    [
        ({"mode": "naive"}, {}),
        ({"mode": "retry", "maximumAttempts": 3}, {"MAXIMUM_ATTEMPTS": "3"}),
        (
            {"mode": "breaker", "breaker": {"failureThreshold": 2, "resetSeconds": 9}},
            {"MAXIMUM_ATTEMPTS": "5", "BREAKER_FAILURE_THRESHOLD": "2", "BREAKER_RESET_SECONDS": "9"},
        ),
        (
            {"mode": "breaker", "breaker": {"shared": True}},
            {
                "MAXIMUM_ATTEMPTS": "5",
                "BREAKER_FAILURE_THRESHOLD": "5",
                "BREAKER_RESET_SECONDS": "60",
                "BREAKER_TABLE_NAME": "pay-breaker",
            },
        ),
    ],
)
def test_the_caller_is_told_what_its_mode_needs(caller: dict[str, Any], variables: dict[str, str]) -> None:
    expected = {**POWERTOOLS, "MODE": caller["mode"], "CALLEE_NAME": "pay-callee", "CALLEE_TIMEOUT_SECONDS": "4"}
    assert _variables(caller=caller, callee={"timeoutSeconds": 4}) == expected | variables


def test_the_caller_may_invoke_the_callee_and_the_callee_nothing() -> None:
    world = _world()
    statements = world.one("aws:iam/rolePolicy:RolePolicy", "pay-caller-policy").document("policy")["Statement"]
    assert [statement["Sid"] for statement in statements] == ["WriteOwnLogs", "InvokeCallee"]
    assert statements[1]["Action"] == ["lambda:InvokeFunction"]
    assert statements[1]["Resource"] == CALLEE_ARN
    (only,) = world.one("aws:iam/rolePolicy:RolePolicy", "pay-callee-policy").document("policy")["Statement"]
    assert only["Sid"] == "WriteOwnLogs"


def test_a_shared_breaker_has_a_table_that_the_caller_may_use() -> None:
    world = _world(caller={"mode": "breaker", "breaker": {"shared": True}})
    assert world.one(TABLE, "pay-breaker").inputs["hashKey"] == "name"
    statement = world.one("aws:iam/rolePolicy:RolePolicy", "pay-caller-policy").document("policy")["Statement"][2]
    assert statement["Action"] == ["dynamodb:GetItem", "dynamodb:PutItem"]
    assert statement["Resource"] == "arn:aws:dynamodb:eu-west-1:123456789012:pay-breaker"


@pytest.mark.parametrize("mode", ["naive", "retry"])
def test_without_a_breaker_nothing_is_shared(mode: str) -> None:
    assert _world(caller={"mode": mode, "breaker": {"shared": True}}).of_type(TABLE) == []


def test_the_api_has_one_route_for_calls() -> None:
    world = _world(api={"authorization": "none"})
    route = world.one("aws:apigatewayv2/route:Route", "pay-api-route").inputs
    assert (route["routeKey"], route["authorizationType"]) == ("POST /call", "NONE")
    permission = world.one("aws:lambda/permission:Permission", "pay-api-permission").inputs
    assert permission["sourceArn"].endswith(":execution/*/POST/call")


def test_each_function_has_its_own_settings_and_code() -> None:
    world = _world(callee={"timeoutSeconds": 7, "reservedConcurrency": 2})
    callee = world.one(FUNCTION, "pay-callee").inputs
    assert (callee["timeout"], callee["reservedConcurrentExecutions"]) == (7, 2)
    assert callee["code"].path == "functions/sync_callee"
    caller = world.one(FUNCTION, "pay-caller").inputs
    assert (caller["timeout"], caller["code"].path) == (29, "functions/sync_caller")


def test_children_and_outputs() -> None:
    world = _world()
    parent = "delivery-lab:sync:SyncCaller::pay"
    assert world.one("delivery-lab:function:PythonFunction", "pay-caller").parent == parent
    assert world.one("delivery-lab:api:EnqueueApi", "pay-api").parent == parent
    assert world.component_outputs["delivery-lab:sync:SyncCaller"] == {
        "callerName": "pay-caller",
        "calleeName": "pay-callee",
        "endpoint": "https://pay-api.test",
    }
