"""The clock of a run."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from delivery_lab.model.clock import EPOCH, Scheduler, epoch_ms, in_seconds, seconds


def test_seconds_become_whole_microseconds_and_back() -> None:
    assert seconds(0.1) + seconds(0.2) == seconds(0.3) == 300_000
    assert in_seconds(1_500_000) == 1.5


def test_message_timestamps_are_unix_milliseconds_counted_from_the_epoch_of_the_run() -> None:
    assert datetime(2026, 1, 1, tzinfo=UTC) == EPOCH
    assert epoch_ms(0) == 1_767_225_600_000
    assert epoch_ms(seconds(2.5)) == int((EPOCH + timedelta(seconds=2.5)).timestamp() * 1000)


def test_things_happen_in_the_order_of_time_and_within_an_instant_in_the_order_of_scheduling() -> None:
    scheduler = Scheduler()
    seen: list[tuple[int, str]] = []
    for instant, name in ((20, "c"), (10, "a"), (20, "d"), (10, "b")):
        scheduler.at(instant, lambda text: seen.append((scheduler.now, text)), name)

    scheduler.run()

    assert seen == [(10, "a"), (10, "b"), (20, "c"), (20, "d")]


def test_a_callback_may_schedule_for_its_own_instant_and_it_happens_after_what_was_due_already() -> None:
    scheduler = Scheduler()
    seen: list[str] = []

    def first() -> None:
        seen.append("first")
        scheduler.after(0, seen.append, "third")

    scheduler.at(5, first)
    scheduler.at(5, seen.append, "second")
    scheduler.run()

    assert seen == ["first", "second", "third"]
    assert scheduler.now == 5


def test_the_past_cannot_be_scheduled() -> None:
    scheduler = Scheduler()
    scheduler.run(until=7)

    with pytest.raises(ValueError, match=r"^cannot schedule at 6 us: it is 7 us already$"):
        scheduler.at(6, print)


def test_until_includes_what_is_due_then_and_leaves_the_clock_there() -> None:
    scheduler = Scheduler()
    seen: list[int] = []
    for instant in (9, 10, 11):
        scheduler.at(instant, seen.append, instant)

    scheduler.run(until=10)

    assert (seen, scheduler.now) == ([9, 10], 10)
    scheduler.run(until=5)
    assert scheduler.now == 10


def test_a_run_without_end_is_over_when_only_background_timers_are_left() -> None:
    scheduler = Scheduler()
    seen: list[str] = []
    scheduler.at(1, seen.append, "watch early", background=True)
    scheduler.at(2, seen.append, "move")
    scheduler.at(3, seen.append, "watch late", background=True)

    assert not scheduler.idle
    scheduler.run()

    assert scheduler.idle
    assert (seen, scheduler.now) == (["watch early", "move"], 2)
    scheduler.run(until=3)
    assert seen[-1] == "watch late"


def test_a_cancelled_timer_never_happens_and_does_not_keep_the_run_going() -> None:
    scheduler = Scheduler()
    seen: list[str] = []
    timer = scheduler.at(5, seen.append, "never")
    timer.cancel()
    timer.cancel()

    assert scheduler.idle
    scheduler.run()
    assert (seen, scheduler.now) == ([], 0)


def test_cancelling_a_background_timer_or_one_that_has_happened_counts_nothing_twice() -> None:
    scheduler = Scheduler()
    happened = scheduler.at(1, lambda: None)
    watcher = scheduler.at(2, lambda: None, background=True)
    scheduler.run()
    happened.cancel()
    watcher.cancel()
    scheduler.at(3, lambda: None)

    assert not scheduler.idle
    scheduler.run()
    assert scheduler.idle


def test_stop_ends_the_run_after_the_callback_that_is_running() -> None:
    scheduler = Scheduler()
    seen: list[str] = []
    scheduler.at(1, scheduler.stop)
    scheduler.at(1, seen.append, "later")

    scheduler.run(until=10)
    assert (seen, scheduler.now) == ([], 1)

    scheduler.run(until=10)
    assert (seen, scheduler.now) == (["later"], 10)


def test_it_is_quiet_until_the_next_timer_or_the_end_of_the_run() -> None:
    scheduler = Scheduler()
    seen: list[int] = []
    cancelled = scheduler.at(15, seen.append, 0)
    for instant in (10, 20):
        scheduler.at(instant, lambda: seen.append(scheduler.quiet_before), background=instant == 20)
    cancelled.cancel()

    scheduler.run(until=30)

    assert seen == [20, 31]


def test_it_is_never_quiet_where_somebody_else_moves_the_clock() -> None:
    scheduler = Scheduler()
    seen: list[int] = []
    scheduler.at(0, lambda: seen.append(scheduler.quiet_before))

    scheduler.run_due()

    assert seen == [0]
    assert scheduler.quiet_before == 0
