"""What a role surely may not do, by its policies and by those of AWS that are attached to it."""

from __future__ import annotations

import pytest

from delivery_lab import resource_types
from delivery_lab.stack.permissions import forbids
from delivery_lab.stack.roles import Role
from tests.stack.world import resource, stack_of

MANAGED = "arn:aws:iam::aws:policy/"


def a_role(*attached: str) -> Role:
    role = resource(resource_types.ROLE, "role", {"managedPolicyArns": list(attached)})
    (found,) = stack_of(role).all(Role)
    return found


@pytest.mark.parametrize(
    ("policy", "action", "forbidden"),
    [
        ("AmazonSQSFullAccess", "sqs:SendMessage", False),
        ("AmazonSQSFullAccess", "sns:Publish", True),
        ("AmazonSNSFullAccess", "sns:Publish", False),
        ("AmazonKinesisFullAccess", "kinesis:PutRecord", False),
        ("AmazonEventBridgeFullAccess", "events:PutEvents", False),
        ("CloudWatchEventsFullAccess", "events:PutEvents", False),
        ("AWSLambda_FullAccess", "lambda:InvokeFunction", False),
        ("service-role/AWSLambdaRole", "lambda:InvokeFunction", False),
        ("service-role/AWSLambdaBasicExecutionRole", "lambda:InvokeFunction", True),
        ("AmazonSQSReadOnlyAccess", "sqs:SendMessage", True),
        ("AdministratorAccess", "events:PutEvents", False),
        ("PowerUserAccess", "kinesis:PutRecord", False),
    ],
)
def test_a_policy_of_aws_grants_what_its_name_says(policy: str, action: str, forbidden: bool) -> None:
    assert forbids(a_role(MANAGED + policy), action, "arn:aws:x:us-east-1:123456789012:y") is forbidden


def test_a_policy_of_somebody_else_may_grant_anything() -> None:
    assert not forbids(a_role("arn:aws:iam::123456789012:policy/own"), "sqs:SendMessage", "arn:aws:sqs:::q")
