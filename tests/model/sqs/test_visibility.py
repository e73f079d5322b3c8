"""Visibility timeouts (semantics.md A1) and receive counts (A2)."""

from __future__ import annotations

import pytest

from delivery_lab.events import MessageDeadLettered, MessageReturned, VisibilityChanged
from delivery_lab.model.clock import seconds
from delivery_lab.model.runtime import AwsError
from tests.model.support import World, receive

HOUR = 3_600


def test_sqs_vt_1_hides_from_the_receive_until_the_timeout_ends_and_no_longer() -> None:
    world = World()
    queue = world.queue(visibility=30)
    world.send(queue, "a")
    world.wait(7)
    assert receive(queue) == ["a"]

    world.wait(29.999999)
    assert receive(queue) == []
    world.wait(0.000001)
    assert receive(queue) == ["a"]


def test_sqs_vt_1_the_end_of_the_timeout_moves_nothing() -> None:
    world = World()
    dead = world.queue("dead")
    queue = world.queue(visibility=5, dead_letters=dead, max_receive_count=1)
    world.send(queue, "a")
    receive(queue)

    world.wait(600)
    assert (len(queue.messages), len(dead.messages)) == (1, 0)
    assert queue.counts() == (1, 0, 0)
    assert world.events(MessageDeadLettered) == []


def test_sqs_vt_1_the_journal_says_since_when_a_message_is_visible_that_nobody_looked_for() -> None:
    world = World()
    queue = world.queue(visibility=30)
    world.send(queue, "a", "b")
    queue.receive(1)
    world.wait(10)
    queue.receive(1)
    world.wait(30)
    queue.receive(2)

    (first, second) = world.events(MessageReturned)
    assert (first.instant_us, first.since_us) == (seconds(40), seconds(30))
    assert (second.instant_us, second.since_us) == (seconds(40), seconds(40))


def test_sqs_vt_1_a_timeout_of_the_receive_holds_for_its_messages_only() -> None:
    world = World()
    queue = world.queue(visibility=30)
    world.send(queue, "a", "b")
    answer = world.sqs("ReceiveMessage", QueueUrl=queue.url, VisibilityTimeout=5)
    world.sqs("ReceiveMessage", QueueUrl=queue.url)
    assert answer["Messages"][0]["Body"] == "a"

    world.wait(5)
    assert receive(queue) == ["a"]  # and this receive hides it for the queue's 30 s again
    world.wait(25)
    assert receive(queue) == ["b"]
    world.wait(5)
    assert receive(queue) == ["a"]


def test_sqs_vt_1_a_receive_with_timeout_zero_leaves_the_message_ready_and_counts() -> None:
    world = World()
    queue = world.queue()
    world.send(queue, "a")
    for count in (1, 2, 3):
        (delivery,) = queue.receive(1, 0)
        assert delivery.receive_count == count


def test_sqs_vt_1_messages_in_flight_keep_their_timeout_when_the_queue_gets_another_one() -> None:
    world = World()
    queue = world.queue(visibility=30)
    world.send(queue, "a")
    receive(queue)
    world.sqs("SetQueueAttributes", QueueUrl=queue.url, Attributes={"VisibilityTimeout": "5"})

    world.wait(29)
    assert receive(queue) == []
    world.wait(1)
    assert receive(queue) == ["a"]
    world.wait(5)
    assert receive(queue) == ["a"]


def test_sqs_vt_2_counts_from_the_call_and_not_on_top_of_what_was_left() -> None:
    world = World()
    queue = world.queue(visibility=30)
    world.send(queue, "a")
    (delivery,) = queue.receive()
    world.wait(20)
    queue.change_visibility(delivery.receipt_handle, 15)

    world.wait(14)
    assert receive(queue) == []
    world.wait(1)
    assert receive(queue) == ["a"]


def test_sqs_vt_2_can_shorten() -> None:
    world = World()
    queue = world.queue(visibility=30)
    world.send(queue, "a")
    (delivery,) = queue.receive()
    queue.change_visibility(delivery.receipt_handle, 3)

    world.wait(3)
    assert receive(queue) == ["a"]


def test_sqs_vt_2_is_not_permanent() -> None:
    world = World()
    queue = world.queue(visibility=30)
    world.send(queue, "a")
    (delivery,) = queue.receive()
    queue.change_visibility(delivery.receipt_handle, 100)
    world.wait(100)
    assert receive(queue) == ["a"]

    world.wait(30)
    assert receive(queue) == ["a"]


def test_sqs_vt_2_does_not_touch_the_receive_count() -> None:
    world = World()
    queue = world.queue()
    world.send(queue, "a")
    (delivery,) = queue.receive()
    for _ in range(5):
        queue.change_visibility(delivery.receipt_handle, 10)
    world.wait(10)

    assert queue.receive()[0].receive_count == 2


def test_sqs_vt_3_asking_for_more_than_is_left_of_12_hours_is_refused_and_changes_nothing() -> None:
    world = World()
    queue = world.queue(visibility=60)
    world.send(queue, "a")
    (delivery,) = queue.receive()
    world.wait(1)

    with pytest.raises(AwsError) as caught:
        queue.change_visibility(delivery.receipt_handle, 12 * HOUR)

    assert (caught.value.code, caught.value.status) == ("InvalidParameterValue", 400)
    assert caught.value.message == (
        "Value 43200 for parameter VisibilityTimeout is invalid. Reason: Total VisibilityTimeout for the message is "
        "beyond the limit [43200 seconds]."
    )
    assert "SQS-VT-3" in world.journal.rules
    world.wait(59)
    assert receive(queue) == ["a"]


def test_sqs_vt_3_extending_does_not_start_the_12_hours_anew() -> None:
    world = World()
    queue = world.queue(visibility=60)
    world.send(queue, "a")
    (delivery,) = queue.receive()
    for _ in range(11):
        queue.change_visibility(delivery.receipt_handle, HOUR + 60)
        world.wait(HOUR)
    queue.change_visibility(delivery.receipt_handle, HOUR)

    with pytest.raises(AwsError, match="beyond the limit"):
        queue.change_visibility(delivery.receipt_handle, HOUR + 1)
    world.wait(HOUR)
    assert receive(queue) == ["a"]


def test_sqs_vt_3_43195_s_right_after_the_receive_is_accepted() -> None:
    world = World()
    queue = world.queue()
    world.send(queue, "a")
    (delivery,) = queue.receive()
    world.wait(0.01)

    queue.change_visibility(delivery.receipt_handle, 43_195)
    world.wait(43_194)
    assert receive(queue) == []


def test_sqs_vt_3_a_new_receive_has_12_hours_of_its_own() -> None:
    world = World()
    queue = world.queue(visibility=60)
    world.send(queue, "a")
    receive(queue)
    world.wait(10 * HOUR)
    (delivery,) = queue.receive()

    queue.change_visibility(delivery.receipt_handle, 11 * HOUR)
    world.wait(11 * HOUR - 1)
    assert receive(queue) == []


def test_sqs_vt_4_zero_ends_the_hiding_at_once() -> None:
    world = World()
    queue = world.queue(visibility=30)
    world.send(queue, "a")
    (delivery,) = queue.receive()
    assert queue.counts() == (0, 1, 0)
    queue.change_visibility(delivery.receipt_handle, 0)

    assert queue.counts() == (1, 0, 0)
    (again,) = queue.receive()
    assert again.receive_count == 2
    assert [event.rule for event in world.events(VisibilityChanged)] == ["SQS-VT-4"]


@pytest.mark.parametrize("timeout", [-1, 43_201])
def test_the_api_refuses_a_visibility_timeout_out_of_bounds(timeout: int) -> None:
    world = World()
    queue = world.queue()
    world.send(queue, "a")
    handle = world.sqs("ReceiveMessage", QueueUrl=queue.url)["Messages"][0]["ReceiptHandle"]
    message = (
        f"Value {timeout} for parameter VisibilityTimeout is invalid. Reason: Must be >= 0 and <= 43200, if provided."
    )

    for operation, parameters in (
        ("ReceiveMessage", {}),
        ("ChangeMessageVisibility", {"ReceiptHandle": handle}),
    ):
        with pytest.raises(AwsError) as caught:
            world.sqs(operation, QueueUrl=queue.url, VisibilityTimeout=timeout, **parameters)
        assert (caught.value.code, caught.value.message) == ("InvalidParameterValue", message)


def test_sqs_count_1_goes_up_by_one_with_every_receive_whatever_happens_to_the_message() -> None:
    world = World()
    queue = world.queue(visibility=10)
    world.send(queue, "a")
    counts = []
    for _ in range(4):
        (message,) = world.sqs(
            "ReceiveMessage", QueueUrl=queue.url, MessageSystemAttributeNames=["ApproximateReceiveCount"]
        )["Messages"]
        counts.append(message["Attributes"]["ApproximateReceiveCount"])
        world.wait(10)

    assert counts == ["1", "2", "3", "4"]


def test_sqs_count_1_is_carried_on_in_the_dead_letter_queue_and_the_move_does_not_count() -> None:
    world = World()
    dead = world.queue("dead")
    queue = world.queue(visibility=10, dead_letters=dead, max_receive_count=1)
    world.send(queue, "a")
    receive(queue)
    world.wait(10)
    receive(queue)

    assert dead.receive()[0].receive_count == 2


def test_system_attributes_tell_when_it_was_sent_and_first_received() -> None:
    world = World()
    queue = world.queue(visibility=10)
    world.wait(1)
    world.send(queue, "a")
    world.wait(2)
    receive(queue)
    world.wait(10)
    (message,) = world.sqs("ReceiveMessage", QueueUrl=queue.url, AttributeNames=["All"])["Messages"]

    start = 1_767_225_600_000
    assert message["Attributes"] == {
        "ApproximateReceiveCount": "2",
        "SentTimestamp": str(start + 1_000),
        "SenderId": "AROAEXAMPLE:delivery-lab",
        "ApproximateFirstReceiveTimestamp": str(start + 3_000),
    }
