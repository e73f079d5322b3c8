"""Retention (semantics.md A3)."""

from __future__ import annotations

from delivery_lab.events import Actor, DeleteIgnored, MessageDeleted, MessageExpired
from tests.model.support import World, receive, remaining

DAY = 86_400


def test_sqs_ret_1_takes_messages_that_are_ready_delayed_or_in_flight() -> None:
    world = World()
    queue = world.queue(retention=60, visibility=300)
    world.send(queue, "in flight", "ready")
    queue.send("delayed", delay_seconds=900)
    queue.receive(1)
    assert queue.counts() == (1, 1, 1)

    world.run(59.999)
    assert len(queue.messages) == 3
    world.run(60)
    assert queue.messages == []
    assert queue.counts() == (0, 0, 0)
    assert [event.rule for event in world.events(MessageExpired)] == ["SQS-RET-1"] * 3


def test_sqs_ret_4_a_delete_of_a_message_that_retention_took_while_it_was_worked_on_reports_success() -> None:
    world = World()
    queue = world.queue(retention=60, visibility=300)
    world.send(queue, "a", "b")
    for_a, for_b = queue.receive(2)
    world.wait(61)

    answer = world.sqs("DeleteMessage", QueueUrl=queue.url, ReceiptHandle=for_a.receipt_handle)
    again = world.sqs("DeleteMessage", QueueUrl=queue.url, ReceiptHandle=for_a.receipt_handle)
    queue.delete_received(for_b, Actor("mapping", "mapping"))

    assert answer == again == {}
    assert world.events(MessageDeleted) == []
    assert [(event.message, event.rule) for event in world.events(DeleteIgnored)] == [
        (for_a.message.id, "SQS-RET-4"),
        (for_b.message.id, "SQS-RET-4"),
    ]
    assert "SQS-STALE-4" in world.journal.rules


def test_sqs_ret_1_each_message_has_its_own_age() -> None:
    world = World()
    queue = world.queue(retention=60)
    world.send(queue, "old")
    world.wait(30)
    world.send(queue, "young")

    world.run(60)
    assert remaining(queue) == ["young"]
    world.run(90)
    assert remaining(queue) == []
    assert world.times_of(MessageExpired) == [60.0, 90.0]


def test_sqs_ret_1_a_change_of_the_period_acts_on_messages_that_are_there() -> None:
    world = World()
    queue = world.queue(retention=14 * DAY)
    world.send(queue, "a")
    world.wait(100)
    world.sqs("SetQueueAttributes", QueueUrl=queue.url, Attributes={"MessageRetentionPeriod": "120"})

    world.run(119)
    assert remaining(queue) == ["a"]
    world.run(120)
    assert remaining(queue) == []


def test_sqs_ret_1_lowering_the_period_below_the_age_ends_the_message_even_if_nothing_else_moves() -> None:
    world = World()
    queue = world.queue()
    world.send(queue, "a")
    world.wait(100)
    world.sqs("SetQueueAttributes", QueueUrl=queue.url, Attributes={"MessageRetentionPeriod": "60"})

    world.run()
    assert remaining(queue) == []
    assert world.now == 100


def test_sqs_ret_1_waiting_for_expiry_does_not_keep_a_run_going() -> None:
    world = World()
    queue = world.queue(retention=60)
    world.send(queue, "a")

    world.run()
    assert (world.now, remaining(queue)) == (0, ["a"])


def test_sqs_ret_1_deleted_messages_do_not_expire() -> None:
    world = World()
    queue = world.queue(retention=60)
    world.send(queue, "a")
    queue.delete(queue.receive()[0].receipt_handle)

    world.run(100)
    assert world.events(MessageExpired) == []


def test_sqs_ret_2_time_in_the_source_is_taken_off_the_dead_letter_queues_retention() -> None:
    world = World()
    dead = world.queue("dead", retention=4 * DAY)
    queue = world.queue(retention=4 * DAY, visibility=30, dead_letters=dead, max_receive_count=1)
    world.send(queue, "a")
    receive(queue)
    world.wait(3 * DAY)
    receive(queue)
    assert remaining(dead) == ["a"]

    world.run(4 * DAY - 1)
    assert remaining(dead) == ["a"]
    world.run(4 * DAY)
    assert remaining(dead) == []
    (event,) = world.events(MessageExpired)
    assert (event.rule, event.queue) == ("SQS-RET-2", "dead")


def test_sqs_ret_2_a_message_older_than_the_dead_letter_queues_retention_expires_on_arrival() -> None:
    world = World()
    dead = world.queue("dead", retention=60)
    queue = world.queue(retention=4 * DAY, visibility=30, dead_letters=dead, max_receive_count=1)
    world.send(queue, "a")
    receive(queue)
    world.wait(61)
    receive(queue)

    world.run()
    assert (remaining(queue), remaining(dead)) == ([], [])
    assert world.times_of(MessageExpired) == [61.0]
