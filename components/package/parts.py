"""What all components of the package do alike: they set alarms, and register their outputs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pulumi
from pulumi.provider.experimental.util import camel_case
from pulumi_aws import lambda_

from components.alarms import Alarms, Watch, dead_letter_watch, function_watches
from components.destination import FailureDestination
from components.package.reading import Arguments


def set_alarms(arguments: Arguments[Any], watches: Sequence[Watch], options: pulumi.ResourceOptions) -> None:
    """Set the alarms of a component as its argument `alarms` says."""
    topic_arn = arguments.value("alarms", "topic_arn")
    Alarms(arguments.name, arguments.model.alarms, watches, options, topic_arn=topic_arn)


def log_watches(function: lambda_.Function, lag: Watch, destination: FailureDestination | None) -> list[Watch]:
    """What is watched of a function that reads a stream or topic: itself, how far it is behind, what it discarded.

    Args:
        function: the function.
        lag: what tells how far it is behind.
        destination: where discarded records are told, None for nowhere.
    """
    queue = None if destination is None else destination.queue
    return [*function_watches(function), lag, *([] if queue is None else [dead_letter_watch(queue)])]


def register_outputs(component: pulumi.ComponentResource) -> None:
    """Register the outputs that a component's class names with their types, but those that this one does not have."""
    outputs = {camel_case(name): getattr(component, name) for name in type(component).__annotations__}
    component.register_outputs({name: output for name, output in outputs.items() if output is not None})
