from __future__ import annotations

from typing import Any

import pytest
from pulumi_aws import sqs

from components.queue_api import QueueApi
from components.settings import QueueApiSettings
from tests.components.world import World, deploy

QUEUE_ARN = "arn:aws:sqs:eu-west-1:123456789012:jobs"


def _world(**settings: Any) -> World:
    return deploy(lambda: _kept(QueueApi("front", sqs.Queue("jobs"), QueueApiSettings.model_validate(settings))))


def _kept(_: object) -> None:
    """What is made is looked at in the world."""


def _operation(**settings: Any) -> dict[str, Any]:
    body = _world(**settings).one("aws:apigateway/restApi:RestApi", "front").document("body")
    (operation,) = [method for path in body["paths"].values() for method in path.values()]
    assert list(body["paths"]) == ["/enqueue"]
    assert isinstance(operation, dict)
    return operation


def test_a_request_becomes_a_message_without_a_function() -> None:
    integration = _operation()["x-amazon-apigateway-integration"]
    assert integration == {
        "type": "aws",
        "httpMethod": "POST",
        "uri": "arn:aws:apigateway:eu-west-1:sqs:path/123456789012/jobs",
        "credentials": "arn:aws:iam:eu-west-1:123456789012:front-role",
        "passthroughBehavior": "never",
        "requestParameters": {"integration.request.header.Content-Type": "'application/x-www-form-urlencoded'"},
        "requestTemplates": {"application/json": "Action=SendMessage&MessageBody=$util.urlEncode($input.body)"},
        "responses": {
            "2\\d{2}": {"statusCode": "202", "responseTemplates": {"application/json": '{"accepted": true}'}},
            "default": {
                "statusCode": "502",
                "responseTemplates": {"application/json": '{"message": "not accepted"}'},
            },
        },
    }


def test_the_body_can_be_left_as_it_is_and_errors_untold() -> None:
    integration = _operation(encodeBody=False, tellErrors=False)["x-amazon-apigateway-integration"]
    assert integration["requestTemplates"] == {"application/json": "Action=SendMessage&MessageBody=$input.body"}
    assert list(integration["responses"]) == ["default"]
    assert integration["responses"]["default"]["statusCode"] == "202"


@pytest.mark.parametrize(("authorization", "auth"), [("iam", {"type": "AWS_IAM"}), ("none", None)])
def test_who_may_call(authorization: str, auth: dict[str, str] | None) -> None:
    assert _operation(authorization=authorization).get("x-amazon-apigateway-auth") == auth


def test_the_role_may_send_to_the_queue_and_nothing_else() -> None:
    world = _world()
    (statement,) = world.one("aws:iam/rolePolicy:RolePolicy", "front-policy").document("policy")["Statement"]
    assert (statement["Action"], statement["Resource"]) == (["sqs:SendMessage"], QUEUE_ARN)
    trust = world.one("aws:iam/role:Role", "front-role").document("assumeRolePolicy")
    assert trust["Statement"][0]["Principal"] == {"Service": "apigateway.amazonaws.com"}


def test_the_api_is_deployed_with_its_limits() -> None:
    world = _world(throttling={"burstLimit": 7, "rateLimit": 3.5})
    deployment = world.one("aws:apigateway/deployment:Deployment", "front-deployment")
    assert deployment.inputs["triggers"] == {
        "body": world.one("aws:apigateway/restApi:RestApi", "front").inputs["body"]
    }
    assert "aws:iam/rolePolicy:RolePolicy::front-policy" in deployment.dependencies
    settings = world.one("aws:apigateway/methodSettings:MethodSettings", "front-throttling").inputs
    assert (settings["methodPath"], settings["stageName"]) == ("*/*", "live")
    assert settings["settings"] == {"throttlingBurstLimit": 7, "throttlingRateLimit": 3.5}


def test_children_and_outputs() -> None:
    world = _world()
    assert world.one("aws:apigateway/stage:Stage", "front-stage").parent == "delivery-lab:api:QueueApi::front"
    assert world.component_outputs["delivery-lab:api:QueueApi"] == {"endpoint": "https://front-stage.test/live"}
