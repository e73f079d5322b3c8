"""Attributes of queues and their bounds (semantics.md A1, A3, A4)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from delivery_lab.model.runtime import AwsError
from delivery_lab.model.sqs.attributes import DeadLetterPolicy, QueueAttributes, redrive_policy
from tests.model.support import World

BOUNDS = [
    ("visibility_timeout_seconds", "VisibilityTimeout", 0, 43_200),
    ("retention_seconds", "MessageRetentionPeriod", 60, 1_209_600),
    ("delay_seconds", "DelaySeconds", 0, 900),
    ("receive_wait_seconds", "ReceiveMessageWaitTimeSeconds", 0, 20),
    ("maximum_message_bytes", "MaximumMessageSize", 1_024, 1_048_576),
]


@pytest.mark.parametrize(("field", "name", "lowest", "highest"), BOUNDS)
def test_sqs_bounds_1_accepts_the_ends_and_refuses_what_is_beyond(
    field: str, name: str, lowest: int, highest: int
) -> None:
    for value in (lowest, highest):
        values: dict[str, Any] = {field: value}
        assert QueueAttributes(**values).as_text()[name] == str(value)
        assert getattr(QueueAttributes().changed({name: str(value)}), field) == value
    for value in (lowest - 1, highest + 1):
        beyond: dict[str, Any] = {field: value}
        message = f"Invalid value for the parameter {name}."
        with pytest.raises(AwsError) as caught:
            QueueAttributes(**beyond)
        assert (caught.value.code, caught.value.message) == ("InvalidAttributeValue", message)
        assert caught.value.why == f"{value} is not between {lowest} and {highest}."
        with pytest.raises(AwsError) as caught:
            QueueAttributes().changed({name: str(value)})
        assert (caught.value.code, caught.value.message) == ("InvalidAttributeValue", message)


@pytest.mark.parametrize("count", [0, 1_001])
def test_sqs_bounds_1_refuses_a_receive_count_out_of_bounds(count: int) -> None:
    with pytest.raises(AwsError) as caught:
        QueueAttributes(redrive=DeadLetterPolicy("arn", count))

    assert (caught.value.code, caught.value.message) == (
        "InvalidParameterValue",
        (
            f'Value {{"deadLetterTargetArn":"arn","maxReceiveCount":{count}}} for parameter RedrivePolicy is invalid. '
            f"Reason: Invalid value for maxReceiveCount: {count}, valid values are from 1 to 1000 both inclusive."
        ),
    )
    for allowed in (1, 1_000):
        QueueAttributes(redrive=DeadLetterPolicy("arn", allowed))


def test_defaults_are_those_of_sqs() -> None:
    assert QueueAttributes().as_text() == {
        "VisibilityTimeout": "30",
        "MessageRetentionPeriod": "345600",
        "DelaySeconds": "0",
        "ReceiveMessageWaitTimeSeconds": "0",
        "MaximumMessageSize": "1048576",
        "SqsManagedSseEnabled": "true",
    }


def test_values_that_are_no_numbers_and_names_that_are_no_attributes_are_refused() -> None:
    with pytest.raises(AwsError) as caught:
        QueueAttributes().changed({"DelaySeconds": "soon"})
    assert str(caught.value) == ("InvalidAttributeValue: Invalid value for the parameter DelaySeconds.")
    with pytest.raises(AwsError) as caught:
        QueueAttributes().changed({"Visibility": "5"})
    assert str(caught.value) == "InvalidAttributeName: Unknown Attribute Visibility."


LACKS = "Redrive policy does not contain mandatory attribute: "
NO_MAP = "Redrive policy is not a valid JSON map."


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{", NO_MAP),
        ("[]", NO_MAP),
        ("3", NO_MAP),
        ("null", NO_MAP),
        ('{"maxReceiveCount": 3}', f"{LACKS}deadLetterTargetArn."),
        ('{"deadLetterTargetArn": "a"}', f"{LACKS}maxReceiveCount."),
        (
            '{"deadLetterTargetArn": "a", "maxReceiveCount": "often"}',
            "Invalid value for maxReceiveCount: often, valid values are from 1 to 1000 both inclusive.",
        ),
    ],
)
def test_sqs_dlq_5_a_text_that_is_no_redrive_policy_is_refused(text: str, reason: str) -> None:
    with pytest.raises(AwsError) as caught:
        redrive_policy(text)

    assert (caught.value.code, caught.value.message) == (
        "InvalidParameterValue",
        f"Value {text} for parameter RedrivePolicy is invalid. Reason: {reason}",
    )


def test_a_redrive_policy_is_read_with_its_count_as_number_or_text() -> None:
    for count in (3, "3"):
        text = json.dumps({"deadLetterTargetArn": "arn:x", "maxReceiveCount": count})
        assert redrive_policy(text) == DeadLetterPolicy("arn:x", 3)
    assert redrive_policy("") is None


def test_set_queue_attributes_refuses_the_whole_call_and_changes_nothing() -> None:
    world = World()
    queue = world.queue()
    with pytest.raises(AwsError, match="DelaySeconds"):
        world.sqs(
            "SetQueueAttributes", QueueUrl=queue.url, Attributes={"VisibilityTimeout": "5", "DelaySeconds": "901"}
        )

    assert queue.attributes == QueueAttributes()
