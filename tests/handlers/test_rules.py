"""The rules of time inside a handler, by their ids."""

from __future__ import annotations

import pytest

from tests.handlers.world import World


def test_lam_freeze_1_between_invokes_threads_stand_still(world: World) -> None:
    function = world.function(
        """
        import threading, time
        def tick():
            while True:
                time.sleep(1)
                print("tick")
        def handler(event, context):
            threading.Thread(target=tick, daemon=True).start()
            time.sleep(2.5)
        """
    )
    with world.host:
        world.invoke(world.environment(function))
        during_the_invoke = list(world.text)
        world.scheduler.run(until=world.scheduler.now + 60_000_000)

    assert during_the_invoke == ["tick", "tick"]
    assert world.text == during_the_invoke


def test_lam_duration_1_code_takes_the_time_that_it_sleeps_and_at_least_a_millisecond(world: World) -> None:
    function = world.function(
        """
        import time
        def handler(event, context):
            sum(range(100_000))
            time.sleep(event)
        """
    )
    with world.host:
        environment = world.environment(function)
        world.invoke(environment, 0)
        start = world.scheduler.now
        world.invoke(environment, 0)
        nothing = world.scheduler.now - start
        world.invoke(environment, 2.5)

    assert nothing == 1_000
    assert world.scheduler.now - start - nothing == 2_500_000


@pytest.mark.parametrize("seed", range(20))
def test_sim_api_1_a_call_takes_five_to_fifteen_milliseconds(world: World, seed: int) -> None:
    world.seed = seed
    world.__post_init__()
    function = world.function(
        """
        import boto3, time
        sqs = boto3.client("sqs")
        def handler(event, context):
            before = time.monotonic()
            sqs.send_message(QueueUrl="https://queue", MessageBody="x")
            return time.monotonic() - before
        """
    )
    world.answer = lambda service, operation, parameters: {"MessageId": "m", "MD5OfMessageBody": "d"}
    with world.host:
        taken = world.result(world.environment(function))

    assert 0.005 <= taken <= 0.015
