"""Throttled invokes of a mapping (semantics.md B4): retries, limits, receive counts."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from delivery_lab.events import (
    ApiCallRefused,
    BatchInvoked,
    BatchReleased,
    BatchResult,
    BatchRetryScheduled,
    FunctionConfigured,
    InvokeRefused,
    MessageDeadLettered,
    MessageReceived,
    PollersChanged,
)
from delivery_lab.model.clock import seconds
from delivery_lab.model.mapping.decisions import next_throttle_retry
from delivery_lab.model.mapping.throttled_growth import ThrottledGrowth
from delivery_lab.model.runtime import FunctionConfig
from delivery_lab.model.sqs.queue import SqsQueue
from delivery_lab.rules.assumptions import ThrottleRetryLimit
from tests.model.support import Script, World, bodies, remaining

OBSERVED = ThrottleRetryLimit.FUNCTION_TIMEOUT_LEFT
DOCUMENTED = ThrottleRetryLimit.VISIBILITY_LEFT


def throttled_world(
    *, visibility: int = 30, timeout: int = 5, limit: int = 3, retention: int = 345_600, **settings: Any
) -> tuple[World, SqsQueue, SqsQueue]:
    """A mapping of a function with reserved concurrency 0."""
    world = World()
    dead = world.queue("dead")
    queue = world.queue(visibility=visibility, retention=retention, dead_letters=dead, max_receive_count=limit)
    world.function(timeout=timeout, reserved=0)
    world.mapping(queue, **settings)
    return world, queue, dead


@pytest.mark.parametrize("limit", ThrottleRetryLimit)
def test_esm_throttle_1_however_often_it_is_throttled_it_costs_one_receive_per_visibility_timeout(
    limit: ThrottleRetryLimit,
) -> None:
    world, queue, dead = throttled_world(visibility=100, limit=3, throttle_retry_limit=limit)
    world.send(queue, "a")
    world.start()
    world.run()

    assert world.times_of(MessageReceived) == [0.0, 100.0, 200.0]
    assert world.times_of(MessageDeadLettered) == [300.0]
    assert remaining(dead) == ["a"]
    assert len(world.events(InvokeRefused)) > 3 * 4
    assert (world.calls, world.events(BatchInvoked, BatchResult)) == ([], [])


def test_esm_throttle_1_the_same_batch_is_invoked_when_there_is_room_without_a_new_receive() -> None:
    durations = iter([12.0, 1.0])
    world = World(lambda call: Script(next(durations)))
    queue = world.queue(visibility=120)
    world.function(timeout=20, reserved=1)
    world.mapping(queue, batch_size=2)
    world.send(queue, "a", "b", "c", "d")
    world.start()
    world.run()

    assert [call.bodies for call in world.calls] == [["a", "b"], ["c", "d"]]
    assert 12.25 < world.calls[1].at_seconds < 40
    assert len(world.events(MessageReceived)) == 4
    assert remaining(queue) == []
    retries = world.events(BatchRetryScheduled)
    assert [event.attempt for event in retries] == list(range(1, len(retries) + 1))
    assert {event.messages for event in retries} == {tuple(world.calls[1].ids)}


def test_esm_throttle_1_a_batch_that_is_let_go_is_not_deleted_and_comes_back_by_itself() -> None:
    world, queue, _ = throttled_world(visibility=30, limit=10)
    world.send(queue, "a")
    world.start()
    world.run(29.9)
    assert len(world.events(BatchReleased)) == 1
    assert queue.counts() == (0, 1, 0)

    world.run(30)
    assert world.times_of(MessageReceived) == [0.0, 30.0]


def test_esm_throttle_2_function_timeout_equal_to_visibility_is_never_tried_again() -> None:
    world, queue, _ = throttled_world(visibility=900, timeout=900)
    world.send(queue, "a")
    world.start()
    world.run(899)

    assert world.times_of(InvokeRefused) == [0.0]
    assert [(event.instant_us, event.rule) for event in world.events(BatchReleased)] == [(0, "ESM-THROTTLE-2")]


def test_esm_throttle_2_is_tried_again_only_while_one_function_timeout_is_left() -> None:
    world, queue, _ = throttled_world(visibility=900, timeout=150)
    world.send(queue, "a")
    world.start()
    world.run(899)

    attempts = world.times_of(InvokeRefused)
    assert len(attempts) > 20
    # The last one is at most one spacing before the end of the time, and never after it.
    assert 900 - 150 - 30 <= attempts[-1] <= 900 - 150


def test_esm_throttle_2_the_documented_limit_goes_on_to_the_end_of_the_visibility_timeout() -> None:
    world, queue, _ = throttled_world(visibility=900, timeout=900, throttle_retry_limit=DOCUMENTED)
    world.send(queue, "a")
    world.start()
    world.run(899.9)

    attempts = world.times_of(InvokeRefused)
    assert 900 - 30 <= attempts[-1] < 900
    assert [event.rule for event in world.events(BatchReleased)] == ["ESM-THROTTLE-1"]
    assert "ESM-THROTTLE-2" in world.journal.rules  # the observed limit would have given up


def test_esm_throttle_3_a_poller_with_a_throttled_batch_takes_nothing_else() -> None:
    world, queue, _ = throttled_world(visibility=300, limit=10, batch_size=1)
    world.send(queue, *bodies(50))
    world.start()
    world.run(100)

    assert queue.counts() == (45, 5, 0)
    assert "ESM-THROTTLE-3" in world.journal.rules


def test_esm_throttle_3_is_an_assumption_of_every_run_with_a_throttled_batch() -> None:
    world = World(lambda call: Script(takes_seconds=2))
    queue = world.queue(visibility=60)
    world.function(timeout=5, reserved=1)
    world.mapping(queue, batch_size=1)
    world.send(queue, "a")
    world.start()
    world.run(5)
    assert "ESM-THROTTLE-3" not in world.journal.rules

    world.send(queue, "b", "c")
    world.run()
    assert remaining(queue) == []
    assert world.events(BatchReleased) == []
    assert "ESM-THROTTLE-3" in world.journal.rules


def test_esm_throttle_3_a_batch_that_is_let_go_takes_its_poller_with_it() -> None:
    world, queue, _ = throttled_world(visibility=900, timeout=900, batch_size=1)
    world.send(queue, *bodies(50))
    world.start()
    world.run(149.9)
    assert len(world.events(BatchReleased)) == 5
    assert queue.counts() == (45, 5, 0)

    # 0.4 a minute: a poller every 150 s, which is let go again.
    world.run(900 - 0.1)
    assert world.times_of(PollersChanged) == [150.0, 300.0, 450.0, 600.0, 750.0]
    assert [event.limit for event in world.events(PollersChanged)] == [1] * 5
    assert queue.counts() == (40, 10, 0)


def test_esm_throttle_3_grows_by_a_share_of_what_runs() -> None:
    """Twenty batches run all the time; eight a minute are tried besides, and let go."""
    world = World(lambda call: Script(800))
    queue = world.queue(visibility=900)
    world.function(timeout=900, reserved=20)
    world.mapping(queue, batch_size=1)
    world.send(queue, *bodies(200))
    world.start()
    world.run(60)
    first = len(world.events(BatchReleased))
    world.run(360)

    assert len(world.calls) == 20
    assert len(world.events(BatchReleased)) - first == 5 * 8


@pytest.mark.parametrize(("share", "running", "in_a_minute"), [(0.4, 0, 0), (0.4, 5, 2), (0.4, 60, 24), (0.4, 900, 30)])
def test_esm_throttle_3_by_at_most_30_a_minute(share: float, running: int, in_a_minute: int) -> None:
    growth = ThrottledGrowth(share)

    assert sum(growth.step(running) for _ in range(60)) == in_a_minute


def test_esm_throttle_3_until_more_run_at_once_than_when_it_was_throttled() -> None:
    growth = ThrottledGrowth()
    growth.on_throttle(3)
    growth.on_invoke(3)
    assert growth.slow

    growth.on_invoke(4)
    assert not growth.slow


def test_esm_throttle_3_until_the_backlog_is_over() -> None:
    world = World(lambda call: Script(100))
    queue = world.queue(visibility=900)
    world.function(timeout=900, reserved=3)
    world.mapping(queue, batch_size=1)
    world.send(queue, *bodies(5))
    world.start()
    world.run(10)
    world.send(queue, *bodies(10, start=6))
    world.run(10)

    # Two of five were let go, and no more were there: so five pollers are there again, two of them free.
    assert queue.counts() == (8, 7, 0)


def test_esm_throttle_3_reaches_a_queue_also_with_no_poller_left() -> None:
    """The run does not end while messages wait for the next poller."""
    world, queue, _ = throttled_world(visibility=2, timeout=1, retention=3_600, limit=1_000, maximum_concurrency=2)
    world.send(queue, "a", "b")
    world.start()
    world.run()

    assert world.now >= 3_600
    assert remaining(queue) == []


def test_esm_throttle_4_waits_1_2_4_up_to_30_s_each_shortened_by_up_to_a_half() -> None:
    world, queue, _ = throttled_world(visibility=300)
    world.send(queue, "a")
    world.start()
    world.run(290)

    attempts = world.times_of(InvokeRefused)
    waits = [later - earlier for earlier, later in itertools.pairwise(attempts)]
    for wait, longest in zip(waits, [1, 2, 4, 8, 16, 30, 30, 30], strict=False):
        assert longest / 2 <= wait <= longest
    assert "ESM-THROTTLE-4" in world.journal.rules


@given(
    attempt=st.integers(0, 2_000),
    now=st.integers(0, seconds(1_000)),
    left=st.integers(0, seconds(1_000)),
    timeout=st.integers(1, 900),
    chance=st.floats(0, 1),
    limit=st.sampled_from(ThrottleRetryLimit),
)
def test_esm_throttle_2_and_4_hold_for_every_moment(
    attempt: int, now: int, left: int, timeout: int, chance: float, limit: ThrottleRetryLimit
) -> None:
    longest = min(30, 2 ** min(attempt, 5))
    instant = next_throttle_retry(
        now, attempt, visible_at=now + left, function_timeout_seconds=timeout, limit=limit, chance=chance
    )
    needed = seconds(timeout) if limit is OBSERVED else 0
    if instant is None:
        assert left < seconds(longest) + needed + 1
    else:
        assert seconds(longest / 2) <= instant - now <= seconds(longest)
        assert instant + needed <= now + left
        assert limit is OBSERVED or instant < now + left


def test_a_throttled_batch_without_any_visibility_left_does_not_stop_the_clock() -> None:
    world, queue, _ = throttled_world(visibility=30, limit=50)
    world.sqs("SetQueueAttributes", QueueUrl=queue.url, Attributes={"VisibilityTimeout": "0"})
    world.send(queue, "a")
    world.start()
    world.run(100)

    assert world.now == 100
    assert len(world.events(MessageReceived)) == 5


def test_sqs_stale_5_a_mapping_whose_handle_has_expired_leaves_the_message_in_the_queue() -> None:
    twelve_hours = 43_200
    world = World(lambda call: Script(800))
    queue = world.queue(visibility=twelve_hours)
    world.function(timeout=900, reserved=0)
    world.mapping(queue, throttle_retry_limit=DOCUMENTED, batch_size=1, maximum_concurrency=2)
    world.send(queue, "a", "b")
    world.start()
    world.run(twelve_hours - 100)
    # Somebody gives the function its concurrency back, so late that its work ends after the handles do.
    world.account.functions.add(_unreserved(world))
    world.journal.append(FunctionConfigured(world.scheduler.now, None, "worker", 900, None))
    while not world.events(BatchResult):
        world.wait(1)

    (error,) = world.events(ApiCallRefused)
    assert (error.rule, error.code) == ("SQS-STALE-5", "InvalidParameterValue")
    assert twelve_hours + 700 < world.now < twelve_hours + 800
    assert remaining(queue) == ["a", "b"]


def _unreserved(world: World) -> FunctionConfig:
    return replace(world.account.functions.configuration("worker"), reserved_concurrency=None)


def test_retries_of_one_seed_are_the_same_and_of_another_are_not() -> None:
    def attempts(seed: int) -> list[float]:
        world = World(seed=seed)
        queue = world.queue(visibility=60)
        world.function(reserved=0)
        world.mapping(queue)
        world.send(queue, "a")
        world.start()
        world.run(59)
        return world.times_of(InvokeRefused)

    assert attempts(1) == attempts(1)
    assert attempts(1) != attempts(2)
