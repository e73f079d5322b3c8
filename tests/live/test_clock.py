"""Real time, as the model takes it."""

from __future__ import annotations

import threading
import time

import pytest

from delivery_lab.live.clock import RealClock, RealTimeScheduler
from delivery_lab.model.clock import seconds

_FAST = 1000.0
_LONG = seconds(100_000)


def _scheduler() -> RealTimeScheduler:
    scheduler = RealTimeScheduler(RealClock(_FAST))
    scheduler.clock.begin()
    return scheduler


def test_timers_come_in_their_order_and_not_before_their_time() -> None:
    scheduler, came = _scheduler(), list[tuple[str, int]]()
    for name, at in (("third", 30), ("first", 10), ("second", 20)):
        scheduler.at(seconds(at), lambda name=name: came.append((name, scheduler.now)))
    scheduler.at(seconds(15), came.append, ("cancelled", 0)).cancel()
    assert scheduler.run_until(lambda: len(came) == 3, _LONG)
    assert [name for name, _ in came] == ["first", "second", "third"]
    assert all(now >= seconds(at) for (_, now), at in zip(came, (10, 20, 30), strict=True))


def test_a_timer_that_comes_late_is_noted() -> None:
    scheduler = _scheduler()
    assert scheduler.late == 0
    over = list[bool]()
    scheduler.at(seconds(1), lambda: time.sleep(0.02))  # 20 s of the fast clock, in which the next one was due
    scheduler.at(seconds(5), over.append, True)
    assert scheduler.run_until(lambda: bool(over), _LONG)
    assert scheduler.late >= seconds(10)


def test_what_other_threads_hand_over_is_done_by_the_deciding_one() -> None:
    scheduler, by = _scheduler(), list[threading.Thread]()
    threading.Thread(target=lambda: scheduler.post(lambda: by.append(threading.current_thread()))).start()
    assert scheduler.run_until(lambda: bool(by), _LONG)
    assert by == [threading.current_thread()]


def test_a_failure_of_another_thread_ends_the_run() -> None:
    scheduler = _scheduler()
    scheduler.fail(OSError("gone"))
    with pytest.raises(OSError, match=r"^gone$"):
        scheduler.run_until(lambda: False, _LONG)


def test_a_run_that_is_not_over_ends_at_its_limit() -> None:
    scheduler = _scheduler()
    assert not scheduler.run_until(lambda: False, seconds(1))
    assert scheduler.now >= seconds(1)


def test_times_of_a_faster_clock_are_instants_of_the_run() -> None:
    clock = RealClock(10.0, agreed_at=0.0)
    assert clock.instant_of(clock.epoch + 30) == pytest.approx(seconds(30), abs=1)
    assert clock.instant_of(clock.epoch - 30) == 0
    assert clock.real_seconds_until(seconds(1_000)) == pytest.approx(100, abs=5)
