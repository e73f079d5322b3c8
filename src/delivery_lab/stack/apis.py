"""HTTP APIs: routes, integrations, stages."""

from __future__ import annotations

from dataclasses import dataclass

from delivery_lab.limits.functions import INTEGRATION_TIMEOUT
from delivery_lab.stack.functions import Function
from delivery_lab.stack.reading import Inputs
from delivery_lab.stack.resource import StackResource
from delivery_lab.stack.settings import Setting


@dataclass(frozen=True, slots=True, kw_only=True)
class Integration(StackResource):
    """What answers a route.

    Attributes:
        integration_type: such as `AWS_PROXY`.
        payload_format_version: `1.0` or `2.0`.
        uri: what it invokes.
        function: the function that it invokes, None if it is none of the stack.
        timeout_milliseconds: how long it waits.
    """

    integration_type: Setting[str | None]
    payload_format_version: Setting[str]
    uri: Setting[str]
    function: Function | None
    timeout_milliseconds: Setting[int]


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage(StackResource):
    """A stage of an API.

    Attributes:
        burst_limit: requests at once, None for no limit of its own.
        rate_limit: requests a second, None for no limit of its own.
    """

    burst_limit: Setting[int | None]
    rate_limit: Setting[float | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Api(StackResource):
    """An API Gateway API.

    Attributes:
        protocol: `HTTP` or `WEBSOCKET`.
        routes: its routes.
        stage: its first stage, None without.
    """

    protocol: Setting[str]
    routes: tuple[Route, ...]
    stage: Stage | None


def integration(inputs: Inputs, function: Function | None) -> Integration:
    """An integration of its inputs and its function."""
    return Integration(
        **inputs.identity(),
        integration_type=inputs.optional_text("integrationType"),
        payload_format_version=inputs.text("payloadFormatVersion", default="1.0"),
        uri=inputs.text("integrationUri"),
        function=function,
        timeout_milliseconds=inputs.number("timeoutMilliseconds", default=INTEGRATION_TIMEOUT.default),
    )


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
    return Stage(
        **inputs.identity(),
        burst_limit=inputs.optional_number("defaultRouteSettings", "throttlingBurstLimit"),
        rate_limit=inputs.optional_real("defaultRouteSettings", "throttlingRateLimit"),
    )


def api(inputs: Inputs, routes: tuple[Route, ...], first_stage: Stage | None) -> Api:
    """An API of its inputs, its routes and its stage."""
    return Api(
        **inputs.identity(), protocol=inputs.text("protocolType", default="HTTP"), routes=routes, stage=first_stage
    )
