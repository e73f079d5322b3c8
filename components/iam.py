"""IAM policy documents as values: least privilege is easier to read, and to test, when statements are data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi

_NAMED_ACTIONS = {"sns": "sns:Publish"}
"""A topic's policy takes no `sns:*`: it may name only actions on topics."""


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement that allows something in an identity policy.

    Attributes:
        sid: what it is for; letters and digits only.
        actions: IAM actions, none with a wildcard.
        resource: the one ARN (or ARN pattern) that they are allowed on; "*" for actions that know no resources.
    """

    sid: str
    actions: Sequence[str]
    resource: pulumi.Input[str]

    def as_json(self) -> dict[str, Any]:
        """The statement in IAM's spelling."""
        return {"Sid": self.sid, "Effect": "Allow", "Action": list(self.actions), "Resource": self.resource}


def document(statements: Sequence[Mapping[str, Any]]) -> pulumi.Output[str]:
    """A policy document as JSON text; it is known as soon as every ARN in it is."""
    return pulumi.Output.json_dumps({"Version": "2012-10-17", "Statement": list(statements)}, sort_keys=True)


def lambda_trust() -> pulumi.Output[str]:
    """The trust policy of an execution role: the Lambda service may assume it."""
    return document([{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}])


def network_interfaces() -> Statement:
    """What Lambda needs to put network interfaces of a function, or of a Kafka poller, into a VPC (semantics.md G4).

    The interfaces do not exist yet, and EC2's Describe actions know no resources, so there is no ARN to name.
    """
    actions = (
        "ec2:CreateNetworkInterface",
        "ec2:DeleteNetworkInterface",
        "ec2:DescribeNetworkInterfaces",
        "ec2:DescribeSecurityGroups",
        "ec2:DescribeSubnets",
        "ec2:DescribeVpcs",
    )
    return Statement("ManageNetworkInterfaces", actions, "*")


@dataclass(frozen=True, slots=True)
class Sender:
    """A service of AWS that may send to a queue, on behalf of one resource and of no other.

    A service principal alone would stand for everybody's topics and buckets
    (https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html).

    Attributes:
        sid: what it is for; letters and digits only.
        service: the service principal, such as `sns.amazonaws.com`.
        source_arn: ARN of the topic, bucket or rule that sends.
    """

    sid: str
    service: str
    source_arn: pulumi.Input[str]

    def statement(self, queue_arn: pulumi.Input[str]) -> dict[str, Any]:
        """The statement of the queue's policy, in IAM's spelling."""
        return {
            "Sid": self.sid,
            "Effect": "Allow",
            "Principal": {"Service": self.service},
            "Action": "sqs:SendMessage",
            "Resource": queue_arn,
            "Condition": {"ArnEquals": {"aws:SourceArn": self.source_arn}},
        }


def tls_only(
    queue_arn: pulumi.Input[str],
    service: str = "sqs",
    *more_arns: pulumi.Input[str],
    senders: Sequence[Sender] = (),
) -> pulumi.Output[str]:
    """The policy of a queue (or topic, or bucket) that refuses every request that does not come over TLS.

    Args:
        queue_arn: its ARN.
        service: the service that it is of.
        more_arns: ARNs of what it holds.
        senders: services that may send to a queue. A queue has one policy, so they stand in this one.
    """
    refusal = {
        "Sid": "RefuseRequestsWithoutTls",
        "Effect": "Deny",
        "Principal": "*",
        "Action": _NAMED_ACTIONS.get(service, f"{service}:*"),
        "Resource": [queue_arn, *more_arns] if more_arns else queue_arn,
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    return document([refusal, *(sender.statement(queue_arn) for sender in senders)])
