"""Functions that are invoked asynchronously: where an event goes that could not be processed."""

from __future__ import annotations

from collections.abc import Iterator

from delivery_lab.checks.check import Check, Found
from delivery_lab.checks.finding import Severity
from delivery_lab.rules.rule import LAMBDA_GUIDE
from delivery_lab.stack.functions import Function, InvokeConfig
from delivery_lab.stack.stack import Stack


def _has_destination(stack: Stack, function: Function) -> bool:
    """Whether failed events go somewhere, or it cannot be told."""
    if function.dead_letter_arn.value is not None:
        return True
    return any(
        not config.function_name.is_known or (config.function is function and config.on_failure.value is not None)
        for config in stack.all(InvokeConfig)
    )


class NoDestinationForFailures(Check):
    id = "CHK-ASYNC-1"
    title = "asynchronously invoked function without a destination for failures"
    severity = Severity.WARNING
    why = "Events whose retries are over are discarded without an on-failure destination."
    fix = "Set destinationConfig.onFailure in a FunctionEventInvokeConfig."
    source = LAMBDA_GUIDE + "invocation-async-retain-records.html"

    def find(self, stack: Stack) -> Iterator[Found]:
        invoked: dict[str, tuple[Function, list[str]]] = {}
        for invoker in stack.invokers:
            invoked.setdefault(invoker.function.urn, (invoker.function, []))[1].append(invoker.name)
        for function, invokers in invoked.values():
            if _has_destination(stack, function):
                continue
            why = "An event whose retries are over, or that waited for 6 hours, is discarded; only a metric counts it."
            fix = f"give {function.name} a FunctionEventInvokeConfig with destinationConfig.onFailure, such as a queue"
            values = {f"{function.name}.deadLetterConfig": None}
            yield Found((function.name, *invokers), values, why, fix)
