"""Routes of HTTP APIs as the model has them; what is not modelled of one is refused when a request goes to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from delivery_lab.errors import NotModelledError
from delivery_lab.model.gateway import event_parameters
from delivery_lab.model.gateway.payloads import PayloadFormat
from delivery_lab.model.gateway.services import MappedBus, MappedQueue, ServiceIntegration
from delivery_lab.model.http_api import ApiStage, ProxyRoute
from delivery_lab.program.graph import UNKNOWN
from delivery_lab.simulation.api_permissions import ApiPermissions
from delivery_lab.stack.apis import DEFAULT, Api, Integration, Route, RouteLimits, Stage
from delivery_lab.stack.events import DEFAULT_BUS, Bus
from delivery_lab.stack.functions import Function
from delivery_lab.stack.resource import StackResource
from delivery_lab.stack.stack import Stack

Problems = Callable[[StackResource], list[str]]
"""What is not modelled of the inputs of a resource, a line each."""

_SENDING = "SQS-SendMessage"
_PUTTING = "EventBridge-PutEvents"
_REQUIRED: Mapping[str, tuple[str, ...]] = {_SENDING: ("QueueUrl", "MessageBody"), _PUTTING: event_parameters.REQUIRED}
"""The services that an integration may call itself, and the parameters that AWS requires (HTTP-SQS-1, HTTP-EB-1)."""


def routes_of(api: Api, stack: Stack, permissions: ApiPermissions, problems: Problems) -> tuple[ProxyRoute, ...]:
    """The routes of an API.

    Args:
        api: the API.
        stack: the stack.
        permissions: what it may do.
        problems: finds inputs that are not modelled.

    Raises:
        NotModelledError: it is no HTTP API.
    """
    if api.protocol.certain() != "HTTP":
        raise NotModelledError(f"{api.name} is a WebSocket API\n  nearest: protocolType HTTP")
    if api.problem:
        raise NotModelledError(f"a request is sent to {api.label}, which uses what is not modelled:\n  {api.problem}")
    return tuple(_Routes(api, stack, permissions, problems).all())


def stage_of(api: Api) -> ApiStage:
    """The stage that requests go to: the first one, or that of an API that makes its own."""
    region = region_of(api.arn)
    stage = api.stage
    if stage is None:
        return ApiStage(region=region)
    return ApiStage(stage.stage_name or DEFAULT, known_texts(stage.variables), region=region)


def region_of(arn: str | None) -> str:
    """The region that an ARN names, a common one where it is not known."""
    parts = (arn or "").split(":")
    return parts[3] if len(parts) > 3 and parts[3] else "us-east-1"


def known_texts(values: Mapping[str, Any]) -> dict[str, str]:
    """Those of some values that are known, as text."""
    return {name: str(value) for name, value in values.items() if value is not UNKNOWN and value is not None}


class _Routes:
    def __init__(self, api: Api, stack: Stack, permissions: ApiPermissions, problems: Problems) -> None:
        self._api = api
        self._stack = stack
        self._permissions = permissions
        self._problems = problems

    def all(self) -> Iterator[ProxyRoute]:
        for route in self._api.routes:
            method, path = _key(route)
            lines = list(self._problems_of(route))
            if lines:
                yield ProxyRoute(method, path, refusal=refusal_of(f"{method} {path} of {self._api.label}", lines))
            else:
                yield self._route(route, method, path)

    def _problems_of(self, route: Route) -> Iterator[str]:
        integration = route.integration
        yield from self._problems(route)
        if integration is None:
            target = route.target.known or "unset"
            if route.urn == self._api.urn:
                yield f"{route.name}: {target} of its body has no x-amazon-apigateway-integration"
            else:
                yield f"{route.name} has no integration in this stack: target {target}"
            return
        if integration.urn != route.urn:
            yield from self._problems(integration)
        if integration.subtype.value is not None:
            yield from self._of_service(integration)
        else:
            yield from self._of_function(integration)

    def _of_function(self, integration: Integration) -> Iterator[str]:
        kind = integration.integration_type.known
        if kind != "AWS_PROXY":
            yield f"{integration.name}: integrationType {kind}; nearest: AWS_PROXY"
        elif integration.function is None:
            yield f"{integration.name} invokes {integration.uri.known}, which is no function of this stack"
        version = integration.payload_format_version.known
        if version not in ("1.0", "2.0"):
            yield f"{integration.name}: payloadFormatVersion {version}; nearest: 2.0"
        if integration.request_parameters:
            names = ", ".join(integration.request_parameters)
            nearest = "a request that reaches the function as it was sent"
            yield f"{integration.name}: requestParameters {names}; nearest: {nearest}"

    def _of_service(self, integration: Integration) -> Iterator[str]:
        subtype = integration.subtype.known or "unknown"
        if subtype not in _REQUIRED:
            yield f"{integration.name}: integrationSubtype {subtype}; nearest: {', '.join(_REQUIRED)}, or a function"
            return
        given = integration.request_parameters
        for name in _REQUIRED[subtype]:
            if not given.get(name):
                yield f"{integration.name}: requestParameters lack {name}, which AWS requires"
        for name, value in given.items():
            if value is UNKNOWN:
                yield f"{integration.name}: requestParameters.{name} is known only after deployment"
        yield from self._of_queue(integration) if subtype == _SENDING else self._of_bus(integration)
        if integration.credentials.value is None:
            yield f"{integration.name}: credentialsArn is missing, which AWS requires for {subtype}"

    def _of_queue(self, integration: Integration) -> Iterator[str]:
        url = integration.request_parameters.get("QueueUrl")
        if isinstance(url, str) and not url.startswith("$") and self._stack.queue_of_url(url) is None:
            yield f"{integration.name} sends to {url}, which is no queue of this stack"

    def _of_bus(self, integration: Integration) -> Iterator[str]:
        name = integration.request_parameters.get("EventBusName") or DEFAULT_BUS
        if not isinstance(name, str):
            return
        if name.startswith("$"):
            yield f"{integration.name}: requestParameters.EventBusName {name}; nearest: the name or the ARN of a bus"
        elif _last(name) != DEFAULT_BUS and self._bus(name) is None:
            yield f"{integration.name} puts events on {name}, which is no bus of this stack"

    def _bus(self, reference: str) -> Bus | None:
        name = _last(reference)
        return next((bus for bus in self._stack.all(Bus) if name == _last(bus.arn or "")), None)

    def _service(self, integration: Integration) -> tuple[ServiceIntegration, bool]:
        """What calls a service for an integration, and whether its role lets it."""
        parameters = {name: str(value) for name, value in integration.request_parameters.items()}
        role = integration.credentials.value
        if integration.subtype.known == _SENDING:
            return MappedQueue(parameters), self._permissions.may_send(role, parameters["QueueUrl"])
        bus = self._bus(parameters.get("EventBusName") or DEFAULT_BUS)
        return MappedBus(parameters), self._permissions.may_put(role, bus)

    def _route(self, route: Route, method: str, path: str) -> ProxyRoute:
        integration = route.integration
        assert integration is not None
        limits = self._limits(route)
        common: dict[str, Any] = {
            "timeout_seconds": integration.timeout_milliseconds.certain() / 1000,
            "burst_limit": limits.burst,
            "rate_limit": limits.rate,
        }
        if integration.subtype.value is not None:
            service, permitted = self._service(integration)
            return ProxyRoute(method, path, service=service, is_permitted=permitted, **common)
        function = _function_of(integration)
        version: PayloadFormat = "1.0" if integration.payload_format_version.known == "1.0" else "2.0"
        permitted = self._permissions.may_invoke(function, integration.credentials.value)
        return ProxyRoute(method, path, function.label, payload_format=version, is_permitted=permitted, **common)

    def _limits(self, route: Route) -> RouteLimits:
        """What the stage admits: for this route where it says so, else for all."""
        stage: Stage | None = self._api.stage
        if stage is None:
            return RouteLimits(None, None)
        general = RouteLimits(stage.burst_limit.certain(), stage.rate_limit.certain())
        return stage.route_limits.get(route.route_key.known or "", general)


def _key(route: Route) -> tuple[str, str]:
    """Method and path of a route."""
    method, _, path = route.route_key.certain().partition(" ")
    return (method, path) if path else ("ANY", DEFAULT)


def _last(reference: str) -> str:
    """AWS's name of a bus that is named or given by its ARN."""
    return reference.rpartition("/")[2]


def _function_of(integration: Integration) -> Function:
    assert integration.function is not None
    return integration.function


def refusal_of(what: str, lines: list[str]) -> str:
    """Why a request cannot be sent there."""
    return "\n".join(
        [f"a request is sent to {what}, which uses what is not modelled:", *(f"  {line}" for line in lines)]
    )
