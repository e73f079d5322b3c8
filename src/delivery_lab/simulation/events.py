"""From event invoke configs, dead-letter configs, topics, buses and buckets to the model."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from delivery_lab.errors import DeploymentRefusedError, NotModelledError
from delivery_lab.model.account import Account
from delivery_lab.model.asynchronous import EventInvokeConfig
from delivery_lab.model.targets import Sink
from delivery_lab.program.graph import Graph, Resource

TOPIC = "aws:sns/topic:Topic"
EVENT_BUS = "aws:cloudwatch/eventBus:EventBus"
BUCKETS = ("aws:s3/bucket:Bucket", "aws:s3/bucketV2:BucketV2")
INVOKE_CONFIG = "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig"
RECURSION_CONFIG = "aws:lambda/functionRecursionConfig:FunctionRecursionConfig"

PARKING_TAG = "delivery-lab:role"
PARKING = "parking"

Known = Callable[[Resource, str, Any], Any]


def create_sink(account: Account, resource: Resource, label: str, handed_on: str = "") -> None:
    """Create a topic, an event bus or a bucket; `handed_on` as in `Sink`."""
    if resource.inputs.get("fifoTopic"):
        raise NotModelledError(f"{label}: fifoTopic = True is not modelled\n  nearest: a standard topic")
    arn = str(resource.outputs["arn"])
    physical_name = arn.rsplit(":", 1)[-1].rsplit("/", 1)[-1]
    account.sinks.add(Sink(label, arn, physical_name, handed_on=handed_on))


def carriers(graph: Graph) -> Mapping[str, str]:
    """Which resource hands on what arrives at a topic, bus or bucket to a queue or function of the stack.

    Returns:
        By the ARN, name or id of the topic, bus or bucket: the resource, as messages name it.
    """
    types = ("aws:sqs/queue:Queue", "aws:lambda/function:Function")
    receivers = {str(found.outputs.get("arn")) for kind in types for found in graph.of_type(kind)}
    found: dict[str, str] = {}
    for subscription in graph.of_type("aws:sns/topicSubscription:TopicSubscription"):
        if str(subscription.inputs.get("endpoint")) in receivers:
            found[str(subscription.inputs.get("topic"))] = f"{subscription.name} ({subscription.type})"
    buses = {str(rule.outputs.get("name")): rule for rule in graph.of_type("aws:cloudwatch/eventRule:EventRule")}
    for target in graph.of_type("aws:cloudwatch/eventTarget:EventTarget"):
        rule = buses.get(str(target.inputs.get("rule")))
        if rule is not None and rule.inputs.get("eventPattern") and str(target.inputs.get("arn")) in receivers:
            found[str(rule.inputs.get("eventBusName", "default"))] = f"{target.name} ({target.type})"
    for notification in graph.of_type("aws:s3/bucketNotification:BucketNotification"):
        found[str(notification.inputs.get("bucket"))] = f"{notification.name} ({notification.type})"
    return found


@dataclass(frozen=True, slots=True)
class FunctionEvents:
    """How asynchronous invokes of one function were deployed."""

    function: str
    resource: Resource | None
    config: EventInvokeConfig


def event_configs(
    graph: Graph, functions: Mapping[str, Resource], find: Callable[[Resource, str], str], known: Known
) -> Iterable[FunctionEvents]:
    """What each function has, from its own dead-letter config and the event invoke config that names it.

    Args:
        graph: the resource graph.
        functions: functions of the stack by label.
        find: the label of the function that a resource refers to.
        known: reads an input, with its default.
    """
    configs: dict[str, tuple[Resource | None, EventInvokeConfig]] = {}
    for label, function in functions.items():
        target = (known(function, "deadLetterConfig", {}) or {}).get("targetArn")
        if target is not None:
            configs[label] = (function, EventInvokeConfig(dead_letter=str(target)))
    for resource in graph.of_type(INVOKE_CONFIG):
        label = find(resource, str(known(resource, "functionName", "")))
        _only_latest(resource, known(resource, "qualifier", "$LATEST"))
        earlier, config = configs.get(label, (None, EventInvokeConfig()))
        if earlier is not None and earlier.type == INVOKE_CONFIG:
            raise DeploymentRefusedError(
                resource.name,
                "ResourceConflictException",
                f"The function {label} has an event invoke config already: {earlier.name}",
                rule="ASY-CONFIG-1",
                fix="put both into one FunctionEventInvokeConfig",
            )
        configs[label] = (resource, _with(config, resource, known))
    return [FunctionEvents(label, resource, config) for label, (resource, config) in configs.items()]


def _only_latest(resource: Resource, qualifier: str) -> None:
    if qualifier != "$LATEST":
        raise NotModelledError(f"{resource.name}: qualifier = {qualifier!r} is not modelled\n  nearest: leave it out")


def _with(config: EventInvokeConfig, resource: Resource, known: Known) -> EventInvokeConfig:
    destinations = known(resource, "destinationConfig", {}) or {}
    return replace(
        config,
        maximum_retry_attempts=known(resource, "maximumRetryAttempts", config.maximum_retry_attempts),
        maximum_event_age_seconds=known(resource, "maximumEventAgeInSeconds", config.maximum_event_age_seconds),
        on_success=(destinations.get("onSuccess") or {}).get("destination"),
        on_failure=(destinations.get("onFailure") or {}).get("destination"),
    )


def is_parking(resource: Resource) -> bool:
    """Whether a queue is meant for what no retry can help: by a tag, or by a word of its name."""
    tags = resource.inputs.get("tags") or {}
    if tags.get(PARKING_TAG) == PARKING:
        return True
    words = "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in resource.name)
    return PARKING in words.replace("_", "-").replace(".", "-").split("-")
