"""What the concurrency variants do to their messages: the field report, and what AWS advises instead."""

from __future__ import annotations

import pytest

import delivery_lab as dl
from delivery_lab.compare.comparison import compare
from delivery_lab.errors import SettingsError
from delivery_lab.events import InvokeEnded, MessageDeadLettered
from delivery_lab.events.instants import in_seconds
from delivery_lab.results.outcome import Outcome
from tests.lab_support import ROOT, graph, outcome, run, workload

SEEDS = (1, 2, 3)


def untouched(result: Outcome) -> int:
    """Messages that were dead-lettered without ever having been delivered."""
    return sum(m.outcome == "deadLettered" and not m.delivered_at for m in result.per_message)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_trap_dead_letters_healthy_messages_that_were_never_delivered(seed: int) -> None:
    result = outcome("concurrency-trap", seed=seed)

    assert 20 <= result.messages.healthy_dead_lettered <= 45
    assert untouched(result) == result.messages.healthy_dead_lettered
    assert result.messages.processed + result.messages.dead_lettered == 130


def test_the_traps_work_is_done_in_100_seconds_and_the_rest_dies_at_the_end_of_the_visibility_timeout() -> None:
    result = run("concurrency-trap")
    worked = [in_seconds(event.instant_us) for event in result.events if isinstance(event, InvokeEnded)]
    died = {in_seconds(event.instant_us) for event in result.events if isinstance(event, MessageDeadLettered)}

    assert 70 <= max(worked) <= 130
    assert min(died) == pytest.approx(900)
    assert max(died) <= 900 + max(worked)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("stack", ["unreserved", "tuned", "capped", "provisioned"])
def test_each_way_out_processes_every_message_once(stack: str, seed: int) -> None:
    result = outcome(f"concurrency-{stack}", seed=seed)

    assert result.messages.processed == 130
    assert result.messages.dead_lettered == 0
    assert result.deliveries.duplicates == 0


@pytest.mark.parametrize(("stack", "throttled"), [("capped", False), ("unreserved", False), ("tuned", True)])
def test_who_is_throttled(stack: str, throttled: bool) -> None:
    assert (outcome(f"concurrency-{stack}").invocations.throttled > 0) == throttled


def test_trap_and_tuned_differ_by_one_setting() -> None:
    load = workload("concurrency-trap")
    assert load.name == "concurrency"
    sides = [(graph(stack), outcome(stack)) for stack in ("concurrency-trap", "concurrency-tuned")]
    found = compare(*sides)

    assert [(change.what, change.before, change.after) for change in found.settings] == [
        ("batch.worker.timeoutSeconds", 900, 150)
    ]
    saved = next(figure for figure in found.figures if figure.name == "messages.healthyDeadLettered")
    assert (saved.before, saved.after) == (30, 0)


def equal(timeout: int) -> tuple[str, ...]:
    """Settings with maxReceiveCount 2 and a visibility timeout as long as the function's."""
    return (
        "batch.queue.maxReceiveCount=2",
        f"batch.queue.visibilityTimeoutSeconds={timeout}",
        f"batch.worker.timeoutSeconds={timeout}",
    )


@pytest.mark.parametrize(("timeout", "least", "most"), [(900, 30, 30), (120, 0, 10), (30, 0, 10)])
def test_reserved_concurrency_1_does_not_make_it_serial_it_loses_healthy_messages(
    timeout: int, least: int, most: int
) -> None:
    settings = [*equal(timeout), "batch.worker.reservedConcurrency=1"]
    result = dl.simulate(ROOT, stack="concurrency-trap", overrides=settings)

    interval = result.intervals.get("messages.healthyDeadLettered")
    lost = result.messages.healthy_dead_lettered
    assert ((interval.low, interval.high) if interval else (lost, lost)) == (least, most)
    assert untouched(result) == lost


@pytest.mark.parametrize("timeout", [900, 120, 30])
def test_maximum_concurrency_2_loses_none(timeout: int) -> None:
    result = outcome("concurrency-unreserved", *equal(timeout), "batch.worker.maximumConcurrency=2")

    assert result.messages.processed == 130
    assert result.invocations.throttled == 0


def test_retry_sqs_retries_at_the_pace_of_the_queue_and_parks_what_never_succeeds() -> None:
    result = outcome("retry-sqs")
    attempts = {message.id: len(message.delivered_at) for message in result.per_message}
    ended = {message.id: message.outcome for message in result.per_message}

    assert {attempts[f"once-{n}"] for n in range(1, 6)} == {2}
    assert {attempts[f"twice-{n}"] for n in range(1, 4)} == {3}
    assert {attempts[f"poison-{n}"] for n in (1, 2)} == {5}
    assert {identifier for identifier, how in ended.items() if how != "processed"} == {"poison-1", "poison-2"}
    assert result.messages.healthy_dead_lettered == 0
    retried = next(message for message in result.per_message if message.id == "once-1").delivered_at
    assert retried[1] - retried[0] >= 190


@pytest.mark.parametrize("name", ["concurrency-steady", "concurrency-bursty"])
def test_five_thousand_messages_with_real_handlers(name: str) -> None:
    result = outcome("concurrency-unreserved", name=name)

    assert result.messages.processed == 5_000
    assert result.messages.dead_lettered == 0
    assert result.effects.duplicated == 0


def test_contradictory_settings_are_refused() -> None:
    with pytest.raises(SettingsError, match="cannot be used together"):
        outcome("concurrency-provisioned", "batch.worker.maximumConcurrency=5")
