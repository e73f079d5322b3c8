from __future__ import annotations

from typing import Any

from tests.handlers.world import World, WorldMaker

TEXT = """
    import boto3, logging, random, threading, time, uuid
    from concurrent.futures import ThreadPoolExecutor
    logging.getLogger().setLevel("INFO")
    sqs = boto3.client("sqs")
    def one(n):
        time.sleep(random.random())
        sqs.send_message(QueueUrl="https://q", MessageBody=str(n))
        logging.info("%s %s %s", n, uuid.uuid4(), threading.current_thread().name)
        return n
    def handler(event, context):
        with ThreadPoolExecutor(3) as pool:
            return [list(pool.map(one, range(event))), time.time()]
"""


def outcome(world: World, count: int) -> tuple[list[Any], ...]:
    function = world.function(TEXT)
    with world.host:
        for number in range(1, count + 1):
            world.start(world.environment(function, number), 5, f"r{number}")
        world.scheduler.run()
    return world.lines, world.calls, world.answers


def test_the_same_seed_gives_the_same_run(make_world: WorldMaker) -> None:
    first = outcome(make_world(seed=11), 3)
    assert first == outcome(make_world(seed=11), 3)
    assert first != outcome(make_world(seed=12), 3)
    assert len(first[0]) == len(first[1]) == 15


def test_an_environment_draws_the_same_whatever_others_do(make_world: WorldMaker) -> None:
    alone = [line for line in outcome(make_world(seed=11), 1)[0] if line.environment == 1]
    among = [line for line in outcome(make_world(seed=11), 4)[0] if line.environment == 1]
    assert alone == among
