"""What results say of streams and topics, from small runs of events."""

from __future__ import annotations

from dataclasses import replace

import pytest

from delivery_lab.events import (
    BatchInvoked,
    BatchRetryScheduled,
    Event,
    PartitionedKind,
    PolledSource,
    RecordExpired,
    RecordFiltered,
    RecordsDiscarded,
    Run,
)
from delivery_lab.events.instants import seconds
from delivery_lab.results.figures import Lag, Watched
from delivery_lab.results.following import read_events
from delivery_lab.results.lag import MOST_POINTS, lags, watches
from delivery_lab.results.partitions import blocked_partitions
from tests.results.world import appended, checkpointed, log, run_of

POLLED = PolledSource("kinesis", "orders", "mapping", "worker", 86_400, -1, ("shard-0", "shard-1"))


def run_with(*events: Event, until: float) -> Run:
    return run_of(*events, sources=("orders",), polled=(POLLED,), until=until)


def retried(at: float, *records: str, slot: int = 0) -> Event:
    return BatchRetryScheduled(seconds(at), None, "mapping", "orders", 1, records, seconds(at), "shard-0", slot)


def invoked(at: float, *records: str) -> Event:
    return BatchInvoked(seconds(at), None, "mapping", "orders", "worker", f"invoke-{at}", records, "shard-0", 0)


def discarded(at: float, *records: str, slot: int = 0, target: str | None = None) -> Event:
    return RecordsDiscarded(
        seconds(at), None, "kinesis", "orders", "shard-0", records, "mapping", slot, "RetryAttemptsExhausted", target
    )


def expired(at: float, record: str) -> Event:
    return RecordExpired(seconds(at), None, "kinesis", "orders", "shard-0", record, "mapping")


def lag_of(run: Run) -> Lag:
    (lag,) = lags(run, read_events(run).fates)
    return lag


def watched_of(run: Run) -> Watched:
    (watched,) = watches(run, read_events(run).fates)
    return watched


def test_a_shard_is_blocked_from_the_first_failure_until_something_moves() -> None:
    run = run_with(
        appended("a", 0),
        appended("b", 0),
        retried(2, "a"),
        appended("c", 3),
        retried(9, "a"),
        checkpointed("a", at=12),
        checkpointed("b", "c", at=13),
        until=20,
    )

    first, second = blocked_partitions(run)

    assert (first.log, first.seconds, first.records_behind) == ("shard-0", 10, 2)
    assert (second.log, second.seconds, second.records_behind) == ("shard-1", 0, 0)


def test_a_record_that_is_filtered_out_unblocks_nothing() -> None:
    filtered = RecordFiltered(seconds(4), None, "kinesis", "orders", "shard-0", "b", "mapping")
    run = run_with(appended("a", 0), retried(2, "a"), appended("b", 3), filtered, appended("c", 5), until=20)

    (blocked, _) = blocked_partitions(run)

    assert (blocked.seconds, blocked.records_behind) == (18, 1)


def test_slots_that_are_blocked_together_count_once() -> None:
    run = run_with(
        appended("a", 0),
        appended("b", 0),
        retried(1, "a", slot=0),
        retried(3, "b", slot=1),
        discarded(6, "a", slot=0),
        checkpointed("b", at=8, slot=1),
        until=20,
    )

    assert blocked_partitions(run)[0].seconds == 7


def test_retention_unblocks_a_shard_when_all_of_the_batch_is_gone() -> None:
    run = run_with(
        appended("a", 0), appended("b", 1), retried(2, "a", "b"), expired(10, "a"), expired(11, "b"), until=50
    )

    assert blocked_partitions(run)[0].seconds == 9


def test_what_is_blocked_at_the_end_counts_until_then() -> None:
    run = run_with(appended("a", 0), retried(2, "a"), until=50)

    assert blocked_partitions(run)[0].seconds == 48


def test_lag_is_what_was_appended_and_is_not_checkpointed() -> None:
    run = run_with(appended("a", 0), appended("b", 1), checkpointed("a", at=5), checkpointed("b", at=6), until=6)

    lag = lag_of(run)

    assert (lag.most_records, lag.oldest_seconds) == (2, 5)
    assert (5, 2, 5) in [(point.at_seconds, point.records, point.age_seconds) for point in lag.points]


def test_long_runs_keep_the_worst_points() -> None:
    events = [appended(str(n), n) for n in range(1_000)]
    run = run_with(*events, checkpointed(*map(str, range(1_000)), at=1_000), until=1_000)

    lag = lag_of(run)

    assert len(lag.points) <= MOST_POINTS
    assert max(point.records for point in lag.points) == 1_000


def test_cw_age_2_iterator_age_is_that_of_the_last_record_of_a_batch_when_it_is_sent() -> None:
    run = run_with(
        appended("a", 10),
        appended("b", 20),
        invoked(50, "a", "b"),
        invoked(60, "a", "b"),
        invoked(70, "a"),
        discarded(100, "a", target="failures"),
        until=200,
    )

    watch = watched_of(run)

    assert (watch.metric, watch.peak, watch.at_seconds, watch.first_loss_seconds) == ("IteratorAge", 60_000, 60, 100)
    assert watch.text == (
        "CloudWatch: IteratorAge of mapping peaks at 60,000 ms; it passes 30,000, a threshold for an alarm, at 60 s, "
        "40 s before the first record is gone"
    )


def test_cw_age_2_there_is_no_iterator_age_where_nothing_is_sent() -> None:
    watch = watched_of(run_with(appended("a", 10), expired(90_000, "a"), until=90_000))

    assert (watch.peak, watch.at_seconds) == (0, None)


def test_iterator_age_of_records_that_others_put_is_left_out() -> None:
    watch = watched_of(run_with(appended("a", 10), invoked(12, "theirs"), invoked(14, "a"), until=20))

    assert watch.peak == 4_000


@pytest.mark.parametrize("kind", ["kinesis", "dynamodb", "kafka"])
def test_cloudwatch_shows_of_no_pipe_how_far_it_is_behind(kind: PartitionedKind) -> None:
    piped = replace(POLLED, kind=kind, piped=True)
    run = run_of(appended("a", 0), expired(90, "a"), sources=("orders",), polled=(piped,), until=90)

    assert watches(run, read_events(run).fates) == []


def test_what_is_processed_after_a_later_one_of_its_key_is_out_of_order() -> None:
    def violations(*order: str) -> int:
        sends = [appended("a", 0), appended("b", 0), appended("c", 0), appended("other", 0, key="l")]
        logs = [log("processed", message, at=n + 1) for n, message in enumerate(order)]
        fates = read_events(run_with(*sends, *logs, until=9)).fates
        return sum(fate.out_of_order for fate in fates)

    assert violations("other", "a", "b", "c") == 0
    assert violations("a", "c", "b") == 1
    assert violations("c", "b", "a") == 2
    assert violations("c", "other") == 0
    assert violations("a", "b", "a", "c") == 0  # repeated work is not out of order
