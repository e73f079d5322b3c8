"""Buses of EventBridge, their rules, and the targets of these."""

from __future__ import annotations

from typing import Any

from delivery_lab import resource_types
from delivery_lab.live.provider.cloud import Cloud, found, gone_is_fine
from delivery_lab.live.provider.names import lowered, raised
from delivery_lab.live.provider.resource_type import Properties, ProvidedType, present
from delivery_lab.stack.events import DEFAULT_BUS

SERVICE = "events"


class EventBusType(ProvidedType):
    """`aws.cloudwatch.EventBus`. Its id is its name."""

    pulumi_type = resource_types.EVENT_BUS
    settings = frozenset({"name", "description"})
    computed = ("arn",)

    def create(self, cloud: Cloud, inputs: Properties) -> str:
        """Create the bus."""
        given = present(Name=inputs["name"], Description=inputs.get("description"))
        cloud.client(SERVICE).create_event_bus(**given)
        return str(inputs["name"])

    def read(self, cloud: Cloud, id_: str, state: Properties) -> Properties | None:
        """The bus."""
        events = cloud.client(SERVICE)
        answer = found(lambda: events.describe_event_bus(Name=id_))
        if answer is None:
            return None
        return {"name": id_, "arn": answer["Arn"], "description": answer.get("Description") or None}

    def update(self, cloud: Cloud, id_: str, new: Properties, changed: frozenset[str]) -> None:
        """Describe it anew."""
        cloud.client(SERVICE).update_event_bus(Name=id_, Description=new.get("description") or "")

    def delete(self, cloud: Cloud, id_: str, state: Properties) -> None:
        """Delete the bus."""
        with gone_is_fine():
            cloud.client(SERVICE).delete_event_bus(Name=id_)


class EventRuleType(ProvidedType):
    """`aws.cloudwatch.EventRule`. Its id is `<bus>/<name>`, and its name alone on the default bus."""

    pulumi_type = resource_types.EVENT_RULE
    settings = frozenset({"name", "description", "eventBusName", "eventPattern", "scheduleExpression", "state"})
    computed = ("arn",)

    def create(self, cloud: Cloud, inputs: Properties) -> str:
        """Create the rule."""
        self._put(cloud, inputs["name"], inputs)
        bus = inputs.get("eventBusName") or DEFAULT_BUS
        return str(inputs["name"] if bus == DEFAULT_BUS else f"{bus}/{inputs['name']}")

    def read(self, cloud: Cloud, id_: str, state: Properties) -> Properties | None:
        """The rule."""
        bus, _, name = id_.rpartition("/")
        bus = bus or DEFAULT_BUS
        events = cloud.client(SERVICE)
        answer = found(lambda: events.describe_rule(Name=name, EventBusName=bus))
        if answer is None:
            return None
        return {
            "name": name,
            "eventBusName": bus,
            "arn": answer["Arn"],
            "state": answer.get("State"),
            "description": answer.get("Description") or None,
            "eventPattern": answer.get("EventPattern") or None,
            "scheduleExpression": answer.get("ScheduleExpression") or None,
        }

    def update(self, cloud: Cloud, id_: str, new: Properties, changed: frozenset[str]) -> None:
        """Put the rule anew, which replaces all of it."""
        self._put(cloud, id_.rpartition("/")[2], new)

    def delete(self, cloud: Cloud, id_: str, state: Properties) -> None:
        """Delete the rule, whose targets are gone by now."""
        bus, _, name = id_.rpartition("/")
        with gone_is_fine():
            cloud.client(SERVICE).delete_rule(Name=name, EventBusName=bus or DEFAULT_BUS)

    def _put(self, cloud: Cloud, name: str, inputs: Properties) -> None:
        given = present(
            Name=name,
            EventBusName=inputs.get("eventBusName"),
            EventPattern=inputs.get("eventPattern"),
            ScheduleExpression=inputs.get("scheduleExpression"),
            State=inputs.get("state"),
            Description=inputs.get("description"),
        )
        cloud.client(SERVICE).put_rule(**given)


_BLOCKS = ("retryPolicy", "deadLetterConfig", "inputTransformer")
"""Inputs that are blocks, with AWS's names in them but for their first letter."""


class EventTargetType(ProvidedType):
    """`aws.cloudwatch.EventTarget`. Its id is `<bus>-<rule>-<target>`, without the bus on the default one."""

    pulumi_type = resource_types.EVENT_TARGET
    settings = frozenset({"rule", "eventBusName", "targetId", "arn", "roleArn", "input", "inputPath", *_BLOCKS})
    required = frozenset({"rule", "arn"})
    computed = ("targetId",)

    def create(self, cloud: Cloud, inputs: Properties) -> str:
        """Add the target to its rule."""
        bus = inputs.get("eventBusName") or DEFAULT_BUS
        target = self._target_id(inputs)
        self._put(cloud, bus, target, inputs)
        parts = (inputs["rule"], target) if bus == DEFAULT_BUS else (bus, inputs["rule"], target)
        return "-".join(parts)

    def read(self, cloud: Cloud, id_: str, state: Properties) -> Properties | None:
        """The target, among those of its rule."""
        bus, rule = state.get("eventBusName") or DEFAULT_BUS, state["rule"]
        events = cloud.client(SERVICE)
        answer = found(lambda: events.list_targets_by_rule(Rule=rule, EventBusName=bus))
        wanted = self._target_id(state)
        for target in (answer or {}).get("Targets", []):
            if target["Id"] == wanted:
                return {
                    "rule": rule,
                    "eventBusName": bus,
                    "targetId": wanted,
                    "arn": target["Arn"],
                    "roleArn": target.get("RoleArn"),
                    "input": target.get("Input"),
                    "inputPath": target.get("InputPath"),
                    "retryPolicy": lowered(target.get("RetryPolicy")),
                    "deadLetterConfig": lowered(target.get("DeadLetterConfig")),
                    "inputTransformer": _transformer(target.get("InputTransformer")),
                }
        return None

    def update(self, cloud: Cloud, id_: str, new: Properties, changed: frozenset[str]) -> None:
        """Put the target anew, which replaces all of it."""
        self._put(cloud, new.get("eventBusName") or DEFAULT_BUS, self._target_id(new), new)

    def delete(self, cloud: Cloud, id_: str, state: Properties) -> None:
        """Take the target from its rule."""
        bus = state.get("eventBusName") or DEFAULT_BUS
        with gone_is_fine():
            cloud.client(SERVICE).remove_targets(Rule=state["rule"], EventBusName=bus, Ids=[self._target_id(state)])

    @staticmethod
    def _target_id(given: Properties) -> str:
        """The target's id within its rule; where the program gives none, one that names what it is for."""
        return str(given.get("targetId") or f"lab-{str(given['arn']).rpartition(':')[2]}")

    @staticmethod
    def _put(cloud: Cloud, bus: str, target_id: str, inputs: Properties) -> None:
        target: dict[str, Any] = present(
            Id=target_id,
            Arn=inputs["arn"],
            RoleArn=inputs.get("roleArn"),
            Input=inputs.get("input"),
            InputPath=inputs.get("inputPath"),
            RetryPolicy=raised(inputs.get("retryPolicy")),
            DeadLetterConfig=raised(inputs.get("deadLetterConfig")),
        )
        transformer = inputs.get("inputTransformer")
        if transformer:
            paths = dict(transformer.get("inputPaths") or {})
            target["InputTransformer"] = {"InputTemplate": transformer["inputTemplate"], "InputPathsMap": paths}
        cloud.client(SERVICE).put_targets(Rule=inputs["rule"], EventBusName=bus, Targets=[target])


def _transformer(held: dict[str, Any] | None) -> dict[str, Any] | None:
    """An input transformer as programs give it; names of its variables stay what they are."""
    if held is None:
        return None
    made = {"inputTemplate": held["InputTemplate"]}
    return {**made, "inputPaths": held["InputPathsMap"]} if held.get("InputPathsMap") else made


TYPES = (EventBusType(), EventRuleType(), EventTargetType())
"""All types of this module."""
