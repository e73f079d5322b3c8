"""Sends to topics, buckets and event buses that are real, as a workload says."""

from __future__ import annotations

from typing import Any

from delivery_lab.live.errors import PlaceError, fix_of
from delivery_lab.model.account import Account
from delivery_lab.model.eventbridge.bus import EventBus
from delivery_lab.model.s3.bucket import NotifyingBucket
from delivery_lab.model.sns.topic import SnsTopic
from delivery_lab.simulation.publishing import event_entry, publish_parameters
from delivery_lab.simulation.send_lines import Arrival

FEEDERS = {"sns": "sns", "s3": "s3", "bus": "events"}
"""The service of AWS, by boto3's name, that takes what is sent to each target of a workload."""

Feeder = SnsTopic | NotifyingBucket | EventBus


def feeder_of(account: Account, arrival: Arrival) -> Feeder:
    """The topic, bucket or bus that something is sent to.

    Args:
        account: the account of the model that has it.
        arrival: what is sent; that it is there was looked at before.
    """
    if arrival.target == "sns":
        return account.topics[arrival.name]
    if arrival.target == "s3":
        return next(bucket for bucket in account.buckets.values() if bucket.name == arrival.name)
    return account.buses.all[arrival.name]


def is_removal(arrival: Arrival) -> bool:
    """Whether an object is removed; else it is put."""
    return arrival.event.startswith("ObjectRemoved")


def change_object(s3: Any, bucket: str, arrival: Arrival) -> dict[str, Any]:
    """Put an object into a bucket, or remove it; returns the answer.

    Args:
        s3: boto3's client.
        bucket: the bucket's name in S3.
        arrival: what happens to the object.

    Raises:
        BotoCoreError, ClientError: S3 does not do it.
    """
    if is_removal(arrival):
        removed: dict[str, Any] = s3.delete_object(Bucket=bucket, Key=arrival.key)
        return removed
    put: dict[str, Any] = s3.put_object(Bucket=bucket, Key=arrival.key, Body=arrival.body.encode())
    return put


def give(client: Any, feeder: Feeder, arrival: Arrival) -> dict[str, Any]:
    """Publish a message, change an object, or put an event; returns the answer.

    Args:
        client: boto3's client of the service (`FEEDERS`).
        feeder: who gets it.
        arrival: what is sent.

    Raises:
        BotoCoreError, ClientError: the request was refused, or not answered.
        PlaceError: EventBridge took the request, and not the event.
    """
    if isinstance(feeder, NotifyingBucket):
        return change_object(client, feeder.identity.physical_name, arrival)
    if isinstance(feeder, SnsTopic):
        published: dict[str, Any] = client.publish(TopicArn=feeder.arn, **publish_parameters(arrival))
        return published
    entry = event_entry(feeder, arrival) | {"EventBusName": feeder.arn}
    answer: dict[str, Any] = client.put_events(Entries=[entry])
    told: dict[str, Any] = answer["Entries"][0]
    if code := told.get("ErrorCode"):
        raise PlaceError(f"PutEvents to {feeder.name} was refused: {code}: {told.get('ErrorMessage')}{fix_of(code)}")
    return told
