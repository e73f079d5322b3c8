"""HTTP APIs: routes, integrations, stages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from delivery_lab.limits.gateway import HTTP_TIMEOUT
from delivery_lab.program.graph import UNKNOWN
from delivery_lab.stack.functions import Function
from delivery_lab.stack.reading import Inputs, listed
from delivery_lab.stack.resource import StackResource
from delivery_lab.stack.settings import Setting

DEFAULT = "$default"
"""The stage without a name in its paths, and the route that takes what no other does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Integration(StackResource):
    """What answers a route.

    Attributes:
        integration_type: such as `AWS_PROXY`.
        subtype: such as `SQS-SendMessage`; None for a function.
        payload_format_version: `1.0` or `2.0`.
        uri: what it invokes.
        function: the function that it invokes, None if it is none of the stack.
        timeout_milliseconds: how long it waits.
        credentials: ARN of the role that it has, None without one.
        request_parameters: the parameters of a service, or changes to the request; values may be UNKNOWN.
    """

    integration_type: Setting[str | None]
    subtype: Setting[str | None]
    payload_format_version: Setting[str]
    uri: Setting[str]
    function: Function | None
    timeout_milliseconds: Setting[int]
    credentials: Setting[str | None]
    request_parameters: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Route(StackResource):
    """A route of an API.

    Attributes:
        route_key: such as `POST /enqueue` or `$default`.
        target: `integrations/` and the id of one.
        integration: the integration, None if it is none of the API's.
    """

    route_key: Setting[str]
    target: Setting[str]
    integration: Integration | None


@dataclass(frozen=True, slots=True)
class RouteLimits:
    """How many requests a stage admits for a route.

    Attributes:
        burst: requests at once, None for no limit of its own.
        rate: requests a second, None for no limit of its own.
    """

    burst: int | None
    rate: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage(StackResource):
    """A stage of an API.

    Attributes:
        stage_name: its name, None where it is known only after deployment.
        burst_limit: requests at once, None for no limit of its own.
        rate_limit: requests a second, None for no limit of its own.
        route_limits: what holds for single routes instead, by route key.
        variables: its variables; values may be UNKNOWN.
    """

    stage_name: str | None
    burst_limit: Setting[int | None]
    rate_limit: Setting[float | None]
    route_limits: Mapping[str, RouteLimits]
    variables: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Api(StackResource):
    """An API Gateway API.

    Attributes:
        protocol: `HTTP` or `WEBSOCKET`.
        routes: its routes.
        stage: its first stage, None without.
        execution_arn: what permissions name it by, None where it is known only after deployment.
        problem: why its routes are not all known, "" if they are.
    """

    protocol: Setting[str]
    routes: tuple[Route, ...]
    stage: Stage | None
    execution_arn: str | None
    problem: str = ""


def integration(inputs: Inputs, function: Function | None) -> Integration:
    """An integration of its inputs and its function."""
    return Integration(
        **inputs.identity(),
        integration_type=inputs.optional_text("integrationType"),
        subtype=inputs.optional_text("integrationSubtype"),
        payload_format_version=inputs.text("payloadFormatVersion", default="1.0"),
        uri=inputs.text("integrationUri"),
        function=function,
        timeout_milliseconds=inputs.number("timeoutMilliseconds", default=HTTP_TIMEOUT.default),
        credentials=inputs.optional_text("credentialsArn"),
        request_parameters=mapping_of(inputs, "requestParameters"),
    )


def quick_routes(inputs: Inputs, find: Callable[[object], Function | None]) -> tuple[Route, ...]:
    """The route and integration that an API with a `target` creates with itself (HTTP-QUICK-1).

    Args:
        inputs: inputs of the API.
        find: finds the function that a text means.
    """
    if inputs.raw("target") is None:
        return ()
    target = inputs.text("target")
    made = Integration(
        **inputs.identity(),
        integration_type=Setting("AWS_PROXY", target.origin, given=False),
        subtype=Setting(None, target.origin, given=False),
        payload_format_version=Setting("2.0", target.origin, given=False),
        uri=target,
        function=find(inputs.raw("target")),
        timeout_milliseconds=Setting(HTTP_TIMEOUT.default, target.origin, given=False),
        credentials=inputs.optional_text("credentialsArn"),
        request_parameters={},
    )
    key = inputs.text("routeKey", default=DEFAULT)
    return (Route(**inputs.identity(), route_key=key, target=target, integration=made),)


def mapping_of(inputs: Inputs, *path: str) -> Mapping[str, Any]:
    """A block of named values, empty where it is left out; where all of it is unknown, one unknown value."""
    held = inputs.raw(*path)
    if held is UNKNOWN:
        return {path[-1]: UNKNOWN}
    return {str(name): value for name, value in held.items()} if isinstance(held, Mapping) else {}


def route(inputs: Inputs, integrations: dict[str, Integration]) -> Route:
    """A route of its inputs.

    Args:
        inputs: its inputs.
        integrations: the integrations of its API, by id.
    """
    target = inputs.text("target")
    return Route(
        **inputs.identity(),
        route_key=inputs.text("routeKey"),
        target=target,
        integration=integrations.get((target.known or "").removeprefix("integrations/")),
    )


def stage(inputs: Inputs) -> Stage:
    """A stage of its inputs."""
    entries = [entry for entry in listed(inputs.raw("routeSettings")) if isinstance(entry, Mapping)]
    return Stage(
        **inputs.identity(),
        stage_name=inputs.output("name") or inputs.text("name").known,
        burst_limit=inputs.optional_number("defaultRouteSettings", "throttlingBurstLimit"),
        rate_limit=inputs.optional_real("defaultRouteSettings", "throttlingRateLimit"),
        route_limits={
            str(entry.get("routeKey")): RouteLimits(
                _number(entry.get("throttlingBurstLimit"), int), _number(entry.get("throttlingRateLimit"), float)
            )
            for entry in entries
        },
        variables=mapping_of(inputs, "stageVariables"),
    )


def _number(value: Any, kind: Callable[[Any], Any]) -> Any:
    try:
        return None if value is None else kind(value)
    except (TypeError, ValueError):
        return None


def api(inputs: Inputs, routes: tuple[Route, ...], first_stage: Stage | None, problem: str) -> Api:
    """An API of its inputs, its routes, its stage, and why its routes are not all known."""
    return Api(
        **inputs.identity(),
        protocol=inputs.text("protocolType", default="HTTP"),
        routes=routes,
        stage=first_stage,
        execution_arn=inputs.output("executionArn"),
        problem=problem,
    )
