"""Invokes another function and waits for its answer.

Only the caller retries a synchronous invoke, and three mistakes are easily made:

- *HTTP 200 is no success.* A function that failed answers 200 with `FunctionError`, and boto3 raises nothing.
- *Retries multiply.* botocore makes up to three attempts by itself, so five tries of one's own are fifteen calls. The
  client made by `invoke_client` makes one attempt per call, and `LambdaInvoker` decides about all others.
- *A timeout is no "no".* botocore stops reading after 60 s and invokes the function again, although the first invoke
  goes on. Here the read timeout is above the function's own timeout, so that an answer arrives first (that timeout does
  not count a cold start: where it may take longer than a second, add it); and where a connection breaks nevertheless
  nothing is retried (`OutcomeUnknownError`), because the function may have run.

What is retried is what certainly did not run or what AWS says may be: throttles, connections that were never made, and
Lambda's internal errors. As with every delivery, a function that is invoked should be idempotent.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError, IncompleteReadError
from tenacity import RetryCallState, Retrying, retry_if_exception

from shared.aws_errors import error_code
from shared.errors import (
    FunctionFailedError,
    InvalidAnswerError,
    InvalidPayloadError,
    InvokeRefusedError,
    OutcomeUnknownError,
    OutOfTimeError,
)
from shared.retry_rules import Backoff, Retry, RetryRules, call_rules

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

    from shared.circuit_breaker import CircuitBreaker

MAX_PAYLOAD_BYTES = 6 * 1024 * 1024
"""Largest event of a synchronous invoke (https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html)."""

CONNECT_TIMEOUT_SECONDS = 1.0
READ_MARGIN_SECONDS = 1.0
ANSWER_RESERVE_SECONDS = 1.0
"""What is left of the caller's time when an attempt has taken as long as it can, for the caller to answer itself."""

ATTEMPT_MARGIN_SECONDS = CONNECT_TIMEOUT_SECONDS + READ_MARGIN_SECONDS + ANSWER_RESERVE_SECONDS
"""By how much the caller's remaining time must exceed the function's timeout for an attempt to be made."""


def invoke_client(callee_timeout_seconds: float) -> LambdaClient:
    """A Lambda client whose calls wait for as long as the function can run, and are made once.

    Args:
        callee_timeout_seconds: timeout of the function that will be invoked, and what its cold starts may take beyond
            a second.
    """
    return boto3.client(
        "lambda",
        config=Config(
            connect_timeout=CONNECT_TIMEOUT_SECONDS,
            read_timeout=callee_timeout_seconds + READ_MARGIN_SECONDS,
            retries={"mode": "standard", "total_max_attempts": 1},
        ),
    )


def invoke_rules() -> RetryRules:
    """The rules for calls, except that a connection which broke is not worth another try: the function may have run."""
    return call_rules().with_type(HTTPClientError, Retry.NEVER)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a function returned.

    Attributes:
        payload: the value, read from its JSON text.
        attempts: how often it was tried.
    """

    payload: Any
    attempts: int


class LambdaInvoker:
    """Invokes one function synchronously, with bounded retries, within the time that its caller has left.

    Args:
        client: a client as `invoke_client` makes it.
        function_name: name or ARN of the function.
        callee_timeout_seconds: as given to `invoke_client`; no attempt is made for which less time is left.
        maximum_attempts: attempts of one invoke, the first included.
        rules: which errors are worth another attempt.
        backoff: how long to wait before it.
        breaker: makes the attempts, or refuses to; None: they are just made. One that `ignores` throttles leaves them
            to the retries here.
        on_retry: called before each wait with the error code or type of what failed.
    """

    def __init__(
        self,
        client: LambdaClient,
        function_name: str,
        *,
        callee_timeout_seconds: float,
        maximum_attempts: int = 5,
        rules: RetryRules | None = None,
        backoff: Backoff | None = None,
        breaker: CircuitBreaker | None = None,
        on_retry: Callable[[str], object] | None = None,
    ) -> None:
        if maximum_attempts < 1:
            raise ValueError(f"maximum_attempts must be 1 or more: {maximum_attempts}")
        self._client = client
        self._function_name = function_name
        self._needed_seconds = callee_timeout_seconds + ATTEMPT_MARGIN_SECONDS
        self._maximum_attempts = maximum_attempts
        self._rules = invoke_rules() if rules is None else rules
        self._backoff = Backoff() if backoff is None else backoff
        self._breaker = breaker
        self._on_retry = on_retry

    def invoke(self, event: object, remaining_ms: Callable[[], int]) -> Answer:
        """Invoke the function and wait for its answer.

        Args:
            event: the event, a JSON value.
            remaining_ms: time left of the caller's own invoke, in milliseconds. This method returns or raises before
                it is over, provided that the client keeps its timeouts.

        Raises:
            InvalidPayloadError: the event is no JSON value, or too large.
            OutOfTimeError: too little time is left, at first or after some attempts.
            CircuitOpenError: the circuit breaker let no attempt through.
            InvokeRefusedError: Lambda refused, and another attempt is of no use or was of none.
            OutcomeUnknownError: the connection broke.
            FunctionFailedError: the function ran and failed.
            InvalidAnswerError: the answer is not what Lambda answers.
        """
        payload = self._written(event)
        attempts = 0
        ran_out = False

        def attempt() -> Any:
            nonlocal attempts
            attempts += 1
            return self._attempt(payload, attempts)

        def stop(state: RetryCallState) -> bool:
            nonlocal ran_out
            if attempts >= self._maximum_attempts:
                return True
            ran_out = remaining_ms() / 1000 - state.upcoming_sleep < self._needed_seconds
            return ran_out

        if remaining_ms() / 1000 < self._needed_seconds:
            raise OutOfTimeError(self._function_name, self._too_late(remaining_ms()))
        retrying = Retrying(
            retry=retry_if_exception(self._is_worth_another),
            stop=stop,
            wait=self._wait,
            before_sleep=self._before_wait,
            # Looked up when it is called, since code that replaces it may come after this import.
            sleep=lambda seconds: time.sleep(seconds),
            reraise=True,
        )
        guarded = attempt if self._breaker is None else lambda: self._through_breaker(attempt)
        try:
            return Answer(retrying(guarded), attempts)
        except (ClientError, BotoCoreError) as error:
            if ran_out:
                raise OutOfTimeError(self._function_name, self._too_late(remaining_ms()), attempts) from error
            raise self._given_up(error, attempts) from error

    def _written(self, event: object) -> bytes:
        try:
            payload = json.dumps(event, allow_nan=False).encode()
        except (TypeError, ValueError, RecursionError) as error:
            raise InvalidPayloadError(self._function_name, f"the event is no JSON value: {error}") from error
        if len(payload) > MAX_PAYLOAD_BYTES:
            message = f"the event has {len(payload)} bytes, and a synchronous invoke takes {MAX_PAYLOAD_BYTES} at most"
            raise InvalidPayloadError(self._function_name, message)
        return payload

    def _attempt(self, payload: bytes, number: int) -> Any:
        answer = self._client.invoke(FunctionName=self._function_name, Payload=payload)
        try:
            text = answer["Payload"].read()
            value = json.loads(text)
        except KeyError:
            raise InvalidAnswerError(self._function_name, "the answer has no Payload", number) from None
        except (ValueError, RecursionError) as error:
            raise InvalidAnswerError(self._function_name, f"the answer is no JSON: {error}", number) from error
        if "FunctionError" not in answer:
            return value
        about = value if isinstance(value, dict) else {}
        error_type = str(about.get("errorType") or answer["FunctionError"])
        raise FunctionFailedError(self._function_name, error_type, str(about.get("errorMessage") or ""), number)

    def _through_breaker(self, attempt: Callable[[], Any]) -> Any:
        assert self._breaker is not None
        return self._breaker.call(attempt)

    def _is_worth_another(self, error: BaseException) -> bool:
        # Of what Lambda answered or did not; what the function or its answer is like does not change by asking again.
        return isinstance(error, (ClientError, BotoCoreError)) and self._rules.is_retryable(error)

    def _wait(self, state: RetryCallState) -> float:
        error = _error_of(state)
        return 0.0 if error is None else self._backoff.delay_after(error, self._rules, state.attempt_number)

    def _before_wait(self, state: RetryCallState) -> None:
        error = _error_of(state)
        if self._on_retry is not None and error is not None:
            self._on_retry(error_code(error))

    def _too_late(self, left_ms: int) -> str:
        return (
            f"{left_ms / 1000:.1f} s are left, and an attempt may take {self._needed_seconds:.1f} s "
            "(the function's timeout and a margin)"
        )

    def _given_up(self, error: Exception, attempts: int) -> InvokeRefusedError | OutcomeUnknownError:
        if isinstance(error, (HTTPClientError, IncompleteReadError)):
            return OutcomeUnknownError(self._function_name, f"it is not known whether it ran: {error}", attempts)
        times = "1 attempt" if attempts == 1 else f"{attempts} attempts"
        return InvokeRefusedError(self._function_name, f"refused after {times}: {error}", attempts)


def _error_of(state: RetryCallState) -> Exception | None:
    error = None if state.outcome is None else state.outcome.exception()
    return error if isinstance(error, Exception) else None
