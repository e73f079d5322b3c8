"""Provisioned concurrency of a stack: whose invokes get the environments that are kept ready, and what is refused."""

from __future__ import annotations

from collections.abc import Iterator

from delivery_lab import resource_types
from delivery_lab.function_names import by_name, qualifier_in
from delivery_lab.model.account import Account
from delivery_lab.model.provisioned import Provisioned
from delivery_lab.simulation.qualifiers import is_of_an_alias, qualifiers_of
from delivery_lab.stack.apis import Api
from delivery_lab.stack.function_urls import FunctionUrl
from delivery_lab.stack.functions import LATEST, Function
from delivery_lab.stack.pipes import Pipe
from delivery_lab.stack.rest_apis import RestApi
from delivery_lab.stack.stack import Stack
from delivery_lab.stack.versions import ProvisionedConcurrency

_INVOCATIONS = "/invocations"
"""How the URI by which an API invokes a function ends."""
_SCALED = "function:"
"""How the id of what such a target scales begins where it is provisioned concurrency."""


def provision(stack: Stack, account: Account, config: ProvisionedConcurrency) -> None:
    """Keep the environments of a config ready, where the function is one that a run can invoke.

    Raises:
        DeploymentRefusedError: Lambda would refuse it (LAM-PROV-3).
    """
    function = config.function
    if function is None or next(provisioned_problems(stack, function), None) is not None:
        return  # another stack's, or refused as soon as it is invoked
    named = config.qualifier.certain()
    if named not in qualifiers_of(stack, function):
        return  # an alias that is refused as soon as it is invoked
    provisioned = Provisioned(config.name, config.executions.certain(), named, _served(stack, function, named))
    account.functions.provision(function.label, provisioned)


def provisioned_problems(stack: Stack, function: Function) -> Iterator[str]:
    """Why a function cannot be run because of its provisioned concurrency."""
    configs = [each for each in stack.all(ProvisionedConcurrency) if each.function is function]
    if len(configs) > 1:
        several = " and ".join(sorted(config.name for config in configs))
        yield f"{several}: more than one provisioned concurrency of {function.name}; nearest: one of them"
    for config in configs:
        yield from _problems(stack, function, config)


def _problems(stack: Stack, function: Function, config: ProvisionedConcurrency) -> Iterator[str]:
    named = config.qualifier.known
    if named is None or config.executions.known is None:
        yield f"{config.name}: qualifier or provisionedConcurrentExecutions is known only after deployment"
        return
    if named not in qualifiers_of(stack, function):
        if not is_of_an_alias(stack, function, named):
            yield (
                f"{config.name}: qualifier = {named!r} names a version or alias that is not in this stack; nearest: "
                f"an Alias resource, or {function.name}.version"
            )
        return
    for target in stack.graph.of_type(resource_types.SCALING_TARGET):
        scaled = str(target.inputs.get("resourceId"))
        if scaled.startswith(_SCALED) and stack.function_at(scaled.removeprefix(_SCALED)) is function:
            yield f"{target.name}: scales {config.name}, which stays what it is in a run; nearest: leave it out"
    served = _served(stack, function, named)
    for name, qualifier in uses(stack, function):
        if qualifier not in served:
            by = by_name(qualifier) or " without a qualifier"
            yield (
                f"{name}: invokes {function.name}{by}, and {config.name} keeps environments ready for invokes by "
                f"{' or '.join(sorted(served))} alone; nearest: the ARN of {named}, or no {config.name}"
            )


def _served(stack: Stack, function: Function, named: str) -> frozenset[str]:
    """By what an invoke gets a ready environment: of a version by the aliases that mean it, too (LAM-PROV-1)."""
    known = qualifiers_of(stack, function)
    is_version = known.get(named) == named
    return frozenset({named, *(each for each, version in known.items() if is_version and version == named)})


def uses(stack: Stack, function: Function) -> Iterator[tuple[str, str]]:
    """What of the stack invokes a function and does not say by which name when it does: the name is read here.

    Events that are queued, and calls of handlers and of the workload, say it when they invoke
    (`delivery_lab.model.functions.Lambda.check_qualifier`).

    Args:
        stack: the stack.
        function: the function.

    Yields:
        The name of what invokes it, and the version or alias by which it does.
    """
    for name, text in _references(stack, function):
        yield name, qualifier_in(text).removesuffix(_INVOCATIONS)


def _references(stack: Stack, function: Function) -> Iterator[tuple[str, str | None]]:
    for mapping in stack.mappings_of(function):
        if mapping.enabled.known is not False:
            yield mapping.name, mapping.function_name.known
    for pipe in stack.all(Pipe):
        if stack.function_at(pipe.target_arn.known) is function and not pipe.is_stopped:
            yield pipe.name, pipe.target_arn.known
    for url in stack.all(FunctionUrl):
        if url.function is function:
            yield url.name, f"{function.name}:{url.qualifier.known or LATEST}"
    yield from _integrations(stack, function)


def _integrations(stack: Stack, function: Function) -> Iterator[tuple[str, str | None]]:
    """The integrations of APIs that invoke a function."""
    routes = (route for api in stack.all(Api) for route in api.routes)
    for route in routes:
        if route.integration is not None and route.integration.function is function:
            yield route.integration.name, route.integration.uri.known
    methods = (method for rest_api in stack.all(RestApi) for method in rest_api.methods)
    for method in methods:
        if method.integration is not None and method.integration.function is function:
            yield method.name, method.integration.uri
