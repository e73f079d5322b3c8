"""Alarms on what is sent to a dead-letter queue: only where nothing sends to it (CW-SENT-1)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from delivery_lab import resource_types as types
from delivery_lab.checks.registry import CHECKS
from tests.stack.world import arn_of, resource, stack_of

DEAD = resource(types.QUEUE, "dead")
POLICY = json.dumps({"deadLetterTargetArn": arn_of(DEAD), "maxReceiveCount": 5})
JOBS = resource(types.QUEUE, "jobs", {"redrivePolicy": POLICY})
SENDER = resource(types.FUNCTION, "sender", {"deadLetterConfig": {"targetArn": arn_of(DEAD)}})


def _alarm(metric: str = "NumberOfMessagesSent", queue: str = "dead", namespace: str = "AWS/SQS") -> Any:
    watched = {"namespace": namespace, "metricName": metric, "dimensions": {"QueueName": queue}}
    return resource(types.METRIC_ALARM, "alarm", watched)


def _found(*resources: Any) -> list[str]:
    return [f"{found.why} {found.fix}" for found in CHECKS["CHK-METRIC-2"].find(stack_of(DEAD, *resources))]


def test_an_alarm_on_sends_to_a_dead_letter_queue_stays_silent() -> None:
    assert _found(JOBS, _alarm()) == [
        (
            "alarm watches NumberOfMessagesSent of dead, to which SQS moves messages without sending them: "
            "the metric stays 0. let alarm watch ApproximateNumberOfMessagesVisible"
        )
    ]


@pytest.mark.parametrize(
    "others",
    [
        (JOBS, _alarm(metric="ApproximateNumberOfMessagesVisible")),
        (JOBS, _alarm(queue="jobs")),
        (JOBS, _alarm(queue="theirs")),
        (JOBS, _alarm(namespace="Ours")),
        (JOBS, SENDER, _alarm()),
        (_alarm(),),
    ],
    ids=["depth", "source", "other stack", "other namespace", "Lambda sends to it", "no dead-letter queue"],
)
def test_other_alarms_are_left_alone(others: tuple[Any, ...]) -> None:
    assert _found(*others) == []
