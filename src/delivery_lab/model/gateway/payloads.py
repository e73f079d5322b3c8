"""The event of a Lambda proxy integration: format 2.0 and 1.0 of HTTP APIs, those of REST APIs and of function URLs."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Literal

from delivery_lab.model.gateway.paths import DEFAULT
from delivery_lab.model.gateway.requests import PROTOCOL, SOURCE_IP, USER_AGENT, ApiRequest

PayloadFormat = Literal["1.0", "2.0", "rest", "url"]
"""Formats of events: the two of HTTP APIs, that of REST APIs, and that of function URLs, which is as 2.0."""

_IDENTITY = (
    "accessKey",
    "accountId",
    "caller",
    "cognitoAuthenticationProvider",
    "cognitoAuthenticationType",
    "cognitoIdentityId",
    "cognitoIdentityPoolId",
    "principalOrgId",
    "sourceIp",
    "user",
    "userAgent",
    "userArn",
)


def event_of(request: ApiRequest, payload_format: PayloadFormat, route_key: str) -> str:
    """The event that the function gets, as JSON text.

    Args:
        request: the request.
        payload_format: which format.
        route_key: key of the route, such as `POST /enqueue`; of no use to format 1.0 and REST APIs.
    """
    event = _FORMATS[payload_format](request, route_key)
    return json.dumps(event, separators=(",", ":"))


def _format_2_0(request: ApiRequest, route_key: str) -> dict[str, Any]:
    """HTTP-PAYLOAD-1: what a request lacks is left out, and cookies have a field of their own."""
    headers = dict(request.lower_headers)
    cookies = headers.pop("cookie", "")
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": route_key,
        "rawPath": request.full_path,
        "rawQueryString": request.query,
        "headers": headers,
        "requestContext": {
            "accountId": request.account_id,
            "apiId": request.api,
            "domainName": request.domain,
            "domainPrefix": request.api,
            "http": {
                "method": request.method,
                "path": request.full_path,
                "protocol": PROTOCOL,
                "sourceIp": SOURCE_IP,
                "userAgent": USER_AGENT,
            },
            "requestId": request.request_id,
            "routeKey": route_key,
            "stage": request.stage,
            "time": request.common_log_time,
            "timeEpoch": request.epoch_ms,
        },
        "isBase64Encoded": False,
    }
    if cookies:
        event["cookies"] = [cookie.strip() for cookie in cookies.split(";")]
    if request.query:
        event["queryStringParameters"] = {name: ",".join(several) for name, several in request.query_values.items()}
    if request.variables:
        event["pathParameters"] = dict(request.variables)
    if request.stage_variables:
        event["stageVariables"] = dict(request.stage_variables)
    if request.body:
        event["body"] = request.body
    return event


def _format_1_0(request: ApiRequest, _: str) -> dict[str, Any]:
    """HTTP-PAYLOAD-2: what a request lacks is null. `$default` has no path of its own and names the request's."""
    resource = request.path if request.resource_path == DEFAULT else request.resource_path
    context = {**_context(request, resource), "authorizer": {"claims": None, "scopes": None}, "resourceId": None}
    return {
        "version": "1.0",
        **_common(request, resource, request.full_path, request.lower_headers),
        "requestContext": dict(sorted(context.items())),
    }


def _of_rest(request: ApiRequest, _: str) -> dict[str, Any]:
    """REST-PAYLOAD-1: as format 1.0 without `version`; `path` is without the stage, `requestContext.path` with it."""
    return {
        **_common(request, request.resource_path, request.path, request.written_headers),
        "requestContext": dict(sorted(_context(request, request.resource_path).items())),
    }


def _common(request: ApiRequest, resource: str, path: str, headers: Mapping[str, str]) -> dict[str, Any]:
    several = request.query_values
    return {
        "resource": resource,
        "path": path,
        "httpMethod": request.method,
        "headers": dict(headers),
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        # Of a parameter that is given several times, the last value stands here and all of them below.
        "queryStringParameters": {name: values[-1] for name, values in several.items()} or None,
        "multiValueQueryStringParameters": several or None,
        "pathParameters": dict(request.variables) or None,
        "stageVariables": dict(request.stage_variables) or None,
        "body": request.body or None,
        "isBase64Encoded": False,
    }


def _context(request: ApiRequest, resource: str) -> dict[str, Any]:
    identity: dict[str, str | None] = dict.fromkeys(_IDENTITY)
    identity |= {"sourceIp": SOURCE_IP, "userAgent": USER_AGENT}
    return {
        "accountId": request.account_id,
        "apiId": request.api,
        "domainName": request.domain,
        "domainPrefix": request.api,
        "extendedRequestId": request.request_id,
        "httpMethod": request.method,
        "identity": identity,
        "path": request.full_path,
        "protocol": PROTOCOL,
        "requestId": request.request_id,
        "requestTime": request.common_log_time,
        "requestTimeEpoch": request.epoch_ms,
        "resourcePath": resource,
        "stage": request.stage,
    }


_FORMATS: Mapping[PayloadFormat, Callable[[ApiRequest, str], dict[str, Any]]] = {
    "1.0": _format_1_0,
    "2.0": _format_2_0,
    "rest": _of_rest,
    "url": _format_2_0,
}
