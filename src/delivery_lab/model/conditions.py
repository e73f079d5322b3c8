"""Refused conditions of writes to DynamoDB, which tell that somebody else was first (DDB-COND-1)."""

from __future__ import annotations

from delivery_lab.model.runtime import AwsError
from delivery_lab.rule_ids import RuleId

CONDITION_REFUSED = "ConditionalCheckFailedException"


def rule_of_refusal(error: AwsError) -> RuleId | None:
    """The rule by which a call was refused, where one tells."""
    return "DDB-COND-1" if error.code == CONDITION_REFUSED else None


def is_refused_condition(error: AwsError) -> bool:
    """Whether the condition of a write did not hold, of one that stands alone or is part of a transaction."""
    reasons = error.details.get("CancellationReasons") or ()
    return error.code == CONDITION_REFUSED or any(
        isinstance(reason, dict) and reason.get("Code") == "ConditionalCheckFailed" for reason in reasons
    )
