"""Receiving: order, how many, long polling, the in-flight limit (semantics.md A4)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from delivery_lab.limits.queues import IN_FLIGHT
from delivery_lab.model.runtime import AwsError, LongPoll
from delivery_lab.model.sqs import queue as queue_module
from delivery_lab.rules.assumptions import Assumptions, ReturnedPlace
from tests.model.support import World, bodies, receive, remaining


def test_sqs_order_3_returns_what_has_been_ready_longest_first_and_as_much_as_was_asked_for() -> None:
    world = World()
    queue = world.queue()
    queue.send("delayed to 5", delay_seconds=5)
    world.wait(2)
    world.send(queue, "sent at 2")
    world.wait(8)
    world.send(queue, "sent at 10", "sent at 10, too")

    assert receive(queue, 3) == ["sent at 2", "delayed to 5", "sent at 10"]
    assert receive(queue, 3) == ["sent at 10, too"]
    assert "SQS-ORDER-1" not in world.journal.rules


@pytest.mark.parametrize(
    ("reading", "order"),
    [(ReturnedPlace.KEPT, ["returned", "before", "after"]), (ReturnedPlace.BACK, ["before", "returned", "after"])],
)
def test_sqs_order_1_where_a_message_stands_that_is_visible_again(reading: ReturnedPlace, order: list[str]) -> None:
    world = World(assumptions=Assumptions(returned_place=reading))
    queue = world.queue(visibility=10)
    world.send(queue, "returned")
    queue.receive(1)
    world.wait(5)
    world.send(queue, "before")
    world.wait(15)
    world.send(queue, "after")

    assert receive(queue, 3) == order
    assert "SQS-ORDER-1" in world.journal.rules


@pytest.mark.parametrize(("allowed", "goes"), [(None, False), (3, False), (4, True), (5, True)])
def test_sqs_order_2_a_message_that_was_received_three_times_goes_to_the_back(allowed: int | None, goes: bool) -> None:
    world = World()
    dead_letters = world.queue("dlq") if allowed else None
    queue = world.queue(visibility=10, dead_letters=dead_letters, max_receive_count=allowed or 5)
    world.send(queue, "again")
    seen = []
    for number in range(4):
        world.send(queue, f"backlog-{number}")
        seen += receive(queue, 1)
        world.wait(10)

    others = [f"backlog-{number}" for number in range(4)]
    moved = allowed == 3  # by the fourth receive
    assert seen == ["again", "again", "again", "backlog-0" if goes or moved else "again"]
    left = others if moved else [*others[:3], "again", others[3]] if goes else ["again", *others]
    assert receive(queue, 10) == left
    assert ("SQS-ORDER-2" in world.journal.rules) is goes


def test_a_receive_returns_one_message_unless_told_otherwise_and_at_most_ten() -> None:
    world = World()
    queue = world.queue()
    world.send(queue, *bodies(15))

    assert len(world.sqs("ReceiveMessage", QueueUrl=queue.url)["Messages"]) == 1
    assert len(world.sqs("ReceiveMessage", QueueUrl=queue.url, MaxNumberOfMessages=10)["Messages"]) == 10
    assert len(world.sqs("ReceiveMessage", QueueUrl=queue.url, MaxNumberOfMessages=10)["Messages"]) == 4
    assert world.sqs("ReceiveMessage", QueueUrl=queue.url, MaxNumberOfMessages=10) == {}


@pytest.mark.parametrize(
    ("parameter", "value", "reason"),
    [
        ("MaxNumberOfMessages", 0, "Must be between 1 and 10, if provided."),
        ("MaxNumberOfMessages", 11, "Must be between 1 and 10, if provided."),
        ("WaitTimeSeconds", -1, "Must be >= 0 and <= 20, if provided."),
        ("WaitTimeSeconds", 21, "Must be >= 0 and <= 20, if provided."),
    ],
)
def test_parameters_out_of_bounds_are_refused(parameter: str, value: int, reason: str) -> None:
    world = World()
    queue = world.queue()
    world.send(queue, "a")
    with pytest.raises(AwsError) as caught:
        world.sqs("ReceiveMessage", QueueUrl=queue.url, **{parameter: value})

    assert str(caught.value) == (
        f"InvalidParameterValue: Value {value} for parameter {parameter} is invalid. Reason: {reason}"
    )
    assert queue.counts() == (1, 0, 0)


def test_attributes_are_returned_only_as_far_as_they_are_asked_for() -> None:
    world = World()
    queue = world.queue(visibility=0)
    attribute = {"DataType": "String", "StringValue": "x"}
    world.sqs(
        "SendMessage",
        QueueUrl=queue.url,
        MessageBody="a",
        MessageAttributes={"order.id": attribute, "order.kind": attribute, "tenant": attribute},
    )

    def got(**wanted: Any) -> tuple[list[str], list[str]]:
        (message,) = world.sqs("ReceiveMessage", QueueUrl=queue.url, **wanted)["Messages"]
        return sorted(message.get("Attributes", ())), sorted(message.get("MessageAttributes", ()))

    assert got() == ([], [])
    assert got(AttributeNames=["SenderId"]) == (["SenderId"], [])
    assert got(MessageSystemAttributeNames=["ApproximateReceiveCount", "SentTimestamp"]) == (
        ["ApproximateReceiveCount", "SentTimestamp"],
        [],
    )
    assert len(got(MessageSystemAttributeNames=["All"])[0]) == 4
    assert got(MessageAttributeNames=["tenant"]) == ([], ["tenant"])
    assert got(MessageAttributeNames=["order.*"]) == ([], ["order.id", "order.kind"])
    for everything in ("All", ".*"):
        assert got(MessageAttributeNames=[everything]) == ([], ["order.id", "order.kind", "tenant"])


def _answer(world: World, poll: LongPoll) -> list[tuple[float, list[str]]]:
    """Do what a caller in virtual time does: ask again when it makes sense, until the wait is over."""
    answers: list[tuple[float, list[str]]] = []
    end = world.now + poll.wait_seconds

    def again() -> None:
        answer = poll.attempt() if not answers else None
        if isinstance(answer, dict):
            answers.append((world.now, [message["Body"] for message in answer["Messages"]]))
        elif not answers and world.now < end:
            poll.when_ready(again)

    def give_up() -> None:
        if not answers:
            assert poll.empty == {}
            answers.append((world.now, []))

    poll.when_ready(again)
    world.at(end, give_up)
    return answers


def test_sqs_poll_1_returns_at_once_if_something_is_ready() -> None:
    world = World()
    queue = world.queue()
    world.send(queue, "a")

    assert world.sqs("ReceiveMessage", QueueUrl=queue.url, WaitTimeSeconds=20)["Messages"][0]["Body"] == "a"


def test_sqs_poll_1_returns_as_soon_as_a_message_is_sent() -> None:
    world = World()
    queue = world.queue()
    answers = _answer(world, world.long_poll(QueueUrl=queue.url, WaitTimeSeconds=20))
    world.at(7, queue.send, "a")
    world.run()

    assert answers == [(7, ["a"])]


def test_sqs_poll_1_returns_as_soon_as_a_message_is_visible_again_or_its_delay_over() -> None:
    world = World()
    queue = world.queue(visibility=12)
    world.send(queue, "returns")
    queue.receive()
    queue.send("delayed", delay_seconds=15)
    answers = _answer(world, world.long_poll(QueueUrl=queue.url, WaitTimeSeconds=20, MaxNumberOfMessages=10))
    world.run()

    assert answers == [(12, ["returns"])]


def test_sqs_poll_1_follows_a_change_of_the_visibility() -> None:
    world = World()
    queue = world.queue(visibility=300)
    world.send(queue, "a")
    (delivery,) = queue.receive()
    answers = _answer(world, world.long_poll(QueueUrl=queue.url, WaitTimeSeconds=20))
    world.at(3, queue.change_visibility, delivery.receipt_handle, 0)
    world.run(30)

    assert answers == [(3, ["a"])]


def test_sqs_poll_1_is_not_fooled_by_a_message_that_is_deleted_or_extended_meanwhile() -> None:
    world = World()
    queue = world.queue(visibility=5)
    world.send(queue, "deleted", "extended")
    first, second = queue.receive(2)
    answers = _answer(world, world.long_poll(QueueUrl=queue.url, WaitTimeSeconds=20))
    world.at(3, queue.delete, first.receipt_handle)
    world.at(4, queue.change_visibility, second.receipt_handle, 10)
    world.run()

    assert answers == [(14, ["extended"])]


def test_sqs_poll_1_returns_empty_handed_when_the_time_is_over() -> None:
    world = World()
    queue = world.queue(visibility=300)
    world.send(queue, "a")
    queue.receive()
    answers = _answer(world, world.long_poll(QueueUrl=queue.url, WaitTimeSeconds=20))
    world.run(25)

    assert answers == [(20, [])]


def test_sqs_poll_1_the_queues_own_wait_holds_unless_the_call_has_one() -> None:
    world = World()
    queue = world.queue(wait=17)

    assert world.long_poll(QueueUrl=queue.url).wait_seconds == 17
    assert world.long_poll(QueueUrl=queue.url, WaitTimeSeconds=3).wait_seconds == 3
    assert world.sqs("ReceiveMessage", QueueUrl=queue.url, WaitTimeSeconds=0) == {}


def test_sqs_poll_1_of_two_that_wait_one_gets_the_message_and_the_other_waits_on() -> None:
    world = World()
    queue = world.queue()
    first = _answer(world, world.long_poll(QueueUrl=queue.url, WaitTimeSeconds=20))
    second = _answer(world, world.long_poll(QueueUrl=queue.url, WaitTimeSeconds=20))
    world.at(5, queue.send, "a")
    world.at(6, queue.send, "b")
    world.run(30)

    assert sorted([first, second]) == [[(5, ["a"])], [(6, ["b"])]]


def test_sqs_poll_1_moves_exhausted_messages_and_waits_on() -> None:
    world = World()
    dead = world.queue("dead")
    queue = world.queue(visibility=5, dead_letters=dead, max_receive_count=1)
    world.send(queue, "a")
    queue.receive()
    answers = _answer(world, world.long_poll(QueueUrl=queue.url, WaitTimeSeconds=20))
    world.run(4)
    assert remaining(dead) == []
    world.run(30)

    assert (answers, remaining(dead)) == ([(20, [])], ["a"])


def test_sqs_limit_1_is_about_120000() -> None:
    assert IN_FLIGHT.maximum == 120_000


def test_sqs_limit_1_beyond_a_short_poll_is_answered_with_over_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue_module, "IN_FLIGHT", replace(IN_FLIGHT, maximum=3))
    world = World()
    queue = world.queue(visibility=30)
    world.send(queue, *bodies(5))
    answer = world.sqs("ReceiveMessage", QueueUrl=queue.url, MaxNumberOfMessages=10)
    assert len(answer["Messages"]) == 3

    with pytest.raises(AwsError) as caught:
        world.sqs("ReceiveMessage", QueueUrl=queue.url)
    assert (caught.value.code, caught.value.message) == ("OverLimit", "Too many messages in flight.")
    assert "SQS-LIMIT-1" in world.journal.rules

    queue.delete(answer["Messages"][0]["ReceiptHandle"])
    assert receive(queue) == ["job-4"]


def test_sqs_limit_1_beyond_a_long_poll_returns_nothing_until_there_is_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue_module, "IN_FLIGHT", replace(IN_FLIGHT, maximum=2))
    world = World()
    queue = world.queue(visibility=300)
    world.send(queue, *bodies(3))
    first, _ = queue.receive(10)
    waiting = _answer(world, world.long_poll(QueueUrl=queue.url, WaitTimeSeconds=10))
    world.run(15)
    assert waiting == [(10, [])]

    waiting = _answer(world, world.long_poll(QueueUrl=queue.url, WaitTimeSeconds=10))
    world.at(18, queue.delete, first.receipt_handle)
    world.run(30)
    assert waiting == [(18, ["job-3"])]


def test_sqs_limit_1_messages_that_return_make_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue_module, "IN_FLIGHT", replace(IN_FLIGHT, maximum=2))
    world = World()
    queue = world.queue(visibility=8)
    world.send(queue, *bodies(3))
    queue.receive(10)
    waiting = _answer(world, world.long_poll(QueueUrl=queue.url, WaitTimeSeconds=20, MaxNumberOfMessages=10))
    world.run(30)

    assert waiting == [(8, ["job-1", "job-2"])]


def test_sqs_limit_1_a_mapping_at_the_limit_waits_instead_of_spinning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue_module, "IN_FLIGHT", replace(IN_FLIGHT, maximum=2))
    world = World()
    queue = world.queue()
    world.function()
    world.mapping(queue, batch_size=1)
    world.start()
    world.send(queue, *bodies(6))
    world.run()

    assert [call.bodies for call in world.calls] == [[body] for body in bodies(6)]
    assert remaining(queue) == []
