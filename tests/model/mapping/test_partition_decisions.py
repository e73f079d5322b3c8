import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from delivery_lab.limits.mappings import ENDLESS
from delivery_lab.model.clock import in_seconds
from delivery_lab.model.mapping.partition_decisions import (
    PartitionVerdict,
    Step,
    after_failure,
    classify_partition_batch,
    named_failures,
    offset_in,
    retry_delay,
    window_state,
)
from delivery_lab.rules.assumptions import RetryCount, UnnamedResponse

BATCH = ("11", "12", "13", "14")


def failures(*identifiers: Any) -> str:
    return json.dumps({"batchItemFailures": [{"itemIdentifier": item} for item in identifiers]})


@pytest.mark.parametrize(
    ("payload", "error", "succeeded", "rule"),
    [
        pytest.param('{"batchItemFailures":[]}', None, 4, "STR-REPORT-3", id="empty list"),
        pytest.param('{"batchItemFailures":null}', None, 4, "STR-REPORT-3", id="null list"),
        pytest.param("{}", None, 4, "STR-REPORT-2", id="empty response"),
        pytest.param("null", None, 4, "STR-REPORT-2", id="null response"),
        pytest.param('""', None, 4, "STR-REPORT-2", id="empty text"),
        pytest.param("[]", None, 4, "STR-REPORT-2", id="empty array"),
        pytest.param(failures(""), None, 0, "STR-REPORT-4", id="empty identifier"),
        pytest.param(failures(None), None, 0, "STR-REPORT-4", id="null identifier"),
        pytest.param('{"batchItemFailures":[{"id":"12"}]}', None, 0, "STR-REPORT-4", id="wrong key"),
        pytest.param(failures("123"), None, 0, "STR-REPORT-5", id="identifier of no record"),
        pytest.param("null", "ValueError", 0, "STR-ERROR-1", id="exception"),
        pytest.param("", None, 4, "STR-REPORT-2", id="nothing at all"),
        pytest.param(failures(12), None, 0, "STR-REPORT-5", id="identifier that is a number"),
        pytest.param("<html>", None, 0, "STR-REPORT-6", id="no JSON"),
        pytest.param('{"batchItemFailures":"12"}', None, 0, "STR-REPORT-6", id="no list"),
        pytest.param('{"statusCode":200}', None, 4, "STR-REPORT-7", id="without the key"),
        pytest.param('"done"', None, 4, "STR-REPORT-7", id="a text"),
    ],
)
def test_str_report_ways_to_be_wrong_or_empty(payload: str, error: str | None, succeeded: int, rule: str) -> None:
    verdict = classify_partition_batch(BATCH, payload, error, report=True)

    assert (verdict.succeeded, verdict.rule) == (succeeded, rule)


def test_str_report_1_without_the_setting_the_response_is_not_looked_at() -> None:
    verdict = classify_partition_batch(BATCH, failures("11"), None, report=False)

    assert verdict == PartitionVerdict(4, False, "STR-REPORT-1", "the response is not looked at")


@given(st.sets(st.sampled_from(BATCH), min_size=1), st.randoms())
def test_str_report_8_the_lowest_of_those_named_is_the_checkpoint(named: set[str], chance: Any) -> None:
    order = list(named) * 2  # a record may be named twice
    chance.shuffle(order)

    verdict = classify_partition_batch(BATCH, failures(*order), None, report=True)

    assert verdict.succeeded == min(BATCH.index(item) for item in named)
    assert verdict.rule == "STR-REPORT-8"


def test_kaf_report_1_an_identifier_is_an_object_of_partition_and_offset() -> None:
    identify = offset_in("orders-0")

    verdict = classify_partition_batch(
        BATCH, failures({"partition": "orders-0", "offset": 13}), None, report=True, identify=identify
    )

    assert (verdict.succeeded, verdict.rule) == (2, "STR-REPORT-8")


@pytest.mark.parametrize(
    "wrong",
    [
        "orders-0:13",
        13,
        {"partition": "orders-1", "offset": 13},
        {"partition": 0, "offset": 13},
        {"partition": "orders-0", "offset": "13"},
        {"partition": "orders-0", "offset": True},
        {"partition": "orders-0"},
    ],
)
def test_kaf_report_1_another_form_fails_the_whole_batch(wrong: Any) -> None:
    verdict = classify_partition_batch(BATCH, failures(wrong), None, report=True, identify=offset_in("orders-0"))

    assert (verdict.succeeded, verdict.rule) == (0, "STR-REPORT-5")


@pytest.mark.parametrize("payload", ["", "null", "<batchItemFailures>", '{"batchItemFailures":5}', "[]"])
def test_nothing_is_named_by_a_response_that_cannot_be_read(payload: str) -> None:
    assert named_failures(payload, BATCH) == ()


def test_names_of_a_response_are_read_whether_or_not_the_mapping_looks_at_it() -> None:
    assert named_failures(failures("14", "12", "99"), BATCH) == (1, 3)


FAILED = PartitionVerdict(0, False, "STR-ERROR-1", "")
MOVED = PartitionVerdict(3, True, "STR-REPORT-8", "")


def test_str_retry_1_three_retries_are_four_attempts() -> None:
    attempts = 0
    steps: list[Step] = []
    while not steps or steps[-1] is Step.RETRY:
        decision = after_failure(FAILED, 4, attempts=attempts, maximum_attempts=3, bisect=False)
        attempts = decision.attempts
        steps.append(decision.step)

    assert steps == [Step.RETRY, Step.RETRY, Step.RETRY, Step.DISCARD]


def test_str_retry_1_without_a_maximum_there_is_no_end() -> None:
    decision = after_failure(FAILED, 1, attempts=1_000_000, maximum_attempts=ENDLESS, bisect=True)

    assert decision.step is Step.RETRY


def test_str_bisect_1_a_batch_that_failed_as_a_whole_is_cut_in_half_for_nothing() -> None:
    decision = after_failure(FAILED, 5, attempts=2, maximum_attempts=2, bisect=True)

    assert (decision.step, decision.at, decision.attempts, decision.rule) == (Step.SPLIT, 2, 2, "STR-BISECT-1")


def test_str_bisect_1_a_single_record_cannot_be_cut() -> None:
    decision = after_failure(FAILED, 1, attempts=0, maximum_attempts=0, bisect=True)

    assert decision.step is Step.DISCARD


@pytest.mark.parametrize(
    ("payload", "succeeded"),
    [
        (
            '{"statusCode":200}',
            {UnnamedResponse.SUCCESS: 4, UnnamedResponse.FAILURE: 0, UnnamedResponse.OBJECT_FAILS: 0},
        ),
        ('"done"', {UnnamedResponse.SUCCESS: 4, UnnamedResponse.FAILURE: 0, UnnamedResponse.OBJECT_FAILS: 4}),
        ('{"state":{"n":1}}', dict.fromkeys(UnnamedResponse, 4)),
        ("[]", dict.fromkeys(UnnamedResponse, 4)),
        ('{"batchItemFailures":[]}', dict.fromkeys(UnnamedResponse, 4)),
    ],
)
def test_str_report_7_how_a_response_without_failures_is_taken(
    payload: str, succeeded: dict[UnnamedResponse, int]
) -> None:
    for reading, expected in succeeded.items():
        verdict = classify_partition_batch(BATCH, payload, None, report=True, unnamed=reading)
        assert verdict.succeeded == expected


def test_str_bisect_2_the_cut_is_where_the_response_says() -> None:
    decision = after_failure(MOVED, 5, attempts=1, maximum_attempts=1, bisect=True)

    assert (decision.step, decision.at, decision.attempts, decision.rule) == (Step.SPLIT, 0, 0, "STR-BISECT-2")


@pytest.mark.parametrize("maximum", [0, 1, 2, ENDLESS])
def test_str_report_9_an_attempt_that_moved_the_checkpoint_uses_up_no_retry(maximum: int) -> None:
    decision = after_failure(MOVED, 5, attempts=0, maximum_attempts=maximum, bisect=False)

    assert (decision.step, decision.attempts, decision.rule) == (Step.RETRY, 0, "STR-REPORT-9")


@pytest.mark.parametrize(("count", "left"), [(RetryCount.ANEW, 0), (RetryCount.KEPT, 2)])
def test_str_report_10_retries_used_up_before_the_checkpoint_moved(count: RetryCount, left: int) -> None:
    decision = after_failure(MOVED, 5, attempts=2, maximum_attempts=2, bisect=False, count=count)

    assert (decision.step, decision.attempts) == (Step.RETRY, left)


def test_str_bisect_3_the_first_record_returned_cuts_in_half() -> None:
    verdict = PartitionVerdict(0, True, "STR-REPORT-8", "")

    decision = after_failure(verdict, 4, attempts=0, maximum_attempts=0, bisect=True)

    assert (decision.step, decision.at) == (Step.SPLIT, 2)


@pytest.mark.parametrize(
    ("tries", "least", "most"),
    [(0, 0.25, 0.5), (1, 0.5, 1), (4, 4, 8), (6, 16, 32), (7, 30, 60), (8, 30, 60), (10_000, 30, 60)],
)
def test_str_retry_2_waits_double_up_to_a_minute(tries: int, least: float, most: float) -> None:
    assert in_seconds(retry_delay(tries, 0.0)) == least
    assert in_seconds(retry_delay(tries, 1.0)) == most


@pytest.mark.parametrize("payload", ["", "null", "[]", '{"state":1}', '{"status":{}}', "<"])
def test_str_window_2_a_response_without_a_state(payload: str) -> None:
    assert window_state(payload) == (None, 0)


def test_a_state_is_measured_as_it_is_sent() -> None:
    assert window_state('{"state": {"a": 1}}') == ({"a": 1}, 7)
