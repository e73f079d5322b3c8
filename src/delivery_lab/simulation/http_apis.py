"""Routes of HTTP APIs, as far as the model knows them."""

from __future__ import annotations

from delivery_lab.errors import NotModelledError
from delivery_lab.model.http_api import ProxyRoute
from delivery_lab.stack.apis import Api, Integration, Route, Stage
from delivery_lab.stack.functions import Function


def routes_of(api: Api) -> tuple[ProxyRoute, ...]:
    """The routes of an API.

    Raises:
        NotModelledError: it is no HTTP API, or a route or an integration is not modelled.
    """
    if api.protocol.certain() != "HTTP":
        raise NotModelledError(f"{api.name} is a WebSocket API\n  nearest: protocolType HTTP")
    return tuple(_route(route, api.stage) for route in api.routes)


def _route(route: Route, stage: Stage | None) -> ProxyRoute:
    target = route.target.certain().removeprefix("integrations/")
    integration = route.integration
    if integration is None:
        raise NotModelledError(f"{route.name} has no Lambda integration in this stack: target {target or 'unset'}")
    _check(integration)
    method, _, path = route.route_key.certain().partition(" ")
    if "{" in path:
        raise NotModelledError(
            f"{route.name}: path parameters as in {path} are not modelled\n  nearest: a path without, or $default"
        )
    return ProxyRoute(
        method=method if path else "ANY",
        path=path or "$default",
        function=_function_of(integration).label,
        timeout_seconds=integration.timeout_milliseconds.certain() / 1000,
        burst_limit=stage.burst_limit.certain() if stage else None,
        rate_limit=stage.rate_limit.certain() if stage else None,
    )


def _check(integration: Integration) -> None:
    kind = integration.integration_type.certain()
    if kind != "AWS_PROXY":
        raise NotModelledError(f"{integration.name}: integrationType {kind} is not modelled\n  nearest: AWS_PROXY")
    version = integration.payload_format_version.certain()
    if version != "2.0":
        raise NotModelledError(f"{integration.name}: payloadFormatVersion {version} is not modelled\n  nearest: 2.0")


def _function_of(integration: Integration) -> Function:
    if integration.function is None:
        uri = integration.uri.certain()
        raise NotModelledError(f"{integration.name} invokes {uri}, which is no function of this stack")
    return integration.function
