from __future__ import annotations

from typing import Any

import pytest
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from shared.contract import Delivery

from tests.functions.support import START, Clock, sqs_event


def record(receive_count: int = 1) -> dict[str, Any]:
    found: dict[str, Any] = sqs_event({"id": "1"}, receive_count=receive_count)["Records"][0]
    return found


def test_a_first_delivery_was_received_when_sqs_says(clock: Clock) -> None:
    assert Delivery.of(SQSRecord(record())) == Delivery("message-1", "handle-1-1", 1, START - 0.5)


@pytest.mark.parametrize("receive_count", [2, 7])
def test_of_a_later_delivery_only_the_latest_instant_is_known(clock: Clock, receive_count: int) -> None:
    delivery = Delivery.of(SQSRecord(record(receive_count)))

    assert (delivery.receive_count, delivery.received_at) == (receive_count, START)


def test_a_record_without_attributes_counts_as_a_first_delivery(clock: Clock) -> None:
    bare = record()
    del bare["attributes"]

    assert Delivery.of(SQSRecord(bare)) == Delivery("message-1", "handle-1-1", 1, START)
