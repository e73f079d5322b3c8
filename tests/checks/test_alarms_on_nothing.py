"""Alarms that name a queue or function as CloudWatch does not (CW-NAME-1)."""

from __future__ import annotations

from typing import Any

import pytest

from delivery_lab import resource_types as types
from delivery_lab.checks.registry import CHECKS
from tests.stack.world import resource, stack_of


def _found(namespace: str, dimensions: dict[str, Any]) -> list[str]:
    watched = {"namespace": namespace, "metricName": "Errors", "dimensions": dimensions}
    alarm = resource(types.METRIC_ALARM, "alarm", watched)
    return [f"{found.why} {found.fix}" for found in CHECKS["CHK-METRIC-3"].find(stack_of(alarm))]


@pytest.mark.parametrize(
    ("namespace", "dimension", "given"),
    [
        ("AWS/SQS", "QueueName", "arn:aws:sqs:us-east-1:123456789012:jobs"),
        ("AWS/SQS", "QueueName", "https://sqs.us-east-1.amazonaws.com/123456789012/jobs"),
        ("AWS/Lambda", "FunctionName", "arn:aws:lambda:us-east-1:123456789012:function:jobs"),
        ("AWS/Lambda", "FunctionName", "arn:aws:lambda:us-east-1:123456789012:function:jobs:live"),
    ],
)
def test_cw_name_1_an_arn_or_url_is_no_name(namespace: str, dimension: str, given: str) -> None:
    (found,) = _found(namespace, {dimension: given})

    assert found == (
        f"alarm has {given} as {dimension}, of which CloudWatch has no data: the name is jobs. "
        f"set {dimension} of alarm to jobs"
    )


@pytest.mark.parametrize(
    ("namespace", "dimensions"),
    [
        ("AWS/SQS", {"QueueName": "jobs"}),
        ("AWS/Lambda", {"FunctionName": "jobs", "Resource": "jobs:live"}),
        ("AWS/Lambda", {}),
        ("Ours", {"QueueName": "arn:aws:sqs:us-east-1:123456789012:jobs"}),
        ("AWS/SNS", {"TopicName": "https://example.com/x"}),
    ],
)
def test_names_and_what_others_name_are_left_alone(namespace: str, dimensions: dict[str, Any]) -> None:
    assert _found(namespace, dimensions) == []
