"""What the MSK variants do to their records: one that cannot be processed, among healthy ones."""

import json
from functools import cache

import pytest

from delivery_lab.events import MessageSent
from delivery_lab.results.outcome import Outcome
from tests.lab_support import outcome, run

VARIANTS = ("msk-age", "msk-bisect", "msk-bounded", "msk-default", "msk-partial")
A_WEEK_SECONDS = 7 * 86_400


@cache
def default() -> Outcome:
    """Seven days of retries, run once for all tests that look at them."""
    return outcome("msk-default")


def ended(result: Outcome, where: str) -> set[str]:
    return {message.id for message in result.per_message if message.outcome == where}


def test_default_stops_the_topic_until_retention_takes_the_poison() -> None:
    result = default()

    (blocked,) = result.blocked
    assert blocked.log == "streamtopic-0"
    assert blocked.seconds == pytest.approx(A_WEEK_SECONDS, abs=2)
    assert blocked.records_behind == 30
    assert "poison" in ended(result, "expired")
    assert result.messages.expired >= 10
    assert result.messages.lost == result.messages.dead_lettered == 0
    assert result.invocations.failed > 10_000


def test_bounded_goes_on_after_the_counted_attempts_with_one_document() -> None:
    trace, result = run("msk-bounded"), outcome("msk-bounded")

    (document,) = [
        json.loads(event.body)
        for event in trace.events
        if isinstance(event, MessageSent) and event.queue == "kafka-dlq"
    ]
    assert document["requestContext"]["condition"] == "RetryAttemptsExhausted"
    assert document["requestContext"]["approximateInvokeCount"] == 4
    assert document["KafkaBatchInfo"]["batchSize"] == result.messages.dead_lettered == 10
    assert document["KafkaBatchInfo"]["recordsInfo"]["streamtopic-0"]["firstRecordOffset"] == "0"
    assert result.messages.processed == 30


def test_bisect_gives_up_the_poison_alone() -> None:
    result = outcome("msk-bisect")

    assert ended(result, "deadLettered") == {"poison"}
    assert result.messages.processed == 39


def test_partial_commits_what_is_before_the_failure() -> None:
    result = outcome("msk-partial")

    deliveries = {message.id: len(message.delivered_at) for message in result.per_message}
    assert {deliveries[f"before-{n}"] for n in range(1, 5)} == {1}
    # Once with what is before it, and then 4 times with what else the response names (STR-REPORT-9, KAF-REPORT-2).
    assert {name for name, count in deliveries.items() if count > 1} == {"poison", "behind-1"}
    assert deliveries["poison"] == 5
    assert result.messages.dead_lettered == 2
    assert result.invocations.failed == 0


def _conditions(*overrides: str) -> list[tuple[str, int]]:
    """Why batches of msk-age were given up, and after how many invokes."""
    documents = [
        json.loads(event.body)
        for event in run("msk-age", *overrides).events
        if isinstance(event, MessageSent) and event.queue == "kafka-dlq"
    ]
    contexts = [document["requestContext"] for document in documents]
    return [(context["condition"], context["approximateInvokeCount"]) for context in contexts]


def test_age_gives_the_batch_up_after_a_minute() -> None:
    result = outcome("msk-age")

    ((condition, invokes),) = _conditions()
    assert condition == "RecordAgeExceeded"
    assert 2 <= invokes <= 10
    (blocked,) = result.blocked
    assert blocked.seconds == pytest.approx(60, abs=1)
    assert blocked.records_behind == 30
    assert result.messages.dead_lettered == 10
    assert result.messages.processed == 30


def test_with_a_destination_ten_retries_come_before_a_long_age() -> None:
    assert _conditions("kafka.consumer.maximumRecordAgeSeconds=3600") == [("RetryAttemptsExhausted", 11)]


def test_latest_misses_what_is_sent_before_polling_begins() -> None:
    result = outcome("msk-default", name="kafka-early")

    assert ended(result, "lost") == {f"early-{n}" for n in range(1, 6)}
    assert ended(result, "processed") == {f"late-{n}" for n in range(1, 6)}


def test_trim_horizon_reads_it() -> None:
    result = outcome("msk-bounded", name="kafka-early")

    assert result.messages.processed == result.messages.sent == 10


def test_other_partitions_go_on() -> None:
    result = outcome("msk-bounded", "kafka.topic.partitions=3", name="kafka-partitions")

    assert len(result.blocked) == 3
    assert {"poison-1", "poison-2"} <= ended(result, "deadLettered")
    assert result.ordering.violations == 0


@pytest.mark.parametrize("variant", VARIANTS)
def test_order_is_kept_and_nothing_is_lost(variant: str) -> None:
    result = default() if variant == "msk-default" else outcome(variant, seed=7)

    assert result.ordering.violations == 0
    assert result.messages.lost == result.messages.remaining == 0


def test_cloudwatch_would_have_shown_the_standstill() -> None:
    (watch,) = default().watch

    assert (watch.metric, watch.threshold) == ("OffsetLag", 10)
    assert watch.peak >= 30
    assert watch.at_seconds == pytest.approx(601, abs=10)
