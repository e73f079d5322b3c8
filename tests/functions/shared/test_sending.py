from __future__ import annotations

import json
import random
from typing import cast

import pytest
from botocore.exceptions import EndpointConnectionError
from mypy_boto3_sqs import SQSClient
from shared.sending import ATTEMPTS, Outgoing, Refused, Sender, SendReport

from tests.functions.support import QUEUE_URL, Clock, Context, FakeQueue, client_error


@pytest.fixture(autouse=True)
def _longest_backoff(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(random, "uniform", lambda low, high: high)


def outgoing(count: int) -> list[Outgoing]:
    return [Outgoing(str(n), json.dumps({"id": str(n)})) for n in range(1, count + 1)]


def send(queue: FakeQueue, count: int, clock: Clock, timeout_seconds: float = 30) -> tuple[SendReport, list[str]]:
    accepted: list[str] = []
    sender = Sender(
        cast(SQSClient, queue),
        QUEUE_URL,
        on_accepted=lambda business_id, message_id: accepted.append(business_id),
        remaining_ms=Context(clock, timeout_seconds).get_remaining_time_in_millis,
    )
    report = sender.send(outgoing(count))
    assert report.accepted == len(accepted)
    return report, accepted


def test_entries_that_sqs_refused_are_sent_again_alone_and_with_growing_pauses(clock: Clock) -> None:
    queue = FakeQueue(busy={"2": 2, "7": 1})

    report, accepted = send(queue, 10, clock)

    assert report == SendReport(10, ())
    assert queue.batch_sizes == [10, 2, 1]
    assert accepted == ["1", "3", "4", "5", "6", "8", "9", "10", "7", "2"]
    assert clock.sleeps == [0.2, 0.4]


def test_retries_are_bounded_and_later_batches_are_still_sent(clock: Clock) -> None:
    queue = FakeQueue(busy={"2": 100})

    report, _ = send(queue, 12, clock)

    assert report == SendReport(11, (Refused("2", "InternalError", ""),))
    assert queue.batch_sizes == [10, *[1] * (ATTEMPTS - 1), 2]
    assert clock.sleeps == [0.2, 0.4, 0.8, 1.6]


def test_what_is_the_senders_fault_is_not_sent_again(clock: Clock) -> None:
    queue = FakeQueue(sender_faults={"1", "3"}, busy={"2": 1})

    report, _ = send(queue, 3, clock)

    assert [refused.id for refused in report.refused] == ["1", "3"]
    assert queue.batch_sizes == [3, 1]


def test_an_entry_that_the_answer_does_not_mention_is_sent_again(clock: Clock) -> None:
    queue = FakeQueue(silent_about={"2"})

    assert send(queue, 3, clock) == (SendReport(3, ()), ["1", "3", "2"])


def test_an_error_of_the_whole_call_ends_the_sending_and_names_all_that_is_left(clock: Clock) -> None:
    error = client_error("AWS.SimpleQueueService.NonExistentQueue", "The specified queue does not exist.")
    queue = FakeQueue(errors=[None, error])

    report, accepted = send(queue, 25, clock)

    assert accepted == [str(n) for n in range(1, 11)]
    assert [refused.id for refused in report.refused] == [str(n) for n in range(11, 26)]
    assert {(refused.code, refused.message) for refused in report.refused} == {
        (
            "AWS.SimpleQueueService.NonExistentQueue",
            str(error),
        )
    }
    assert queue.batch_sizes == [10, 10]


@pytest.mark.parametrize(
    "error",
    [
        client_error("RequestThrottled"),
        client_error("Whatever", status=503),
        EndpointConnectionError(endpoint_url="https://sqs"),
    ],
)
def test_a_call_that_may_go_through_later_is_made_again(clock: Clock, error: Exception) -> None:
    queue = FakeQueue(errors=[error, error])

    assert send(queue, 2, clock) == (SendReport(2, ()), ["1", "2"])
    assert queue.batch_sizes == [2, 2, 2]


def test_a_call_that_never_goes_through_ends_the_sending(clock: Clock) -> None:
    queue = FakeQueue(errors=[client_error("RequestThrottled")] * 100)

    report, _ = send(queue, 30, clock)

    assert len(report.refused) == 30
    assert queue.batch_sizes == [10] * ATTEMPTS


def test_a_refusal_stands_although_the_next_call_fails(clock: Clock) -> None:
    queue = FakeQueue(sender_faults={"1"}, busy={"2": 1}, errors=[None, client_error("AccessDenied")])

    report, accepted = send(queue, 3, clock)

    assert accepted == ["3"]
    assert [(refused.id, refused.code) for refused in report.refused] == [
        ("1", "InvalidMessageContents"),
        ("2", "AccessDenied"),
    ]


def test_stops_while_there_is_time_to_answer(clock: Clock) -> None:
    queue = FakeQueue(busy={"1": 100})

    report, _ = send(queue, 20, clock, timeout_seconds=2.5)

    assert [(refused.id, refused.code, refused.message) for refused in report.refused[:1]] == [
        ("1", "OutOfTime", "the invoke was about to time out")
    ]
    assert [refused.id for refused in report.refused] == ["1", *[str(n) for n in range(11, 21)]]
    assert clock.elapsed < 2.5
