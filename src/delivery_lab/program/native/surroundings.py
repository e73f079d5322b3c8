"""What calls functions and hands messages on, as aws-native names it: APIs, schedules and pipes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from delivery_lab import resource_types
from delivery_lab.program.graph import UNKNOWN
from delivery_lab.program.native.native_type import (
    InnerResource,
    NativeType,
    Values,
    as_text,
    in_parts,
    listed,
    with_names,
)

_OF_REST_API = {"restApiId": "restApi"}


def _of_method(inputs: Values, _: Values) -> Iterator[InnerResource]:
    """What a method is integrated with is a resource of its own in pulumi-aws, and so is each of its responses."""
    held = inputs.get("integration")
    if held is None:
        return
    place = {
        "restApi": inputs.get("restApiId"),
        "resourceId": inputs.get("resourceId"),
        "httpMethod": inputs.get("httpMethod"),
    }
    integration = (
        dict(with_names(held, {"timeoutInMillis": "timeoutMilliseconds"}))
        if isinstance(held, Mapping)
        else {"type": held}
    )
    responses = integration.pop("integrationResponses", None)
    yield InnerResource(resource_types.REST_INTEGRATION, "integration", {**integration, **place})
    for number, response in enumerate(listed(responses)):
        told = response if isinstance(response, Mapping) else {"statusCode": response}
        yield InnerResource(resource_types.REST_INTEGRATION_RESPONSE, f"response-{number}", {**told, **place})


def _of_rest_stage(inputs: Values, _: Values) -> Iterator[InnerResource]:
    """Settings of methods are members of the stage in CloudFormation, a resource each in pulumi-aws."""
    for number, entry in enumerate(listed(inputs.get("methodSettings"))):
        if not isinstance(entry, Mapping):
            continue
        settings = dict(entry)
        method, path = settings.pop("httpMethod", None), settings.pop("resourcePath", None)
        known = isinstance(method, str) and isinstance(path, str)
        yield InnerResource(
            resource_types.REST_METHOD_SETTINGS,
            f"settings-{number}",
            {
                "restApi": inputs.get("restApiId"),
                "stageName": inputs.get("stageName"),
                "methodPath": f"{str(path).strip('/') or '*'}/{method}" if known else UNKNOWN,
                "settings": settings,
            },
        )


def _source_parameters(value: Any) -> Values:
    return {"sourceParameters": with_names(value, {"dynamoDbStreamParameters": "dynamodbStreamParameters"})}


def _target_parameters(value: Any) -> Values:
    names = {
        "eventBridgeEventBusParameters": "eventbridgeEventBusParameters",
        "cloudWatchLogsParameters": "cloudwatchLogsParameters",
    }
    return {"targetParameters": with_names(value, names)}


def _target_of_schedule(value: Any) -> Values:
    return {"target": with_names(value, {"eventBridgeParameters": "eventbridgeParameters"})}


def _route_settings(value: Any) -> Values:
    """By route here, a list with the route's key in pulumi-aws."""
    if not isinstance(value, Mapping):
        return {"routeSettings": value}
    return {
        "routeSettings": [
            {"routeKey": key, **held} if isinstance(held, Mapping) else held for key, held in value.items()
        ]
    }


SURROUNDING_TYPES: Mapping[str, NativeType] = MappingProxyType(
    {
        "aws-native:scheduler:Schedule": NativeType(
            resource_types.SCHEDULE, inputs={"target": _target_of_schedule}, physical_id="name"
        ),
        "aws-native:pipes:Pipe": NativeType(
            resource_types.PIPE,
            inputs={"sourceParameters": _source_parameters, "targetParameters": _target_parameters},
        ),
        "aws-native:apigatewayv2:Api": NativeType(
            resource_types.HTTP_API,
            inputs={"body": as_text("body")},
            outputs={"executeApiArn": "executionArn"},
            id_output="apiId",
        ),
        "aws-native:apigatewayv2:Route": NativeType(resource_types.ROUTE, id_output="routeId"),
        "aws-native:apigatewayv2:Integration": NativeType(
            resource_types.INTEGRATION, inputs={"timeoutInMillis": "timeoutMilliseconds"}, id_output="integrationId"
        ),
        "aws-native:apigatewayv2:Stage": NativeType(
            resource_types.STAGE, inputs={"stageName": "name", "routeSettings": _route_settings}
        ),
        "aws-native:apigateway:RestApi": NativeType(
            resource_types.REST_API, inputs={"body": as_text("body")}, id_output="restApiId"
        ),
        "aws-native:apigateway:Resource": NativeType(
            resource_types.REST_RESOURCE, inputs=_OF_REST_API, id_output="resourceId"
        ),
        "aws-native:apigateway:Method": NativeType(
            resource_types.REST_METHOD,
            inputs={**_OF_REST_API, "authorizationType": "authorization", "integration": in_parts},
            parts=_of_method,
        ),
        "aws-native:apigateway:Deployment": NativeType(
            resource_types.REST_DEPLOYMENT, inputs=_OF_REST_API, id_output="deploymentId"
        ),
        "aws-native:apigateway:Stage": NativeType(
            resource_types.REST_STAGE,
            inputs={
                **_OF_REST_API,
                "deploymentId": "deployment",
                "methodSettings": in_parts,
            },
            parts=_of_rest_stage,
        ),
    }
)
