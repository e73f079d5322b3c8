"""What AWS refuses when a mapping is created, and what it does not notice later (semantics.md B1, B5)."""

from __future__ import annotations

from typing import Any

import pytest

from delivery_lab.errors import DeploymentRefusedError
from delivery_lab.events import MessageDeleted
from tests.model.support import Script, World


def refusal(world: World, *args: Any, **settings: Any) -> str:
    with pytest.raises(DeploymentRefusedError) as caught:
        world.mapping(*args, **settings)
    return str(caught.value)


@pytest.mark.parametrize("size", [0, 10_001])
def test_esm_batch_1_the_size_is_1_to_10000(size: int) -> None:
    world = World()
    world.function()

    assert refusal(world, world.queue(), batch_size=size, window_seconds=1) == (
        f"AWS would refuse mapping: InvalidParameterValueException: Value {size} at 'batchSize' failed to satisfy "
        "constraint: 1 to 10000 (ESM-BATCH-1)\n  fix: set batchSize from 1 to 10000"
    )
    for allowed in (1, 10_000):
        World.mapping(world, world.queue(f"q{allowed}"), name=f"m{allowed}", batch_size=allowed, window_seconds=1)


def test_esm_batch_1_above_10_a_window_is_required() -> None:
    world = World()
    world.function()

    assert refusal(world, world.queue(), batch_size=11) == (
        "AWS would refuse mapping: InvalidParameterValueException: Maximum batch window in seconds must be greater "
        "than 0 if maximum batch size is greater than 10 (ESM-BATCH-1)\n"
        "  fix: set a batching window of at least 1 s, or a batch size of 10"
    )
    world.mapping(world.queue("other"), batch_size=11, window_seconds=1)


@pytest.mark.parametrize("window", [-1, 301])
def test_esm_batch_2_the_window_is_0_to_300_s(window: int) -> None:
    world = World()
    world.function()

    assert refusal(world, world.queue(), window_seconds=window) == (
        f"AWS would refuse mapping: InvalidParameterValueException: Value {window} at 'maximumBatchingWindowInSeconds' "
        "failed to satisfy constraint: 0 to 300 (ESM-BATCH-2)\n  fix: set maximumBatchingWindowInSeconds from 0 to 300"
    )
    for allowed in (0, 300):
        world.mapping(world.queue(f"q{allowed}"), name=f"m{allowed}", window_seconds=allowed)


def test_esm_vt_1_a_visibility_timeout_below_the_functions_timeout_is_refused_in_awss_words() -> None:
    world = World()
    world.function(timeout=120)

    assert refusal(world, world.queue(visibility=60)) == (
        "AWS would refuse mapping: InvalidParameterValueException: Queue visibility timeout: 60 seconds is less than "
        "Function timeout: 120 seconds (ESM-VT-1)\n"
        "  fix: set the queue's visibility timeout to 720 s (6 x function timeout + batching window), or shorten the "
        "function's timeout"
    )
    assert world.account.mappings == {}


def test_esm_vt_1_equal_is_accepted() -> None:
    world = World()
    world.function(timeout=60)
    world.mapping(world.queue(visibility=60))


def test_esm_vt_1_the_fix_counts_the_window_and_stays_within_what_a_queue_can_have() -> None:
    world = World()
    world.function(timeout=900)
    assert "to 5700 s (6 x" in refusal(world, world.queue(visibility=60), window_seconds=300)


def test_esm_vt_1_a_disabled_mapping_is_checked_too() -> None:
    world = World()
    world.function(timeout=60)
    assert "(ESM-VT-1)" in refusal(world, world.queue(visibility=59), enabled=False)


def test_esm_vt_3_later_changes_are_not_checked_and_the_next_update_of_the_mapping_is_refused() -> None:
    world = World(lambda call: Script(20))
    queue = world.queue(visibility=10)
    world.function(timeout=10)
    mapping = world.mapping(queue)
    world.account.functions.set_timeout("worker", 60)
    world.send(queue, "a")
    world.start()
    world.run(15)

    # The deployment works on, and the message is delivered a second time while the first invoke still runs.
    assert [call.bodies for call in world.calls] == [["a"], ["a"]]
    assert world.calls[0].deadline_seconds == 60.25
    with pytest.raises(DeploymentRefusedError, match=r"timeout: 10 seconds is less than Function timeout: 60 seconds"):
        mapping.config.check(queue, world.account.functions.configuration("worker").timeout_seconds)


def test_esm_vt_3_lowering_the_queues_visibility_timeout_is_not_checked_either() -> None:
    world = World()
    queue = world.queue(visibility=30)
    world.function(timeout=30)
    world.mapping(queue)
    world.sqs("SetQueueAttributes", QueueUrl=queue.url, Attributes={"VisibilityTimeout": "5"})

    assert queue.attributes.visibility_timeout_seconds == 5


def test_esm_one_1_a_second_mapping_of_the_same_queue_and_function_is_refused() -> None:
    world = World()
    world.function()
    world.function("other")
    queue = world.queue()
    world.mapping(queue)

    assert refusal(world, queue, name="second") == (
        "AWS would refuse second: ResourceConflictException: An event source mapping with SQS arn "
        f'(" {queue.arn} ") and function (" worker ") already exists. Please update or delete the existing mapping '
        "with UUID mapping (ESM-ONE-1)\n  fix: remove one of the two mappings"
    )
    world.mapping(queue, name="third", function="other")
    world.mapping(world.queue("more"), name="fourth")


def test_two_functions_on_one_queue_share_its_messages() -> None:
    world = World()
    world.function()
    world.function("other")
    queue = world.queue()
    world.mapping(queue, batch_size=1)
    world.mapping(queue, name="second", function="other", batch_size=1)
    world.start()
    for second in range(20):
        world.at(second, queue.send, f"job-{second}")
    world.run()

    assert len(world.calls) == 20
    assert len({call.ids[0] for call in world.calls}) == 20
    assert len(world.events(MessageDeleted)) == 20
