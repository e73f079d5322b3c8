"""What the FIFO variants do to the order of their message groups."""

from __future__ import annotations

import pytest

from delivery_lab.errors import SettingsError, WorkloadError
from delivery_lab.events import ContractLine, SendDeduplicated
from tests.lab_support import outcome, run

SEEDS = (1, 2, 3)


def processed(stack: str, seed: int = 1) -> dict[str, list[str]]:
    """Ids by customer in the order in which they were processed."""
    order: dict[str, list[str]] = {}
    for event in run(stack, seed=seed).events:
        if isinstance(event, ContractLine) and event.event == "processed":
            customer, _, number = (event.business_id or "").rpartition("-")
            order.setdefault(customer, []).append(number)
    return order


@pytest.mark.parametrize("seed", SEEDS)
def test_the_order_is_kept_under_failures_when_the_worker_follows_the_rule(seed: int) -> None:
    found = processed("fifo-ordered", seed)
    assert found == {f"customer-{number}": list("123456") for number in (1, 2, 3)}
    assert outcome("fifo-ordered", seed=seed).ordering.violations == 0


@pytest.mark.parametrize("seed", SEEDS)
def test_it_is_violated_and_counted_when_the_worker_goes_on(seed: int) -> None:
    result = outcome("fifo-unordered", seed=seed)

    assert result.ordering.violations == 3
    assert all(order != sorted(order) for order in processed("fifo-unordered", seed).values())


def test_keeping_the_order_costs_the_message_behind_a_poison_one() -> None:
    # It shares the receives of the message in front of it, and the queue gives up on both.
    ordered, unordered = outcome("fifo-ordered"), outcome("fifo-unordered")

    dead = {message.id for message in ordered.per_message if message.outcome == "deadLettered"}
    assert dead == {"customer-3-7", "customer-3-8"}
    assert ordered.messages.healthy_dead_lettered == 1
    assert unordered.messages.healthy_dead_lettered == 0


def test_a_message_that_is_sent_twice_arrives_once() -> None:
    result = run("fifo-ordered")

    assert [event.rule for event in result.events if isinstance(event, SendDeduplicated)] == ["SQS-FIFO-3"]
    assert outcome("fifo-ordered").messages.sent == 20


def test_failing_the_whole_invoke_keeps_the_order_too() -> None:
    settings = ("batch.worker.onRecordError=raise", "batch.worker.reportBatchItemFailures=false")
    assert outcome("fifo-ordered", *settings).ordering.violations == 0


def test_a_workload_has_to_name_groups_and_ids() -> None:
    with pytest.raises(WorkloadError, match="batch-queue is a FIFO queue: name the message group with key"):
        outcome("fifo-ordered", name="concurrency")
    with pytest.raises(WorkloadError, match="batch-queue is a standard queue, which has no use for dedup"):
        outcome("concurrency-trap", name="fifo")


def test_groups_of_the_producer() -> None:
    result = outcome("fifo-ordered", name="batch", body=("count=30", "failEvery=0", "groups=5"))

    assert result.messages.processed == 30
    assert result.ordering.violations == 0


def test_a_window_on_a_fifo_queue_is_refused() -> None:
    with pytest.raises(SettingsError, match="Batching window is not supported for FIFO queues"):
        outcome("fifo-ordered", "batch.worker.maximumBatchingWindowSeconds=5")
