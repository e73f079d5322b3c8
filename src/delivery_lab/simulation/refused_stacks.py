"""What no run of a stack gets by, whatever its workload uses; checks say it too, and load nothing else for it."""

from __future__ import annotations

from delivery_lab import resource_types
from delivery_lab.simulation.supported_apis import APIS
from delivery_lab.simulation.supported_inputs import SUPPORT
from delivery_lab.stack.stack import Stack


def stack_problems(stack: Stack) -> list[str]:
    """Settings that are not modelled, a line each. Those of functions and APIs matter only to runs that use them.

    Args:
        stack: the stack.
    """
    problems: list[str] = []
    for resource in stack.resources.values():
        support = SUPPORT.get(resource.type)
        if support is not None and resource.type != resource_types.FUNCTION and resource.type not in APIS:
            problems.extend(stack.refused_inputs(resource, support))
    return problems
