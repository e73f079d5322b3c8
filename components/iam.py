"""IAM policy documents as values: least privilege is easier to read, and to test, when statements are data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement that allows something in an identity policy.

    Attributes:
        sid: what it is for; letters and digits only.
        actions: IAM actions, none with a wildcard.
        resource: the one ARN (or ARN pattern) that they are allowed on.
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


def tls_only(arn: pulumi.Input[str], action: str = "sqs:*") -> pulumi.Output[str]:
    """The policy of a queue or topic that refuses every request that does not come over TLS."""
    return document(
        [
            {
                "Sid": "RefuseRequestsWithoutTls",
                "Effect": "Deny",
                "Principal": "*",
                "Action": action,
                "Resource": arn,
                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
            }
        ]
    )
