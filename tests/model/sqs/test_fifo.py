"""FIFO queues, rule by rule (semantics.md A5, A6)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pytest

from delivery_lab.errors import DeploymentRefusedError, NotModelledError
from delivery_lab.events import MessageExpired, SendDeduplicated
from delivery_lab.limits.queues import IN_FLIGHT
from delivery_lab.model.clock import seconds
from delivery_lab.model.runtime import AwsError
from delivery_lab.model.sqs import queue as queue_module
from delivery_lab.model.sqs.api import md5_of
from delivery_lab.model.sqs.attributes import FifoAttributes, QueueAttributes
from delivery_lab.model.sqs.fifo import FifoQueue
from delivery_lab.model.sqs.message import Delivery
from tests.model.support import World, receive, remaining


def fill(queue: FifoQueue, texts: Iterable[str]) -> None:
    """Send `a1`, `b1`, ...: the letter is the group."""
    for text in texts:
        queue.send(text, group=text[0], deduplication_id=text)


def handles(deliveries: list[Delivery]) -> dict[str, str]:
    return {delivery.message.body: delivery.receipt_handle for delivery in deliveries}


def test_sqs_fifo_1_nothing_behind_a_message_in_flight_is_returned() -> None:
    world = World()
    queue = world.fifo()
    fill(queue, ["a1", "a2", "b1"])

    first = queue.receive(1)
    assert [delivery.message.body for delivery in first] == ["a1"]
    assert receive(queue) == ["b1"]
    assert receive(queue) == []
    queue.delete(first[0].receipt_handle)
    assert receive(queue) == ["a2"]


def test_sqs_fifo_1_a_message_sent_while_its_group_is_in_flight_waits() -> None:
    queue = World().fifo()
    fill(queue, ["a1"])
    receive(queue)
    fill(queue, ["a2"])

    assert receive(queue) == []
    assert not queue.has_ready


def test_sqs_fifo_1_an_expired_message_in_flight_frees_its_group() -> None:
    world = World()
    queue = world.fifo(retention=60, visibility=100)
    fill(queue, ["a1"])
    receive(queue)
    world.run(30)
    fill(queue, ["a2"])
    world.run(60)

    assert receive(queue) == ["a2"]


@pytest.mark.parametrize(("extended", "returned"), [("a1", []), ("a2", ["a1"]), ("a3", ["a1", "a2"])])
def test_sqs_fifo_2_a_group_is_readable_up_to_a_message_that_is_still_hidden(
    extended: str, returned: list[str]
) -> None:
    world = World()
    queue = world.fifo(visibility=30)
    fill(queue, ["a1", "a2", "a3", "a4"])
    held = handles(queue.receive(3))
    queue.change_visibility(held[extended], 100)
    world.wait(30)

    assert receive(queue) == returned


def test_sqs_fifo_2_visibility_0_makes_the_head_readable_at_once() -> None:
    queue = World().fifo()
    fill(queue, ["a1", "a2"])
    held = handles(queue.receive(2))
    queue.change_visibility(held["a1"], 0)

    assert receive(queue) == ["a1"]


def test_sqs_fifo_3_a_repetition_within_five_minutes_is_accepted_and_dropped() -> None:
    world = World()
    queue = world.fifo()
    first = queue.send("one", group="a", deduplication_id="x")
    world.wait(299.999)
    again = queue.send("another body", group="b", deduplication_id="x")
    world.wait(0.001)
    new = queue.send("one", group="a", deduplication_id="x")

    assert again is first
    assert new is not first
    assert remaining(queue) == ["one", "one"]
    assert world.messages_of(SendDeduplicated) == [first.id]


def test_sqs_fifo_3_a_deleted_message_is_remembered() -> None:
    queue = World().fifo()
    fill(queue, ["a1"])
    queue.delete(queue.receive()[0].receipt_handle)
    fill(queue, ["a1"])

    assert remaining(queue) == []


def test_sqs_fifo_3_with_content_based_deduplication_the_body_counts_unless_an_id_is_given() -> None:
    queue = World().fifo(content_based=True)
    queue.send("same", group="a")
    queue.send("same", group="b")
    queue.send("same", group="a", deduplication_id="other")

    assert remaining(queue) == ["same", "same"]
    assert queue.messages[0].deduplication_id == ("0967115f2813a3541eaef77de9d9d5773f1c0c04314b0bbfe4ff3b3b1c55b5d5")


def test_sqs_fifo_3_the_scope_can_be_the_group() -> None:
    queue = World().queue(fifo=FifoAttributes(scope="messageGroup"))
    assert isinstance(queue, FifoQueue)
    for group in ("a", "b", "a"):
        queue.send(group, group=group, deduplication_id="x")

    assert remaining(queue) == ["a", "b"]


def test_sqs_fifo_4_a_receive_takes_one_group_as_far_as_it_can_and_then_the_next() -> None:
    queue = World().fifo()
    fill(queue, ["a1", "b1", "a2", "b2", "c1"])

    assert receive(queue, 3) == ["a1", "a2", "b1"]
    assert receive(queue, 10) == ["c1"]


def test_sqs_fifo_5_in_the_dead_letter_queue_the_message_is_known_by_its_id() -> None:
    world = World()
    dead = world.fifo("dead")
    queue = world.fifo(dead_letters=dead, max_receive_count=1, visibility=1)
    fill(queue, ["a1", "a2"])
    receive(queue, 1)
    world.wait(1)

    assert receive(queue) == ["a2"]
    (moved,) = dead.messages
    assert (moved.group, moved.deduplication_id) == ("a", moved.id)
    assert receive(dead) == ["a1"]


def test_sqs_fifo_6_no_rate_limits_a_queue_and_the_run_says_so() -> None:
    world = World()
    queue = world.fifo()
    fill(queue, [f"a{number}" for number in range(4_000)])

    assert len(queue.messages) == 4_000
    assert "SQS-FIFO-6" in world.journal.rules


URL = "https://sqs.us-east-1.amazonaws.com/123456789012/jobs"
OTHER_TYPE = "The request include parameter that is not valid for this queue type."


@pytest.mark.parametrize(
    ("parameters", "code", "message"),
    [
        ({}, "MissingParameter", "The request must contain the parameter MessageGroupId."),
        (
            {"MessageGroupId": "a"},
            "InvalidParameterValue",
            (
                "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided "
                "explicitly"
            ),
        ),
        (
            {"MessageGroupId": "a", "MessageDeduplicationId": "x", "DelaySeconds": 5},
            "InvalidParameterValue",
            f"Value 5 for parameter DelaySeconds is invalid. Reason: {OTHER_TYPE}",
        ),
        (
            {"MessageGroupId": "a b", "MessageDeduplicationId": "x"},
            "InvalidParameterValue",
            (
                "Value a b for parameter MessageGroupId is invalid. Reason: MessageGroupId can only include "
                "alphanumeric and punctuation characters. 1 to 128 in length."
            ),
        ),
    ],
)
def test_sqs_fifo_7_what_a_send_needs(parameters: dict[str, object], code: str, message: str) -> None:
    world = World()
    world.fifo()
    with pytest.raises(AwsError) as caught:
        world.sqs("SendMessage", QueueUrl=URL, MessageBody="x", **parameters)

    assert (caught.value.code, caught.value.message) == (code, message)


def test_sqs_fifo_7_a_delay_of_0_is_no_delay() -> None:
    world = World()
    queue = world.fifo(delay=5)
    world.sqs(
        "SendMessage", QueueUrl=URL, MessageBody="x", MessageGroupId="a", MessageDeduplicationId="x", DelaySeconds=0
    )

    assert receive(queue) == []
    world.wait(5)
    assert receive(queue) == ["x"]


def test_sqs_fifo_7_a_repetition_is_answered_with_the_md5_of_what_was_sent() -> None:
    world = World()
    world.fifo()
    sent = {"QueueUrl": URL, "MessageGroupId": "a", "MessageDeduplicationId": "x"}
    first = world.sqs("SendMessage", MessageBody="x", **sent)
    again = world.sqs("SendMessage", MessageBody="y", **sent)

    assert again["MessageId"] == first["MessageId"]
    assert again["MD5OfMessageBody"] == md5_of("y")


def test_sqs_fifo_7_a_send_is_answered_with_a_sequence_number_that_grows() -> None:
    world = World()
    world.fifo(content_based=True)
    first, second = (world.sqs("SendMessage", QueueUrl=URL, MessageBody=b, MessageGroupId="a") for b in "xy")

    assert len(first["SequenceNumber"]) == 20
    assert first["SequenceNumber"] < second["SequenceNumber"]


def test_sqs_fifo_7_records_carry_group_number_and_deduplication_id() -> None:
    world = World()
    queue = world.fifo()
    fill(queue, ["a1"])
    (message,) = world.sqs("ReceiveMessage", QueueUrl=URL, AttributeNames=["All"])["Messages"]

    attributes = message["Attributes"]
    assert attributes["MessageGroupId"] == "a"
    assert attributes["MessageDeduplicationId"] == "a1"
    assert attributes["SequenceNumber"] == queue.messages[0].sequence_number


def test_sqs_fifo_7_a_standard_queue_takes_a_group_as_a_tenant_and_no_deduplication_id() -> None:
    world = World()
    queue = world.queue()
    for body in ("one", "two"):
        world.sqs("SendMessage", QueueUrl=URL, MessageBody=body, MessageGroupId="a")
    assert receive(queue) == ["one", "two"]

    with pytest.raises(AwsError) as caught:
        world.sqs("SendMessage", QueueUrl=URL, MessageBody="x", MessageDeduplicationId="x")
    expected = f"Value x for parameter MessageDeduplicationId is invalid. Reason: {OTHER_TYPE}"
    assert caught.value.message == expected


def test_sqs_fifo_8_at_the_limit_nothing_is_returned_and_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue_module, "IN_FLIGHT", replace(IN_FLIGHT, maximum=2))
    world = World()
    queue = world.fifo()
    fill(queue, ["a1", "b1", "c1"])

    assert receive(queue) == ["a1", "b1"]
    assert world.sqs("ReceiveMessage", QueueUrl=URL) == {}
    assert "SQS-FIFO-8" in world.journal.rules


def test_sqs_fifo_9_the_group_that_has_been_readable_for_longest_comes_first() -> None:
    world = World()
    queue = world.fifo(visibility=5)
    fill(queue, ["a1"])
    receive(queue)
    world.wait(1)
    fill(queue, ["b1"])
    world.wait(4)

    assert receive(queue, 1) == ["b1"]


def test_sqs_fifo_10_a_new_delay_holds_for_messages_that_are_being_delayed() -> None:
    world = World()
    queue = world.fifo(delay=100)
    fill(queue, ["a1"])
    world.wait(10)
    world.sqs("SetQueueAttributes", QueueUrl=URL, Attributes={"DelaySeconds": "20"})
    world.wait(9)
    assert receive(queue) == []
    world.wait(1)
    assert receive(queue) == ["a1"]


def test_sqs_ret_3_a_moved_message_begins_its_retention_anew() -> None:
    world = World()
    dead = world.fifo("dead", retention=60)
    queue = world.fifo(dead_letters=dead, max_receive_count=1, visibility=50, retention=600)
    fill(queue, ["a1"])
    receive(queue)
    world.wait(50)
    receive(queue)
    world.wait(59)
    assert remaining(dead) == ["a1"]
    world.wait(1)
    assert remaining(dead) == []
    assert [event.rule for event in world.events(MessageExpired)] == ["SQS-RET-3"]


EXPIRED = r"Reason: The receipt handle has expired\.$"


@pytest.mark.parametrize("received_again", [False, True])
def test_sqs_stale_6_a_handle_that_has_expired_deletes_nothing(received_again: bool) -> None:
    world = World()
    queue = world.fifo(visibility=5)
    fill(queue, ["a1"])
    handle = queue.receive()[0].receipt_handle
    world.wait(5)
    if received_again:
        receive(queue)

    with pytest.raises(AwsError, match=EXPIRED) as caught:
        queue.delete(handle)
    assert caught.value.code == "InvalidParameterValue"
    assert remaining(queue) == ["a1"]


def test_sqs_stale_7_nor_does_it_change_the_visibility() -> None:
    world = World()
    queue = world.fifo(visibility=5)
    fill(queue, ["a1"])
    handle = queue.receive()[0].receipt_handle
    world.wait(5)

    with pytest.raises(AwsError, match=EXPIRED):
        queue.change_visibility(handle, 10)
    assert receive(queue) == ["a1"]


def test_deleting_twice_is_fine() -> None:
    queue = World().fifo()
    fill(queue, ["a1"])
    handle = queue.receive()[0].receipt_handle
    queue.delete(handle)
    queue.delete(handle)


def test_a_dead_letter_queue_is_of_the_same_type() -> None:
    world = World()
    dead = world.queue("dead")
    with pytest.raises(DeploymentRefusedError) as caught:
        world.fifo(dead_letters=dead)

    assert str(caught.value) == (
        "AWS would refuse jobs: InvalidParameterValue: Value "
        f'{{"deadLetterTargetArn":"{dead.arn}","maxReceiveCount":5}}'
        " for parameter RedrivePolicy is invalid. Reason: Dead-letter queue must be same type of queue as the source. "
        "(SQS-DLQ-3)\n"
        "  fix: set fifoQueue of dead to true"
    )


def test_attributes_of_a_fifo_queue_are_read_and_set() -> None:
    world = World()
    world.fifo()
    world.sqs("SetQueueAttributes", QueueUrl=URL, Attributes={"ContentBasedDeduplication": "true"})
    attributes = world.sqs("GetQueueAttributes", QueueUrl=URL, AttributeNames=["All"])["Attributes"]

    assert attributes["FifoQueue"] == "true"
    assert attributes["ContentBasedDeduplication"] == "true"
    assert attributes["DeduplicationScope"] == "queue"


@pytest.mark.parametrize(
    ("attributes", "name", "why"),
    [
        ({"ContentBasedDeduplication": "yes"}, "ContentBasedDeduplication", "yes is neither true nor false."),
        ({"DeduplicationScope": "all"}, "DeduplicationScope", "all is not one of queue, messageGroup."),
        (
            {"FifoThroughputLimit": "perMessageGroupId"},
            "FifoThroughputLimit",
            "perMessageGroupId needs the DeduplicationScope messageGroup.",
        ),
    ],
)
def test_attributes_that_a_fifo_queue_refuses(attributes: dict[str, str], name: str, why: str) -> None:
    with pytest.raises(AwsError) as caught:
        QueueAttributes(fifo=FifoAttributes()).changed(attributes)
    assert (caught.value.message, caught.value.why) == (f"Invalid value for the parameter {name}.", why)


@pytest.mark.parametrize("reverse", [False, True])
def test_attributes_of_one_request_are_judged_together(reverse: bool) -> None:
    both = {"DeduplicationScope": "messageGroup", "FifoThroughputLimit": "perMessageGroupId"}
    request = dict(reversed(both.items())) if reverse else both

    changed = QueueAttributes(fifo=FifoAttributes()).changed(request)

    assert changed.fifo == FifoAttributes(scope="messageGroup", throughput_limit="perMessageGroupId")
    back = {"DeduplicationScope": "queue", "FifoThroughputLimit": "perQueue"}
    assert changed.changed(back).fifo == FifoAttributes()


def test_the_type_of_a_queue_is_fixed_and_saying_it_again_changes_nothing() -> None:
    fifo = QueueAttributes(fifo=FifoAttributes())

    assert fifo.changed({"FifoQueue": "true"}) == fifo
    with pytest.raises(AwsError) as caught:
        fifo.changed({"FifoQueue": "false"})
    assert str(caught.value) == (
        "InvalidAttributeValue: Invalid value for the parameter FifoQueue. Reason: Modifying queue type is not "
        "supported."
    )


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("FifoQueue", "Unknown Attribute FifoQueue."),
        ("ContentBasedDeduplication", "Unknown Attribute ContentBasedDeduplication."),
        ("DeduplicationScope", "You can specify the DeduplicationScope only when FifoQueue is set to true."),
        ("FifoThroughputLimit", "You can specify the FifoThroughputLimit only when FifoQueue is set to true."),
    ],
)
def test_a_standard_queue_does_not_know_the_attributes_of_a_fifo_queue(name: str, message: str) -> None:
    with pytest.raises(AwsError) as caught:
        QueueAttributes().changed({name: "true"})
    assert str(caught.value) == f"InvalidAttributeName: {message}"


def test_a_receive_attempt_id_is_not_modelled_and_says_so() -> None:
    world = World()
    world.fifo()
    with pytest.raises(NotModelledError, match="ReceiveRequestAttemptId"):
        world.sqs("ReceiveMessage", QueueUrl=URL, ReceiveRequestAttemptId="x")


def test_a_long_poll_wakes_when_a_group_becomes_readable_not_when_a_message_behind_it_does() -> None:
    world = World()
    queue = world.fifo(visibility=30)
    fill(queue, ["a1", "a2"])
    held = handles(queue.receive(2))
    queue.change_visibility(held["a1"], 60)
    woken: list[int] = []

    def look() -> None:
        if queue.has_ready:
            woken.append(world.scheduler.now)
        else:
            queue.when_ready(look)

    queue.when_ready(look)
    world.run()

    assert woken == [seconds(60)]


@pytest.mark.parametrize(
    ("second", "message"),
    [
        ({"MessageDeduplicationId": "2"}, "The request must contain the parameter MessageGroupId."),
        (
            {"MessageGroupId": "a"},
            (
                "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided "
                "explicitly"
            ),
        ),
    ],
)
def test_sqs_fifo_11_an_entry_without_group_or_deduplication_id_ends_the_whole_batch(
    second: dict[str, str], message: str
) -> None:
    world = World()
    queue = world.fifo()
    first = {"Id": "1", "MessageBody": "a", "MessageGroupId": "a", "MessageDeduplicationId": "1"}
    with pytest.raises(AwsError) as caught:
        world.sqs("SendMessageBatch", QueueUrl=URL, Entries=[first, {"Id": "2", "MessageBody": "b", **second}])

    assert (caught.value.code, caught.value.status, caught.value.message) == ("InvalidParameterValue", 400, message)
    assert queue.messages == []


@pytest.mark.parametrize("name", ["MessageGroupId", "MessageDeduplicationId"])
@pytest.mark.parametrize("value", ["", "a" * 129, "group 123"])
def test_sqs_fifo_7_an_identifier_is_not_empty_nor_long_nor_has_it_spaces(name: str, value: str) -> None:
    world = World()
    world.fifo()
    both = {"MessageGroupId": "a", "MessageDeduplicationId": "a", name: value}
    with pytest.raises(AwsError) as caught:
        world.sqs("SendMessage", QueueUrl=URL, MessageBody="x", **both)

    assert caught.value.message == (
        f"Value {value} for parameter {name} is invalid. Reason: {name} can only include alphanumeric and punctuation "
        "characters. 1 to 128 in length."
    )
