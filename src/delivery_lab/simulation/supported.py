"""Refuses what would make a result wrong: settings and resources that the model does not know, by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from delivery_lab import resource_types
from delivery_lab.errors import NotModelledError
from delivery_lab.simulation.qualifiers import qualifier_problems
from delivery_lab.simulation.supported_inputs import DESCRIBED_FUNCTION, LOCAL_CODE, SUPPORT
from delivery_lab.stack.apis import Api
from delivery_lab.stack.functions import Function
from delivery_lab.stack.settings import Setting
from delivery_lab.stack.stack import Stack

CONSUMERS: Mapping[str, str] = {
    resource_types.PIPE: "an event source mapping",
}
"""Types that take messages away from what is modelled: with them any result would be wrong."""

OF_APIS = frozenset({resource_types.HTTP_API, resource_types.ROUTE, resource_types.INTEGRATION, resource_types.STAGE})
"""An HTTP API and its parts: only a request to it depends on them."""

FEEDERS = frozenset(
    {
        resource_types.REST_API,
        resource_types.EVENT_TARGET,
        resource_types.FUNCTION_URL,
        resource_types.BUCKET_NOTIFICATION,
        resource_types.SCHEDULE,
        resource_types.STATE_MACHINE,
    }
)
"""Types that send messages by themselves. They are not simulated: a run contains what its workload sends."""


def check(stack: Stack) -> list[str]:
    """Refuse what would make a result wrong. Functions and HTTP APIs are refused when a run uses them, and not here.

    Returns:
        Notes on what is part of the stack and not simulated.

    Raises:
        NotModelledError: naming each setting that is not modelled, with what is nearest.
    """
    problems: list[str] = []
    notes: list[str] = []
    for resource in stack.resources.values():
        support = SUPPORT.get(resource.type)
        if resource.type == resource_types.FUNCTION or resource.type in OF_APIS:
            continue
        if support is not None:
            problems.extend(stack.refused_inputs(resource, support))
        elif resource.type in CONSUMERS:
            problems.append(f"{resource.name} ({resource.type}); nearest: {CONSUMERS[resource.type]}")
        elif resource.type in FEEDERS:
            notes.append(f"{resource.name} ({resource.type}) is not simulated: only the workload sends messages")
    if problems:
        lines = "\n".join(f"  {problem}" for problem in problems)
        raise NotModelledError(f"stack {stack.name} uses what is not modelled:\n{lines}")
    return notes


def api_problems(stack: Stack, api: Api) -> list[str]:
    """Why an HTTP API cannot be called: settings that are not modelled, of itself and of its parts."""
    parts = (each for each in stack.resources.values() if each.type in OF_APIS)
    found = (
        each for each in parts if each.urn == api.urn or stack.graph.resources[each.urn].inputs.get("apiId") == api.id
    )
    return [problem for each in found for problem in stack.refused_inputs(each, SUPPORT[each.type])]


def function_problems(stack: Stack, function: Function, *, described: bool = False) -> list[str]:
    """Why a function cannot be run: settings that are not modelled, code that is not Python or not here.

    Args:
        stack: the stack.
        function: the function.
        described: whether the workload describes it: then its code does not matter.
    """
    if described:
        refused = stack.refused_inputs(function, DESCRIBED_FUNCTION)
        unknown = _unknown(function, (function.timeout_seconds, function.memory_mb))
        return [*refused, *unknown, *qualifier_problems(stack, function)]
    problems = list(stack.refused_inputs(function, SUPPORT[resource_types.FUNCTION]))
    runtime = function.runtime.known or "python"
    if not runtime.startswith("python"):
        problems.append(f"{function.name}: runtime = {runtime!r}; nearest: a Python runtime")
    elif not function.has_code and not problems:
        where = f"its code is {function.code_place}, an object that" if function.code_place else "it has no code that"
        problems.append(f"{function.name}: {where} this stack does not create; nearest: {LOCAL_CODE.nearest}")
    settings: tuple[Setting[object], ...] = (
        function.environment,
        function.handler,
        function.timeout_seconds,
        function.memory_mb,
        function.layers,
    )
    problems.extend(_unknown(function, settings))
    problems.extend(qualifier_problems(stack, function))
    return problems


def _unknown(function: Function, settings: tuple[Setting[Any], ...]) -> list[str]:
    return [
        f"{function.name}: {setting.origin.input} is known only after deployment"
        for setting in settings
        if not setting.is_known and not setting.problem
    ]


def way_out(stack: Stack, function: Function, *, described: bool) -> list[str]:
    """What to do about a function that cannot be run, where a description of it would do."""
    if described or function_problems(stack, function, described=True):
        return []
    return [f"fix: describe it in the workload: functions: {{{function.label}: {{duration: 0.2}}}}"]
