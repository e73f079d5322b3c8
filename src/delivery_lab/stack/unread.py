"""Topics and buses that get what has failed and hand it on to nobody in the stack (DST-SINK-2)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from delivery_lab.stack.events import Bus, EventRule, bus_name_of
from delivery_lab.stack.resource import StackResource
from delivery_lab.stack.sending_roles import failure_destinations
from delivery_lab.stack.settings import Setting
from delivery_lab.stack.stack import Stack
from delivery_lab.stack.topics import Subscription, Topic

_ARCHIVE = "aws:cloudwatch/eventArchive:EventArchive"


class UnreadDestination(NamedTuple):
    """A destination that nobody of the stack reads.

    Attributes:
        holder: what names it: a config of asynchronous invokes, a function, or a mapping.
        setting: the input that names it.
        target: the topic or the bus.
    """

    holder: StackResource
    setting: Setting[str | None]
    target: Topic | Bus


def unread_destinations(stack: Stack) -> Iterator[UnreadDestination]:
    """Each topic and bus of the stack that gets what has failed, and that surely nobody of the stack reads."""
    for holder, _, setting in failure_destinations(stack):
        target = stack.at(setting.known)
        if (
            isinstance(target, Topic)
            and not any(each.topic.known in (target.arn, None) for each in stack.all(Subscription))
        ) or (isinstance(target, Bus) and not _is_read(stack, target)):
            yield UnreadDestination(holder, setting, target)


def _is_read(stack: Stack, bus: Bus) -> bool:
    """Whether a rule or an archive may take what a bus gets."""
    name = (bus.arn or "").rpartition("/")[2]
    rules = any(bus_name_of(rule.bus_name) in (name, "") for rule in stack.all(EventRule))
    return rules or stack.graph.has(_ARCHIVE)
