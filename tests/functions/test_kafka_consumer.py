from __future__ import annotations

from typing import Any

import pytest
from shared.errors import BatchFailedError, ConfigurationError

from tests.functions.conftest import LoadHandler, ReadEvents
from tests.functions.log_events import kafka_event, packed
from tests.functions.support import Clock, Context

POISON = {"id": "bad", "shouldFail": True}


def reported(*places: tuple[int, int]) -> dict[str, Any]:
    return {
        "batchItemFailures": [
            {"itemIdentifier": {"partition": f"streamtopic-{partition}", "offset": offset}}
            for partition, offset in places
        ]
    }


def test_reports_failed_records_by_partition_and_offset(
    load_handler: LoadHandler, clock: Clock, read_events: ReadEvents
) -> None:
    handler = load_handler("kafka_consumer")
    event = kafka_event({0: [{"id": "1"}, POISON], 3: [POISON, {"id": "4"}]})

    assert handler.lambda_handler(event, Context(clock)) == reported((0, 101), (3, 100))

    lines = read_events()
    assert lines[0] == {"event": "started", "id": "1", "message_id": "streamtopic-0:100"}
    assert [(line["event"], line["message_id"]) for line in lines] == [
        ("started", "streamtopic-0:100"),
        ("processed", "streamtopic-0:100"),
        ("started", "streamtopic-0:101"),
        ("failed", "streamtopic-0:101"),
        ("started", "streamtopic-3:100"),
        ("failed", "streamtopic-3:100"),
        ("started", "streamtopic-3:101"),
        ("processed", "streamtopic-3:101"),
    ]


def test_raises_after_having_worked_on_every_record(
    load_handler: LoadHandler, clock: Clock, read_events: ReadEvents
) -> None:
    handler = load_handler("kafka_consumer", ON_RECORD_ERROR="raise")

    with pytest.raises(BatchFailedError) as caught:
        handler.lambda_handler(kafka_event({0: [POISON, {"id": "2"}], 1: [{"id": "3"}]}), Context(clock))

    assert str(caught.value) == "1 of 3 records failed: streamtopic-0:100"
    assert [line["event"] for line in read_events()] == [
        *("started", "failed"),
        *("started", "processed"),
        *("started", "processed"),
    ]


def test_a_batch_in_which_all_failed_is_reported_and_forgotten(load_handler: LoadHandler, clock: Clock) -> None:
    handler = load_handler("kafka_consumer")

    assert handler.lambda_handler(kafka_event({0: [POISON]}), Context(clock)) == reported((0, 100))
    assert handler.lambda_handler(kafka_event({0: [{"id": "1"}]}), Context(clock)) == reported()


def test_later_records_of_a_failed_key_wait_in_their_partition(load_handler: LoadHandler, clock: Clock) -> None:
    handler = load_handler("kafka_consumer")
    event = kafka_event({0: [POISON, {"id": "2"}, {"id": "3"}], 1: [{"id": "4"}]}, keys=["a", "a", "b", "a"])

    assert handler.lambda_handler(event, Context(clock)) == reported((0, 100), (0, 101))


def test_records_without_a_key_wait_for_nobody(load_handler: LoadHandler, clock: Clock) -> None:
    handler = load_handler("kafka_consumer")

    response = handler.lambda_handler(kafka_event({0: [POISON, {"id": "2"}]}, keys=[None, None]), Context(clock))

    assert response == reported((0, 100))


@pytest.mark.parametrize(
    ("value", "error"),
    [
        (None, "the record carries no data"),
        ("no Base64!", "the data is not valid Base64"),
        (packed(b"\x00\xff"), "the data is not UTF-8 text"),
        (packed("{not json"), "body is not valid JSON: key must be a string at line 1 column 2"),
        (packed({"id": 1}), "id must be a string of 1 to 2048 bytes, got 1"),
    ],
)
def test_a_value_that_is_no_job_fails_its_record_and_no_other(
    load_handler: LoadHandler, clock: Clock, read_events: ReadEvents, value: str | None, error: str
) -> None:
    handler = load_handler("kafka_consumer")
    event = kafka_event({0: [{"id": "1"}, {"id": "2"}]})
    event["records"]["streamtopic-0"][0]["value"] = value

    assert handler.lambda_handler(event, Context(clock)) == reported((0, 100))
    assert read_events()[0] == {
        "event": "failed",
        "message_id": "streamtopic-0:100",
        "error_type": "InvalidMessageError",
        "retryable": False,
        "error": error,
    }


def test_refuses_a_word_that_it_does_not_know_at_import(load_handler: LoadHandler) -> None:
    with pytest.raises(ConfigurationError, match=r"^ON_RECORD_ERROR must be one of report, raise: 'ignore'$"):
        load_handler("kafka_consumer", ON_RECORD_ERROR="ignore")
