"""Refuses what would make a result wrong: settings and resources that the model does not know, by name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from delivery_lab import resource_types
from delivery_lab.errors import NotModelledError
from delivery_lab.simulation.provisioned import provisioned_problems
from delivery_lab.simulation.qualifiers import qualifier_problems
from delivery_lab.simulation.refused_stacks import stack_problems
from delivery_lab.simulation.snap_start import snap_start_problems
from delivery_lab.simulation.supported_apis import OF_WHOLE_APIS
from delivery_lab.simulation.supported_inputs import DESCRIBED_FUNCTION, IMAGE_FUNCTION, LOCAL_CODE, SUPPORT
from delivery_lab.stack.apis import Api
from delivery_lab.stack.functions import Function
from delivery_lab.stack.resource import StackResource
from delivery_lab.stack.rest_apis import RestApi
from delivery_lab.stack.settings import Setting
from delivery_lab.stack.stack import Stack

FEEDERS = frozenset({resource_types.STATE_MACHINE})
"""Types that send messages by themselves. They are not simulated: a run contains what its workload sends."""


def check(stack: Stack) -> list[str]:
    """Refuse what would make a result wrong. Functions and APIs are refused when a run uses them, and not here.

    Returns:
        Notes on what is part of the stack and not simulated.

    Raises:
        NotModelledError: naming each setting that is not modelled, with what is nearest.
    """
    if problems := stack_problems(stack):
        lines = "\n".join(f"  {problem}" for problem in problems)
        raise NotModelledError(f"stack {stack.name} uses what is not modelled:\n{lines}")
    return [
        f"{resource.name} ({resource.type}) is not simulated: only the workload sends messages"
        for resource in stack.resources.values()
        if resource.type in FEEDERS
    ]


def input_problems(stack: Stack, resource: StackResource) -> list[str]:
    """Inputs of a resource that are not modelled, a line each."""
    return list(stack.refused_inputs(resource, SUPPORT[resource.type]))


def whole_api_problems(stack: Stack, api: Api | RestApi) -> list[str]:
    """Why an API cannot be called at all: settings that are not modelled, of itself and of its stages."""
    parts = (each for each in stack.resources.values() if each.type in OF_WHOLE_APIS)
    found = [each for each in parts if api.id and api.id in _owners(stack, each)]
    return [problem for each in (api, *found) for problem in input_problems(stack, each)]


def _owners(stack: Stack, part: StackResource) -> tuple[Any, Any]:
    inputs = stack.graph.resources[part.urn].inputs
    return inputs.get("apiId"), inputs.get("restApi")


def function_problems(stack: Stack, function: Function, *, described: bool = False, imaged: bool = False) -> list[str]:
    """Why a function cannot be run: settings that are not modelled, code that is not Python or not here.

    Args:
        stack: the stack.
        function: the function.
        described: whether the workload describes it: then its code does not matter.
        imaged: whether the workload says which folder its image is made of.
    """
    if described:
        refused = stack.refused_inputs(function, DESCRIBED_FUNCTION)
        unknown = _unknown(function, (function.timeout_seconds, function.memory_mb))
        return [*refused, *unknown, *_problems_of_versions(stack, function)]
    support = IMAGE_FUNCTION if imaged else SUPPORT[resource_types.FUNCTION]
    problems = list(stack.refused_inputs(function, support))
    runtime = function.runtime.known or "python"
    if not runtime.startswith("python"):
        problems.append(f"{function.name}: runtime = {runtime!r}; nearest: a Python runtime")
    elif not function.has_code and not problems and not imaged:
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
    return [*problems, *_problems_of_versions(stack, function)]


def _problems_of_versions(stack: Stack, function: Function) -> Iterator[str]:
    yield from qualifier_problems(stack, function)
    yield from provisioned_problems(stack, function)
    yield from snap_start_problems(stack, function)


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
