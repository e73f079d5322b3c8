"""What a rule is."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from delivery_lab.rule_ids import RuleId


class Status(StrEnum):
    """How sure we are."""

    DOCUMENTED = "documented"
    """AWS says so."""
    OBSERVED = "observed"
    """Somebody saw it on AWS and wrote it down in public; AWS does not say so."""
    ASSUMPTION = "assumption"
    """AWS does not say; the model needs an answer, and this is ours. Results list the assumptions they used."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of behaviour.

    Attributes:
        id: such as `SQS-DLQ-1`: family, subject, number.
        statement: what happens, in our own words.
        source: where it is said, seen, or why it is assumed.
        status: how sure we are.
    """

    id: RuleId
    statement: str
    source: str
    status: Status


LAMBDA_GUIDE = "https://docs.aws.amazon.com/lambda/latest/dg/"
LAMBDA_API = "https://docs.aws.amazon.com/lambda/latest/api/"
SQS_GUIDE = "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/"
LOCALSTACK = (
    "recorded against AWS by LocalStack's tests marked aws.validated: "
    "https://github.com/localstack/localstack/blob/8b9a79f05/tests/aws/services/"
)
EVENTS_GUIDE = "https://docs.aws.amazon.com/eventbridge/latest/userguide/"
EVENTS_API = "https://docs.aws.amazon.com/eventbridge/latest/APIReference/"
SCHEDULER_GUIDE = "https://docs.aws.amazon.com/scheduler/latest/UserGuide/"
SCHEDULER_API = "https://docs.aws.amazon.com/scheduler/latest/APIReference/"
S3_GUIDE = "https://docs.aws.amazon.com/AmazonS3/latest/userguide/"
SNS_GUIDE = "https://docs.aws.amazon.com/sns/latest/dg/"
SNS_API = "https://docs.aws.amazon.com/sns/latest/api/"
SQS_API = "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/"


def documented(rule_id: RuleId, statement: str, source: str) -> Rule:
    """A rule that AWS states."""
    return Rule(rule_id, statement, source, Status.DOCUMENTED)


def observed(rule_id: RuleId, statement: str, source: str) -> Rule:
    """A rule that somebody observed."""
    return Rule(rule_id, statement, source, Status.OBSERVED)


def assumed(rule_id: RuleId, statement: str, why: str) -> Rule:
    """A rule of the model's own."""
    return Rule(rule_id, statement, why, Status.ASSUMPTION)
