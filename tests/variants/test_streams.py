"""What the stream variants do to their records: one that cannot be processed, among healthy ones."""

import json
from functools import cache
from pathlib import Path

import pytest

from delivery_lab.errors import WorkloadError
from delivery_lab.events import MessageSent
from delivery_lab.results.outcome import Outcome
from delivery_lab.simulation.simulate import simulate
from delivery_lab.simulation.workload_files import read_workload
from tests.lab_support import ROOT, outcome, run, stack_of, workload

VARIANTS = ("stream-age", "stream-bisect", "stream-bounded", "stream-default", "stream-parallel", "stream-partial")
A_DAY_SECONDS = 86_400


@cache
def default() -> Outcome:
    """A day of retries, run once for all tests that look at it."""
    return outcome("stream-default")


def ended(result: Outcome, where: str) -> set[str]:
    return {message.id for message in result.per_message if message.outcome == where}


def blocked_seconds(result: Outcome) -> list[float]:
    """Of each shard, how long it was blocked."""
    return [blocked.seconds for blocked in result.blocked]


def test_default_blocks_the_shard_until_retention_takes_what_waits() -> None:
    result = default()

    quiet, stuck = sorted(result.blocked, key=lambda blocked: blocked.seconds)
    assert quiet.seconds == 0
    assert stuck.seconds == pytest.approx(A_DAY_SECONDS, abs=2)
    assert stuck.records_behind == 15
    assert result.messages.expired == 21
    assert result.messages.lost == result.messages.dead_lettered == 0
    assert "poison" in ended(result, "expired")
    assert result.invocations.failed > 1_000


def test_default_leaves_the_other_shard_alone() -> None:
    result = default()

    processed = [message for message in result.per_message if message.outcome == "processed"]
    assert {message.message_id.partition(":")[0] for message in processed} == {"shardId-000000000000"}
    assert {len(message.delivered_at) for message in processed} == {1}


def test_bounded_is_unblocked_after_the_counted_attempts_with_one_document() -> None:
    trace = run("stream-bounded")
    result = outcome("stream-bounded")

    (document,) = [
        json.loads(event.body)
        for event in trace.events
        if isinstance(event, MessageSent) and event.queue == "stream-dlq"
    ]
    assert document["requestContext"]["condition"] == "RetryAttemptsExhausted"
    assert document["requestContext"]["approximateInvokeCount"] == 4
    assert document["KinesisBatchInfo"]["batchSize"] == result.messages.dead_lettered == 6
    assert result.invocations.failed == 4
    assert result.messages.processed == result.messages.sent - 6
    assert max(blocked_seconds(result)) < 5


def test_bisect_gives_up_the_poison_alone() -> None:
    result = outcome("stream-bisect")

    assert ended(result, "deadLettered") == {"poison"}
    assert result.messages.processed == result.messages.sent - 1
    # Six records are cut down in two steps, and the single one is tried four times.
    assert result.invocations.failed == 2 + 4


def test_partial_repeats_what_is_behind_the_failure_only() -> None:
    result = outcome("stream-partial")

    deliveries = {message.id: len(message.delivered_at) for message in result.per_message}
    assert {deliveries[f"before-{n}"] for n in range(1, 5)} == {1}
    # Once with what is before it, and then 4 times as the head of what is left (STR-REPORT-9).
    assert deliveries["poison"] == 5
    assert result.invocations.failed == 0
    # When the retries are over everything from the poison on goes (STR-REPORT-11).
    assert result.messages.dead_lettered == 3
    assert result.messages.healthy_dead_lettered == 2


def test_age_gives_up_after_a_minute_and_about_eight_invokes() -> None:
    result = outcome("stream-age")

    assert result.invocations.failed in (7, 8, 9)
    assert max(blocked_seconds(result)) == pytest.approx(60, abs=1)
    assert result.messages.dead_lettered == 6
    assert result.messages.processed == result.messages.sent - 6


def test_parallel_holds_up_fewer_records() -> None:
    bounded, parallel = outcome("stream-bounded"), outcome("stream-parallel")

    assert parallel.messages.dead_lettered < bounded.messages.dead_lettered
    slow = [sum((m.delivered_at[-1] > 1) for m in result.per_message[:13]) for result in (bounded, parallel)]
    assert slow[1] < slow[0]


def test_a_table_keeps_the_order_of_each_item() -> None:
    result = outcome("dynamodb-stream")

    assert result.messages.lost == result.messages.expired == result.messages.remaining == 0
    assert result.messages.dead_lettered == 2
    assert result.ordering.violations == 0


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_order_is_kept_and_nothing_is_lost(variant: str, seed: int) -> None:
    result = outcome(variant, seed=seed)

    assert result.ordering.violations == 0
    assert result.messages.lost == result.messages.remaining == 0
    assert result.messages.sent == 40


@pytest.mark.parametrize("variant", ["stream-bounded", "stream-parallel"])
def test_each_shard_can_be_blocked(variant: str) -> None:
    result = outcome(variant, name="streams-shards")

    assert sum(seconds > 1 for seconds in blocked_seconds(result)) == 2
    assert {"a-poison", "b-poison"} <= ended(result, "deadLettered")


def test_cloudwatch_would_have_shown_that_the_shard_is_blocked() -> None:
    (watch,) = default().watch

    assert watch.metric == "IteratorAge"
    assert A_DAY_SECONDS - 60 < watch.peak / 1000 < A_DAY_SECONDS  # a retry comes at least once a minute
    assert watch.at_seconds == pytest.approx(57.07, abs=0.01)  # of the first batch that is sent after 30 s
    assert watch.first_loss_seconds == A_DAY_SECONDS
    assert watch.text == (
        "CloudWatch: IteratorAge of stream-mapping peaks at 86,364,248 ms; it passes 30,000, a threshold for an alarm, "
        "at 57 s, 24 h before the first record is gone"
    )


def test_lag_over_time_is_in_the_outcome() -> None:
    (lag,) = default().lag

    assert (lag.source, lag.mapping, lag.kind) == ("stream", "stream-mapping", "kinesis")
    assert lag.oldest_seconds == A_DAY_SECONDS
    assert lag.most_records == max(point.records for point in lag.points) >= 21
    assert [point.at_seconds for point in lag.points] == sorted(point.at_seconds for point in lag.points)


def test_the_same_seed_gives_the_same_trace() -> None:
    first, again, other = (run("stream-bounded", seed=seed).trace_hash for seed in (1, 1, 2))

    assert first == again != other


def test_the_workload_is_what_the_tests_think() -> None:
    assert workload("stream-default").name == "streams"


def test_an_item_that_is_drawn_has_to_be_an_object(tmp_path: Path) -> None:
    (tmp_path / "load.yaml").write_text("send: [{table: stream-table, body: {$choice: [5, 6]}}]")

    with pytest.raises(WorkloadError, match=r": the body of a table is the item: an object, not [56], which is drawn$"):
        simulate(stack_of("dynamodb-stream"), ROOT, read_workload(tmp_path / "load.yaml"), 1)
