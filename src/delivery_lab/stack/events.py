"""Event buses and buckets, and what hands on what arrives there."""

from __future__ import annotations

from dataclasses import dataclass

from delivery_lab.stack.reading import Inputs
from delivery_lab.stack.resource import StackResource
from delivery_lab.stack.settings import Setting


@dataclass(frozen=True, slots=True, kw_only=True)
class Bus(StackResource):
    """An EventBridge bus.

    Attributes:
        carrier: what hands on what arrives to a queue or function of the stack, as messages name it; "" if nothing.
    """

    carrier: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucket(StackResource):
    """An S3 bucket."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EventRule(StackResource):
    """A rule of an event bus.

    Attributes:
        physical_name: AWS's name of it.
        bus_name: name of the bus.
        has_pattern: whether it matches events, rather than going off at times.
    """

    physical_name: str | None
    bus_name: Setting[str]
    has_pattern: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class EventTarget(StackResource):
    """The target of a rule.

    Attributes:
        rule_name: AWS's name of the rule.
        target_arn: ARN of the target.
    """

    rule_name: Setting[str]
    target_arn: Setting[str]


def bus(inputs: Inputs, carrier: str) -> Bus:
    """A bus of its inputs."""
    return Bus(**inputs.identity(), carrier=carrier)


def bucket(inputs: Inputs) -> Bucket:
    """A bucket of its inputs."""
    return Bucket(**inputs.identity())


def event_rule(inputs: Inputs) -> EventRule:
    """A rule of its inputs."""
    return EventRule(
        **inputs.identity(),
        physical_name=inputs.output("name"),
        bus_name=inputs.text("eventBusName", default="default"),
        has_pattern=bool(inputs.raw("eventPattern")),
    )


def event_target(inputs: Inputs) -> EventTarget:
    """A target of its inputs."""
    return EventTarget(**inputs.identity(), rule_name=inputs.text("rule"), target_arn=inputs.text("arn"))
