"""Schedules of EventBridge Scheduler."""

from __future__ import annotations

from dataclasses import dataclass

from delivery_lab.limits.eventbridge import EVENT_AGE, RETRIES
from delivery_lab.stack.reading import Inputs
from delivery_lab.stack.resource import StackResource
from delivery_lab.stack.settings import Setting


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule(StackResource):
    """A schedule.

    Attributes:
        expression: its schedule expression.
        zone: name of the time zone.
        state: `ENABLED` or `DISABLED`.
        window_minutes: the flexible window, None without one.
        window_mode: `FLEXIBLE` or `OFF`.
        start: start date, None without one.
        end: end date, None without one.
        target_arn: ARN of the target.
        role_arn: role that Scheduler takes on, None without one.
        input: what the target gets, None for Scheduler's own notification.
        dead_letter_arn: ARN of the dead-letter queue, None without one.
        maximum_retries: of the retry policy.
        maximum_age_seconds: of the retry policy.
        group: message group for a queue, None without one.
        partition_key: for a stream, None without one.
        source: source of the event for a bus, None without one.
        detail_type: detail-type of the event for a bus, None without one.
    """

    expression: Setting[str]
    zone: Setting[str]
    state: Setting[str]
    window_minutes: Setting[int | None]
    window_mode: Setting[str]
    start: Setting[str | None]
    end: Setting[str | None]
    target_arn: Setting[str]
    role_arn: Setting[str | None]
    input: Setting[str | None]
    dead_letter_arn: Setting[str | None]
    maximum_retries: Setting[int]
    maximum_age_seconds: Setting[int]
    group: Setting[str | None]
    partition_key: Setting[str | None]
    source: Setting[str | None]
    detail_type: Setting[str | None]

    @property
    def unknown(self) -> list[str]:
        """Inputs that decide what happens, and are known only after deployment."""
        settings: tuple[Setting[object], ...] = (
            self.expression,
            self.zone,
            self.state,
            self.window_minutes,
            self.window_mode,
            self.start,
            self.end,
            self.input,
            self.dead_letter_arn,
            self.maximum_retries,
            self.maximum_age_seconds,
            self.group,
            self.partition_key,
            self.source,
            self.detail_type,
        )
        return [setting.origin.input for setting in settings if not setting.is_known]


def schedule(inputs: Inputs) -> Schedule:
    """A schedule of its inputs."""

    def retries(name: str, default: int) -> Setting[int]:
        return inputs.number("target", "retryPolicy", name, default=default)

    return Schedule(
        **inputs.identity(),
        expression=inputs.text("scheduleExpression"),
        zone=inputs.text("scheduleExpressionTimezone", default="UTC"),
        state=inputs.text("state", default="ENABLED"),
        window_minutes=inputs.optional_number("flexibleTimeWindow", "maximumWindowInMinutes"),
        window_mode=inputs.text("flexibleTimeWindow", "mode", default="OFF"),
        start=inputs.optional_text("startDate"),
        end=inputs.optional_text("endDate"),
        target_arn=inputs.text("target", "arn"),
        role_arn=inputs.optional_text("target", "roleArn"),
        input=inputs.optional_text("target", "input"),
        dead_letter_arn=inputs.optional_text("target", "deadLetterConfig", "arn"),
        maximum_retries=retries("maximumRetryAttempts", RETRIES.default),
        maximum_age_seconds=retries("maximumEventAgeInSeconds", EVENT_AGE.default),
        group=inputs.optional_text("target", "sqsParameters", "messageGroupId"),
        partition_key=inputs.optional_text("target", "kinesisParameters", "partitionKey"),
        source=inputs.optional_text("target", "eventbridgeParameters", "source"),
        detail_type=inputs.optional_text("target", "eventbridgeParameters", "detailType"),
    )
