"""What policies of queues and permissions of functions say of a topic."""

from __future__ import annotations

import json
from typing import Any

import pytest

from delivery_lab import resource_types
from delivery_lab.program.graph import UNKNOWN, Resource
from delivery_lab.stack.functions import Permission
from delivery_lab.stack.policy_verdicts import Allowance, Use, permission_verdict, verdict
from tests.stack.world import resource, stack_of

QUEUE = "arn:aws:sqs:us-east-1:123456789012:jobs"
TOPIC = "arn:aws:sns:us-east-1:123456789012:orders"
USE = Use("sns.amazonaws.com", "sqs:SendMessage", QUEUE, TOPIC, "123456789012")


def _statement(**given: Any) -> dict[str, Any]:
    usual = {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": QUEUE}
    return {**usual, "Principal": {"Service": "sns.amazonaws.com"}, **given}


def _source(operator: str, value: Any = TOPIC, key: str = "aws:SourceArn") -> dict[str, Any]:
    return {"Condition": {operator: {key: value}}}


def _verdict(*statements: dict[str, Any]) -> Allowance:
    queue = resource(resource_types.QUEUE, "jobs", {"policy": {"Statement": list(statements)}})
    return verdict(stack_of(queue).queues[0].policies, USE)


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        (_statement(), "allowed"),
        (_statement(Principal="*"), "allowed"),
        (_statement(Principal={"AWS": "*"}), "allowed"),
        (_statement(Principal={"Service": ["s3.amazonaws.com", "sns.amazonaws.com"]}), "allowed"),
        (_statement(Principal={"Service": "s3.amazonaws.com"}), "denied"),
        (_statement(Principal={"AWS": "123456789012"}), "denied"),
        (_statement(Action="SQS:*"), "allowed"),
        (_statement(Action=["sqs:ReceiveMessage"]), "denied"),
        (_statement(Resource="*"), "allowed"),
        (_statement(Resource="arn:aws:sqs:*:*:jobs"), "allowed"),
        (_statement(Resource=QUEUE + "-2"), "denied"),
        (_statement(Effect="Deny"), "denied"),
        (_statement(**_source("ArnEquals")), "allowed"),
        (_statement(**_source("ArnLike", "arn:aws:sns:*:*:ord*")), "allowed"),
        (_statement(**_source("ArnEquals", TOPIC + "-2")), "denied"),
        (_statement(**_source("StringEquals", [TOPIC, "x"])), "allowed"),
        (_statement(**_source("ArnNotEquals")), "denied"),
        (_statement(**_source("StringEqualsIgnoreCase", TOPIC.upper())), "allowed"),
        (_statement(**_source("StringEquals", "123456789012", "aws:SourceAccount")), "allowed"),
        (_statement(**_source("StringEquals", "999999999999", "aws:SourceAccount")), "denied"),
        (_statement(**_source("Bool", "true", "aws:SecureTransport")), "allowed"),
        (_statement(**_source("StringEquals", "o-1", "aws:PrincipalOrgID")), "undecided"),
        (_statement(**_source("IpAddress", "10.0.0.0/8", "aws:SourceArn")), "undecided"),
        (_statement(NotAction="sqs:DeleteMessage"), "undecided"),
        (_statement(Resource=UNKNOWN), "undecided"),
    ],
)
def test_one_statement(statement: dict[str, Any], expected: str) -> None:
    assert _verdict(statement) == expected


def test_a_deny_wins_and_what_is_undecided_is_no_allow() -> None:
    insecure = _statement(Effect="Deny", Principal="*", **_source("Bool", "false", "aws:SecureTransport"))

    assert _verdict() is Allowance.DENIED
    assert _verdict(_statement(), insecure) is Allowance.ALLOWED
    assert _verdict(_statement(), _statement(Effect="Deny")) is Allowance.DENIED
    assert _verdict(_statement(), _statement(Effect="Deny", Resource=UNKNOWN)) is Allowance.UNDECIDED


def test_a_policy_that_is_known_only_after_deployment_decides_nothing() -> None:
    queue = resource(resource_types.QUEUE, "jobs", {"policy": UNKNOWN})

    assert verdict(stack_of(queue).queues[0].policies, USE) is Allowance.UNDECIDED


@pytest.mark.parametrize(
    ("inputs", "expected"),
    [
        ({"principal": "sns.amazonaws.com"}, "allowed"),
        ({"principal": "sns.amazonaws.com", "sourceArn": TOPIC}, "allowed"),
        ({"principal": "sns.amazonaws.com", "sourceArn": "arn:aws:sns:*"}, "allowed"),
        ({"principal": "sns.amazonaws.com", "sourceArn": TOPIC + "-2"}, "denied"),
        ({"principal": "sns.amazonaws.com", "sourceAccount": "999999999999"}, "denied"),
        ({"principal": "sns.amazonaws.com", "action": "lambda:GetFunction"}, "denied"),
        ({"principal": "events.amazonaws.com"}, "denied"),
        ({"principal": "*"}, "allowed"),
        ({"principal": "sns.amazonaws.com", "sourceArn": UNKNOWN}, "undecided"),
    ],
)
def test_one_permission(inputs: dict[str, Any], expected: str) -> None:
    worker = resource(resource_types.FUNCTION, "worker")
    permission = resource(resource_types.PERMISSION, "sns", {"function": "worker", **inputs})
    use = Use("sns.amazonaws.com", "lambda:InvokeFunction", "", TOPIC, "123456789012")

    found = list(stack_of(worker, permission).all(Permission))

    assert permission_verdict(found, use) == expected
    assert permission_verdict([], use) is Allowance.DENIED


def test_texts_of_policies_are_read_too() -> None:
    queue = resource(resource_types.QUEUE, "jobs", {"policy": json.dumps({"Statement": _statement()})})

    assert verdict(stack_of(queue).queues[0].policies, USE) is Allowance.ALLOWED


def _held(name: str, **given: Any) -> Resource:
    inputs = {"queueUrl": "https://sqs/jobs", "policy": {"Statement": [_statement(**given)]}}
    return resource(resource_types.QUEUE_POLICY, name, inputs)


def test_sqs_policy_1_a_queue_policy_replaces_what_the_queue_was_created_with() -> None:
    queue = resource(resource_types.QUEUE, "jobs", {"policy": {"Statement": [_statement()]}})
    own = _held("own", Principal={"AWS": "123456789012"})

    (found,) = stack_of(queue, own).queues

    assert [policy.origin.resource for policy in found.policies] == ["own"]
    assert verdict(found.policies, USE) is Allowance.DENIED


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        ({}, Allowance.ALLOWED),
        ({"Resource": "*"}, Allowance.ALLOWED),
        (_source("ArnEquals", TOPIC + "-2"), Allowance.UNDECIDED),
    ],
    ids=["the same", "another that lets it", "one that lets another topic"],
)
def test_sqs_policy_1_of_two_queue_policies_one_counts_and_it_is_not_known_which(
    other: dict[str, Any], expected: Allowance
) -> None:
    queue = resource(resource_types.QUEUE, "jobs")

    (found,) = stack_of(queue, _held("one"), _held("two", **other)).queues

    assert verdict(found.policies, USE) is expected
