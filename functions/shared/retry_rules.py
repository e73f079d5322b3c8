"""Which errors are worth another try, and how long to wait before it.

There are two questions, and they have different answers:

- *Does the same call go through a moment later?* (`call_rules`) A throttled call does. A call that lacks a permission
  does not, however often it is made within one invoke.
- *Can another delivery of the same message go better?* (`message_rules`) For a missing permission it can: somebody
  grants it. Only an invalid message fails every time, and only such a message may be set aside.

Errors are told apart by their type and, where AWS answered, by its error code; never by the name of a class, which
says the same for any two classes that happen to share it.
"""

from __future__ import annotations

import enum
import json
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as AwsConnectionError
from pydantic import ValidationError

from shared.aws_errors import error_code, is_throttle, is_transient, retry_after_seconds
from shared.errors import CircuitOpenError, FunctionError, InvokeError


class Retry(enum.Enum):
    """What another try is worth."""

    THROTTLED = "throttled"
    """It goes through once less is asked for: wait longer."""

    TRANSIENT = "transient"
    """It may go through a moment later."""

    NEVER = "never"
    """It meets the same end, always."""


Judge = Callable[[Exception], Retry]


@dataclass(frozen=True, slots=True)
class RetryRules:
    """Judges errors.

    The rule of the error's own type counts, else that of the nearest base class that has one; for errors that AWS
    answered a rule for the error code comes before both. Rules are never changed: `with_type` and `with_code` give new
    ones that know more, so that what a library judges by cannot be altered from outside.

    Attributes:
        types: what errors of a type are worth, or a function that says so of each.
        codes: what an error of AWS with this code is worth.
        otherwise: what errors are worth that no rule is for.
    """

    types: Mapping[type[Exception], Retry | Judge]
    codes: Mapping[str, Retry] = field(default_factory=lambda: MappingProxyType({}))
    otherwise: Retry = Retry.NEVER

    def with_type(self, error_type: type[Exception], judgement: Retry | Judge) -> RetryRules:
        """These rules, and one more for errors of a type and of its subclasses."""
        return RetryRules(MappingProxyType({**self.types, error_type: judgement}), self.codes, self.otherwise)

    def with_code(self, code: str, judgement: Retry) -> RetryRules:
        """These rules, and one more for an error code of AWS, such as `ConditionalCheckFailedException`."""
        return RetryRules(self.types, MappingProxyType({**self.codes, code: judgement}), self.otherwise)

    def judge(self, error: Exception) -> Retry:
        """What another try is worth after this error."""
        if isinstance(error, ClientError) and error_code(error) in self.codes:
            return self.codes[error_code(error)]
        for base in type(error).__mro__:
            if base in self.types:
                judgement = self.types[base]
                return judgement if isinstance(judgement, Retry) else judgement(error)
        return self.otherwise

    def is_retryable(self, error: Exception) -> bool:
        """Whether another try is worth anything."""
        return self.judge(error) is not Retry.NEVER


def _of_a_call(error: Exception) -> Retry:
    if is_throttle(error):
        return Retry.THROTTLED
    return Retry.TRANSIENT if is_transient(error) else Retry.NEVER


def _of_a_message(error: Exception) -> Retry:
    return Retry.THROTTLED if is_throttle(error) else Retry.TRANSIENT


def _as_it_says(error: Exception) -> Retry:
    return Retry.TRANSIENT if isinstance(error, FunctionError) and error.retryable else Retry.NEVER


def call_rules() -> RetryRules:
    """Rules for calls: what is known to pass is worth another try, everything else is not.

    An invoke that failed is not: whoever made it has tried again as far as that was of use, and what ran may have done
    its work.
    """
    return RetryRules(
        MappingProxyType(
            {
                ClientError: _of_a_call,
                AwsConnectionError: Retry.TRANSIENT,
                HTTPClientError: Retry.TRANSIENT,
                ConnectionError: Retry.TRANSIENT,
                TimeoutError: Retry.TRANSIENT,
                FunctionError: _as_it_says,
                CircuitOpenError: Retry.NEVER,
                InvokeError: Retry.NEVER,
            }
        )
    )


def message_rules() -> RetryRules:
    """Rules for deliveries: whatever is not known to be the message's own fault is worth another one.

    The message's own fault are text that is no JSON, JSON that does not fit a pydantic model, and errors that say so
    themselves (`FunctionError.retryable`). A bug is mended by the next deployment, so it is none of these.
    """
    return RetryRules(
        MappingProxyType(
            {
                ClientError: _of_a_message,
                BotoCoreError: Retry.TRANSIENT,
                FunctionError: _as_it_says,
                ValidationError: Retry.NEVER,
                json.JSONDecodeError: Retry.NEVER,
                UnicodeDecodeError: Retry.NEVER,
            }
        ),
        otherwise=Retry.TRANSIENT,
    )


def with_powertools(rules: RetryRules) -> RetryRules:
    """Rules that know Powertools' errors too, which are imported only here: not every function pays for that."""
    from aws_lambda_powertools.utilities.idempotency.exceptions import (
        IdempotencyAlreadyInProgressError,
        IdempotencyKeyError,
        IdempotencyPersistenceLayerError,
        IdempotencyValidationError,
    )

    return (
        rules.with_type(IdempotencyAlreadyInProgressError, Retry.TRANSIENT)
        .with_type(IdempotencyPersistenceLayerError, Retry.TRANSIENT)
        .with_type(IdempotencyKeyError, Retry.NEVER)
        .with_type(IdempotencyValidationError, Retry.NEVER)
    )


def _draw() -> float:
    # Looked up at each call: code that seeds or replaces `random` after this module was imported is heard.
    return random.random()


@dataclass(frozen=True, slots=True)
class Backoff:
    """How long to wait before another try: exponential, with full jitter.

    Before try n + 1 a time is drawn evenly from 0 to `base * 2 ** n`, at most to the cap, n being the number of tries
    that failed before the last one. Drawing from 0 on spreads callers that failed together. A throttled call waits
    for longer. Where the other side says how long to wait, the time drawn comes on top of that, because all who were
    told the same would otherwise return together.

    Attributes:
        throttled_base_seconds: longest first wait after a throttle.
        throttled_cap_seconds: longest wait after a throttle.
        base_seconds: longest first wait after any other error.
        cap_seconds: longest wait after any other error.
        draw: draws a number from 0 to 1.
    """

    throttled_base_seconds: float = 2.0
    throttled_cap_seconds: float = 60.0
    base_seconds: float = 1.0
    cap_seconds: float = 30.0
    draw: Callable[[], float] = _draw

    def longest_seconds(self, retry: Retry, failures: int) -> float:
        """The longest time that may be drawn.

        Args:
            retry: what the last try failed with.
            failures: tries that failed so far, the last one included; 1 or more.
        """
        throttled = retry is Retry.THROTTLED
        base = self.throttled_base_seconds if throttled else self.base_seconds
        cap = self.throttled_cap_seconds if throttled else self.cap_seconds
        # 2 ** 64 of anything is beyond any cap, and a larger power would not fit a float some day.
        return float(min(cap, base * 2 ** min(max(failures, 1) - 1, 64)))

    def delay_seconds(self, retry: Retry, failures: int, retry_after: float | None = None) -> float:
        """How long to wait.

        Args:
            retry: what the last try failed with.
            failures: tries that failed so far, the last one included; 1 or more.
            retry_after: how long the other side asked to wait, in seconds.
        """
        return (retry_after or 0.0) + self.draw() * self.longest_seconds(retry, failures)

    def delay_after(self, error: Exception, rules: RetryRules, failures: int) -> float:
        """How long to wait after an error, as the rules judge it and as AWS or a circuit breaker asks."""
        asked = error.retry_after_seconds if isinstance(error, CircuitOpenError) else retry_after_seconds(error)
        return self.delay_seconds(rules.judge(error), failures, asked)
