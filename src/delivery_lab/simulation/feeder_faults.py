"""Faults of what feeds queues and functions: it delivers twice or late, where AWS says that it may."""

from __future__ import annotations

from collections.abc import Iterator

from delivery_lab.errors import WorkloadError
from delivery_lab.model.account import Account
from delivery_lab.simulation.workload_faults import Fault
from delivery_lab.stack.events import DEFAULT_BUS, Bucket, Bus, EventRule, bus_name_of
from delivery_lab.stack.notifications import BucketNotification
from delivery_lab.stack.pipes import Pipe
from delivery_lab.stack.schedules import Schedule
from delivery_lab.stack.stack import Stack
from delivery_lab.stack.topics import Topic

LATE_SECONDS = 5.0
"""By how much a topic or a bus is late: other messages overtake the one."""
LATE_BUCKET_SECONDS = 60.0
"""AWS says that a bucket's notifications take seconds, and sometimes a minute or longer (S3-NOTIFY-1)."""


def check_feeder(fault: Fault, account: Account, stack: str, where: str) -> None:
    """Refuse a fault of a feeder that is not there, or to which AWS says that it cannot happen.

    Args:
        fault: a fault with a feeder.
        account: the account of the run, with everything deployed.
        stack: name of the stack.
        where: where the fault stands.

    Raises:
        WorkloadError: with the reason.
    """
    name = fault.feeder or ""
    feeders = {each: feed.feeder for feed in account.feeds for each in (feed.feeder, feed.name)}
    feeders |= {pipe: pipe for pipe in account.pipes}
    if name not in feeders:
        known = ", ".join(sorted(feeders)) or "none"
        raise WorkloadError(
            f"{where}: the stack {stack} has no topic, bucket, bus, schedule or pipe {name} that hands anything on "
            f"(there are: {known})"
        )
    topic = account.topics.get(feeders[name])
    if topic is not None and topic.settings.fifo:
        raise WorkloadError(
            f"{where}: {topic.name} is a FIFO topic, which hands each message on once and in order (SNS-FIFO-5)\n"
            "  nearest: kind: duplicate of a standard queue that subscribes to it"
        )
    if name in account.pipes and (fault.kind == "latency" or fault.seconds is not None):
        raise WorkloadError(
            f"{where}: {name} is a pipe, which polls as a mapping does, and hands a batch over again as soon as it was "
            "answered: it has the kind duplicate only, without seconds\n"
            "  nearest: kind: latency of the function that it invokes, or a delay of the queue that it reads"
        )


def standard_of_feeders(stack: Stack, share: float) -> Iterator[Fault]:
    """What AWS documents: at least once, and in no order, but of FIFO topics. Pipes poll as mappings do.

    Args:
        stack: the stack.
        share: how often.
    """
    for topic in stack.all(Topic):
        if topic.fifo.known is False:
            yield Fault(feeder=topic.label, kind="duplicate", share=share)
            yield Fault(feeder=topic.label, kind="latency", seconds=LATE_SECONDS, share=share)
    for bucket in _telling(stack):
        yield Fault(feeder=bucket, kind="duplicate", share=share)
        yield Fault(feeder=bucket, kind="latency", seconds=LATE_BUCKET_SECONDS, share=share)
    for bus in _buses(stack):
        yield Fault(feeder=bus, kind="duplicate", share=share)
        yield Fault(feeder=bus, kind="latency", seconds=LATE_SECONDS, share=share)
    rules = [rule.label for rule in stack.all(EventRule) if rule.schedule.value is not None]
    for name in (*rules, *(each.label for each in stack.all(Schedule)), *(each.label for each in stack.all(Pipe))):
        yield Fault(feeder=name, kind="duplicate", share=share)


def _telling(stack: Stack) -> list[str]:
    """The buckets that somebody is told of."""
    told = {notification.bucket.known for notification in stack.all(BucketNotification)}
    return [bucket.label for bucket in stack.all(Bucket) if bucket.id in told]


def _buses(stack: Stack) -> list[str]:
    """The buses of the stack, and the default one where a rule is about it."""
    names = {bus_name_of(rule.bus_name) for rule in stack.all(EventRule) if rule.pattern.given}
    buses = [bus.label for bus in stack.all(Bus)]
    return [*buses, *([DEFAULT_BUS] if DEFAULT_BUS in names else [])]
