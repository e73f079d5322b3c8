"""Functions that are invoked asynchronously: where an event goes that could not be processed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from delivery_lab.checks.check import Check, Found
from delivery_lab.checks.finding import Severity
from delivery_lab.checks.topology import Function, Topology
from delivery_lab.checks.values import block, is_unknown, listed
from delivery_lab.program.graph import Resource
from delivery_lab.rules.rule import LAMBDA_GUIDE

INVOKE_CONFIG = "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig"
_SUBSCRIPTION = "aws:sns/topicSubscription:TopicSubscription"
_NOTIFICATION = "aws:s3/bucketNotification:BucketNotification"
# In these the ARN of what is invoked stands in one input.
_TARGETS: Mapping[str, tuple[str, ...]] = {
    "aws:cloudwatch/eventTarget:EventTarget": ("arn",),
    "aws:cloudwatch/logSubscriptionFilter:LogSubscriptionFilter": ("destinationArn",),
    "aws:scheduler/schedule:Schedule": ("target", "arn"),
    INVOKE_CONFIG: ("functionName",),
}


def _invokers(topology: Topology) -> Iterator[tuple[Resource, Any]]:
    """What invokes something asynchronously, with the reference to it."""
    for resource in topology.graph.resources.values():
        if resource.type in _TARGETS:
            yield resource, _at(resource, _TARGETS[resource.type])
        elif resource.type == _SUBSCRIPTION and resource.inputs.get("protocol") == "lambda":
            yield resource, resource.inputs.get("endpoint")
        elif resource.type == _NOTIFICATION:
            for entry in listed(resource.inputs.get("lambdaFunctions")):
                if isinstance(entry, Mapping):
                    yield resource, entry.get("lambdaFunctionArn")


def _at(resource: Resource, path: tuple[str, ...]) -> Any:
    value: Any = resource.inputs
    for part in path:
        value = value.get(part) if isinstance(value, Mapping) else None
    return value


def _has_destination(topology: Topology, function: Function) -> bool:
    """Whether failed events go somewhere, or it cannot be told."""
    inputs = function.resource.inputs
    if is_unknown(inputs.get("deadLetterConfig")) or block(function.resource, "deadLetterConfig").get("targetArn"):
        return True
    for config in topology.graph.of_type(INVOKE_CONFIG):
        if is_unknown(config.inputs.get("functionName")) or is_unknown(config.inputs.get("destinationConfig")):
            return True
        mine = topology.function_at(config.inputs.get("functionName")) == function
        if mine and block(config, "destinationConfig").get("onFailure"):
            return True
    return False


class NoDestinationForFailures(Check):
    id = "CHK-ASYNC-1"
    title = "asynchronously invoked function without a destination for failures"
    severity = Severity.WARNING
    why = "Events whose retries are over are dropped without a trace."
    fix = "Set destinationConfig.onFailure in a FunctionEventInvokeConfig."
    source = LAMBDA_GUIDE + "invocation-async-retain-records.html"

    def find(self, topology: Topology) -> Iterator[Found]:
        invoked: dict[str, tuple[Function, list[str]]] = {}
        for resource, reference in _invokers(topology):
            function = topology.function_at(reference)
            if function is not None:
                invoked.setdefault(function.resource.urn, (function, []))[1].append(resource.name)
        for function, invokers in invoked.values():
            if _has_destination(topology, function):
                continue
            why = (
                "An event whose retries are over, or that waited for 6 hours, is dropped, and nothing is left of it "
                "but a metric."
            )
            fix = f"give {function.name} a FunctionEventInvokeConfig with destinationConfig.onFailure, such as a queue"
            values = {f"{function.name}.deadLetterConfig": None}
            yield Found((function.name, *invokers), values, why, fix)
