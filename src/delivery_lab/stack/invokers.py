"""What invokes functions asynchronously."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from delivery_lab import resource_types
from delivery_lab.function_names import qualifier_in
from delivery_lab.stack.functions import AsynchronousInvoker
from delivery_lab.stack.names import FunctionNames
from delivery_lab.stack.notifications import bucket_notification
from delivery_lab.stack.reading import Inputs

_TARGETS: Mapping[str, tuple[str, ...]] = {
    resource_types.EVENT_TARGET: ("arn",),
    resource_types.LOG_SUBSCRIPTION_FILTER: ("destinationArn",),
    resource_types.SCHEDULE: ("target", "arn"),
    resource_types.INVOKE_CONFIG: ("functionName",),
}
"""Types in which the name of what is invoked stands in one input."""


def asynchronous_invokers(resources: Iterator[Inputs], names: FunctionNames) -> Iterator[AsynchronousInvoker]:
    """What invokes a function of the stack asynchronously, in creation order.

    Args:
        resources: the inputs of each resource.
        names: what means which function.
    """
    for inputs in resources:
        for reference in _references(inputs):
            function = names.find(reference)
            if function is not None:
                yield AsynchronousInvoker(inputs.resource.name, function, qualifier_in(reference))


def _references(inputs: Inputs) -> tuple[Any, ...]:
    token = inputs.resource.type
    if token in _TARGETS:
        return (inputs.raw(*_TARGETS[token]),)
    if token == resource_types.TOPIC_SUBSCRIPTION and inputs.raw("protocol") == "lambda":
        return (inputs.raw("endpoint"),)
    return bucket_notification(inputs).functions if token == resource_types.BUCKET_NOTIFICATION else ()
