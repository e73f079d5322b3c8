"""What messages go through in a stack: sources, queues, mappings, functions, dead-letter queues."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from delivery_lab.durations import exact
from delivery_lab.events import (
    EventAccepted,
    EventDeadLettered,
    FeedConfigured,
    FeedDeadLettered,
    FunctionConfigured,
    InvokeStarted,
    MappingConfigured,
    MessageSent,
    Published,
    QueueConfigured,
    RecordsDiscarded,
    RequestAnswered,
    Run,
)
from delivery_lab.report.entrances import entrances_of
from delivery_lab.stack.events import Bus, EventTarget
from delivery_lab.stack.functions import Function, InvokeConfig
from delivery_lab.stack.mappings import EventSourceMapping, RecordMapping, SqsMapping, StreamMapping
from delivery_lab.stack.pipes import Pipe
from delivery_lab.stack.queues import Queue
from delivery_lab.stack.resource import StackResource
from delivery_lab.stack.schedules import Schedule
from delivery_lab.stack.settings import Setting
from delivery_lab.stack.stack import Stack
from delivery_lab.stack.streams import Stream
from delivery_lab.stack.topics import Subscription, Topic

NodeKind = Literal[
    "api",
    "topic",
    "bucket",
    "bus",
    "schedule",
    "queue",
    "stream",
    "table",
    "mapping",
    "pipe",
    "function",
    "destination",
]
LinkKind = Literal["feeds", "fails"]
"""`fails` is the way of what was not processed."""

_KINDS: dict[type[StackResource], NodeKind] = {
    Queue: "queue",
    Function: "function",
    Stream: "stream",
    Topic: "topic",
    Bus: "bus",
}

_SOURCES: dict[str, NodeKind] = {"sqs": "queue", "kinesis": "stream", "dynamodb": "table", "kafka": "topic"}


@dataclass(slots=True)
class ArchitectureNode:
    """A part of a stack.

    Attributes:
        name: its name in events.
        kind: what it is.
        facts: settings that matter, in words.
        names: what findings call it.
    """

    name: str
    kind: NodeKind
    facts: tuple[str, ...] = ()
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Link:
    """What goes from one part to another, as names."""

    start: str
    end: str
    kind: LinkKind


@dataclass(frozen=True, slots=True)
class Architecture:
    """The parts of a stack and what goes where."""

    nodes: tuple[ArchitectureNode, ...]
    links: tuple[Link, ...]


def architecture_of(run: Run, stack: Stack) -> Architecture:
    """The parts that messages of a run can go through.

    Args:
        run: the run, which says how its parts hang together.
        stack: the stack, which has the settings of the parts.
    """
    plan = _Plan()
    for event in run.events:
        plan.take(event)
    _take_ways_in(plan, stack)
    _take_ways_out(plan, stack)
    resources: tuple[Queue | Function | EventSourceMapping, ...] = (*stack.queues, *stack.functions, *stack.mappings)
    for resource in resources:
        node = plan.nodes.get(resource.label)
        if node is not None:
            node.facts, node.names = tuple(_facts(resource)), (resource.name, resource.label)
    return Architecture(tuple(plan.nodes.values()), tuple(plan.links))


def _take_ways_in(plan: _Plan, stack: Stack) -> None:
    for entrance in entrances_of(stack):
        plan.node(entrance.api, "api")
        plan.link(entrance.api, entrance.target, "feeds", entrance.kind)
    for pipe in stack.all(Pipe):
        if pipe.label in plan.nodes:
            plan.nodes[pipe.label].kind = "pipe"  # to the run it is a mapping
            plan.lead(pipe.label, stack.at(pipe.target_arn.known), "feeds")
            plan.lead(pipe.label, stack.at(pipe.dead_letter_arn.known), "fails")


def _take_ways_out(plan: _Plan, stack: Stack) -> None:
    for mapping in stack.all(RecordMapping):
        plan.lead(mapping.label, stack.at(mapping.destination_arn.known), "fails")
    for function in stack.functions:
        plan.lead(function.label, stack.at(function.dead_letter_arn.known), "fails")
    for config in stack.all(InvokeConfig):
        if config.function is not None:
            plan.lead(config.function.label, stack.at(config.on_success.known), "feeds")
            plan.lead(config.function.label, stack.at(config.on_failure.known), "fails")
    feeds: tuple[Subscription | EventTarget | Schedule, ...] = (
        *stack.all(Subscription),
        *stack.all(EventTarget),
        *stack.all(Schedule),
    )
    for feed in feeds:
        feeder = plan.feeders.get(feed.label)
        if feeder is not None:
            plan.lead(feeder, stack.at(_dead_letter_arn(feed)), "fails")


def _dead_letter_arn(feed: Subscription | EventTarget | Schedule) -> str | None:
    """Where a feed puts what it cannot hand on, None where that is nowhere, or not known."""
    if not isinstance(feed, Subscription):
        return feed.dead_letter_arn.known
    try:
        held = json.loads(feed.redrive_policy.known or "{}")
    except ValueError:
        return None
    found = held.get("deadLetterTargetArn") if isinstance(held, dict) else None
    return found if isinstance(found, str) else None


class _Plan:
    """Collects parts and links, each once."""

    def __init__(self) -> None:
        self.nodes: dict[str, ArchitectureNode] = {}
        self.links: dict[Link, None] = {}
        self.feeders: dict[str, str] = {}
        self._functions: dict[str, str] = {}

    def node(self, name: str, kind: NodeKind) -> None:
        self.nodes.setdefault(name, ArchitectureNode(name, kind))

    def link(self, start: str, end: str, kind: LinkKind, end_kind: NodeKind) -> None:
        self.node(end, end_kind)
        if start != end:
            self.links.setdefault(Link(start, end, kind))

    def lead(self, start: str, end: StackResource | None, kind: LinkKind) -> None:
        """A way to a resource of the stack, None where it is none of it."""
        if end is not None:
            end_kind = _KINDS.get(type(end), "destination")
            self.link(start, end.label, kind, end_kind)
            self.nodes[end.label].kind = end_kind  # to the run it may be where something arrives, and no more

    def take(self, event: object) -> None:
        match event:
            case FeedConfigured():
                self.feeders[event.feed] = event.feeder
                self.node(event.feeder, event.feeder_kind)
                self.link(event.feeder, event.target, "feeds", event.target_kind)
            case MappingConfigured():
                self.node(event.source, _SOURCES[event.source_kind])
                self.link(event.source, event.mapping, "feeds", "mapping")
                self.link(event.mapping, event.function, "feeds", "function")
            case QueueConfigured():
                self.node(event.queue, "queue")
                if event.dead_letter_queue is not None:
                    self.link(event.queue, event.dead_letter_queue, "fails", "queue")
            case FunctionConfigured():
                self.node(event.function, "function")
            case InvokeStarted():
                self._functions[event.invoke] = event.function
                if event.by.kind == "api":
                    self.node(event.by.name, "api")
                if event.by.kind in ("api", "function"):
                    self.link(event.by.name, event.function, "feeds", "function")
            case _:
                self._take_ways(event)

    def _take_ways(self, event: object) -> None:
        match event:
            case MessageSent():
                sender = self._functions.get(event.invoke or "")
                if sender is not None:
                    self.link(sender, event.queue, "feeds", "queue")
            case EventAccepted():
                if event.by.kind == "function":
                    self.link(event.by.name, event.function, "feeds", "function")
            case Published():
                self.node(event.target, "destination")
            case RequestAnswered():
                self.node(event.api, "api")
            case _:
                self._take_failures(event)

    def _take_failures(self, event: object) -> None:
        match event:
            case EventDeadLettered():
                self.link(event.function, event.target, "fails", "destination")
            case RecordsDiscarded():
                if event.target is not None:
                    self.link(event.mapping, event.target, "fails", "destination")
            case FeedDeadLettered():
                self.link(event.feeder, event.target, "fails", "queue")
            case _:
                pass


def _facts(resource: Queue | Function | EventSourceMapping) -> Iterator[str]:
    if isinstance(resource, Queue):
        if resource.fifo.known:
            yield "FIFO"
        yield from _span("visibility timeout", resource.visibility_seconds)
        if resource.redrive is not None and resource.redrive.max_receive_count.known is not None:
            yield f"maxReceiveCount {resource.redrive.max_receive_count.known}"
        yield from _span("retention", resource.retention_seconds)
    elif isinstance(resource, Function):
        yield from _span("timeout", resource.timeout_seconds)
        if resource.reserved_concurrency.known is not None:
            yield f"reserved concurrency {resource.reserved_concurrency.known}"
    else:
        yield from _mapping_facts(resource)


def _mapping_facts(mapping: EventSourceMapping) -> Iterator[str]:
    if mapping.batch_size.known is not None:
        yield f"batch size {mapping.batch_size.known}"
    if mapping.reports.known is not None:
        yield "failures reported" if mapping.reports.known else "failures not reported"
    if isinstance(mapping, SqsMapping) and mapping.maximum_concurrency.known is not None:
        yield f"maximum concurrency {mapping.maximum_concurrency.known}"
    if isinstance(mapping, RecordMapping):
        retries = mapping.maximum_retry_attempts.known
        if retries is not None:
            yield "retries without limit" if retries < 0 else f"{retries} retries"
        oldest = mapping.maximum_record_age_seconds.known
        if oldest is not None and oldest > 0:
            yield f"records up to {exact(oldest)} old"
        if mapping.bisects.known:
            yield "bisects"
    if isinstance(mapping, StreamMapping) and (mapping.parallelization_factor.known or 1) > 1:
        yield f"{mapping.parallelization_factor.known} batches of a shard"


def _span(what: str, setting: Setting[int]) -> Iterator[str]:
    if setting.known is not None:
        yield f"{what} {exact(setting.known)}"
