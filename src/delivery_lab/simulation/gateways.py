"""Creates the APIs and function URLs of a stack; what a request cannot be sent to is refused when one is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from delivery_lab.errors import LabError, NotModelledError, ProgramError
from delivery_lab.model.account import Account
from delivery_lab.model.gateway.answers import HTTP, REST, URL
from delivery_lab.model.gateway.paths import DEFAULT
from delivery_lab.model.http_api import ApiStage, ProxyRoute
from delivery_lab.simulation.api_permissions import ApiPermissions
from delivery_lab.simulation.http_apis import refusal_of, region_of, routes_of, stage_of
from delivery_lab.simulation.qualifiers import qualifiers_of
from delivery_lab.simulation.rest_apis import rest_routes_of, rest_stage_of
from delivery_lab.simulation.supported import input_problems, whole_api_problems
from delivery_lab.stack.apis import Api
from delivery_lab.stack.function_urls import BUFFERED, FunctionUrl
from delivery_lab.stack.resource import StackResource
from delivery_lab.stack.rest_apis import RestApi
from delivery_lab.stack.stack import Stack


def function_urls(stack: Stack) -> dict[str, str]:
    """The URLs of functions, which no request can be sent to in a real place: the name of each, and its function."""
    return {url.label: "FUNCTION" if url.function is None else url.function.label for url in stack.all(FunctionUrl)}


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
        makes_its_own = any(route.urn == api.urn for route in api.routes)  # one with a target (HTTP-QUICK-1)
        if api.stage is None and not makes_its_own and api.label not in self.refused:
            self.notes.append(
                f"{api.label} has no stage in this stack: on AWS no request reaches it before one is there; a run "
                "takes it for deployed to $default"
            )

    def create_rest(self, api: RestApi) -> None:
        """Create a REST API."""

        def create(name: str, permissions: ApiPermissions) -> tuple[ProxyRoute, ...]:
            stage = rest_stage_of(api)
            routes = rest_routes_of(api, self.stack, permissions, self._problems)
            self.account.create_api(name, routes, REST, stage)
            return routes

        self._create(api, api.execution_arn, create)

    def create_url(self, url: FunctionUrl) -> None:
        """Create the URL of a function: one route for all requests, which may always invoke it (URL-AUTH-1)."""
        lines = list(_problems_of_url(self.stack, url, self._problems))
        if url.label in self.account.apis or url.label in self.refused:
            lines.append(f"{url.name} has the name of an API; nearest: another name")
        function = url.function
        if lines or function is None:
            self._refuse(url.label, NotModelledError(refusal_of(url.label, lines)))
            return
        route = ProxyRoute("ANY", DEFAULT, function.label, payload_format="url")
        self.account.create_api(url.label, (route,), URL, ApiStage(region=region_of(function.arn)))

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
            self._refuse(name, error)
            return
        refused = [_where(api, route) for route in routes if route.refusal]
        if refused:
            self.notes.append(
                f"{', '.join(refused)} of {name} uses what is not modelled; a run that sends a request there is refused"
            )
        self.notes.extend(permissions.notes)

    def _refuse(self, name: str, error: NotModelledError | ProgramError) -> None:
        """Note that requests to an API are refused, and why."""
        why = "; ".join(line.strip() for line in str(error).splitlines()[1:]) or str(error)
        self.refused[name] = error
        self.notes.append(f"{name} uses what is not modelled ({why}); a run that sends a request to it is refused")

    def _problems(self, resource: StackResource) -> list[str]:
        return input_problems(self.stack, resource)


def _problems_of_url(stack: Stack, url: FunctionUrl, problems: Callable[[StackResource], list[str]]) -> Iterator[str]:
    yield from problems(url)
    if url.function is None:
        yield f"{url.name}: functionName {url.function_name.known} is no function of this stack"
    qualifier = url.qualifier
    known = () if url.function is None else qualifiers_of(stack, url.function)
    if qualifier.value is not None and qualifier.known not in known:
        what = (
            "is known only after deployment" if qualifier.known is None else f"{qualifier.known} is not in this stack"
        )
        yield f"{url.name}: qualifier {what}; nearest: an Alias resource of its function"
    if url.invoke_mode.known != BUFFERED:
        yield f"{url.name}: invokeMode {url.invoke_mode.known}; nearest: {BUFFERED}"


def _where(api: Api | RestApi, route: ProxyRoute) -> str:
    """A route as a note names it: a method of a REST API whose path is unknown stands last, as `$default` does."""
    unplaced = isinstance(api, RestApi) and route.path == DEFAULT
    return f"{route.method} of an unknown path" if unplaced else route.key
