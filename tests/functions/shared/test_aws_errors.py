from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import (
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    ParamValidationError,
    ReadTimeoutError,
)
from botocore.retries.standard import ThrottledRetryableChecker, TransientRetryableChecker
from shared.aws_errors import error_code, is_throttle, is_transient, retry_after_seconds

from tests.functions.support import client_error


@pytest.mark.parametrize(
    ("error", "code", "throttle", "transient"),
    [
        (client_error("TooManyRequestsException", status=429), "TooManyRequestsException", True, True),
        (client_error("ProvisionedThroughputExceededException"), "ProvisionedThroughputExceededException", True, True),
        (client_error("Whatever", status=429), "Whatever", True, True),
        (client_error("ServiceException", status=500), "ServiceException", False, True),
        (client_error("Whatever", status=503), "Whatever", False, True),
        (client_error("InternalError"), "InternalError", False, True),
        (client_error("AccessDeniedException", status=403), "AccessDeniedException", False, False),
        (client_error(""), "ClientError", False, False),
        (EndpointConnectionError(endpoint_url="https://sqs"), "EndpointConnectionError", False, True),
        (ConnectTimeoutError(endpoint_url="https://sqs"), "ConnectTimeoutError", False, True),
        (ReadTimeoutError(endpoint_url="https://sqs"), "ReadTimeoutError", False, True),
        (ParamValidationError(report="no"), "ParamValidationError", False, False),
        (ValueError("no"), "ValueError", False, False),
    ],
)
def test_what_an_error_is(error: Exception, code: str, throttle: bool, transient: bool) -> None:
    assert (error_code(error), is_throttle(error), is_transient(error)) == (code, throttle, transient)


def test_what_botocore_tries_again_is_worth_another_try_here_too() -> None:
    known: Any = (ThrottledRetryableChecker, TransientRetryableChecker)  # the stubs leave their tables out
    codes = {*known[0]._THROTTLED_ERROR_CODES, *known[1]._TRANSIENT_ERROR_CODES}

    # This one also stands for quotas that no waiting raises, such as the number of tables.
    assert {code for code in codes if not is_transient(client_error(code))} == {"LimitExceededException"}


def _asking(member: object = None, **headers: str) -> ClientError:
    error = client_error("TooManyRequestsException", status=429)
    error.response["ResponseMetadata"]["HTTPHeaders"] = dict(headers)
    if member is not None:
        error.response["retryAfterSeconds"] = member  # type: ignore[typeddict-unknown-key]  # Lambda's own member
    return error


@pytest.mark.parametrize(
    ("error", "seconds"),
    [
        (_asking("7"), 7),
        (_asking(3), 3),
        (_asking("7", **{"retry-after": "9"}), 7),
        (_asking("soon", **{"Retry-After": "9"}), 9),
        (_asking(**{"retry-after": "0"}), 0),
        (_asking(), None),
        (_asking("soon"), None),
        (_asking("-1"), None),
        (_asking("nan"), None),
        (_asking("inf"), None),
        (_asking([1]), None),
        (_asking(**{"retry-after": "Wed, 21 Oct 2026 07:28:00 GMT"}), None),
        (ValueError("no answer of AWS"), None),
    ],
)
def test_how_long_aws_asks_to_wait(error: Exception, seconds: float | None) -> None:
    assert retry_after_seconds(error) == seconds
