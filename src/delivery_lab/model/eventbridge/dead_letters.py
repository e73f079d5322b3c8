"""What becomes of an event that a target does not take: retries, and the message in the dead-letter queue."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from delivery_lab.events import Journal
from delivery_lab.limits.eventbridge import EVENT_AGE, RETRIES
from delivery_lab.model.backoff import Backoff
from delivery_lab.model.clock import seconds
from delivery_lab.model.eventbridge.inputs import INVALID_JSON
from delivery_lab.model.feeds.feed import Offer, is_temporary
from delivery_lab.model.feeds.targets import Parcel
from delivery_lab.model.randomness import RandomStreams
from delivery_lab.model.runtime import AwsError
from delivery_lab.rule_ids import RuleId

_CODES: Mapping[str, str] = {
    INVALID_JSON: INVALID_JSON,
    "AccessDenied": "NO_PERMISSIONS",
    "AWS.SimpleQueueService.NonExistentQueue": "NO_RESOURCE",
    "ResourceNotFoundException": "NO_RESOURCE",
    "NotFound": "NO_RESOURCE",
}


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """For how long a target is tried again.

    Attributes:
        maximum_retries: how often.
        maximum_age_seconds: until how old the event is.
    """

    maximum_retries: int = RETRIES.default
    maximum_age_seconds: int = EVENT_AGE.default


@dataclass(frozen=True, slots=True)
class Retries:
    """The retries of one target.

    Attributes:
        feed: name of the feed.
        policy: its retry policy.
        backoff: how long it waits (EB-RETRY-2).
        streams: the run's chance.
        journal: where it is noted what a run relies on.
    """

    feed: str
    policy: RetryPolicy
    backoff: Backoff
    streams: RandomStreams
    journal: Journal

    def wait(self, attempt: int, elapsed: int) -> int | None:
        """When the target is tried again; see `delivery_lab.model.feeds.feed.RetryWait`."""
        if attempt > self.policy.maximum_retries:
            return None
        self.journal.rely_on("EB-RETRY-2")
        wait = self.backoff.wait(attempt - 1, self.streams.stream("rule retry", self.feed).random())
        return wait if elapsed + wait <= seconds(self.policy.maximum_age_seconds) else None


def backoff_of(bounds: tuple[float, float]) -> Backoff:
    """The back-off between a first and a longest wait in seconds; each is shortened by up to half at random."""
    first, longest = bounds
    return Backoff(first, longest, 0.5, 1.0)


@dataclass(frozen=True, slots=True)
class DeadLetters:
    """Makes the message for the dead-letter queue of a target (EB-DLQ-1).

    Attributes:
        rule_arn: ARN of the rule, or of the schedule.
        target_arn: ARN of the target.
        policy: the target's retry policy.
        journal: where it is noted what a run relies on.
        by: name of the attribute that has the ARN of the rule.
    """

    rule_arn: str
    target_arn: str
    policy: RetryPolicy
    journal: Journal
    by: Literal["RULE_ARN", "SCHEDULE_ARN"] = "RULE_ARN"

    def letter(self, attempt: Offer, error: AwsError) -> Parcel:
        """The event, with attributes that tell why; see `delivery_lab.model.feeds.feed.DeadLetter`."""
        rules: tuple[RuleId, ...] = ("EB-DLQ-2", "EB-DLQ-3") if self.by == "RULE_ARN" else ("SCH-DLQ-2",)
        self.journal.rely_on(*rules)
        told: dict[str, str] = {
            self.by: self.rule_arn,
            "TARGET_ARN": self.target_arn,
            "ERROR_CODE": _code(error),
            "ERROR_MESSAGE": error.message,
        }
        if is_temporary(error):
            exhausted = attempt.retries >= self.policy.maximum_retries
            told["EXHAUSTED_RETRY_CONDITION"] = "MaximumRetryAttempts" if exhausted else "MaximumEventAgeInSeconds"
            told["RETRY_ATTEMPTS"] = str(attempt.retries)
        parcel = attempt.parcel
        attributes: dict[str, Any] = {name: _text(value) for name, value in told.items() if value}
        return replace(parcel, body=parcel.original or parcel.body, attributes=attributes, group="")


def _code(error: AwsError) -> str:
    if is_temporary(error):
        return "ERROR_FROM_TARGET" if error.status >= 500 else "THROTTLING"
    return _CODES.get(error.code, "INVALID_PARAMETER")


def _text(value: str) -> dict[str, str]:
    return {"DataType": "String", "StringValue": value}
