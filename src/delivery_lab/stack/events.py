"""Event buses and buckets, rules and their targets."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from delivery_lab.limits.eventbridge import EVENT_AGE, RETRIES
from delivery_lab.program.graph import UNKNOWN
from delivery_lab.stack.reading import Inputs, has_unknown
from delivery_lab.stack.resource import StackResource
from delivery_lab.stack.settings import Setting
from delivery_lab.stack.topics import json_text

DEFAULT_BUS = "default"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bus(StackResource):
    """An EventBridge bus."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucket(StackResource):
    """An S3 bucket.

    Attributes:
        region: where it is, "" where that is not known.
    """

    region: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EventRule(StackResource):
    """A rule of an event bus.

    Attributes:
        physical_name: AWS's name of it.
        bus_name: name or ARN of the bus.
        pattern: its event pattern as JSON text, None without one.
        schedule: its schedule expression, None without one.
        state: such as `ENABLED`.
    """

    physical_name: str | None
    bus_name: Setting[str]
    pattern: Setting[str | None]
    schedule: Setting[str | None]
    state: Setting[str]

    @property
    def is_disabled(self) -> bool:
        """Whether it is surely switched off."""
        return self.state.known == "DISABLED"


@dataclass(frozen=True, slots=True, kw_only=True)
class EventTarget(StackResource):
    """The target of a rule.

    Attributes:
        rule_name: AWS's name of the rule.
        bus_name: name or ARN of the rule's bus.
        target_id: its id; "" where AWS or the provider makes one.
        target_arn: ARN of the target.
        role_arn: role that EventBridge takes on for it, None without one.
        input: constant input, None without one.
        input_path: JSON path of the input, None without one.
        template: template of the input transformer, None without one.
        input_paths: JSON paths of its variables.
        dead_letter_arn: ARN of the dead-letter queue, None without one.
        maximum_retries: of the retry policy.
        maximum_age_seconds: of the retry policy.
        group: message group for a queue, None without one.
        partition_key_path: for a stream, None without one.
    """

    rule_name: Setting[str]
    bus_name: Setting[str]
    target_id: Setting[str]
    target_arn: Setting[str]
    role_arn: Setting[str | None]
    input: Setting[str | None]
    input_path: Setting[str | None]
    template: Setting[str | None]
    input_paths: Setting[Mapping[str, str]]
    dead_letter_arn: Setting[str | None]
    maximum_retries: Setting[int]
    maximum_age_seconds: Setting[int]
    group: Setting[str | None]
    partition_key_path: Setting[str | None]

    @property
    def unknown(self) -> list[str]:
        """Inputs that decide what is delivered, and are known only after deployment."""
        settings: tuple[Setting[object], ...] = (
            self.input,
            self.input_path,
            self.template,
            self.input_paths,
            self.dead_letter_arn,
            self.maximum_retries,
            self.maximum_age_seconds,
            self.group,
            self.partition_key_path,
        )
        return [setting.origin.input for setting in settings if not setting.is_known]


def bus(inputs: Inputs) -> Bus:
    """A bus of its inputs."""
    return Bus(**inputs.identity())


def bucket(inputs: Inputs) -> Bucket:
    """A bucket of its inputs."""
    return Bucket(**inputs.identity(), region=inputs.output("region") or "")


def event_rule(inputs: Inputs) -> EventRule:
    """A rule of its inputs."""
    enabled = inputs.switch("isEnabled", default=True)
    state = inputs.text("state", default="ENABLED")
    if enabled.known is False and not state.given:
        state = Setting("DISABLED", enabled.origin)
    return EventRule(
        **inputs.identity(),
        physical_name=inputs.output("name"),
        bus_name=inputs.text("eventBusName", default=DEFAULT_BUS),
        pattern=json_text(inputs, "eventPattern"),
        schedule=inputs.optional_text("scheduleExpression"),
        state=state,
    )


def event_target(inputs: Inputs) -> EventTarget:
    """A target of its inputs."""
    identity = inputs.identity()
    identity["arn"] = None  # the ARN among its outputs is that of the target
    return EventTarget(
        **identity,
        rule_name=inputs.text("rule"),
        bus_name=inputs.text("eventBusName", default=DEFAULT_BUS),
        target_id=inputs.text("targetId"),
        target_arn=inputs.text("arn"),
        role_arn=inputs.optional_text("roleArn"),
        input=inputs.optional_text("input"),
        input_path=inputs.optional_text("inputPath"),
        template=inputs.optional_text("inputTransformer", "inputTemplate"),
        input_paths=_texts(inputs, "inputTransformer", "inputPaths"),
        dead_letter_arn=inputs.optional_text("deadLetterConfig", "arn"),
        maximum_retries=inputs.number("retryPolicy", "maximumRetryAttempts", default=RETRIES.default),
        maximum_age_seconds=inputs.number("retryPolicy", "maximumEventAgeInSeconds", default=EVENT_AGE.default),
        group=inputs.optional_text("sqsTarget", "messageGroupId"),
        partition_key_path=inputs.optional_text("kinesisTarget", "partitionKeyPath"),
    )


def _texts(inputs: Inputs, *path: str) -> Setting[Mapping[str, str]]:
    """An object of texts, UNKNOWN where one of them is."""
    value = inputs.raw(*path)
    if has_unknown(value):
        return Setting(UNKNOWN, inputs.origin(*path))
    held = {str(name): str(text) for name, text in value.items()} if isinstance(value, Mapping) else {}
    return Setting(held, inputs.origin(*path), given=value is not None)


def targets_of(targets: Iterable[EventTarget], rule: EventRule) -> Iterator[EventTarget]:
    """Those of some targets that are of a rule."""
    for target in targets:
        same_bus = bus_name_of(target.bus_name) == bus_name_of(rule.bus_name)
        if target.rule_name.known in (rule.physical_name, rule.id) and target.rule_name.known and same_bus:
            yield target


def stray_targets(
    targets: Iterable[EventTarget], rules: Iterable[EventRule]
) -> Iterator[tuple[EventTarget, EventRule]]:
    """Those of some targets that are of no rule, with the rule that each seems to mean (EB-TARGETS-3).

    Such a target names a rule by its ARN, or one that is on another bus than the target says.
    """
    known = tuple(rules)
    for target in targets:
        name, bus = target.rule_name.known, bus_name_of(target.bus_name)
        meant = [rule for rule in known if name and name in (rule.physical_name, rule.arn)]
        if meant and all(name == rule.arn or "" != bus_name_of(rule.bus_name) != bus != "" for rule in meant):
            yield target, meant[0]


def bus_name_of(setting: Setting[str]) -> str:
    """AWS's name of a bus that is named or given by its ARN, "" where that is not known."""
    return (setting.known or "").rpartition("/")[2]
