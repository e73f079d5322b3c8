"""SnapStart: environments of a published version that begin from a snapshot, which those of $LATEST never do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from delivery_lab.function_names import by_name
from delivery_lab.simulation.provisioned import uses
from delivery_lab.stack.functions import LATEST, Function
from delivery_lab.stack.stack import Stack
from delivery_lab.stack.versions import Alias, ProvisionedConcurrency

_OFF = ("None", None)
"""Values of `applyOn` without a snapshot."""


def snap_start_problems(stack: Stack, function: Function) -> Iterator[str]:
    """Why a function cannot be run because of SnapStart: something invokes a version of it (LAM-SNAP-1).

    Args:
        stack: the stack.
        function: the function.
    """
    if not _is_on(stack, function):
        return
    by = next(_versions(stack, function), "")
    if by:
        given = stack.graph.resources[function.urn].inputs["snapStart"]
        yield f"{function.name}: snapStart = {given!r}, and {by}; nearest: a cold start of fixed length (LAM-INIT-1)"


def snap_start_notes(stack: Stack, function: Function) -> Iterator[str]:
    """What a reader of the result should know: a snapshot that nothing begins from (LAM-SNAP-1)."""
    if _is_on(stack, function) and next(_versions(stack, function), None) is None:
        yield (
            f"{function.label}: snapStart has no effect, since nothing in this stack invokes a version or an "
            "alias of it (LAM-SNAP-1)"
        )


def _is_on(stack: Stack, function: Function) -> bool:
    given = stack.graph.resources[function.urn].inputs.get("snapStart")
    return bool(given) and not (isinstance(given, Mapping) and given.get("applyOn") in _OFF)


def _versions(stack: Stack, function: Function) -> Iterator[str]:
    """What invokes a version of the function, or may do so."""
    for alias in stack.all(Alias):
        if alias.function is function:
            yield f"{alias.name} means a version of it"
    for config in stack.all(ProvisionedConcurrency):
        if config.function is function:
            yield f"{config.name} is about a version of it"
    named = [
        *uses(stack, function),
        *((each.name, each.qualifier) for each in stack.invokers if each.function is function),
    ]
    yield from (f"{name} invokes it{by_name(qualifier)}" for name, qualifier in named if qualifier != LATEST)
