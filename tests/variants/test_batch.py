"""What the batch variants do to their messages: the lab's experiments and their variations."""

from __future__ import annotations

import pytest

from delivery_lab.events import BatchInvoked, MessageDeleted
from delivery_lab.results.outcome import Outcome
from tests.lab_support import outcome, run


def _ended(result: Outcome, how: str) -> set[str]:
    return {message.id for message in result.per_message if message.outcome == how}


def test_partial_deletes_what_succeeded_and_dead_letters_what_failed() -> None:
    result = outcome("batch-partial")

    assert result.messages.sent == 10
    assert result.messages.processed == 7
    assert result.messages.dead_lettered == 3
    assert result.messages.healthy_dead_lettered == 0
    assert result.messages.lost == 0
    assert _ended(result, "deadLettered") == {"3", "6", "9"}
    deliveries = {message.id: len(message.delivered_at) for message in result.per_message}
    assert {deliveries[failed] for failed in ("3", "6", "9")} == {2}
    assert {deliveries[good] for good in ("1", "2", "4", "5", "7", "8", "10")} == {1}
    assert result.effects.duplicated == 0


def test_all_or_nothing_brings_the_good_ones_back_with_the_bad_ones() -> None:
    result = outcome("batch-all-or-nothing")

    assert result.messages.dead_lettered == 10
    assert result.messages.healthy_dead_lettered == 7
    assert {len(message.delivered_at) for message in result.per_message} == {2}
    assert result.effects.total == 14
    assert result.effects.duplicated == 7


def test_unreported_loses_the_failed_ones_without_a_trace() -> None:
    result = outcome("batch-unreported")

    assert result.messages.lost == 3
    assert result.messages.dead_lettered == 0
    assert _ended(result, "lost") == {"3", "6", "9"}
    assert result.invocations.failed == 0


def test_manual_delete_keeps_the_good_ones_from_coming_back() -> None:
    manual, partial = outcome("batch-manual-delete"), outcome("batch-partial")

    assert manual.messages == partial.messages
    assert _ended(manual, "processed") == {"1", "2", "4", "5", "7", "8", "10"}
    assert _ended(manual, "deadLettered") == {"3", "6", "9"}
    assert {len(message.delivered_at) for message in manual.per_message if message.outcome == "processed"} == {1}
    assert manual.effects.duplicated == 0


def test_manual_delete_deletes_once_and_fails_its_invokes() -> None:
    trace = run("batch-manual-delete")

    deleted = [event for event in trace.events if isinstance(event, MessageDeleted)]
    assert [event.by.name for event in deleted] == ["batch-worker"] * 7
    assert outcome("batch-manual-delete").invocations.failed == 2
    assert outcome("batch-partial").invocations.failed == 0


@pytest.mark.parametrize("batch_size", [1, 3])
def test_manual_delete_saves_the_good_ones_for_every_batch_size(batch_size: int) -> None:
    result = outcome("batch-manual-delete", f"batch.worker.batchSize={batch_size}", body=("count=25", "failEvery=4"))

    assert (result.messages.processed, result.messages.dead_lettered) == (19, 6)
    assert result.effects.duplicated == 0


def test_single_ends_as_partial_does_with_an_invoke_per_message() -> None:
    partial, single = outcome("batch-partial"), outcome("batch-single")

    assert single.messages == partial.messages
    assert single.invocations.total >= 10


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize(("count", "fail_every"), [(25, 4), (7, 1), (10, 0), (40, 3)])
@pytest.mark.parametrize("batch_size", [1, 3, 10])
def test_partial_dead_letters_exactly_the_poison(seed: int, count: int, fail_every: int, batch_size: int) -> None:
    body = (f"count={count}", f"failEvery={fail_every}")

    result = outcome("batch-partial", f"batch.worker.batchSize={batch_size}", body=body, seed=seed)

    poison = count // fail_every if fail_every else 0
    assert result.messages.sent == count
    assert result.messages.dead_lettered == poison
    assert result.messages.healthy_dead_lettered == 0
    assert result.messages.processed == count - poison


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_all_or_nothing_is_the_same_for_every_seed(seed: int) -> None:
    assert outcome("batch-all-or-nothing", seed=seed).messages == outcome("batch-all-or-nothing").messages


def test_a_window_collects_requests_into_one_batch() -> None:
    result = run(
        "batch-partial",
        "batch.worker.maximumBatchingWindowSeconds=5",
        "batch.worker.batchSize=100",
        "batch.queue.visibilityTimeoutSeconds=40",
        body=("count=30", "failEvery=0"),
    )

    batches = [event.messages for event in result.events if isinstance(event, BatchInvoked)]
    assert [len(batch) for batch in batches] == [30]


def test_ten_thousand_messages_are_conserved() -> None:
    result = outcome("batch-partial", body=("count=10000", "failEvery=100"))

    assert result.messages.sent == 10_000
    assert result.messages.processed == 9_900
    assert result.messages.dead_lettered == 100


def test_the_same_seed_gives_the_same_trace_and_another_seed_another() -> None:
    first, again, other = (run("batch-single", seed=seed).trace_hash for seed in (1, 1, 2))

    assert first == again
    assert first != other
