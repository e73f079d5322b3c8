from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import replace
from typing import Any, cast

import pytest
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from botocore.exceptions import EndpointConnectionError
from hypothesis import given
from hypothesis import strategies as st
from mypy_boto3_sqs import SQSClient
from shared.contract import Delivery
from shared.errors import CircuitOpenError, InvalidMessageError, ParkingError, ProcessingError
from shared.record_failures import Parking, RecordFailures, ReturnDelay, Settled
from shared.retry_rules import Backoff, message_rules

from tests.functions.support import QUEUE_URL, client_error, sqs_event

PARKING_URL = "https://sqs.us-east-1.amazonaws.com/123456789012/parking"


class FakeSqs:
    """An SQS client that notes what it is asked, and raises what it is told to."""

    def __init__(self, errors: Iterable[Exception] = ()) -> None:
        self.sent: list[dict[str, Any]] = []
        self.changed: list[dict[str, Any]] = []
        self._errors = iter(errors)

    def send_message(self, **parameters: Any) -> dict[str, str]:
        self._maybe_fail()
        self.sent.append(parameters)
        return {"MessageId": "parked"}

    def change_message_visibility(self, **parameters: Any) -> None:
        self._maybe_fail()
        self.changed.append(parameters)

    def _maybe_fail(self) -> None:
        error = next(self._errors, None)
        if error is not None:
            raise error


def failures(sqs: FakeSqs, **options: Any) -> RecordFailures:
    client = cast(SQSClient, sqs)
    parking = Parking(client, PARKING_URL) if options.pop("park", False) else None
    delay = ReturnDelay(client, QUEUE_URL, Backoff(draw=options.pop("draw"))) if "draw" in options else None
    return RecordFailures(message_rules(), parking=parking, return_delay=delay, **options)


def settle(
    by: RecordFailures,
    error: Exception,
    receive_count: int = 1,
    body: str = '{"id": "1"}',
    received_before_seconds: float = 0,
) -> Settled:
    record = SQSRecord(sqs_event(body, receive_count=receive_count)["Records"][0])
    return by.settle(record, replace(Delivery.of(record), received_at=time.time() - received_before_seconds), error)


@pytest.mark.parametrize("error", [ProcessingError("no"), InvalidMessageError("no"), ZeroDivisionError()])
def test_by_itself_every_failure_fails_its_record(error: Exception) -> None:
    with pytest.raises(type(error)) as caught:
        settle(RecordFailures.failing(), error)
    assert caught.value is error


def test_what_no_retry_can_help_is_parked_with_its_reason_and_succeeds() -> None:
    sqs = FakeSqs()

    assert settle(failures(sqs, park=True), InvalidMessageError("id is missing"), 3, "{}") is Settled.PARKED

    (sent,) = sqs.sent
    assert (sent["QueueUrl"], sent["MessageBody"]) == (PARKING_URL, "{}")
    assert {name: value["StringValue"] for name, value in sent["MessageAttributes"].items()} == {
        "errorType": "InvalidMessageError",
        "errorMessage": "id is missing",
        "sourceMessageId": "message-1",
        "sourceQueueArn": sqs_event("{}")["Records"][0]["eventSourceARN"],
        "receiveCount": "3",
    }
    assert {value["DataType"] for value in sent["MessageAttributes"].values()} == {"String"}


@pytest.mark.parametrize("error", [ProcessingError("no"), client_error("AccessDenied"), ZeroDivisionError()])
def test_what_a_retry_can_help_is_not_parked(error: Exception) -> None:
    sqs = FakeSqs()

    with pytest.raises(type(error)):
        settle(failures(sqs, park=True), error)
    assert sqs.sent == []


@pytest.mark.parametrize(
    "refusal",
    [client_error("AWS.SimpleQueueService.NonExistentQueue"), EndpointConnectionError(endpoint_url="https://sqs")],
)
def test_a_message_that_cannot_be_parked_fails(refusal: Exception) -> None:
    with pytest.raises(ParkingError) as caught:
        settle(failures(FakeSqs([refusal]), park=True), InvalidMessageError("no"))

    assert str(caught.value) == f"message message-1 could not be parked: {refusal}"
    assert caught.value.__cause__ is refusal


def test_swallowing_leaves_nothing_of_what_no_retry_can_help_and_only_of_that() -> None:
    sqs = FakeSqs()

    assert settle(failures(sqs, swallow=True), InvalidMessageError("no")) is Settled.SWALLOWED
    with pytest.raises(ProcessingError):
        settle(failures(sqs, swallow=True), ProcessingError("no"))
    assert sqs.sent == []


@given(st.text(max_size=3000))
def test_any_reason_is_one_that_sqs_takes(message: str) -> None:
    sqs = FakeSqs()

    settle(failures(sqs, park=True), InvalidMessageError(message))

    text = sqs.sent[0]["MessageAttributes"]["errorMessage"]["StringValue"]
    assert 1 <= len(text) <= 1000
    assert all(
        character in "\t\n\r"
        or " " <= character <= "\ud7ff"
        or "\ue000" <= character <= "\ufffd"
        or character > "\uffff"
        for character in text
    )


@pytest.mark.parametrize(("receive_count", "delay_seconds"), [(1, 1), (2, 2), (3, 4), (6, 30), (1000, 30)])
def test_a_failed_message_comes_back_after_a_delay_that_grows(receive_count: int, delay_seconds: int) -> None:
    sqs = FakeSqs()

    with pytest.raises(ProcessingError):
        settle(failures(sqs, draw=lambda: 1.0), ProcessingError("no"), receive_count)

    assert sqs.changed == [
        {"QueueUrl": QUEUE_URL, "ReceiptHandle": f"handle-1-{receive_count}", "VisibilityTimeout": delay_seconds}
    ]


def test_after_a_throttle_it_stays_away_for_longer() -> None:
    sqs = FakeSqs()

    with pytest.raises(Exception, match="Throttling"):
        settle(failures(sqs, draw=lambda: 1.0), client_error("ThrottlingException"), 10)

    assert sqs.changed[0]["VisibilityTimeout"] == 60


def test_what_no_retry_can_help_comes_back_no_sooner_than_it_would() -> None:
    sqs = FakeSqs()

    with pytest.raises(InvalidMessageError):
        settle(failures(sqs, draw=lambda: 1.0), InvalidMessageError("no"))

    assert sqs.changed == []


def test_a_delay_that_sqs_refuses_is_noted_on_the_error_that_counts() -> None:
    error = ProcessingError("no")

    with pytest.raises(ProcessingError) as caught:
        settle(failures(FakeSqs([client_error("AccessDenied", "not yours")]), draw=lambda: 1.0), error)

    assert caught.value is error
    assert error.__notes__ == [
        "its return could not be delayed: An error occurred (AccessDenied) when calling the Call operation: not yours"
    ]


@pytest.mark.parametrize(("before_seconds", "longest_seconds"), [(0, 43_195), (900, 42_295), (43_300, 0)])
def test_no_delay_goes_beyond_the_12_hours_that_sqs_allows(before_seconds: int, longest_seconds: int) -> None:
    sqs = FakeSqs()
    error = CircuitOpenError("downstream", next_probe_at=100_000, now=0)

    with pytest.raises(CircuitOpenError):
        settle(failures(sqs, draw=lambda: 1.0), error, received_before_seconds=before_seconds)

    [changed] = sqs.changed
    assert longest_seconds - 1 <= changed["VisibilityTimeout"] <= longest_seconds


@given(receive_count=st.integers(1, 100_000), drawn=st.floats(0, 1))
def test_delays_are_what_sqs_takes(receive_count: int, drawn: float) -> None:
    sqs = FakeSqs()

    with pytest.raises(ProcessingError):
        settle(failures(sqs, draw=lambda: drawn), ProcessingError("no"), receive_count)

    delay_seconds = sqs.changed[0]["VisibilityTimeout"]
    assert isinstance(delay_seconds, int)
    assert 0 <= delay_seconds <= 30
