"""The section `delivery-lab:eventbridge`: a bus, a rule that feeds a queue, and the worker of the queue."""

from __future__ import annotations

import json

from pydantic import Field, JsonValue, field_validator

from components.settings.base import RuleError, Section, Violation
from components.settings.fed import FedQueueSettings

MAXIMUM_RETRIES = 185
MAXIMUM_AGE_SECONDS = 86_400


class EventRuleSettings(Section):
    """Which events of the bus the queue gets: all, unless `eventPattern` says otherwise."""

    event_pattern: dict[str, JsonValue] = Field(
        {"source": [{"prefix": ""}]}, description="EventPattern of an EventBridge rule"
    )

    @property
    def event_pattern_text(self) -> str:
        """The pattern as compact JSON."""
        return json.dumps(self.event_pattern, separators=(",", ":"))

    @field_validator("event_pattern")
    @classmethod
    def _pattern_asks_for_something(cls, pattern: dict[str, JsonValue]) -> dict[str, JsonValue]:
        if not pattern:
            message = "is empty (EventBridge refuses such a rule)"
            raise RuleError(Violation((), pattern, message, 'ask for something, such as source: [{prefix: ""}]'))
        return pattern


class QueueTargetSettings(Section):
    """For how long the queue is tried, and where an event is kept that it does not take.

    Left out, the retry policy is that of EventBridge: 185 times within 24 hours. Without `deadLetterQueue` an event is
    dropped when it ends.
    """

    maximum_retry_attempts: int = Field(
        MAXIMUM_RETRIES,
        ge=0,
        le=MAXIMUM_RETRIES,
        description="MaximumRetryAttempts in the RetryPolicy of a target of an EventBridge rule",
    )
    maximum_event_age_seconds: int = Field(
        MAXIMUM_AGE_SECONDS,
        ge=60,
        le=MAXIMUM_AGE_SECONDS,
        description="MaximumEventAgeInSeconds in the RetryPolicy of a target of an EventBridge rule",
    )
    dead_letter_queue: bool = Field(
        True, description="whether the target has a DeadLetterConfig with a queue of its own"
    )


class EventBridgeSettings(FedQueueSettings):
    """Everything about one bus and the queue that it feeds."""

    rule: EventRuleSettings = Field(default_factory=EventRuleSettings)
    target: QueueTargetSettings = Field(default_factory=QueueTargetSettings)
