"""Provisioned concurrency that no invoke uses."""

from __future__ import annotations

from collections.abc import Iterator

from delivery_lab.checks.check import Check, Found, values_of
from delivery_lab.checks.finding import Severity
from delivery_lab.checks.invokers import may_be_invoked_otherwise
from delivery_lab.function_names import by_name, qualifier_in
from delivery_lab.stack.functions import Function
from delivery_lab.stack.stack import Stack
from delivery_lab.stack.versions import Alias, ProvisionedConcurrency


class ReadyForNobody(Check):
    id = "CHK-CONC-6"
    title = "provisioned concurrency of a name by which nothing invokes"
    severity = Severity.WARNING
    why = "Invokes by another name get none of the environments that are kept ready: each costs, and all begin cold."
    fix = "Give the mapping the ARN of the version or alias that has the provisioned concurrency."
    source = "LAM-PROV-1"

    def find(self, stack: Stack) -> Iterator[Found]:
        for config in stack.all(ProvisionedConcurrency):
            function, named = config.function, config.qualifier.known
            if function is None or named is None or may_be_invoked_otherwise(stack, function):
                continue
            mappings = [each for each in stack.mappings_of(function) if each.enabled.known is not False]
            used = {each.name: qualifier_in(each.function_name.known) for each in mappings}
            if not mappings or any(each.function_name.known is None for each in mappings):
                continue
            if set(used.values()) & _served(stack, function, named):
                continue
            first = mappings[0]
            by = by_name(used[first.name]) or " without a version or alias"
            many = config.executions.known
            kept = "Environments are" if many is None else f"{many} environment{'s are' if many != 1 else ' is'}"
            why = (
                f"{kept} kept ready for invokes by {named} alone, and {first.name} invokes {function.name}{by}: its "
                "invokes get none of them and begin cold, and what is kept ready is paid for."
            )
            fix = f"set functionName of {first.name} to the ARN of {named} of {function.name}"
            names = (config.name, function.name, *used)
            yield Found(names, values_of(config.qualifier, first.function_name), why, fix)


def _served(stack: Stack, function: Function, named: str) -> set[str]:
    """By what an invoke gets what is kept ready: of a version also by the aliases that mean it."""
    aliases = [each for each in stack.all(Alias) if each.function is function and each.alias]
    return {named, *(each.alias or "" for each in aliases if each.version.known in (named, None))}
