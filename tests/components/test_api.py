from __future__ import annotations

from typing import Any

import pytest
from pulumi_aws import lambda_

from components.api import PRODUCE, EnqueueApi
from components.settings import ApiSettings
from tests.components.world import World, deploy


def _world(**settings: Any) -> World:
    def program() -> None:
        producer = lambda_.Function("producer", role="arn:aws:iam::123456789012:role/producer")
        EnqueueApi("orders", producer, ApiSettings.model_validate(settings))

    return deploy(program)


@pytest.mark.parametrize(("setting", "authorization_type"), [("iam", "AWS_IAM"), ("none", "NONE")])
def test_one_route_with_the_authorization_asked_for(setting: str, authorization_type: str) -> None:
    world = _world(authorization=setting)
    assert world.one("aws:apigatewayv2/route:Route", "orders-route").inputs == {
        "apiId": "orders-id",
        "routeKey": "POST /enqueue",
        "authorizationType": authorization_type,
        "target": "integrations/orders-integration-id",
    }
    assert len(world.of_type("aws:apigatewayv2/route:Route")) == 1


def test_iam_is_the_default() -> None:
    route = _world().one("aws:apigatewayv2/route:Route", "orders-route")
    assert route.inputs["authorizationType"] == "AWS_IAM"


def test_requests_reach_the_producer_in_payload_format_2() -> None:
    world = _world()
    assert world.one("aws:apigatewayv2/api:Api", "orders").inputs == {"protocolType": "HTTP"}
    assert world.one("aws:apigatewayv2/integration:Integration", "orders-integration").inputs == {
        "apiId": "orders-id",
        "integrationType": "AWS_PROXY",
        "integrationUri": "arn:aws:lambda:eu-west-1:123456789012:producer:invoke",
        "payloadFormatVersion": "2.0",
    }


def test_only_this_route_of_this_api_may_invoke_the_producer() -> None:
    assert _world().one("aws:lambda/permission:Permission", "orders-permission").inputs == {
        "action": "lambda:InvokeFunction",
        "function": "producer",
        "principal": "apigateway.amazonaws.com",
        "sourceArn": "arn:aws:apigatewayv2:eu-west-1:123456789012:orders:execution/*/POST/enqueue",
    }


def test_the_stage_is_throttled_and_opens_last() -> None:
    world = _world(throttling={"burstLimit": 7, "rateLimit": 2.5})
    stage = world.one("aws:apigatewayv2/stage:Stage", "orders-stage")
    assert stage.inputs == {
        "apiId": "orders-id",
        "name": "$default",
        "autoDeploy": True,
        "defaultRouteSettings": {"throttlingBurstLimit": 7, "throttlingRateLimit": 2.5},
    }
    assert {
        "aws:apigatewayv2/route:Route::orders-route",
        "aws:lambda/permission:Permission::orders-permission",
    } <= stage.dependencies


def test_children_parents_inputs_and_outputs() -> None:
    world = _world(authorization="none")
    component = world.one("delivery-lab:api:EnqueueApi", "orders")
    assert component.inputs == {"authorization": "none", "throttling": {"burstLimit": 100, "rateLimit": 50}}
    children = [resource for resource in world.resources if resource.name.startswith("orders") and resource.custom]
    assert {child.parent for child in children} == {"delivery-lab:api:EnqueueApi::orders"}
    assert world.component_outputs["delivery-lab:api:EnqueueApi"] == {"endpoint": "https://orders.test"}


def test_another_path_has_its_own_route_and_permission() -> None:
    def program() -> None:
        producer = lambda_.Function("producer", role="arn:aws:iam::123456789012:role/producer")
        EnqueueApi("orders", producer, ApiSettings(), path=PRODUCE)

    world = deploy(program)
    assert world.one("aws:apigatewayv2/route:Route", "orders-route").inputs["routeKey"] == "POST /produce"
    permission = world.one("aws:lambda/permission:Permission", "orders-permission")
    assert permission.inputs["sourceArn"].endswith(":execution/*/POST/produce")
