"""What a worker does with records whose work failed, besides reporting them."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from components.settings.base import Section


class RetrySettings(Section):
    """Tells retryable errors from those that no retry can help.

    `nonRetryable` says what becomes of a message that no retry can help: `fail` retries it until it reaches the
    dead-letter queue, `park` sends it to the parking queue `<name>-parking` with the reason, at once. `swallow` catches
    the error and goes on, whereupon the message is deleted and lost: it is here to be shown, as tutorials do it.

    `backoff` retries a message whose error is retryable after a delay that grows with its deliveries, instead of
    after the visibility timeout. Short delays spend receives fast, so `queue.maxReceiveCount` has to allow for them.
    """

    non_retryable: Literal["fail", "park", "swallow"] = Field(
        "fail", description="what becomes of a message that no retry can help"
    )
    backoff: bool = Field(False, description="whether the worker says when a failed message is visible again")
