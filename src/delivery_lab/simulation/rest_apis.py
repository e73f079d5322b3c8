"""Methods of REST APIs as the model has them; what is not modelled of one is refused when a request goes to it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from delivery_lab.errors import NotModelledError
from delivery_lab.model.gateway.paths import DEFAULT
from delivery_lab.model.gateway.services import AnswerMapping, TemplatedQueue
from delivery_lab.model.http_api import ApiStage, ProxyRoute
from delivery_lab.program.graph import UNKNOWN
from delivery_lab.simulation.api_permissions import ApiPermissions
from delivery_lab.simulation.http_apis import Problems, known_texts, refusal_of
from delivery_lab.stack.rest_apis import RestApi, RestIntegration, RestMethod
from delivery_lab.stack.stack import Stack

_QUEUE_URI = re.compile(r"arn:(aws[\w-]*):apigateway:([\w-]+):sqs:(path|action)/(.*)")
_UNVALIDATED = "a method that requires no parameter and has no model of a body"
_MODELLED = "AWS_PROXY with a function, or AWS with SQS"


def rest_stage_of(api: RestApi) -> ApiStage:
    """The stage that requests go to.

    Raises:
        NotModelledError: there is none, so nobody can call the API.
    """
    if api.problem:
        raise NotModelledError(f"a request is sent to {api.label}, which uses what is not modelled:\n  {api.problem}")
    if api.stage is None:
        raise NotModelledError(
            f"{api.name} has no stage in this stack, so nobody can call it\n  fix: create a Stage of it"
        )
    parts = (api.arn or "").split(":")
    region = parts[3] if len(parts) > 3 and parts[3] else "us-east-1"
    return ApiStage(api.stage.name, known_texts(api.stage.variables), region=region)


def rest_routes_of(
    api: RestApi, stack: Stack, permissions: ApiPermissions, problems: Problems
) -> tuple[ProxyRoute, ...]:
    """The methods of an API as routes.

    Args:
        api: the API.
        stack: the stack.
        permissions: what it may do.
        problems: finds inputs that are not modelled.
    """
    return tuple(_Methods(api, stack, permissions, problems).all())


class _Methods:
    def __init__(self, api: RestApi, stack: Stack, permissions: ApiPermissions, problems: Problems) -> None:
        self._api = api
        self._stack = stack
        self._permissions = permissions
        self._problems = problems

    def all(self) -> Iterator[ProxyRoute]:
        for method in self._api.methods:
            if method.path is None:  # it may be what takes a request that no other method takes
                what = f"{self._api.label}, none of whose known methods takes it"
                lines = [f"{method.name}: the path of its resource is none that this stack tells"]
                yield ProxyRoute(method.http_method, DEFAULT, refusal=refusal_of(what, lines))
                continue
            lines = list(self._problems_of(method))
            if lines:
                what = f"{method.http_method} {method.path} of {self._api.label}"
                yield ProxyRoute(method.http_method, method.path, refusal=refusal_of(what, lines))
            else:
                yield self._route(method, method.path)

    def _problems_of(self, method: RestMethod) -> Iterator[str]:
        integration = method.integration
        if integration is None:
            yield f"{method.name} has no integration in this stack"
            return
        for urn in (*method.urns, *integration.urns):
            yield from self._problems(self._stack.resources[urn])
        if method.validated:
            looks_at = ", ".join(method.validated)
            yield f"{method.name}: its request validator looks at {looks_at}; nearest: {_UNVALIDATED}"
        yield from self._of_integration(method.name, integration)

    def _of_integration(self, name: str, integration: RestIntegration) -> Iterator[str]:
        uri = integration.uri
        if uri is UNKNOWN or not isinstance(integration.timeout_milliseconds, int):
            yield f"{name}: uri or timeoutMilliseconds is known only after deployment"
        elif integration.kind == "AWS_PROXY":
            if integration.function is None:
                yield f"{name} invokes {uri}, which is no function of this stack"
        elif integration.kind != "AWS" or not isinstance(uri, str) or not _QUEUE_URI.fullmatch(uri):
            yield f"{name}: an integration of the type {integration.kind or '(none)'} with {uri}; nearest: {_MODELLED}"
        else:
            held = {**integration.templates, **integration.parameters}
            yield from (
                f"{name}: {key} is known only after deployment" for key, value in held.items() if value is UNKNOWN
            )
            url = self._queue_of(integration).queue_url
            if url and self._stack.queue_of_url(url) is None:
                yield f"{name} sends to {url}, which is no queue of this stack"
            if integration.credentials is None:
                yield f"{name}: credentials are missing; what SQS answers without a role is not modelled"

    def _route(self, method: RestMethod, path: str) -> ProxyRoute:
        integration = method.integration
        assert integration is not None
        limits = self._api.stage.limits if self._api.stage is not None else None
        common: dict[str, Any] = {
            "timeout_seconds": integration.timeout_milliseconds / 1000,
            "burst_limit": limits.burst if limits else None,
            "rate_limit": limits.rate if limits else None,
            "binary_media_types": self._api.binary_media_types,
        }
        if integration.function is not None:
            permitted = self._permissions.may_invoke(integration.function, integration.credentials)
            name = integration.function.label
            return ProxyRoute(method.http_method, path, name, payload_format="rest", is_permitted=permitted, **common)
        service = self._queue_of(integration)
        permitted = self._permissions.may_send(integration.credentials, service.queue_url)
        return ProxyRoute(method.http_method, path, service=service, is_permitted=permitted, **common)

    def _queue_of(self, integration: RestIntegration) -> TemplatedQueue:
        found = _QUEUE_URI.fullmatch(str(integration.uri))
        assert found is not None
        partition, region, kind, rest = found.groups()
        place = rest.strip("/")
        return TemplatedQueue(
            queue_url=self._url_of(partition, region, place) if kind == "path" and place else "",
            action=place if kind == "action" else "",
            templates=_texts(integration.templates),
            parameters=_texts(integration.parameters),
            passthrough=integration.passthrough,
            answers=tuple(
                AnswerMapping(int(each.status), each.pattern, each.template)
                for each in integration.answers
                if each.status.isdecimal()
            ),
        )

    def _url_of(self, partition: str, region: str, place: str) -> str:
        """The URL of the queue that a URI names by account and name: where it is deployed decides its host."""
        account, _, name = place.partition("/")
        queue = self._stack.queue_at(f"arn:{partition}:sqs:{region}:{account}:{name}")
        if queue is not None and queue.url is not None:
            return queue.url
        return f"https://sqs.{region}.amazonaws.com/{place}"


def _texts(values: Mapping[str, Any]) -> dict[str, str]:
    return {name: str(value) for name, value in values.items() if value is not None}
