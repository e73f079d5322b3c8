"""Who may invoke a function besides its mappings."""

from __future__ import annotations

from delivery_lab.stack.functions import Function, InvokeConfig, Permission
from delivery_lab.stack.stack import Stack


def may_be_invoked_otherwise(stack: Stack, function: Function) -> bool:
    """Whether anything of the stack invokes a function besides its mappings, or it cannot be told.

    Permissions stand for services that invoke it; a variable that names it stands for code that does.
    """
    configs = {config.name for config in stack.all(InvokeConfig)}
    return (
        any(each.function is function and each.name not in configs for each in stack.invokers)
        or any(each.function is function or not each.function_name.is_known for each in stack.all(Permission))
        or any(_names(stack, other, function) for other in stack.functions)
    )


def _names(stack: Stack, other: Function, function: Function) -> bool:
    if not other.environment.is_known:
        return True
    return any(not isinstance(value, str) or stack.function_at(value) is function for value in other.variables.values())
