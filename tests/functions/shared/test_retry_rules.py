from __future__ import annotations

import json

import pytest
from aws_lambda_powertools.utilities.idempotency.exceptions import (
    IdempotencyAlreadyInProgressError,
    IdempotencyKeyError,
    IdempotencyPersistenceLayerError,
)
from botocore.exceptions import EndpointConnectionError, ParamValidationError, ReadTimeoutError
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError
from shared.errors import (
    AlreadyInProgressError,
    CircuitOpenError,
    FunctionFailedError,
    InvalidMessageError,
    OutcomeUnknownError,
    ProcessingError,
)
from shared.retry_rules import Backoff, Retry, RetryRules, call_rules, message_rules, with_powertools

from tests.functions.support import client_error


class Strict(BaseModel):
    number: int


def _validation_error() -> ValidationError:
    with pytest.raises(ValidationError) as caught:
        Strict.model_validate({})
    return caught.value


def _json_error() -> json.JSONDecodeError:
    with pytest.raises(json.JSONDecodeError) as caught:
        json.loads("{")
    return caught.value


@pytest.mark.parametrize(
    ("error", "as_call", "as_message"),
    [
        (client_error("TooManyRequestsException", status=429), Retry.THROTTLED, Retry.THROTTLED),
        (client_error("ServiceException", status=500), Retry.TRANSIENT, Retry.TRANSIENT),
        # Somebody grants the permission: the call is of no use now, the message is good.
        (client_error("AccessDeniedException", status=403), Retry.NEVER, Retry.TRANSIENT),
        (client_error("ResourceNotFoundException", status=404), Retry.NEVER, Retry.TRANSIENT),
        (EndpointConnectionError(endpoint_url="https://sqs"), Retry.TRANSIENT, Retry.TRANSIENT),
        (ReadTimeoutError(endpoint_url="https://sqs"), Retry.TRANSIENT, Retry.TRANSIENT),
        (ParamValidationError(report="no"), Retry.NEVER, Retry.TRANSIENT),
        (ConnectionResetError(), Retry.TRANSIENT, Retry.TRANSIENT),
        (TimeoutError(), Retry.TRANSIENT, Retry.TRANSIENT),
        (ProcessingError("no"), Retry.TRANSIENT, Retry.TRANSIENT),
        (AlreadyInProgressError("no"), Retry.TRANSIENT, Retry.TRANSIENT),
        (CircuitOpenError("downstream", 60, 0), Retry.NEVER, Retry.TRANSIENT),
        # It ran, or may have: not again within this delivery, where it would be done twice.
        (FunctionFailedError("callee", "ValueError", "no"), Retry.NEVER, Retry.TRANSIENT),
        (OutcomeUnknownError("callee", "no"), Retry.NEVER, Retry.TRANSIENT),
        (InvalidMessageError("no"), Retry.NEVER, Retry.NEVER),
        (_validation_error(), Retry.NEVER, Retry.NEVER),
        (_json_error(), Retry.NEVER, Retry.NEVER),
        # A bug: the next call meets it again, the next deployment does not have it.
        (ZeroDivisionError(), Retry.NEVER, Retry.TRANSIENT),
        (ValueError(), Retry.NEVER, Retry.TRANSIENT),
    ],
)
def test_what_another_try_is_worth(error: Exception, as_call: Retry, as_message: Retry) -> None:
    assert (call_rules().judge(error), message_rules().judge(error)) == (as_call, as_message)
    assert call_rules().is_retryable(error) is (as_call is not Retry.NEVER)


@pytest.mark.parametrize(
    ("error", "worth"),
    [
        (IdempotencyAlreadyInProgressError(), Retry.TRANSIENT),
        (IdempotencyPersistenceLayerError("no", ValueError()), Retry.TRANSIENT),
        (IdempotencyKeyError(), Retry.NEVER),
    ],
)
def test_powertools_own_errors(error: Exception, worth: Retry) -> None:
    assert with_powertools(call_rules()).judge(error) is worth
    assert with_powertools(message_rules()).judge(error) is worth


class PaymentError(Exception):
    pass


class CardRefusedError(PaymentError):
    pass


def test_users_add_their_own_types_and_the_nearest_base_class_counts() -> None:
    rules = call_rules().with_type(PaymentError, Retry.TRANSIENT).with_type(CardRefusedError, Retry.NEVER)

    class ExpiredCardError(CardRefusedError):
        pass

    assert rules.judge(PaymentError()) is Retry.TRANSIENT
    assert rules.judge(CardRefusedError()) is Retry.NEVER
    assert rules.judge(ExpiredCardError()) is Retry.NEVER
    assert call_rules().judge(PaymentError()) is Retry.NEVER


def test_a_class_that_only_has_the_name_of_another_is_not_taken_for_it() -> None:
    impostor = type("PaymentError", (Exception,), {})

    assert call_rules().with_type(PaymentError, Retry.TRANSIENT).judge(impostor()) is Retry.NEVER


def test_users_add_error_codes_which_come_before_types() -> None:
    rules = message_rules().with_code("ValidationException", Retry.NEVER)

    assert rules.judge(client_error("ValidationException")) is Retry.NEVER
    assert rules.judge(client_error("AccessDenied")) is Retry.TRANSIENT
    # A code is AWS's, not a name of a class.
    assert rules.judge(type("ValidationException", (Exception,), {})()) is Retry.TRANSIENT


def test_a_rule_may_look_at_the_error() -> None:
    rules = RetryRules({OSError: lambda error: Retry.TRANSIENT if error.args else Retry.NEVER})

    assert rules.judge(OSError(1)) is Retry.TRANSIENT
    assert rules.judge(OSError()) is Retry.NEVER


@pytest.mark.parametrize(
    ("failures", "throttled", "otherwise"),
    [(1, 2, 1), (2, 4, 2), (3, 8, 4), (5, 32, 16), (6, 60, 30), (7, 60, 30), (10_000, 60, 30)],
)
def test_the_longest_delays_double_up_to_their_caps(failures: int, throttled: float, otherwise: float) -> None:
    backoff = Backoff()

    assert backoff.longest_seconds(Retry.THROTTLED, failures) == throttled
    assert backoff.longest_seconds(Retry.TRANSIENT, failures) == otherwise


@given(
    retry=st.sampled_from([Retry.THROTTLED, Retry.TRANSIENT]),
    failures=st.integers(1, 100_000),
    drawn=st.floats(0, 1),
    retry_after=st.none() | st.floats(0, 900),
)
def test_delays_stay_within_their_bounds(retry: Retry, failures: int, drawn: float, retry_after: float | None) -> None:
    backoff = Backoff(draw=lambda: drawn)
    asked = retry_after or 0

    delay = backoff.delay_seconds(retry, failures, retry_after)

    assert (
        asked
        <= delay
        <= asked
        + min(*((60, 2 * 2 ** min(failures - 1, 64)) if retry is Retry.THROTTLED else (30, 2 ** min(failures - 1, 64))))
    )


def test_full_jitter_draws_from_nothing_to_the_longest() -> None:
    delays = [Backoff().delay_seconds(Retry.TRANSIENT, 6) for _ in range(2000)]

    assert min(delays) < 1
    assert max(delays) > 29
    assert 13 < sum(delays) / len(delays) < 17


def test_what_aws_asks_for_comes_on_top() -> None:
    error = client_error("TooManyRequestsException", status=429)
    error.response["ResponseMetadata"]["HTTPHeaders"] = {"retry-after": "7"}

    assert Backoff(draw=lambda: 0.5).delay_after(error, call_rules(), 1) == 8


def test_what_a_breaker_asks_for_comes_on_top_too() -> None:
    error = CircuitOpenError("downstream", next_probe_at=130, now=100)

    assert Backoff(draw=lambda: 0.5).delay_after(error, message_rules(), 3) == 32
