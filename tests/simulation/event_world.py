"""Buses, rules and targets, and a run of them."""

from __future__ import annotations

from typing import Any

from delivery_lab import resource_types
from delivery_lab.model.sqs.attributes import FifoAttributes
from delivery_lab.program.graph import Resource, Unknown
from delivery_lab.rules.assumptions import DEFAULTS, Assumptions
from delivery_lab.simulation.buses import connect_buses, create_bus
from delivery_lab.simulation.topics import create_topic
from delivery_lab.stack.events import Bus
from delivery_lab.stack.stack import Stack
from delivery_lab.stack.streams import Cluster, Stream
from delivery_lab.stack.topics import Topic
from tests.model.support import World
from tests.stack.world import arn_of, resource, stack_of

SHOP = "arn:aws:events:us-east-1:123456789012:event-bus/shop"
BUS = resource(resource_types.EVENT_BUS, "bus", outputs={"arn": SHOP, "name": "shop"})
DEAD_ARN = "arn:aws:sqs:us-east-1:123456789012:dead"
WORKER = resource(resource_types.FUNCTION, "worker")
STREAM = resource(
    resource_types.STREAM, "clicks", outputs={"arn": "arn:aws:kinesis:us-east-1:123456789012:stream/clicks"}
)


def a_queue(name: str = "jobs", *, allows: bool = True, **inputs: Any) -> Resource:
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sqs:*",
        "Resource": "*",
    }
    return resource(resource_types.QUEUE, name, {"policy": {"Statement": [statement]} if allows else None, **inputs})


JOBS, DEAD = a_queue(), a_queue("dead")


def a_rule(name: str = "rule", bus: str = "shop", **inputs: Any) -> Resource:
    given = {"eventBusName": bus, "eventPattern": '{"source": ["shop"]}', **inputs}
    arn = f"arn:aws:events:us-east-1:123456789012:rule/{bus}/{name}"
    return resource(resource_types.EVENT_RULE, name, given, outputs={"name": name, "arn": arn})


RULE = a_rule()


def a_target(
    to: Resource | str | Unknown, name: str = "target", rule: str = "rule", bus: str = "shop", **inputs: Any
) -> Resource:
    arn = arn_of(to) if isinstance(to, Resource) else to
    given = {"rule": rule, "eventBusName": bus, "arn": arn, **inputs}
    return resource(resource_types.EVENT_TARGET, name, given, outputs={"arn": arn})


class DeployedRules(World):
    """A run of the buses, rules and targets of some resources."""

    def __init__(self, *resources: Resource, seed: int = 1, assumptions: Assumptions = DEFAULTS) -> None:
        super().__init__(seed=seed, assumptions=assumptions)
        stack, self.notes = stack_of(*resources), list[str]()
        for queue in stack.queues:
            created = self.queue(queue.label, fifo=FifoAttributes(content_based=True) if queue.fifo.certain() else None)
            created.arn = queue.arn or ""
        for function in stack.functions:
            self.function(function.label, timeout=function.timeout_seconds.certain())
        for topic in stack.all(Topic):
            create_topic(self.account, topic)
        for stream in stack.all(Stream):
            self.account.create_stream(stream.label, stream.arn or "", shards=1, retention_hours=24)
        for cluster in stack.all(Cluster):
            self.account.create_cluster(cluster.label, cluster.arn or "", "boot:9098")
        for bus in stack.all(Bus):
            create_bus(self.account, bus)
        self.connect(stack)
        for feed in self.account.feeds:
            feed.note_configuration()

    def connect(self, stack: Stack) -> None:
        """Connect what puts events with what gets them."""
        connect_buses(stack, self.account, self.notes)
