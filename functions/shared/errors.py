"""Every error that the functions of this project raise themselves.

FunctionError                 base
├── ConfigurationError        an environment variable is missing or wrong (raised while the module is imported)
├── InvalidRequestError       an HTTP request that is answered with 400
├── InvalidMessageError       a message that no delivery can ever process; `retryable` is false
├── ProcessingError           the work on a message failed
├── AlreadyInProgressError    another delivery holds the claim on the same business id
├── PrecedingRecordError      an earlier record of the same key failed, so this one has to wait
├── BatchFailedError          all-or-nothing: at least one record of the batch failed
├── RejectedError             the work was refused for good; `retryable` is false
├── ParkingError              a message could not be put into the parking queue
├── CircuitOpenError          a circuit breaker made no call
├── InvokeError               a synchronous invoke did not bring an answer
│   ├── InvalidPayloadError   the event is no JSON, or too large; nothing was invoked
│   ├── InvokeRefusedError    Lambda refused it, and trying again is of no use or was of none
│   ├── OutOfTimeError        the caller has not enough time left to wait for an answer
│   ├── OutcomeUnknownError   the connection broke: the function may have run, or may be running still
│   ├── FunctionFailedError   the function ran and failed
│   └── InvalidAnswerError    the answer lacks what every answer has
├── HeartbeatLimitError       SQS hides no message for longer than 12 hours
└── HeartbeatLostError        the message may have been delivered to somebody else
"""

from __future__ import annotations

from typing import ClassVar


class FunctionError(Exception):
    """Base of the errors these functions expect.

    `retryable` says whether another delivery of the *same* message can go better.
    """

    retryable: ClassVar[bool] = True


class ConfigurationError(FunctionError):
    """An environment variable of the function is missing or has a value that means nothing."""


class InvalidRequestError(FunctionError):
    """The body of an HTTP request is not what the function takes.

    Args:
        problems: pairs of a field ("body" for the body as a whole) and what is wrong with it.
    """

    retryable: ClassVar[bool] = False

    def __init__(self, problems: tuple[tuple[str, str], ...]) -> None:
        super().__init__("; ".join(f"{field} {message}" for field, message in problems))
        self.problems = problems


class InvalidMessageError(FunctionError):
    """The body of a message is not what the function takes, and never will be.

    Args:
        message: what is wrong.
        business_id: the message's id as far as it could be read.
    """

    retryable: ClassVar[bool] = False

    def __init__(self, message: str, business_id: str | None = None) -> None:
        super().__init__(message)
        self.business_id = business_id


class ProcessingError(FunctionError):
    """The work on a message failed."""


class AlreadyInProgressError(FunctionError):
    """Another delivery is working on the same business id right now."""


class PrecedingRecordError(FunctionError):
    """An earlier record of the same key failed in this batch; working on this one now would break their order."""


class BatchFailedError(FunctionError):
    """At least one record of a batch failed, and the function was told to fail the batch as a whole.

    Args:
        failed: message ids of the records that failed, in the order of the batch.
        total: how many records the batch had.
    """

    def __init__(self, failed: tuple[str, ...], total: int) -> None:
        super().__init__(f"{len(failed)} of {total} records failed: {', '.join(failed)}")
        self.failed = failed
        self.total = total


class HeartbeatLimitError(FunctionError):
    """SQS hides no message for longer than 12 hours after it was received."""


class HeartbeatLostError(FunctionError):
    """The message is not held any more: somebody else may be working on it."""


class RejectedError(FunctionError):
    """The work was refused for reasons of its own, such as a rule of the business: no delivery can go better."""

    retryable: ClassVar[bool] = False


class ParkingError(FunctionError):
    """A message that no retry can help could not be put into the parking queue, so its record fails after all."""


class CircuitOpenError(FunctionError):
    """A circuit breaker made no call, because those before it failed.

    Args:
        name: what the breaker guards.
        next_probe_at: when it will make one call, in Unix seconds.
        now: the present instant, in Unix seconds.
    """

    def __init__(self, name: str, next_probe_at: float, now: float) -> None:
        self.name = name
        self.next_probe_at = next_probe_at
        self.retry_after_seconds = max(0.0, next_probe_at - now)
        super().__init__(f"{name} is not called: it failed, and is tried again in {self.retry_after_seconds:.1f} s")


class InvokeError(FunctionError):
    """A synchronous invoke did not bring an answer.

    Args:
        function_name: the function that was to be invoked.
        message: what failed.
        attempts: how often it was tried.
    """

    def __init__(self, function_name: str, message: str, attempts: int = 0) -> None:
        super().__init__(f"{function_name}: {message}")
        self.function_name = function_name
        self.attempts = attempts


class InvalidPayloadError(InvokeError):
    """The event cannot be written as JSON, or is larger than a synchronous invoke takes."""

    retryable: ClassVar[bool] = False


class InvokeRefusedError(InvokeError):
    """Lambda refused the invoke, and trying again is of no use or was of none; its cause says why."""


class OutOfTimeError(InvokeError):
    """The caller has not enough time left to wait for an answer, so nothing (more) was invoked."""


class OutcomeUnknownError(InvokeError):
    """The connection broke after the event had been sent: nobody knows whether the function ran."""


class FunctionFailedError(InvokeError):
    """The function ran and failed. It is not invoked again: what it had done before would be done twice.

    Args:
        function_name: the function.
        error_type: type of its error, as its runtime reports it.
        error_message: message of its error.
        attempts: how often it was tried until it ran.
    """

    def __init__(self, function_name: str, error_type: str, error_message: str, attempts: int = 0) -> None:
        super().__init__(function_name, f"failed with {error_type}: {error_message}", attempts)
        self.error_type = error_type
        self.error_message = error_message


class InvalidAnswerError(InvokeError):
    """The answer is no JSON, or lacks what every answer has."""
