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
from delivery_lab.stack.events import EventTarget
from delivery_lab.stack.functions import Function
from delivery_lab.stack.mappings import EventSourceMapping, RecordMapping, SqsMapping, StreamMapping
from delivery_lab.stack.queues import Queue
from delivery_lab.stack.schedules import Schedule
from delivery_lab.stack.settings import Setting
from delivery_lab.stack.stack import Stack
from delivery_lab.stack.topics import Subscription

NodeKind = Literal[
    "api", "topic", "bucket", "bus", "schedule", "queue", "stream", "table", "mapping", "function", "destination"
]
LinkKind = Literal["feeds", "fails"]
"""`fails` is the way of what was not processed."""

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
    for mapping in stack.all(RecordMapping):
        target = stack.at(mapping.destination_arn.known)
        if target is not None:
            plan.link(mapping.label, target.label, "fails", "queue" if isinstance(target, Queue) else "destination")
    for function in stack.functions:
        target = stack.at(function.dead_letter_arn.known)
        if target is not None:
            plan.link(function.label, target.label, "fails", "queue" if isinstance(target, Queue) else "destination")
    feeds: tuple[Subscription | EventTarget | Schedule, ...] = (
        *stack.all(Subscription),
        *stack.all(EventTarget),
        *stack.all(Schedule),
    )
    for feed in feeds:
        dead = _dead_letter_arn(feed)
        target, feeder = stack.at(dead), plan.feeders.get(feed.label)
        if target is not None and feeder is not None:
            plan.link(feeder, target.label, "fails", "queue" if isinstance(target, Queue) else "destination")
    resources: tuple[Queue | Function | EventSourceMapping, ...] = (*stack.queues, *stack.functions, *stack.mappings)
    for resource in resources:
        node = plan.nodes.get(resource.label)
        if node is not None:
            node.facts, node.names = tuple(_facts(resource)), (resource.name, resource.label)
    return Architecture(tuple(plan.nodes.values()), tuple(plan.links))


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
        if mapping.bisects.known:
            yield "bisects"
    if isinstance(mapping, StreamMapping) and (mapping.parallelization_factor.known or 1) > 1:
        yield f"{mapping.parallelization_factor.known} batches of a shard"


def _span(what: str, setting: Setting[int]) -> Iterator[str]:
    if setting.known is not None:
        yield f"{what} {exact(setting.known)}"
