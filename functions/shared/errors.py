"""Every error that the functions of this project raise themselves.

FunctionError                 base
├── ConfigurationError        an environment variable is missing or wrong (raised while the module is imported)
├── InvalidRequestError       an HTTP request that is answered with 400
├── InvalidMessageError       a message that no delivery can ever process; `retryable` is false
├── ProcessingError           the work on a message failed
├── AlreadyInProgressError    another delivery holds the claim on the same business id
├── PrecedingRecordError      an earlier record of the same key failed, so this one has to wait
├── BatchFailedError          all-or-nothing: at least one record of the batch failed
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
