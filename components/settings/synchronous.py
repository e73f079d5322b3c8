"""The section `delivery-lab:sync`: a function behind an HTTP API that waits for the answer of another function.

Nobody retries a synchronous invoke but its caller, so everything here is about the caller (semantics.md E).
"""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from components.settings.alarms import AlarmSettings
from components.settings.api import ApiSettings
from components.settings.base import Section, Violation, require
from components.settings.function import FunctionSettings, ProducerSettings

ATTEMPT_MARGIN_SECONDS = 3
"""By how much the caller's time must exceed the other function's timeout; the invoker in the function knows it too."""


class BreakerSettings(Section):
    """The circuit breaker of mode `breaker`.

    Failures of the function open it, throttles do not: those are left to the retries. Each execution environment has a
    breaker of its own unless they are `shared`: then its state is kept in a DynamoDB table, which costs a read per
    attempt and a write per failure.
    """

    failure_threshold: int = Field(5, ge=1, le=1000, description="failures in a row after which no calls are made")
    reset_seconds: int = Field(60, ge=1, le=86_400, description="time after which one call tries whether all is well")
    shared: bool = Field(False, description="whether all execution environments share one breaker")


class CallerSettings(ProducerSettings):
    """The function that takes requests and invokes the other one.

    Mode `naive` is boto3 as it comes: the answer is passed on without a look at `FunctionError`. Mode `retry` invokes
    with the toolkit: retries with back-off, within the time that is left. Mode `breaker` has a circuit breaker besides.
    """

    mode: Literal["naive", "retry", "breaker"] = Field("retry", description="how the other function is invoked")
    maximum_attempts: int = Field(5, ge=1, le=20, description="attempts of one request, the first included")
    breaker: BreakerSettings = Field(default_factory=BreakerSettings)


class CalleeSettings(FunctionSettings):
    """The function that is invoked."""

    timeout_seconds: int = Field(10, ge=1, le=900, description="Timeout of a Lambda function")


class SyncSettings(Section):
    """Everything about one pair of functions."""

    caller: CallerSettings = Field(default_factory=CallerSettings)
    callee: CalleeSettings = Field(default_factory=CalleeSettings)
    api: ApiSettings = Field(default_factory=ApiSettings)
    alarms: AlarmSettings = Field(default_factory=AlarmSettings)

    @model_validator(mode="after")
    def _the_caller_can_wait(self) -> Self:
        if self.caller.mode != "naive":
            require(self._waiting_violation())
        return self

    def _waiting_violation(self) -> Violation | None:
        caller_seconds, callee_seconds = self.caller.timeout_seconds, self.callee.timeout_seconds
        longest_seconds = caller_seconds - ATTEMPT_MARGIN_SECONDS
        if callee_seconds <= longest_seconds:
            return None
        twice_seconds = longest_seconds // 2 - 1
        fix = f"set it to {longest_seconds} or less"
        if longest_seconds < 1:
            fix = f"set caller.timeoutSeconds to {callee_seconds + ATTEMPT_MARGIN_SECONDS} or more"
        elif twice_seconds >= 1:
            fix += f"; {twice_seconds} leaves time for a second attempt"
        return Violation(
            ("callee", "timeoutSeconds"),
            callee_seconds,
            f"must be {longest_seconds} at most: the caller ({caller_seconds} s) makes no call whose answer it could "
            f"not wait for, and needs {ATTEMPT_MARGIN_SECONDS} s besides",
            fix,
        )
