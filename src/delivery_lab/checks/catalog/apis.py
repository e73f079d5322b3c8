"""APIs in front of functions: whether they may invoke them."""

from __future__ import annotations

from collections.abc import Iterator

from delivery_lab.checks.check import Check, Found
from delivery_lab.checks.finding import Severity
from delivery_lab.stack.apis import Api
from delivery_lab.stack.functions import Function, Permission
from delivery_lab.stack.permissions import api_may_invoke
from delivery_lab.stack.rest_apis import RestApi
from delivery_lab.stack.stack import Stack

_APIS = "apigateway.amazonaws.com"


class UnpermittedApi(Check):
    id = "CHK-API-1"
    title = "API that may not invoke its function"
    severity = Severity.ERROR
    why = "Without a permission the API answers every request with 500, and the function never runs."
    fix = "Add a Permission of the function for apigateway.amazonaws.com, with the executionArn of the API."
    source = "HTTP-PERMISSION-1"

    def find(self, stack: Stack) -> Iterator[Found]:
        for api, function, arn in _pairs(stack):
            if api_may_invoke(stack.all(Permission), function, arn):
                continue
            source = "REST-PERMISSION-1" if isinstance(api, RestApi) else self.source
            why = (
                f"{function.name} has no permission that lets {api.name} invoke it: its requests are answered with 500."
            )
            fix = (
                f"add an aws.lambda_.Permission of {function.name} for {_APIS}, with the executionArn of {api.name} "
                "and /*/* as sourceArn"
            )
            yield Found((api.name, function.name), {f"{api.name}.executionArn": arn}, why, fix, source=source)


def _pairs(stack: Stack) -> Iterator[tuple[Api | RestApi, Function, str | None]]:
    """Each API with each function that it invokes without a role of its own, once, and its execution ARN."""
    seen: set[tuple[str, str]] = set()
    apis: list[Api | RestApi] = [*stack.all(Api), *stack.all(RestApi)]
    for api in apis:
        for function in _functions(api):
            if (api.urn, function.urn) not in seen:
                seen.add((api.urn, function.urn))
                yield api, function, api.execution_arn


def _functions(api: Api | RestApi) -> Iterator[Function]:
    if isinstance(api, RestApi):
        held = (method.integration for method in api.methods)
        yield from (each.function for each in held if each and each.function and each.credentials is None)
        return
    for route in api.routes:
        integration = route.integration
        if integration is not None and integration.function is not None and integration.credentials.value is None:
            yield integration.function
