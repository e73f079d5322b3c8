"""Events in their envelope, held field by field to the example in AWS's guide, at each kind of target."""

from __future__ import annotations

import json
from typing import Any

import pytest

from delivery_lab.events import RecordAppended
from delivery_lab.model.eventbridge.event import BusEvent
from delivery_lab.model.runtime import Caller
from tests.model.eventbridge.world import BusWorld

EXAMPLE: dict[str, Any] = {
    "version": "0",
    "id": "6a7e8feb-b491-4cf7-a9f1-bf3703467718",
    "detail-type": "EC2 Instance State-change Notification",
    "source": "aws.ec2",
    "account": "111122223333",
    "time": "2017-12-22T18:43:48Z",
    "region": "us-west-1",
    "resources": ["arn:aws:ec2:us-west-1:123456789012:instance/i-1234567890abcdef0"],
    "detail": {"instance-id": "i-1234567890abcdef0", "state": "terminated"},
}
"""The example at eb-events.html and eb-event-patterns.html."""


def test_eb_event_1_the_envelope_is_the_documented_example() -> None:
    made = BusEvent(
        EXAMPLE["id"],
        EXAMPLE["source"],
        EXAMPLE["detail-type"],
        EXAMPLE["detail"],
        EXAMPLE["time"],
        EXAMPLE["account"],
        EXAMPLE["region"],
        tuple(EXAMPLE["resources"]),
    )

    assert list(made.envelope.items()) == list(EXAMPLE.items())
    assert json.loads(made.body) == EXAMPLE


@pytest.mark.parametrize("target", ["queue", "function", "stream"])
def test_eb_deliver_1_each_target_gets_the_documented_envelope(target: str) -> None:
    world = BusWorld()
    world.function("worker")
    queue = world.queue("jobs")
    stream = world.account.create_stream(
        "clicks", "arn:aws:kinesis:us-east-2:1:stream/clicks", shards=1, retention_hours=24
    )
    to: Any = {"queue": queue, "function": "worker", "stream": stream}[target]
    world.rule(to, pattern={"source": ["shop"]})
    entry = {
        "Source": "shop",
        "DetailType": EXAMPLE["detail-type"],
        "Detail": json.dumps(EXAMPLE["detail"]),
        "Time": EXAMPLE["time"],
        "Resources": EXAMPLE["resources"],
        "EventBusName": "shop",
    }

    answer: Any = world.account.call("events", "PutEvents", {"Entries": [entry]}, Caller("publisher", None))
    world.run()

    got: dict[str, Any] = {
        "queue": lambda: json.loads(queue.messages[0].body),
        "function": lambda: world.calls[0].event,
        "stream": lambda: json.loads(world.events(RecordAppended)[0].body),
    }[target]()
    own = {"id": answer["Entries"][0]["EventId"], "source": "shop", "account": "123456789012", "region": "us-east-2"}
    assert list(got.items()) == list((EXAMPLE | own).items())
