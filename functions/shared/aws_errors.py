"""What an error of boto3 means for whoever made the call."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as AwsConnectionError

THROTTLE_CODES = frozenset(
    {
        "BandwidthLimitExceeded",
        "EC2ThrottledException",
        "OverLimit",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "SlowDown",
        "Throttled",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
    }
)
"""Too much was asked for: the same call goes through when less is."""

TRANSIENT_CODES = frozenset(
    {
        "InternalError",
        "InternalException",
        "InternalFailure",
        "InternalServerError",
        "PriorRequestNotComplete",
        "RequestTimeout",
        "RequestTimeoutException",
        "ServiceException",
        "ServiceUnavailable",
        "TransactionInProgressException",
    }
)
"""AWS's own fault, or over in a moment."""


def error_code(error: Exception) -> str:
    """AWS's error code, or the name of the exception for an error that AWS did not answer."""
    if isinstance(error, ClientError):
        return error.response.get("Error", {}).get("Code") or type(error).__name__
    return type(error).__name__


def is_transient(error: Exception) -> bool:
    """Whether the same call may go through a moment later: throttled, AWS's own fault, or no answer at all."""
    if isinstance(error, ClientError):
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        return is_throttle(error) or error_code(error) in TRANSIENT_CODES or status >= 500
    return isinstance(error, (AwsConnectionError, HTTPClientError))


def is_throttle(error: Exception) -> bool:
    """Whether too much was asked for, so that waiting longer than for other errors is of use."""
    if not isinstance(error, ClientError):
        return False
    return (
        error_code(error) in THROTTLE_CODES or error.response.get("ResponseMetadata", {}).get("HTTPStatusCode") == 429
    )


def retry_after_seconds(error: Exception) -> float | None:
    """How long AWS asks to wait; None where it does not, or says something that is no time.

    Lambda says so in the answer itself (`retryAfterSeconds`), others in a header, which is a number of seconds or a
    date. Dates are not read: no AWS service that is called here sends one.
    """
    if not isinstance(error, ClientError):
        return None
    answer: Mapping[str, Any] = error.response
    metadata = answer.get("ResponseMetadata", {})
    headers = {name.lower(): value for name, value in metadata.get("HTTPHeaders", {}).items()}
    for said in (answer.get("retryAfterSeconds"), headers.get("retry-after")):
        try:
            seconds = float(said) if said is not None else math.nan
        except (TypeError, ValueError):
            continue
        if math.isfinite(seconds) and seconds >= 0:
            return seconds
    return None
