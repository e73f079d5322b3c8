"""Provisioned pollers, and pollers in quiet times (semantics.md B2)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from delivery_lab.errors import DeploymentRefusedError
from delivery_lab.events import BatchReleased, InvokeEnded, InvokeStarted, MessageReceived
from delivery_lab.model.clock import seconds
from delivery_lab.model.mapping.scaling import ProvisionedScaling, StandardScaling
from delivery_lab.model.mapping.sqs_config import SqsProvisionedMode
from tests.model.support import Script, World, bodies


def throng(minimum: int, maximum: int, messages: int, takes_seconds: float = 1_000) -> World:
    world = World(lambda call: Script(takes_seconds=takes_seconds))
    queue = world.queue(visibility=900)
    world.function(timeout=900)
    world.mapping(queue, batch_size=1, provisioned=SqsProvisionedMode(minimum, maximum))
    world.send(queue, *bodies(messages))
    world.start()
    return world


def running(world: World) -> int:
    return len(world.events(InvokeStarted)) - len(world.events(InvokeEnded))


def test_esm_prov_1_each_poller_has_ten_invokes_at_once() -> None:
    world = throng(3, 3, messages=100)
    world.run(60)

    assert running(world) == 30


def test_esm_prov_1_each_poller_polls_ten_times_a_second() -> None:
    world = throng(2, 2, messages=200, takes_seconds=0.1)
    world.run(5)

    # A second's worth at once, then twenty a second.
    received = world.times_of(MessageReceived)
    assert [sum(1 for t in received if t < second) for second in (0.01, 1, 2, 3)] == [20, 39, 59, 79]


@pytest.mark.parametrize(
    ("pollers", "message"),
    [
        ((1, 200), "Value 1 at 'provisionedPollerConfig.minimumPollers' failed to satisfy constraint: 2 to 200"),
        (
            (2, 10_001),
            "Value 10001 at 'provisionedPollerConfig.maximumPollers' failed to satisfy constraint: 2 to 10000",
        ),
        ((9, 3), "MinimumPollers 9 is greater than MaximumPollers 3"),
    ],
)
def test_esm_prov_1_bounds_of_the_pollers(pollers: tuple[int, int], message: str) -> None:
    world = World()
    world.function()
    with pytest.raises(DeploymentRefusedError) as caught:
        world.mapping(world.queue(), provisioned=SqsProvisionedMode(*pollers))
    assert (caught.value.aws_message, caught.value.rule) == (message, "ESM-PROV-1")


def test_esm_prov_2_they_grow_by_a_thousand_invokes_a_minute() -> None:
    scaling = ProvisionedScaling(2, 10_000)
    for _ in range(60):
        scaling.grow(0)

    assert scaling.limit == 20 + 1_000


def test_esm_prov_2_up_to_the_maximum() -> None:
    world = throng(2, 4, messages=100)
    world.run(30)

    assert running(world) == 40


def test_esm_prov_3_they_grow_every_second_and_fall_back_when_there_is_nothing_to_do() -> None:
    scaling = ProvisionedScaling(2, 10_000)
    pollers = []
    for _ in range(3):
        scaling.grow(0)
        pollers.append(scaling.pollers)
    scaling.on_idle(seconds(4))

    assert pollers == [3, 5, 7]
    assert scaling.pollers == 2


def test_esm_prov_4_bytes_do_not_slow_a_poller_down_and_the_run_says_so() -> None:
    world = World()
    queue = world.queue()
    world.function()
    world.mapping(queue, batch_size=1, provisioned=SqsProvisionedMode(2, 2))
    world.send(queue, *("x" * 1_000_000 for _ in range(10)))
    world.start()
    world.run(0.5)

    assert len(world.calls) == 10
    assert "ESM-PROV-4" in world.journal.rules


def test_esm_prov_5_they_exclude_a_maximum_concurrency() -> None:
    world = World()
    world.function()
    with pytest.raises(DeploymentRefusedError) as caught:
        world.mapping(world.queue(), provisioned=SqsProvisionedMode(), maximum_concurrency=5)

    assert str(caught.value) == (
        "AWS would refuse mapping: InvalidParameterValueException: Maximum concurrency and provisioned mode cannot be "
        "used together (ESM-PROV-5)\n  fix: remove scalingConfig, or provisionedPollerConfig"
    )


def test_esm_prov_6_errors_do_not_slow_them_down() -> None:
    world = World(lambda call: Script(takes_seconds=1, error="RuntimeError"))
    queue = world.queue(visibility=900)
    world.function(timeout=5)
    world.mapping(queue, batch_size=1, provisioned=SqsProvisionedMode(2, 2))
    world.send(queue, *bodies(200))
    world.start()
    world.run(2)

    assert running(world) == 20
    assert "ESM-PROV-6" in world.journal.rules
    assert not {"ESM-ERROR-2", "ESM-ERROR-3"} & set(world.journal.rules)


def test_esm_prov_7_they_do_not_grow_while_the_function_throttles() -> None:
    scaling = ProvisionedScaling(2, 200)
    scaling.on_throttle(10)
    scaling.grow(10, 60)
    assert scaling.pollers == 2

    scaling.on_invoke(11)
    scaling.grow(11)
    assert scaling.pollers == 3


def test_esm_prov_7_a_poller_whose_batch_is_let_go_waits_until_its_visibility_is_over() -> None:
    world = World()
    queue = world.queue(visibility=30)
    world.function(timeout=30, reserved=0)
    world.mapping(queue, batch_size=1, provisioned=SqsProvisionedMode(2, 2))
    world.send(queue, *bodies(100))
    world.start()
    world.run(29.9)
    assert queue.counts() == (80, 20, 0)

    world.run(30)
    assert len(world.events(BatchReleased)) == 40
    assert "ESM-PROV-7" in world.journal.rules


def after_a_break(break_seconds: float, least: int, **settings: Any) -> int:
    """How many batches run at once when messages come after a break."""
    world = World(lambda call: Script(takes_seconds=0.1 if world.now < 1 else 500))
    world.account.assumptions = replace(world.account.assumptions, least_pollers=least)
    queue = world.queue(visibility=900)
    world.function(timeout=900)
    world.mapping(queue, batch_size=1, **settings)
    world.send(queue, "first")
    world.start()
    world.at(break_seconds, world.send, queue, *bodies(50))
    world.run(break_seconds + 0.5)
    return running(world)


@pytest.mark.parametrize(("break_seconds", "least", "found"), [(100, 5, 5), (100, 2, 2), (50, 2, 5)])
def test_esm_scale_4_pollers_after_a_minute_without_messages(break_seconds: float, least: int, found: int) -> None:
    assert after_a_break(break_seconds, least) == found


def test_esm_scale_4_not_with_a_maximum_concurrency() -> None:
    assert after_a_break(100, 2, maximum_concurrency=4) == 4


def test_esm_scale_4_fewer_pollers_grow_like_any() -> None:
    scaling = StandardScaling(least=2)
    scaling.on_idle(0)
    scaling.poll(seconds(60))
    assert scaling.limit == 2
    scaling.grow(0)
    assert scaling.limit == 7
