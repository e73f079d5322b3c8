"""Who gets a message that several wait for."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from delivery_lab.events import BatchInvoked, MessageFiltered, MessageReceived
from delivery_lab.model.mapping.filters import parse_patterns
from delivery_lab.model.sqs.queue import SqsQueue
from tests.model.support import Script, World, bodies, remaining


def world_with(settings: dict[str, dict[str, Any]], seed: int = 1) -> tuple[World, SqsQueue]:
    """A queue that several mappings read, each with a function of its own."""
    world = World(lambda call: Script(takes_seconds=0.5), seed)
    queue = world.queue()
    for name, given in settings.items():
        world.function(name)
        world.mapping(queue, name=name, function=name, batch_size=1, **given)
    world.start()
    return world, queue


def received(world: World) -> Counter[str]:
    return Counter(event.by.name for event in world.events(MessageReceived))


@pytest.mark.parametrize("names", [("a", "b"), ("b", "a"), ("z", "a")])
@pytest.mark.parametrize("every_seconds", [5.0, 0.001, 0.0])
def test_sqs_share_1_mappings_of_one_queue_get_about_half_each(names: tuple[str, str], every_seconds: float) -> None:
    world, queue = world_with({name: {} for name in names})
    for number in range(200):
        world.at(1 + number * every_seconds, queue.send, f"job-{number}")
    world.run()

    counts = received(world)
    assert counts.total() == 200
    assert all(70 <= counts[name] <= 130 for name in names)
    assert "SQS-SHARE-1" in world.journal.rules


def test_sqs_share_1_who_gets_a_message_follows_the_seed() -> None:
    def order(seed: int) -> list[str]:
        world, queue = world_with({"a": {}, "b": {}}, seed)
        for number in range(20):
            world.at(number, queue.send, f"job-{number}")
        world.run()
        return [event.mapping for event in world.events(BatchInvoked)]

    assert order(1) == order(1)
    assert len({tuple(order(seed)) for seed in range(5)}) == 5


def test_sqs_share_1_one_mapping_alone_draws_nothing() -> None:
    world, queue = world_with({"a": {}})
    world.send(queue, *bodies(20))
    world.run()

    assert received(world) == {"a": 20}
    assert "SQS-SHARE-1" not in world.journal.rules


def test_sqs_share_1_a_mapping_without_a_free_poller_leaves_messages_to_the_other() -> None:
    world = World(lambda call: Script(takes_seconds=60 if call.function == "slow" else 0.5))
    queue = world.queue(visibility=120)
    for name in ("slow", "quick"):
        world.function(name, timeout=100)
        world.mapping(queue, name=name, function=name, batch_size=1, maximum_concurrency=2)
    world.start()
    for number in range(40):
        world.at(1 + number, queue.send, f"job-{number}")
    world.run()

    assert received(world) == {"slow": 2, "quick": 38}


def test_esm_filter_1_what_a_mapping_rejects_is_lost_to_the_other_mapping_of_its_queue() -> None:
    own = {name: {"patterns": parse_patterns([f'{{"body": ["{name}"]}}'])} for name in ("a", "b")}
    world, queue = world_with(own)
    for number in range(200):
        world.at(number, queue.send, "abc"[number % 2])
    world.run()

    rejected = world.events(MessageFiltered)
    assert remaining(queue) == []
    assert len(world.calls) + len(rejected) == 200
    assert 70 <= len(rejected) <= 130
    assert {event.mapping: event.wanted_by for event in rejected} == {"a": ("b",), "b": ("a",)}


def test_esm_filter_1_what_no_mapping_takes_is_lost_to_none() -> None:
    world, queue = world_with(
        {
            "a": {"patterns": parse_patterns(['{"body": ["a"]}'])},
            "b": {"patterns": parse_patterns(['{"body": ["b"]}'])},
            "off": {"enabled": False},
        }
    )
    world.at(1, queue.send, "c")
    world.run()

    assert [event.wanted_by for event in world.events(MessageFiltered)] == [()]
