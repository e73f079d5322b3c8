"""Refused calls to DynamoDB: by a condition, which tells that somebody else was first, or for want of capacity."""

from __future__ import annotations

from collections.abc import Mapping

from delivery_lab.model.runtime import AwsError
from delivery_lab.rule_ids import RuleId

CONDITION_REFUSED = "ConditionalCheckFailedException"
_RULES: Mapping[str, RuleId] = {
    CONDITION_REFUSED: "DDB-COND-1",
    "ProvisionedThroughputExceededException": "DDB-CAPACITY-1",
}


def rule_of_refusal(error: AwsError) -> RuleId | None:
    """The rule by which a call was refused, where one tells."""
    return _RULES.get(error.code)


def is_refused_condition(error: AwsError) -> bool:
    """Whether the condition of a write did not hold, of one that stands alone or is part of a transaction."""
    reasons = error.details.get("CancellationReasons") or ()
    return error.code == CONDITION_REFUSED or any(
        isinstance(reason, dict) and reason.get("Code") == "ConditionalCheckFailed" for reason in reasons
    )
