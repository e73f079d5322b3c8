"""Whether a worker that takes messages in batches keeps a record of what it has done."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from components.settings.base import Section

LONGER_THAN_A_MESSAGE_SECONDS = 30 * 86_400
"""A message lives for 14 days at most, and as much again after a redrive from the dead-letter queue."""

LONGEST_RECORD_SECONDS = 3650 * 86_400


class BatchIdempotencySettings(Section):
    """Whether the worker keeps a record of what it has done, in a table of its own.

    SQS may deliver a message twice, and whatever feeds a queue may send it twice: with `none` the work is done twice
    then. With `powertools` it is done once for each business id in a body; an object that S3 tells of is known by
    bucket, key and sequencer. The default of `expiresAfterSeconds`, 30 days, is longer than a message can live.
    """

    mode: Literal["powertools", "none"] = Field("none", description="how the record of work done is kept")
    expires_after_seconds: int = Field(
        LONGER_THAN_A_MESSAGE_SECONDS,
        ge=1,
        le=LONGEST_RECORD_SECONDS,
        description="how long a record of work done counts",
    )
