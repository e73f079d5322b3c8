"""Functions that are invoked asynchronously: where an event goes that could not be processed."""

from __future__ import annotations

from collections.abc import Iterator

from delivery_lab.checks.check import Check, Found, values_of
from delivery_lab.checks.finding import Severity
from delivery_lab.checks.invokers import may_be_invoked_otherwise, may_be_named_by_code
from delivery_lab.rules.rule import LAMBDA_GUIDE
from delivery_lab.stack.functions import LATEST, Function, InvokeConfig, Permission
from delivery_lab.stack.mappings import SqsMapping
from delivery_lab.stack.settings import Setting
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
            config = next((each for each in stack.all(InvokeConfig) if each.function is function), None)
            fix = (
                f"give {function.name} a FunctionEventInvokeConfig with destinationConfig.onFailure, such as a queue"
                if config is None
                else f"set destinationConfig.onFailure of {config.name}, to a queue for instance"
            )
            values = {f"{function.name}.deadLetterConfig": None}
            yield Found((function.name, *invokers), values, why, fix)


class ConfigOfPolledFunction(Check):
    id = "CHK-ASYNC-2"
    title = "settings of asynchronous invokes on a function that only mappings feed"
    severity = Severity.WARNING
    why = "Mappings invoke synchronously: these retries, this event age and these destinations never take effect."
    fix = "Set a redrivePolicy on the queue, or the destination and the retries of the mapping."
    source = LAMBDA_GUIDE + "invocation-async-retain-records.html"

    def find(self, stack: Stack) -> Iterator[Found]:
        for function in stack.functions:
            mappings = stack.mappings_of(function)
            if not mappings or may_be_invoked_otherwise(stack, function):
                continue
            settings = list(_asynchronous_settings(stack, function))
            if not settings:
                continue
            first = mappings[0]
            instead = (
                "a redrivePolicy on its queue" if isinstance(first, SqsMapping) else f"the settings of {first.name}"
            )
            why = (
                f"Only mappings feed {function.name}, and they invoke it synchronously: what is set for asynchronous "
                "invokes never takes effect, and no failed record gets there."
            )
            names = dict.fromkeys((*(setting.origin.resource for setting in settings), function.name, first.name))
            fix = f"use {instead}, and remove {', '.join(str(setting.origin) for setting in settings)}"
            yield Found(tuple(names), values_of(*settings), why, fix)


class ConfigOfAnotherName(Check):
    id = "CHK-ASYNC-3"
    title = "settings of asynchronous invokes on a version or alias that nobody invokes"
    severity = Severity.WARNING
    why = (
        "An event invoke config holds for the invokes by its own name alone: that of an alias not for those of the "
        "function, and that of the function not for those of its aliases."
    )
    fix = "Invoke the function by the name that the config is of, or set the qualifier of the config."
    source = "ASY-CONFIG-2"

    def find(self, stack: Stack) -> Iterator[Found]:
        configs = list(stack.all(InvokeConfig))
        names = {config.name for config in configs}
        for config in configs:
            function, own = config.function, config.qualifier.known
            if function is None or own is None or _is_named(stack, function, own):
                continue
            invokers = [each for each in stack.invokers if each.function is function and each.name not in names]
            # Without an invoker in the stack somebody else may invoke it, by whatever name.
            if not invokers or any(each.qualifier == own for each in invokers):
                continue
            first = invokers[0]
            by = f"by {first.qualifier}" if first.qualifier != LATEST else "without a qualifier"
            why = (
                f"{first.name} invokes {function.name} {by}, and {config.name} is of {own}: its retries, age and "
                "destinations do not hold there; without a config of that name the defaults do."
            )
            fix = f"let {first.name} invoke {function.name} by {own}, or set qualifier of {config.name} to "
            fix += first.qualifier
            values = {f"{config.name}.qualifier": config.qualifier.known}
            yield Found((config.name, first.name), values, why, fix)


def _is_named(stack: Stack, function: Function, qualifier: str) -> bool:
    """Whether code or a permission names a version or alias of a function, or that cannot be told."""
    permissions = [each for each in stack.all(Permission) if each.function in (function, None)]
    unsure = any(each.function is None or each.qualifier.known in (None, qualifier) for each in permissions)
    if unsure and qualifier != LATEST:
        return True
    return may_be_named_by_code(stack, function, qualifier)


def _asynchronous_settings(stack: Stack, function: Function) -> Iterator[Setting[object]]:
    """What an event invoke config sets for a function; a dead-letter queue of its own is found by CHK-DLQ-5."""
    for config in stack.all(InvokeConfig):
        if config.function is function:
            for setting in (
                config.on_failure,
                config.on_success,
                config.maximum_retry_attempts,
                config.maximum_event_age_seconds,
            ):
                if setting.given and setting.value is not None:
                    yield setting
