"""Creates the HTTP and REST APIs of a stack; what a request cannot be sent to is refused when one is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from delivery_lab import resource_types
from delivery_lab.errors import LabError, NotModelledError, ProgramError
from delivery_lab.model.account import Account
from delivery_lab.model.gateway.answers import HTTP, REST
from delivery_lab.model.gateway.paths import DEFAULT
from delivery_lab.model.http_api import ProxyRoute
from delivery_lab.simulation.api_permissions import ApiPermissions
from delivery_lab.simulation.http_apis import refusal_of, routes_of, stage_of
from delivery_lab.simulation.rest_apis import rest_routes_of, rest_stage_of
from delivery_lab.simulation.supported import input_problems, whole_api_problems
from delivery_lab.stack.apis import Api
from delivery_lab.stack.resource import StackResource
from delivery_lab.stack.rest_apis import RestApi
from delivery_lab.stack.stack import Stack


def function_urls(stack: Stack) -> dict[str, str]:
    """The URLs of functions, which no request can be sent to: the name of each, and of the function behind it."""
    found = {}
    for resource in stack.resources.values():
        if resource.type == resource_types.FUNCTION_URL:
            function = stack.function_at(stack.graph.resources[resource.urn].inputs.get("functionName"))
            found[resource.label] = "FUNCTION" if function is None else function.label
    return found


@dataclass(slots=True)
class Gateways:
    """The APIs of a deployment.

    Attributes:
        stack: the stack.
        account: the account of the run.
        notes: what is part of the stack and not simulated.
        refused: APIs that no request can be sent to, with the reason.
    """

    stack: Stack
    account: Account
    notes: list[str]
    refused: dict[str, LabError] = field(default_factory=dict)

    def create_http(self, api: Api) -> None:
        """Create an HTTP API."""

        def create(name: str, permissions: ApiPermissions) -> tuple[ProxyRoute, ...]:
            routes = routes_of(api, self.stack, permissions, self._problems)
            self.account.create_api(name, routes, HTTP, stage_of(api))
            return routes

        self._create(api, api.execution_arn, create)

    def create_rest(self, api: RestApi) -> None:
        """Create a REST API."""

        def create(name: str, permissions: ApiPermissions) -> tuple[ProxyRoute, ...]:
            stage = rest_stage_of(api)
            routes = rest_routes_of(api, self.stack, permissions, self._problems)
            self.account.create_api(name, routes, REST, stage)
            return routes

        self._create(api, api.execution_arn, create)

    def _create(
        self,
        api: Api | RestApi,
        execution_arn: str | None,
        create: Callable[[str, ApiPermissions], tuple[ProxyRoute, ...]],
    ) -> None:
        # Functions are created after the API where a program says so: routes name them by label only.
        taken = api.label in self.account.apis or api.label in self.refused
        name = f"{api.label} ({api.type.split('/')[0]})" if taken else api.label
        permissions = ApiPermissions(self.stack, name, execution_arn)
        problems = whole_api_problems(self.stack, api)
        try:
            if problems:
                raise NotModelledError(refusal_of(name, problems))
            routes = create(name, permissions)
        except (NotModelledError, ProgramError) as error:
            self.refused[name] = error
            self.notes.append(f"{name} uses what is not modelled; a run that sends a request to it is refused")
            return
        refused = [_where(api, route) for route in routes if route.refusal]
        if refused:
            self.notes.append(
                f"{', '.join(refused)} of {name} uses what is not modelled; a run that sends a request there is refused"
            )
        self.notes.extend(permissions.notes)

    def _problems(self, resource: StackResource) -> list[str]:
        return input_problems(self.stack, resource)


def _where(api: Api | RestApi, route: ProxyRoute) -> str:
    """A route as a note names it: a method of a REST API whose path is unknown stands last, as `$default` does."""
    unplaced = isinstance(api, RestApi) and route.path == DEFAULT
    return f"{route.method} of an unknown path" if unplaced else route.key
