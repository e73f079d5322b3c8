"""What a workload sends to queues, publishes to SNS topics, puts on buses, and does to objects in buckets."""

from __future__ import annotations

import hashlib
from typing import Any

from delivery_lab.errors import WorkloadError
from delivery_lab.model.account import Account
from delivery_lab.model.eventbridge import api
from delivery_lab.model.eventbridge.bus import EventBus, Putter
from delivery_lab.model.eventbridge.buses import EventBuses
from delivery_lab.model.runtime import AwsError
from delivery_lab.model.s3.bucket import NotifyingBucket
from delivery_lab.model.sns.publishing import check
from delivery_lab.model.sns.topic import Publisher, SnsTopic
from delivery_lab.simulation.send_lines import Arrival


def message_parameters(arrival: Arrival) -> dict[str, Any]:
    """An arrival as `SendMessage` takes it."""
    parameters: dict[str, Any] = {"MessageBody": arrival.body, "MessageAttributes": arrival.attributes}
    named = {"MessageGroupId": arrival.key, "MessageDeduplicationId": arrival.dedup}
    delay = {} if arrival.delay_seconds is None else {"DelaySeconds": arrival.delay_seconds}
    return parameters | {name: value for name, value in named.items() if value} | delay


def publish_parameters(arrival: Arrival) -> dict[str, Any]:
    """An arrival as `Publish` takes it."""
    named = {
        "Subject": arrival.subject,
        "MessageAttributes": dict(arrival.attributes),
        "MessageGroupId": arrival.key,
        "MessageDeduplicationId": arrival.dedup,
    }
    return {"Message": arrival.body, **{name: value for name, value in named.items() if value}}


def publish(topic: SnsTopic, parameters: dict[str, Any]) -> None:
    """Publish to a topic, for the workload."""
    topic.publish(parameters, Publisher())


def check_published(topic: SnsTopic, parameters: dict[str, Any], where: str) -> None:
    """Refuse before the start what SNS would refuse.

    Args:
        topic: the topic.
        parameters: a `Publish` request.
        where: place in the workload, for messages.

    Raises:
        WorkloadError: SNS would refuse it.
    """
    try:
        check(topic.settings, parameters)
    except AwsError as error:
        reason = f"{error.message} {error.why}".rstrip()
        raise WorkloadError(f"{where}: SNS would refuse a message for {topic.name}: {reason}") from error


def event_entry(bus: EventBus, arrival: Arrival) -> dict[str, Any]:
    """An arrival as an entry of `PutEvents`.

    Raises:
        WorkloadError: EventBridge would refuse it.
    """
    entry = {"Source": arrival.source, "DetailType": arrival.detail_type, "Detail": arrival.body}
    try:
        api.check([entry])
        api.detail_of(entry)
    except AwsError as error:
        reason = f"{error.message} {error.why}".rstrip()
        raise WorkloadError(f"{arrival.where}: EventBridge would refuse an event for {bus.name}: {reason}") from error
    return entry


def put_event(buses: EventBuses, bus: EventBus, entry: dict[str, Any], putter: Putter | None = None) -> None:
    """Put an event on a bus, on behalf of the workload or of somebody else."""
    bus.put(buses.api.event_of(bus, entry, api.detail_of(entry)), Putter() if putter is None else putter)


def change_object(account: Account, bucket: NotifyingBucket, arrival: Arrival) -> None:
    """Do to an object what a workload says, and let the bucket tell of it.

    The object is there for handlers to read, with the body as its content, once a handler has called S3.

    Args:
        account: the account of the run.
        bucket: the bucket.
        arrival: what happens.
    """
    event, content = arrival.event or "ObjectCreated:Put", arrival.body.encode()
    gone = event.startswith("ObjectRemoved")
    account.objects.append((bucket.identity.physical_name, arrival.key, None if gone else content))
    size = len(content) if arrival.size_bytes is None else arrival.size_bytes
    etag = hashlib.md5(content, usedforsecurity=False).hexdigest()
    bucket.change(event, arrival.key, None if gone else size, "" if gone else etag)
