from __future__ import annotations

from typing import Any

import pytest
from shared.errors import BatchFailedError, ConfigurationError

from tests.functions.conftest import LoadHandler, ReadEvents
from tests.functions.log_events import SHARD, kinesis_event, packed, sequence_number, table_event
from tests.functions.support import Clock, Context

POISON = {"id": "bad", "shouldFail": True}


def line(event: str, business_id: str, number: int, **more: Any) -> dict[str, Any]:
    return {"event": event, "id": business_id, "message_id": f"{SHARD}:{sequence_number(number)}", **more}


def failed(business_id: str, number: int) -> dict[str, Any]:
    error = f"record {business_id} was told to fail"
    return line("failed", business_id, number, error_type="ProcessingError", retryable=True, error=error)


def reported(*numbers: int) -> dict[str, Any]:
    return {"batchItemFailures": [{"itemIdentifier": sequence_number(number)} for number in numbers]}


def test_reports_failed_records_by_sequence_number(
    load_handler: LoadHandler, clock: Clock, read_events: ReadEvents
) -> None:
    handler = load_handler("stream_worker")

    response = handler.lambda_handler(kinesis_event({"id": "1"}, POISON, {"id": "3"}), Context(clock))

    assert response == reported(2)
    assert read_events() == [
        line("started", "1", 1),
        line("processed", "1", 1),
        line("started", "bad", 2),
        failed("bad", 2),
        line("started", "3", 3),
        line("processed", "3", 3),
    ]


def test_raises_after_having_worked_on_every_record(
    load_handler: LoadHandler, clock: Clock, read_events: ReadEvents
) -> None:
    handler = load_handler("stream_worker", ON_RECORD_ERROR="raise")

    with pytest.raises(BatchFailedError) as caught:
        handler.lambda_handler(kinesis_event(POISON, {"id": "2"}), Context(clock))

    assert str(caught.value) == f"1 of 2 records failed: {sequence_number(1)}"
    assert [event["event"] for event in read_events()] == ["started", "failed", "started", "processed"]


@pytest.mark.parametrize("on_record_error", ["report", "raise"])
def test_a_batch_without_failures_reports_none(load_handler: LoadHandler, clock: Clock, on_record_error: str) -> None:
    handler = load_handler("stream_worker", ON_RECORD_ERROR=on_record_error)

    assert handler.lambda_handler(kinesis_event({"id": "1"}), Context(clock)) == reported()


def test_a_batch_in_which_all_failed_is_reported_like_any_other(load_handler: LoadHandler, clock: Clock) -> None:
    handler = load_handler("stream_worker")

    assert handler.lambda_handler(kinesis_event(POISON, POISON), Context(clock)) == reported(1, 2)
    assert handler.lambda_handler(kinesis_event({"id": "1"}), Context(clock)) == reported()


def test_later_records_of_a_failed_key_wait_and_other_keys_go_on(
    load_handler: LoadHandler, clock: Clock, read_events: ReadEvents
) -> None:
    handler = load_handler("stream_worker")
    event = kinesis_event({"id": "1"}, POISON, {"id": "3"}, {"id": "4"}, keys=["a", "a", "a", "b"])

    response = handler.lambda_handler(event, Context(clock))

    assert response == reported(2, 3)
    waiting = "an earlier record of the key of 3 failed"
    assert read_events()[3:] == [
        failed("bad", 2),
        line("failed", "3", 3, error_type="PrecedingRecordError", retryable=True, error=waiting),
        line("started", "4", 4),
        line("processed", "4", 4),
    ]


def test_a_key_waits_in_its_own_batch_and_not_in_the_next(load_handler: LoadHandler, clock: Clock) -> None:
    handler = load_handler("stream_worker")

    assert handler.lambda_handler(kinesis_event(POISON, keys=["a"]), Context(clock)) == reported(1)
    assert handler.lambda_handler(kinesis_event({"id": "2"}, keys=["a"]), Context(clock)) == reported()


@pytest.mark.parametrize(
    ("data", "error"),
    [
        ("no Base64!", "the data is not valid Base64"),
        ("eyJpZCI6ICIxIn0", "the data is not valid Base64"),
        (packed(b"\xff\xfe"), "the data is not UTF-8 text"),
        (None, "the record carries no data"),
        (packed(""), "body is not valid JSON: EOF while parsing a value at line 1 column 0"),
        (packed("[1]"), "body must be a JSON object, got [1]"),
        (packed("{}"), "id is missing"),
    ],
)
def test_a_payload_that_is_no_job_fails_its_record_and_no_other(
    load_handler: LoadHandler, clock: Clock, read_events: ReadEvents, data: str | None, error: str
) -> None:
    handler = load_handler("stream_worker")
    event = kinesis_event({"id": "1"}, {"id": "2"})
    event["Records"][0]["kinesis"]["data"] = data

    assert handler.lambda_handler(event, Context(clock)) == reported(1)

    first, *others = read_events()
    assert first == {
        "event": "failed",
        "message_id": f"{SHARD}:{sequence_number(1)}",
        "error_type": "InvalidMessageError",
        "retryable": False,
        "error": error,
    }
    assert others == [line("started", "2", 2), line("processed", "2", 2)]


def test_works_for_as_long_as_the_record_says(load_handler: LoadHandler, clock: Clock) -> None:
    handler = load_handler("stream_worker")

    handler.lambda_handler(kinesis_event({"id": "1", "sleep": 1.5}), Context(clock))

    assert clock.sleeps == [1.5]


# -- tables -----------------------------------------------------------------------------------------------


def test_takes_the_new_image_of_a_changed_item(
    load_handler: LoadHandler, clock: Clock, read_events: ReadEvents
) -> None:
    handler = load_handler("stream_worker")
    image = {
        "id": {"S": "1"},
        "sleep": {"N": "2.5"},
        "count": {"N": "3"},
        "tags": {"SS": ["b", "a"]},
        "raw": {"B": "AAE="},
    }
    event = table_event(image, {"id": {"S": "2"}, "shouldFail": {"BOOL": True}})

    response = handler.lambda_handler(event, Context(clock))

    assert response == {"batchItemFailures": [{"itemIdentifier": "100000000000000000002"}]}
    assert clock.sleeps == [2.5]
    assert [(entry["event"], entry["message_id"]) for entry in read_events()] == [
        ("started", "100000000000000000001"),
        ("processed", "100000000000000000001"),
        ("started", "100000000000000000002"),
        ("failed", "100000000000000000002"),
    ]


def test_an_item_that_has_gone_is_no_work(load_handler: LoadHandler, clock: Clock, read_events: ReadEvents) -> None:
    handler = load_handler("stream_worker")

    assert handler.lambda_handler(table_event(None, name="REMOVE"), Context(clock)) == {"batchItemFailures": []}
    assert read_events() == []


@pytest.mark.parametrize(
    ("image", "error"),
    [
        (None, "the record carries no new image"),
        ({"id": {"N": "1"}}, "id must be a string of 1 to 2048 bytes, got 1"),
        ({"id": {"X": "1"}}, "the new image is no item"),
    ],
)
def test_an_image_that_is_no_job_fails_its_record(
    load_handler: LoadHandler, clock: Clock, read_events: ReadEvents, image: dict[str, Any] | None, error: str
) -> None:
    handler = load_handler("stream_worker")

    response = handler.lambda_handler(table_event(image, {"id": {"S": "2"}}), Context(clock))

    assert response == {"batchItemFailures": [{"itemIdentifier": "100000000000000000001"}]}
    first = read_events()[0]
    assert (first["error_type"], first["error"]) == ("InvalidMessageError", error)


def test_later_changes_of_an_item_that_failed_wait(load_handler: LoadHandler, clock: Clock) -> None:
    handler = load_handler("stream_worker")
    bad = {"id": {"S": "a"}, "shouldFail": {"BOOL": True}}

    response = handler.lambda_handler(table_event(bad, {"id": {"S": "b"}}, {"id": {"S": "a"}}), Context(clock))

    assert response == {
        "batchItemFailures": [
            {"itemIdentifier": "100000000000000000001"},
            {"itemIdentifier": "100000000000000000003"},
        ]
    }


# -- tumbling windows -------------------------------------------------------------------------------------

WINDOW = {"start": "2026-01-01T00:00:00Z", "end": "2026-01-01T00:01:00Z"}


def windowed(event: dict[str, Any], state: dict[str, Any] | None = None, *, final: bool = False) -> dict[str, Any]:
    return {
        **event,
        "window": WINDOW,
        "state": state or {},
        "shardId": SHARD,
        "isFinalInvokeForWindow": final,
        "isWindowTerminatedEarly": False,
    }


def test_a_window_s_state_counts_what_has_been_processed(load_handler: LoadHandler, clock: Clock) -> None:
    handler = load_handler("stream_worker")

    first = handler.lambda_handler(windowed(kinesis_event({"id": "1"}, {"id": "2"})), Context(clock))
    second = handler.lambda_handler(windowed(kinesis_event({"id": "3"}), first["state"]), Context(clock))

    assert first == {**reported(), "state": {"processed": 2}}
    assert second == {**reported(), "state": {"processed": 3}}


def test_records_that_come_back_are_not_counted_yet(load_handler: LoadHandler, clock: Clock) -> None:
    handler = load_handler("stream_worker")
    event = windowed(kinesis_event({"id": "1"}, POISON, {"id": "3"}), {"processed": 4})

    assert handler.lambda_handler(event, Context(clock)) == {**reported(2), "state": {"processed": 5}}


def test_the_last_invoke_of_a_window_may_bring_no_records(
    load_handler: LoadHandler, clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    handler = load_handler("stream_worker")

    answer = handler.lambda_handler(windowed({"Records": []}, {"processed": 7}, final=True), Context(clock))

    assert answer == {"batchItemFailures": [], "state": {"processed": 7}}
    assert '"message":"window closed"' in capsys.readouterr().out


def test_a_table_s_window_names_the_shard(load_handler: LoadHandler, clock: Clock, read_events: ReadEvents) -> None:
    handler = load_handler("stream_worker")

    answer = handler.lambda_handler(windowed(table_event({"id": {"S": "1"}})), Context(clock))

    assert answer["state"] == {"processed": 1}
    assert read_events()[0]["message_id"] == f"{SHARD}:100000000000000000001"


def test_refuses_a_word_that_it_does_not_know_at_import(load_handler: LoadHandler) -> None:
    with pytest.raises(ConfigurationError, match=r"^ON_RECORD_ERROR must be one of report, raise: 'ignore'$"):
        load_handler("stream_worker", ON_RECORD_ERROR="ignore")


def test_a_bug_fails_its_record_and_is_logged(
    load_handler: LoadHandler, clock: Clock, monkeypatch: pytest.MonkeyPatch, read_events: ReadEvents
) -> None:
    handler = load_handler("stream_worker")

    def broken(duration_seconds: float) -> None:
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr("shared.in_order.work_for", broken)

    assert handler.lambda_handler(kinesis_event({"id": "1"}), Context(clock)) == reported(1)
    assert (read_events()[1]["error_type"]) == "ZeroDivisionError"
