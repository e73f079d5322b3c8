"""Fair queues: noisy tenants of a standard queue, and whose messages come first."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from delivery_lab.events import WORKLOAD, TenantNamed
from delivery_lab.model.clock import seconds
from delivery_lab.model.sqs.fair import RecentTime
from delivery_lab.model.sqs.message import Delivery
from delivery_lab.model.sqs.queue import SqsQueue
from delivery_lab.rules.assumptions import Assumptions
from tests.model.support import World, receive, remaining


def world_with(fair_seconds: float = 300.0) -> tuple[World, SqsQueue]:
    world = World(assumptions=Assumptions(fair_seconds=fair_seconds))
    return world, world.queue(visibility=43_200, retention=1_209_600)


def send(queue: SqsQueue, tenant: str, count: int, first: int = 1) -> None:
    for number in range(first, first + count):
        queue.send(f"{tenant}{number}", group=tenant)


def take(queue: SqsQueue, count: int) -> list[Delivery]:
    return [delivery for _ in range(count) for delivery in queue.receive(1)]


def bodies(deliveries: Sequence[Delivery]) -> list[str]:
    return [delivery.message.body for delivery in deliveries]


def test_sqs_fair_1_a_tenant_with_30_messages_and_a_tenth_of_what_is_in_flight_is_noisy() -> None:
    def first_after(in_flight: int, of_others: int) -> str:
        _, queue = world_with()
        send(queue, "a", in_flight)
        for number in range(of_others):
            queue.send(f"other-{number}")
        take(queue, in_flight + of_others)
        send(queue, "a", 5, first=1_000)
        queue.send("quiet", group="b")
        return receive(queue, 1)[0]  # no time has passed, so nobody has taken processing time

    assert first_after(29, 0) == "a1000"
    assert first_after(30, 0) == "quiet"
    assert first_after(30, 269) == "quiet"
    assert first_after(30, 270) == "a1000"


def test_sqs_fair_1_so_is_one_with_a_tenth_of_recent_processing_time() -> None:
    def first_after(busy_seconds: float) -> str:
        world, queue = world_with()
        send(queue, "slow", 1)
        queue.send("other")
        slow, other = take(queue, 2)
        world.wait(busy_seconds)
        queue.delete(slow.receipt_handle)
        world.wait(100 - busy_seconds)
        queue.delete(other.receipt_handle)
        send(queue, "slow", 2, first=2)
        queue.send("quiet", group="b")
        return receive(queue, 1)[0]

    assert first_after(11) == "slow2"  # 11 of 111 s
    assert first_after(12) == "quiet"


@pytest.mark.parametrize(("looks_back", "first"), [(300.0, "quiet"), (30.0, "slow2")])
def test_sqs_fair_4_how_far_back_processing_time_is_looked_at(looks_back: float, first: str) -> None:
    world, queue = world_with(fair_seconds=looks_back)
    send(queue, "slow", 1)
    [slow] = take(queue, 1)
    world.wait(10)
    queue.delete(slow.receipt_handle)
    world.wait(60)
    send(queue, "slow", 2, first=2)
    queue.send("quiet", group="b")

    assert receive(queue, 1) == [first]
    assert "SQS-FAIR-4" in world.journal.rules


def test_sqs_fair_2_quiet_tenants_come_first_and_the_noisy_one_gets_what_is_left() -> None:
    world, queue = world_with()
    send(queue, "a", 100)
    take(queue, 30)
    send(queue, "b", 2)
    queue.send("without a group")
    send(queue, "c", 1)

    assert receive(queue, 10) == ["b1", "b2", "without a group", "c1", "a31", "a32", "a33", "a34", "a35", "a36"]
    assert {"SQS-FAIR-1", "SQS-FAIR-2", "SQS-FAIR-3"} <= set(world.journal.rules)
    assert len(remaining(queue)) == 104


def test_sqs_fair_2_of_noisy_tenants_the_one_with_the_fewest_in_flight_comes_first() -> None:
    _, queue = world_with()
    send(queue, "a", 50)
    send(queue, "b", 50)
    assert bodies(take(queue, 60)) == [f"{tenant}{number}" for tenant in "ab" for number in range(1, 31)]

    assert receive(queue, 4) == ["a31", "b31", "a32", "b32"]


def test_sqs_fair_3_with_its_backlog_gone_a_tenant_is_quiet() -> None:
    _, queue = world_with()
    send(queue, "a", 40)
    deliveries = take(queue, 40)
    for delivery in deliveries[:20]:
        queue.delete(delivery.receipt_handle)
    send(queue, "a", 1, first=41)
    send(queue, "b", 1)

    assert receive(queue, 2) == ["a41", "b1"]


@pytest.mark.parametrize(("waits", "first"), [(299.0, "b1"), (300.0, "a31")])
def test_sqs_fair_3_after_five_minutes_with_nothing_in_flight_a_tenant_is_quiet(waits: float, first: str) -> None:
    world, queue = world_with(fair_seconds=3_600.0)
    send(queue, "a", 100)
    taken = take(queue, 30)
    world.wait(400)
    send(queue, "b", 2)
    assert receive(queue, 1) == ["b1"]
    for delivery in taken:
        queue.delete(delivery.receipt_handle)
    world.wait(waits)
    send(queue, "a", 1, first=101)
    queue.send("b1", group="b")

    assert receive(queue, 1) == [first.replace("b1", "b2")]


def test_sqs_fair_3_a_set_aside_message_that_was_deleted_is_not_returned() -> None:
    _, queue = world_with()
    send(queue, "a", 33)
    take(queue, 30)
    send(queue, "b", 1)
    assert receive(queue, 2) == ["b1", "a31"]
    queue.clear("SQS-STALE-1", WORKLOAD)

    assert receive(queue, 10) == []


def test_a_queue_without_tenants_is_as_it_was() -> None:
    world, queue = world_with()
    world.send(queue, *(f"job-{number}" for number in range(50)))
    assert receive(queue, 3) == ["job-0", "job-1", "job-2"]
    assert not [rule for rule in world.journal.rules if rule.startswith("SQS-FAIR")]
    assert world.events(TenantNamed) == []


def test_a_message_names_its_tenant_in_events_and_in_what_handlers_see() -> None:
    world, queue = world_with()
    world.sqs("SendMessage", QueueUrl=queue.url, MessageBody="x", MessageGroupId="acme")
    answer = world.sqs("ReceiveMessage", QueueUrl=queue.url, MessageSystemAttributeNames=["MessageGroupId"])

    assert [event.tenant for event in world.events(TenantNamed)] == ["acme"]
    assert answer["Messages"][0]["Attributes"] == {"MessageGroupId": "acme"}


def test_processing_time_adds_up_within_the_last_while() -> None:
    time = RecentTime(seconds(300))
    time.count(0, 2)
    time.count(seconds(10), 1)
    assert time.until(seconds(10)) == seconds(20)
    assert time.until(seconds(100)) == seconds(110)
    time.count(seconds(100), 0)
    assert time.until(seconds(305)) == seconds(90)  # the first ten seconds are out of sight
    assert time.until(seconds(1_000)) == 0
