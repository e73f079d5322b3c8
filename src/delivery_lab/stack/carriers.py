"""What hands on what arrives at a bus to a queue or function of the stack."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from delivery_lab import resource_types
from delivery_lab.stack.events import event_rule, event_target
from delivery_lab.stack.reading import Inputs
from delivery_lab.stack.resource import StackResource


def carriers_of(inputs_of: Callable[[str], Iterator[Inputs]], receivers: set[str]) -> Mapping[str, str]:
    """Which resource hands on what arrives at a bus.

    Args:
        inputs_of: the inputs of each resource of a type.
        receivers: ARNs of the queues and functions of the stack.

    Returns:
        By the ARN, name or id of the bus: the resource, as messages name it.
    """
    found: dict[str, str] = {}
    rules = {rule.physical_name: rule for rule in map(event_rule, inputs_of(resource_types.EVENT_RULE))}
    for target in map(event_target, inputs_of(resource_types.EVENT_TARGET)):
        rule = rules.get(target.rule_name.known)
        bus_name = rule.bus_name.known if rule is not None and rule.has_pattern else None
        if bus_name is not None and target.target_arn.known in receivers:
            found[bus_name] = _named(target)
    return found


def _named(resource: StackResource) -> str:
    return f"{resource.name} ({resource.type})"
