"""How many batches a mapping works on at once (semantics.md B2, B3, B4)."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from delivery_lab.errors import DeploymentRefusedError
from delivery_lab.events import (
    BatchInvoked,
    InvokeRefused,
    MessageDeleted,
    MessageReceived,
    MessageReturned,
    PollersChanged,
)
from delivery_lab.model.mapping.error_share import ErrorShare
from delivery_lab.model.mapping.scaling import StandardScaling
from delivery_lab.model.sqs.queue import SqsQueue
from delivery_lab.rules.assumptions import Assumptions
from tests.model.support import Behaviour, Script, World, bodies, report, succeed


def takes(duration: float, error: str | None = None, payload: str = "null") -> Behaviour:
    return lambda call: Script(duration, payload, error)


def world_with(
    behave: Behaviour = succeed, messages: int = 0, reserved: int | None = None, timeout: int = 900, **settings: Any
) -> tuple[World, SqsQueue]:
    world = World(behave)
    queue = world.queue(visibility=3_600)
    world.function(timeout=timeout, reserved=reserved)
    world.mapping(queue, **({"batch_size": 1} | settings))
    world.send(queue, *bodies(messages))
    world.start()
    return world, queue


def batches_by_second(world: World) -> dict[float, int]:
    return dict(Counter(world.times_of(BatchInvoked)))


def most_at_once(world: World) -> int:
    """The highest number of messages that were received and not yet answered."""
    held = highest = 0
    for event in world.journal.events:
        held += {MessageReceived: 1, MessageDeleted: -1, MessageReturned: -1}.get(type(event), 0)
        highest = max(highest, held)
    return highest


def test_esm_scale_1_starts_with_5_concurrent_batches() -> None:
    world, queue = world_with(takes(100), messages=40)
    world.run(0.9)

    assert batches_by_second(world) == {0.0: 5}
    assert queue.counts() == (35, 5, 0)


def test_esm_scale_2_grows_by_300_a_minute_while_messages_wait_up_to_1250() -> None:
    scaling = StandardScaling()
    limits = []
    for _ in range(1, 400):
        scaling.grow(0)
        limits.append(scaling.limit)

    assert limits[59] - 5 == 300
    assert max(limits) == 1_250
    assert limits[248] == 1_250
    assert limits[247] < 1_250


def test_esm_scale_2_does_not_grow_without_a_backlog() -> None:
    world, _ = world_with(takes(100), messages=5)
    world.run(60)

    assert world.events(PollersChanged) == []


def test_esm_scale_2_grows_for_a_backlog_that_comes_while_all_are_busy() -> None:
    world, queue = world_with(takes(600), messages=5)
    world.run(10)
    world.send(queue, *bodies(12))
    world.run(20)

    assert batches_by_second(world) == {0.0: 5, 11.0: 5, 12.0: 5, 13.0: 2}


def test_esm_scale_3_grows_by_5_every_second() -> None:
    world, _ = world_with(takes(100), messages=23)
    world.run(10)

    assert batches_by_second(world) == {0.0: 5, 1.0: 5, 2.0: 5, 3.0: 5, 4.0: 3}
    assert [event.limit for event in world.events(PollersChanged)] == [10, 15, 20, 25]
    assert {event.rule for event in world.events(PollersChanged)} == {"ESM-SCALE-2"}
    assert "ESM-SCALE-3" in world.journal.rules


def test_esm_scale_3_falls_back_to_5_when_the_queue_is_empty_and_nothing_is_worked_on() -> None:
    world, queue = world_with(takes(10), messages=30)
    world.run(60)
    assert world.events(PollersChanged)
    world.send(queue, *bodies(30))
    world.run(60.5)

    assert batches_by_second(world)[60.0] == 5


@pytest.mark.parametrize("limit", [2, 3, 7])
def test_esm_conc_1_at_the_limit_nothing_more_is_received(limit: int) -> None:
    world, queue = world_with(takes(3), messages=100, maximum_concurrency=limit, batch_size=4)
    world.run(0.9)
    expected = min(limit, 5) * 4
    assert queue.counts() == (100 - expected, expected, 0)

    world.run()
    assert queue.messages == []
    assert most_at_once(world) == limit * 4
    assert world.events(InvokeRefused) == []


def test_esm_conc_1_a_batch_that_is_being_collected_counts() -> None:
    world, queue = world_with(takes(60), maximum_concurrency=2, batch_size=10, window_seconds=5)
    for second in range(1, 60):
        world.at(second, queue.send, f"job-{second}")
    world.run(59)

    # Two batches of a window of 5 s and the message that ends the poll, then both are being worked on: the others wait.
    assert [len(call.records) for call in world.calls] == [6, 6]
    assert queue.counts() == (59 - 12, 12, 0)


def test_esm_conc_1_with_reserved_concurrency_at_least_as_large_nothing_is_throttled() -> None:
    world, queue = world_with(takes(2), messages=50, maximum_concurrency=4, reserved=4)
    world.run()

    assert (world.events(InvokeRefused), queue.messages) == ([], [])


@pytest.mark.parametrize("value", [0, 1, 1_001])
def test_esm_conc_1_is_2_to_1000(value: int) -> None:
    with pytest.raises(DeploymentRefusedError) as caught:
        world_with(maximum_concurrency=value)

    assert str(caught.value) == (
        "AWS would refuse mapping: InvalidParameterValueException: Value "
        f"{value} at 'scalingConfig.maximumConcurrency' failed to satisfy constraint: 2 to 1000 (ESM-CONC-1)\n"
        "  fix: set scalingConfig.maximumConcurrency from 2 to 1000"
    )
    for allowed in (2, 1_000):
        world_with(maximum_concurrency=allowed)


def with_errors(scaling: StandardScaling, share: float, invokes: int = 1_000) -> int:
    """The limit after so many invokes, of which every so many fail."""
    for number in range(invokes):
        if share and number % round(1 / share) == 0:
            scaling.on_error()
        else:
            scaling.on_success()
    return scaling.limit


def grown() -> StandardScaling:
    scaling = StandardScaling()
    scaling.grow(0, 60)
    return scaling


@pytest.mark.parametrize(
    ("share", "least", "most"), [(0, 305, 305), (0.02, 35, 65), (0.05, 20, 35), (0.1, 12, 18), (0.5, 2, 4), (1, 1, 1)]
)
def test_esm_error_2_errors_leave_a_number_of_batches_by_their_share(share: float, least: int, most: int) -> None:
    assert least <= with_errors(grown(), share) <= most


def test_esm_error_2_backs_off_gradually() -> None:
    scaling = grown()
    limits = []
    for _ in range(400):
        scaling.on_error()
        limits.append(scaling.limit)

    assert limits[0] == 74
    assert limits == sorted(limits, reverse=True)
    assert limits[-1] == 1


def test_esm_error_2_successes_give_it_back() -> None:
    scaling = grown()
    assert with_errors(scaling, 0.1) < 20
    with_errors(scaling, 0, invokes=300)
    assert scaling.limit > 100


def test_esm_error_2_growth_does_not_undo_it() -> None:
    scaling = grown()
    with_errors(scaling, 0.1)
    before = scaling.limit
    scaling.grow(0, 60)
    assert scaling.limit == before
    with_errors(scaling, 0, invokes=2_000)
    assert scaling.limit == 305


def test_esm_error_2_a_mapping_of_a_failing_function_works_on_one_batch_at_a_time() -> None:
    world, _ = world_with(takes(10, error="ValueError"), messages=200)
    world.run(900)

    late = [count for at, count in batches_by_second(world).items() if at > 400]
    assert set(late) <= {1}
    assert "ESM-ERROR-2" in world.journal.rules


def test_esm_error_2_is_relied_on_only_where_the_share_of_errors_decides() -> None:
    traces = set()
    for value in (2.0, 3.0, 4.5):
        world = World(takes(1, error="ValueError"), assumptions=Assumptions(batches_when_half_fail=value))
        queue = world.queue(visibility=3_600)
        world.function(timeout=900)
        world.mapping(queue, batch_size=1, maximum_concurrency=5)
        world.send(queue, *bodies(20))
        world.start()
        world.run(20)
        traces.add(world.journal.hash())
        assert "ESM-ERROR-2" not in world.journal.rules  # 20 errors leave 5 batches, whatever the value

    assert len(traces) == 1


@pytest.mark.parametrize("batches_when_half_fail", [3.0, 1_000.0])
def test_esm_error_2_is_relied_on_where_a_plausible_value_would_decide(batches_when_half_fail: float) -> None:
    scaling = StandardScaling(errors=ErrorShare(batches_when_half_fail, least_plausible=2.0))
    for _ in range(22):
        scaling.on_error()
        assert scaling.limit == 5
    assert not scaling.held_back
    for _ in range(3):
        scaling.on_error()
    assert scaling.limit == 5
    assert scaling.held_back


def test_esm_error_2_a_timeout_is_an_error_too() -> None:
    world, _ = world_with(takes(60), messages=100, timeout=10, maximum_concurrency=5)
    world.run(200)

    counts = list(batches_by_second(world).values())
    assert (counts[0], counts[-1]) == (5, 2)


def test_esm_error_3_with_the_switch_errors_do_not_slow_the_polling() -> None:
    world, _ = world_with(
        takes(10, error="ValueError"), messages=20, report_batch_item_failures=True, maximum_concurrency=5
    )
    world.run(40)

    assert batches_by_second(world) == {0.0: 5, 10.25: 5, 20.25: 5, 30.25: 5}
    assert "ESM-ERROR-3" in world.journal.rules
    assert "ESM-ERROR-2" not in world.journal.rules


def test_esm_error_2_a_partial_failure_is_no_error_of_the_invoke() -> None:
    def behave(call: Any) -> Script:
        return Script(10, report(*call.ids))

    world, _ = world_with(behave, messages=20, maximum_concurrency=5)
    world.run(25)

    assert batches_by_second(world) == {0.0: 5, 10.25: 5, 20.25: 5}
