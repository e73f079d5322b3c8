"""The section `delivery-lab:async`: a function that is invoked asynchronously, and where its events end.

Lambda keeps asynchronous events in a queue of its own. What can be set for it (retries, age, destinations) is all
there is to set; it has no visibility timeout and no size (semantics.md D).
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from components.settings.alarms import AlarmSettings
from components.settings.base import Section
from components.settings.function import FunctionSettings
from components.settings.idempotency import LONGEST_RECORD_SECONDS
from components.settings.queue import MAXIMUM_RETENTION_SECONDS

Destination = Literal["none", "sqs", "sns", "eventbridge", "lambda"]

MAXIMUM_EVENT_AGE_SECONDS = 21_600


class AsyncIdempotencySettings(Section):
    """Whether the function keeps a record of what it has done, as Lambda may hand an event over twice.

    The default of `expiresAfterSeconds`, a day, is longer than an event can live (6 hours).
    """

    mode: Literal["powertools", "none"] = Field("powertools", description="how the record of work done is kept")
    expires_after_seconds: int = Field(
        86_400, ge=1, le=LONGEST_RECORD_SECONDS, description="how long a record of work done counts"
    )


class AsyncWorkerSettings(FunctionSettings):
    """The function and its event invoke configuration. The defaults are Lambda's own."""

    maximum_retry_attempts: int = Field(
        2, ge=0, le=2, description="MaximumRetryAttempts of a function event invoke configuration"
    )
    maximum_event_age_seconds: int = Field(
        MAXIMUM_EVENT_AGE_SECONDS,
        ge=60,
        le=MAXIMUM_EVENT_AGE_SECONDS,
        description="MaximumEventAgeInSeconds of a function event invoke configuration",
    )
    idempotency: AsyncIdempotencySettings = Field(default_factory=AsyncIdempotencySettings)


class DestinationsSettings(Section):
    """Where events go that have ended.

    `onSuccess` and `onFailure` get a record with the event and the function's answer; each is a queue, topic, bus or
    function of the stack's own. `deadLetterQueue` gets the event alone, and may be had besides. Without `onFailure`
    and `deadLetterQueue` nothing is left of an event whose retries are over.
    """

    on_success: Destination = Field("none", description="OnSuccess of a function event invoke configuration")
    on_failure: Destination = Field("sqs", description="OnFailure of a function event invoke configuration")
    dead_letter_queue: bool = Field(False, description="whether the function has a DeadLetterConfig with a queue")
    retention_seconds: int = Field(
        MAXIMUM_RETENTION_SECONDS,
        ge=60,
        le=MAXIMUM_RETENTION_SECONDS,
        description="MessageRetentionPeriod of an SQS queue",
    )


class AsyncSettings(Section):
    """Everything about one asynchronously invoked function."""

    worker: AsyncWorkerSettings = Field(default_factory=AsyncWorkerSettings)
    destinations: DestinationsSettings = Field(default_factory=DestinationsSettings)
    alarms: AlarmSettings = Field(default_factory=AlarmSettings)
