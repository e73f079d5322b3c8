"""What buckets tell of their objects, and to whom."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from delivery_lab.program.graph import UNKNOWN
from delivery_lab.stack.reading import Inputs, listed
from delivery_lab.stack.resource import StackResource
from delivery_lab.stack.settings import Setting

DestinationKind = Literal["queue", "topic", "function"]
_BLOCKS: Mapping[str, tuple[DestinationKind, str]] = {
    "queues": ("queue", "queueArn"),
    "topics": ("topic", "topicArn"),
    "lambdaFunctions": ("function", "lambdaFunctionArn"),
}


@dataclass(frozen=True, slots=True)
class NotificationConfig:
    """One configuration.

    Attributes:
        kind: what its destination is.
        id: its id, "" where S3 gives one.
        arn: ARN of the destination.
        events: patterns of events.
        prefix: how keys begin.
        suffix: how keys end.
    """

    kind: DestinationKind
    id: str
    arn: Setting[str]
    events: Setting[tuple[str, ...]]
    prefix: Setting[str]
    suffix: Setting[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class BucketNotification(StackResource):
    """What a bucket tells of its objects.

    Attributes:
        bucket: id of the bucket.
        configs: to whom it tells what.
        to_event_bus: whether it tells the default event bus.
        functions: ARNs of functions that it invokes, as far as they are known.
    """

    bucket: Setting[str]
    configs: tuple[NotificationConfig, ...]
    to_event_bus: Setting[bool]
    functions: tuple[str, ...]

    @property
    def by_arn(self) -> bool:
        """Whether it names its bucket by the ARN, which S3 refuses (S3-ADDRESS-1)."""
        return (self.bucket.known or "").startswith("arn:")


def bucket_notification(inputs: Inputs) -> BucketNotification:
    """A notification of its inputs."""
    configs = tuple(
        _config(inputs, block, entry, kind, arn_name)
        for block, (kind, arn_name) in _BLOCKS.items()
        for entry in listed(inputs.raw(block))
        if isinstance(entry, Mapping)
    )
    arns = (config.arn.known for config in configs if config.kind == "function")
    return BucketNotification(
        **inputs.identity(),
        bucket=inputs.text("bucket"),
        configs=configs,
        to_event_bus=inputs.switch("eventbridge", default=False),
        functions=tuple(arn for arn in arns if arn is not None),
    )


def _config(
    inputs: Inputs, block: str, entry: Mapping[str, Any], kind: DestinationKind, arn_name: str
) -> NotificationConfig:
    def text(name: str) -> Setting[str]:
        value = entry.get(name)
        held = value if isinstance(value, str) else "" if value is None else UNKNOWN
        return Setting(held, inputs.origin(block, name), given=value is not None)

    events = listed(entry.get("events"))
    known = tuple(event for event in events if isinstance(event, str))
    return NotificationConfig(
        kind,
        str(entry["id"]) if isinstance(entry.get("id"), str) else "",
        text(arn_name),
        Setting(known if len(known) == len(events) else UNKNOWN, inputs.origin(block, "events")),
        text("filterPrefix"),
        text("filterSuffix"),
    )
