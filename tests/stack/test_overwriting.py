"""Resources that write one place of AWS over each other."""

from __future__ import annotations

from typing import Any

import pytest

from delivery_lab import resource_types
from delivery_lab.program.graph import UNKNOWN, Resource
from delivery_lab.stack.overwriting import overwritten
from tests.stack.world import arn_of, resource, stack_of

BUCKET = resource(resource_types.BUCKET, "uploads")
TOPIC = resource(resource_types.TOPIC, "news")
QUEUE = resource(resource_types.QUEUE, "jobs")
WORKER = resource(resource_types.FUNCTION, "worker")
RULE = resource(resource_types.EVENT_RULE, "rule", {"eventPattern": "{}"})


def _pair(token: str, first: dict[str, Any], second: dict[str, Any] | None = None) -> tuple[Resource, Resource]:
    return resource(token, "one", first), resource(token, "two", first if second is None else second)


def _policy(principal: str) -> dict[str, Any]:
    return {"Statement": [{"Effect": "Allow", "Principal": principal, "Action": "*", "Resource": "*"}]}


def _found(*resources: Resource) -> list[str]:
    found = overwritten(stack_of(BUCKET, TOPIC, QUEUE, WORKER, RULE, *resources))
    return [f"{each.refusal}" for each in found]


@pytest.mark.parametrize(
    ("pair", "expected"),
    [
        (
            _pair(resource_types.BUCKET_NOTIFICATION, {"bucket": "uploads", "eventbridge": True}),
            (
                "one and two write the notifications of uploads over each other, and AWS keeps what is written last "
                "(S3-NOTIFY-2)\n  fix: put all configurations of one and two into one BucketNotification"
            ),
        ),
        (
            _pair(
                resource_types.TOPIC_POLICY,
                {"arn": arn_of(TOPIC), "policy": _policy("a")},
                {"arn": arn_of(TOPIC), "policy": _policy("b")},
            ),
            (
                "one and two write the policy of news over each other, and AWS keeps what is written last "
                "(SNS-POLICY-2)\n  fix: put the statements of one and two into one policy"
            ),
        ),
        (
            _pair(
                resource_types.QUEUE_POLICY,
                {"queueUrl": "https://sqs/jobs", "policy": _policy("a")},
                {"queueUrl": "https://sqs/jobs", "policy": _policy("b")},
            ),
            (
                "one and two write the policy of jobs over each other, and AWS keeps what is written last "
                "(SQS-POLICY-1)\n  fix: put the statements of one and two into one policy"
            ),
        ),
        (
            _pair(resource_types.REDRIVE_POLICY, {"queueUrl": "https://sqs/jobs", "redrivePolicy": "{}"}),
            (
                "one and two write the redrive policy of jobs over each other, and AWS keeps what is written last "
                "(SQS-POLICY-1)\n  fix: keep one of one and two"
            ),
        ),
        (
            _pair(resource_types.INVOKE_CONFIG, {"functionName": "worker"}),
            (
                "one and two write the settings of asynchronous invokes of worker over each other, and AWS keeps what "
                "is written last (ASY-CONFIG-1)\n"
                "  fix: put all settings of one and two into one FunctionEventInvokeConfig"
            ),
        ),
        (
            _pair(resource_types.EVENT_TARGET, {"rule": "rule", "targetId": "to", "arn": arn_of(QUEUE)}),
            (
                "one and two write target to of rule over each other, and AWS keeps what is written last "
                "(EB-TARGETS-2)\n  fix: give one and two a targetId of their own"
            ),
        ),
    ],
    ids=["notifications", "topic policies", "queue policies", "redrive policies", "invoke configs", "targets"],
)
def test_two_resources_that_write_one_place(pair: tuple[Resource, ...], expected: str) -> None:
    assert _found(*pair) == [expected]


@pytest.mark.parametrize(
    "pair",
    [
        _pair(resource_types.BUCKET_NOTIFICATION, {"bucket": "uploads"}, {"bucket": "others"}),
        _pair(resource_types.BUCKET_NOTIFICATION, {"bucket": UNKNOWN}),
        _pair(resource_types.TOPIC_POLICY, {"arn": arn_of(TOPIC), "policy": _policy("a")}),
        _pair(
            resource_types.INVOKE_CONFIG, {"functionName": "worker"}, {"functionName": "worker", "qualifier": "live"}
        ),
        _pair(resource_types.EVENT_TARGET, {"rule": "rule", "arn": arn_of(QUEUE)}),
        _pair(
            resource_types.EVENT_TARGET,
            {"rule": "rule", "targetId": "to", "arn": arn_of(QUEUE)},
            {"rule": "rule", "targetId": "too", "arn": arn_of(QUEUE)},
        ),
    ],
    ids=["two buckets", "unknown buckets", "one policy twice", "an alias", "targets without an id", "two ids"],
)
def test_resources_that_write_places_of_their_own(pair: tuple[Resource, ...]) -> None:
    assert _found(*pair) == []
