"""Who may invoke a function besides its mappings."""

from __future__ import annotations

from delivery_lab.function_names import qualifier_in
from delivery_lab.stack.functions import Function, InvokeConfig, Permission
from delivery_lab.stack.policy_verdicts import Allowance, Use, permission_verdict
from delivery_lab.stack.stack import Stack


def may_be_invoked_otherwise(stack: Stack, function: Function) -> bool:
    """Whether anything of the stack invokes a function besides its mappings, or it cannot be told.

    Permissions stand for services that invoke it; a variable that names it stands for code that does.
    """
    configs = {config.name for config in stack.all(InvokeConfig)}
    return (
        any(each.function is function and each.name not in configs for each in stack.invokers)
        or any(each.function is function or not each.function_name.is_known for each in stack.all(Permission))
        or may_be_named_by_code(stack, function)
    )


def may_be_named_by_code(stack: Stack, function: Function, qualifier: str | None = None) -> bool:
    """Whether a variable of a function names another one, or it cannot be told.

    Args:
        stack: the stack.
        function: the function that is named.
        qualifier: the version or alias by which it is named, None for any.
    """

    def names(value: object) -> bool:
        if not isinstance(value, str):
            return True
        return stack.function_at(value) is function and qualifier in (None, qualifier_in(value))

    return any(not other.environment.is_known or any(map(names, other.variables.values())) for other in stack.functions)


def is_shut(stack: Stack, function: Function, service: str, source_arn: str | None, qualifier: str) -> bool:
    """Whether no permission of the stack lets a service invoke a function by a version or alias.

    Args:
        stack: the stack.
        function: the function.
        service: such as `sns.amazonaws.com`.
        source_arn: ARN of what the service acts for, None where it has none.
        qualifier: the version or alias by which it is invoked.
    """
    permissions = list(stack.all(Permission))
    if any(each.function is None for each in permissions):
        return False
    account = (source_arn or ":::::").split(":")[4]
    use = Use(service, "lambda:InvokeFunction", function.arn or "", source_arn or "", account, qualifier)
    own = [each for each in permissions if each.function is function]
    return permission_verdict(own, use) is Allowance.DENIED
