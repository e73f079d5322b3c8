"""From event invoke configs, dead-letter configs and buckets to the model."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from delivery_lab.errors import NotModelledError
from delivery_lab.model.account import Account
from delivery_lab.model.asynchronous import EventInvokeConfig
from delivery_lab.model.targets import Sink
from delivery_lab.simulation.qualifiers import qualifiers_of
from delivery_lab.stack.events import Bucket
from delivery_lab.stack.functions import LATEST, Function, InvokeConfig
from delivery_lab.stack.resource import StackResource
from delivery_lab.stack.settings import Setting
from delivery_lab.stack.stack import Stack
from delivery_lab.stack.unread import unread_destinations

FunctionOf = Callable[[StackResource, Setting[str], Function | None], str]


def create_bucket(account: Account, resource: Bucket) -> None:
    """Create a bucket as an end of what is put into it."""
    arn = resource.arn or ""
    physical_name = arn.rsplit(":", 1)[-1].rsplit("/", 1)[-1]
    account.sinks.add(Sink(resource.label, arn, physical_name))


@dataclass(frozen=True, slots=True)
class FunctionEvents:
    """How asynchronous invokes of one function were deployed.

    Attributes:
        name: the resource that says so last, for messages.
        function: label of the function.
        config: what it comes to.
        qualifier: the version or alias whose invokes it is about.
    """

    name: str
    function: str
    config: EventInvokeConfig
    qualifier: str = LATEST


def event_configs(stack: Stack, function_of: FunctionOf) -> Iterator[FunctionEvents]:
    """What each function has, from its own dead-letter config and the event invoke config that names it.

    Args:
        stack: the stack.
        function_of: the label of the function that a resource names; raises where it is none of the stack.

    Raises:
        NotModelledError: a config is of a version or an alias that is not in this stack, or one of two of the same.
    """
    configs: dict[tuple[str, str], tuple[StackResource, EventInvokeConfig]] = {}
    for function in stack.functions:
        target = function.dead_letter_arn.certain()
        if target is not None:
            configs[function.label, LATEST] = (function, EventInvokeConfig(dead_letter=target))
    for resource in stack.all(InvokeConfig):
        label = function_of(resource, resource.function_name, resource.function)
        qualifier = _qualifier(stack, resource)
        held = configs.get((label, qualifier))
        if held is not None and isinstance(held[0], InvokeConfig):
            names = f"{held[0].name} and {resource.name}"
            raise NotModelledError(
                f"{names} are both about the {_what(label, qualifier)}, and Lambda keeps the one that is written last, "
                "as a whole (ASY-CONFIG-1)\n  fix: put both into one FunctionEventInvokeConfig"
            )
        own = configs.get((label, LATEST), (resource, EventInvokeConfig()))[1]
        config = EventInvokeConfig(dead_letter=own.dead_letter) if held is None else held[1]
        configs[label, qualifier] = (resource, _with(config, resource))
    for (label, qualifier), (holder, config) in configs.items():
        yield FunctionEvents(holder.name, label, config, qualifier)


def _qualifier(stack: Stack, resource: InvokeConfig) -> str:
    """The version or alias of a config, which has to mean the code of this program (LAM-VERSION-1, ASY-CONFIG-2)."""
    qualifier = resource.qualifier.certain()
    known = {LATEST} if resource.function is None else {*qualifiers_of(stack, resource.function)}
    if qualifier not in known:
        raise NotModelledError(
            f"{resource.name}: qualifier = {qualifier!r} names a version or alias that is not in this stack\n"
            f"  nearest: {', '.join(sorted(known))}"
        )
    return qualifier


def _what(label: str, qualifier: str) -> str:
    return f"function {label}" if qualifier == LATEST else f"version or alias {qualifier} of {label}"


def _with(config: EventInvokeConfig, resource: InvokeConfig) -> EventInvokeConfig:
    return replace(
        config,
        maximum_retry_attempts=resource.maximum_retry_attempts.certain(),
        maximum_event_age_seconds=resource.maximum_event_age_seconds.certain(),
        on_success=resource.on_success.certain(),
        on_failure=resource.on_failure.certain(),
    )


def unread_arns(stack: Stack, notes: list[str]) -> frozenset[str]:
    """ARNs of topics and buses that get what has failed, and that nobody of the stack reads; each is noted."""
    found = list(unread_destinations(stack))
    notes.extend(
        f"{each.holder.name} sends what fails to {each.target.name}, which nobody of this stack reads: whether anybody "
        "gets it is not known (DST-SINK-2)"
        for each in found
    )
    return frozenset(each.target.arn for each in found if each.target.arn is not None)
