"""Sending: delays, sizes, batches, what is refused (semantics.md A4)."""

from __future__ import annotations

from typing import Any

import pytest

from delivery_lab.errors import NotModelledError
from delivery_lab.events import MessageSent
from delivery_lab.model.runtime import AwsError
from tests.model.support import World, receive, remaining

MIB = 1_048_576
ENTRY_ID = (
    "A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most 80 "
    "letters long."
)


def _entries(count: int, **extra: Any) -> list[dict[str, Any]]:
    return [{"Id": f"e{number}", "MessageBody": f"job-{number}"} | extra for number in range(1, count + 1)]


def test_sqs_delay_1_a_message_is_not_returned_before_the_queues_delay_is_over() -> None:
    world = World()
    queue = world.queue(delay=10)
    world.send(queue, "a")
    assert queue.counts() == (0, 0, 1)

    world.wait(9.999999)
    assert receive(queue) == []
    world.wait(0.000001)
    assert queue.counts() == (1, 0, 0)
    assert receive(queue) == ["a"]


def test_sqs_delay_1_the_messages_own_delay_replaces_the_queues_even_if_it_is_zero() -> None:
    world = World()
    queue = world.queue(delay=10)
    world.sqs("SendMessage", QueueUrl=queue.url, MessageBody="now", DelaySeconds=0)
    world.sqs("SendMessage", QueueUrl=queue.url, MessageBody="later", DelaySeconds=900)
    world.sqs("SendMessage", QueueUrl=queue.url, MessageBody="as the queue says")

    assert receive(queue) == ["now"]
    world.wait(10)
    assert receive(queue) == ["as the queue says"]
    world.wait(890)
    assert "later" in receive(queue)


def test_sqs_delay_1_changing_the_queues_delay_does_not_touch_messages_that_wait_already() -> None:
    world = World()
    queue = world.queue(delay=10)
    world.send(queue, "a")
    world.sqs("SetQueueAttributes", QueueUrl=queue.url, Attributes={"DelaySeconds": "100"})
    world.wait(10)

    assert receive(queue) == ["a"]


@pytest.mark.parametrize("delay", [-1, 901])
def test_a_delay_out_of_bounds_is_refused(delay: int) -> None:
    world = World()
    queue = world.queue()
    with pytest.raises(AwsError) as caught:
        world.sqs("SendMessage", QueueUrl=queue.url, MessageBody="a", DelaySeconds=delay)

    assert str(caught.value) == (
        f"InvalidParameterValue: Value {delay} for parameter DelaySeconds is invalid. Reason: "
        "DelaySeconds must be >= 0 and <= 900."
    )
    assert remaining(queue) == []


def test_sqs_size_1_a_message_may_have_the_queues_maximum_and_not_a_byte_more() -> None:
    world = World()
    queue = world.queue(largest=1_024)
    world.sqs("SendMessage", QueueUrl=queue.url, MessageBody="x" * 1_024)

    with pytest.raises(AwsError) as caught:
        world.sqs("SendMessage", QueueUrl=queue.url, MessageBody="x" * 1_025)
    assert str(caught.value) == (
        "InvalidParameterValue: One or more parameters are invalid. Reason: Message must be shorter than 1024 bytes."
    )


def test_sqs_size_1_a_message_has_at_most_ten_attributes() -> None:
    world = World()
    queue = world.queue()
    ten = {f"a{n}": {"DataType": "String", "StringValue": "x"} for n in range(10)}
    world.sqs("SendMessage", QueueUrl=queue.url, MessageBody="x", MessageAttributes=ten)

    eleven = ten | {"a10": {"DataType": "Number", "StringValue": "1"}}
    with pytest.raises(AwsError) as caught:
        world.sqs("SendMessage", QueueUrl=queue.url, MessageBody="x", MessageAttributes=eleven)
    assert str(caught.value) == (
        "InvalidParameterValue: Number of message attributes [11] exceeds the allowed maximum [10]."
    )


def test_sqs_size_1_counts_bytes_not_characters_and_name_type_and_value_of_attributes() -> None:
    world = World()
    queue = world.queue(largest=1_024)
    attributes = {"kind": {"DataType": "String", "StringValue": "é"}, "b": {"DataType": "Binary", "BinaryValue": b"12"}}
    overhead = len("kind") + len("String") + 2 + len("b") + len("Binary") + 2
    body = "é" * ((1_024 - overhead) // 2)
    body += "x" * (1_024 - overhead - len(body.encode()))
    world.sqs("SendMessage", QueueUrl=queue.url, MessageBody=body, MessageAttributes=attributes)

    with pytest.raises(AwsError, match="shorter than 1024 bytes"):
        world.sqs("SendMessage", QueueUrl=queue.url, MessageBody=body + "x", MessageAttributes=attributes)


def test_sqs_size_1_one_mebibyte_is_the_most_for_a_message_and_for_a_batch() -> None:
    world = World()
    queue = world.queue()
    world.sqs("SendMessage", QueueUrl=queue.url, MessageBody="x" * MIB)
    half = {"MessageBody": "x" * (MIB // 2)}
    answer = world.sqs("SendMessageBatch", QueueUrl=queue.url, Entries=_entries(2, **half))
    assert len(answer["Successful"]) == 2

    entries = _entries(2, **half)
    entries[1]["MessageBody"] += "x"
    with pytest.raises(AwsError) as caught:
        world.sqs("SendMessageBatch", QueueUrl=queue.url, Entries=entries)
    assert str(caught.value) == (
        "AWS.SimpleQueueService.BatchRequestTooLong: Batch requests cannot be longer than 1048576 bytes. You have sent "
        "1048577 bytes."
    )
    assert len(queue.messages) == 3


@pytest.mark.parametrize(
    ("entries", "code", "message"),
    [
        ([], "EmptyBatchRequest", "There should be at least one {operation}RequestEntry in the request."),
        (
            _entries(11),
            "TooManyEntriesInBatchRequest",
            "Maximum number of entries per request are 10. You have sent 11.",
        ),
        (_entries(1) + _entries(1), "BatchEntryIdsNotDistinct", "Id e1 repeated."),
        (
            [{"Id": "a b", "MessageBody": "x"}],
            "InvalidBatchEntryId",
            ENTRY_ID,
        ),
        (
            [{"Id": "x" * 81, "MessageBody": "x"}],
            "InvalidBatchEntryId",
            ENTRY_ID,
        ),
    ],
)
@pytest.mark.parametrize("operation", ["SendMessageBatch", "DeleteMessageBatch", "ChangeMessageVisibilityBatch"])
def test_sqs_batch_1_a_malformed_batch_is_refused_as_a_whole(
    operation: str, entries: list[dict[str, Any]], code: str, message: str
) -> None:
    world = World()
    queue = world.queue()
    with pytest.raises(AwsError) as caught:
        world.sqs(operation, QueueUrl=queue.url, Entries=entries)

    expected = message.format(operation=operation)
    assert str(caught.value) == f"AWS.SimpleQueueService.{code}: {expected}"
    assert remaining(queue) == []


def test_sqs_batch_1_a_refused_entry_is_listed_and_does_not_touch_the_others() -> None:
    world = World()
    queue = world.queue(largest=1_024)
    entries = [
        {"Id": "good", "MessageBody": "a"},
        {"Id": "big", "MessageBody": "x" * 1_025},
        {"Id": "late", "MessageBody": "b", "DelaySeconds": 901},
        {"Id": "odd", "MessageBody": "bell \a"},
        {"Id": "delayed", "MessageBody": "c", "DelaySeconds": 5},
        {"Id": "empty", "MessageBody": ""},
    ]
    answer = world.sqs("SendMessageBatch", QueueUrl=queue.url, Entries=entries)

    assert [entry["Id"] for entry in answer["Successful"]] == ["good", "delayed"]
    assert [(entry["Id"], entry["Code"], entry["SenderFault"]) for entry in answer["Failed"]] == [
        ("big", "InvalidParameterValue", True),
        ("late", "InvalidParameterValue", True),
        ("odd", "InvalidMessageContents", True),
        ("empty", "MissingParameter", True),
    ]
    texts = {entry["Id"]: entry["Message"] for entry in answer["Failed"]}
    assert texts["big"] == (
        "One or more parameters cannot be validated. Reason: Message must be shorter than 1024 bytes."
    )
    assert texts["empty"] == "The request must contain the parameter SendMessageBatchRequestEntry.6.MessageBody."
    assert texts["odd"].startswith("Invalid binary character '#x7' was found in the message body")
    assert remaining(queue) == ["a", "c"]
    assert [e["MessageId"] for e in answer["Successful"]] == world.messages_of(MessageSent)


def test_sqs_batch_1_ten_entries_with_ids_of_80_letters_are_fine() -> None:
    world = World()
    queue = world.queue()
    entries = [{"Id": f"{n}".rjust(80, "_"), "MessageBody": "x"} for n in range(10)]
    answer = world.sqs("SendMessageBatch", QueueUrl=queue.url, Entries=entries)

    assert len(answer["Successful"]) == 10
    assert "Failed" not in answer


def test_sqs_batch_1_deleting_and_changing_visibility_answer_entry_by_entry() -> None:
    world = World()
    queue = world.queue(visibility=30)
    world.send(queue, "a", "b")
    first, second = (delivery.receipt_handle for delivery in queue.receive(2))
    changed = world.sqs(
        "ChangeMessageVisibilityBatch",
        QueueUrl=queue.url,
        Entries=[
            {"Id": "1", "ReceiptHandle": first, "VisibilityTimeout": 43_201},
            {"Id": "2", "ReceiptHandle": second, "VisibilityTimeout": 0},
            {"Id": "3", "ReceiptHandle": "nonsense", "VisibilityTimeout": 0},
        ],
    )
    assert changed["Successful"] == [{"Id": "2"}]
    assert [(e["Id"], e["Code"]) for e in changed["Failed"]] == [
        ("1", "InvalidParameterValue"),
        ("3", "ReceiptHandleIsInvalid"),
    ]
    deleted = world.sqs(
        "DeleteMessageBatch",
        QueueUrl=queue.url,
        Entries=[{"Id": "1", "ReceiptHandle": first}, {"Id": "2", "ReceiptHandle": "nonsense"}],
    )
    assert deleted["Successful"] == [{"Id": "1"}]
    assert [(e["Id"], e["Code"]) for e in deleted["Failed"]] == [("2", "ReceiptHandleIsInvalid")]
    assert remaining(queue) == ["b"]


def test_bodies_that_sqs_does_not_take_are_refused() -> None:
    world = World()
    queue = world.queue()
    for body, code in (
        ("", "MissingParameter"),
        ("\x00", "InvalidMessageContents"),
        ("\ufffe", "InvalidMessageContents"),
    ):
        with pytest.raises(AwsError) as caught:
            world.sqs("SendMessage", QueueUrl=queue.url, MessageBody=body)
        assert caught.value.code == code
    world.sqs("SendMessage", QueueUrl=queue.url, MessageBody="\t\n\r é \U0001f600")


def test_send_answers_the_message_id_and_the_md5_of_the_body() -> None:
    world = World()
    queue = world.queue()
    answer = world.sqs("SendMessage", QueueUrl=queue.url, MessageBody="hello")

    assert answer["MD5OfMessageBody"] == "5d41402abc4b2a76b9719d911017c592"
    assert [message.id for message in queue.messages] == [answer["MessageId"]]


def test_a_queue_that_does_not_exist_is_aws_own_error() -> None:
    world = World()
    world.queue()
    for operation, parameters in (
        ("SendMessage", {"QueueUrl": "https://sqs/nobody", "MessageBody": "a"}),
        ("ReceiveMessage", {"QueueUrl": "https://sqs/nobody"}),
        ("GetQueueUrl", {"QueueName": "nobody"}),
    ):
        with pytest.raises(AwsError) as caught:
            world.sqs(operation, **parameters)
        assert str(caught.value) == ("AWS.SimpleQueueService.NonExistentQueue: The specified queue does not exist.")
    assert world.sqs("GetQueueUrl", QueueName="jobs")["QueueUrl"].endswith("/jobs")


def test_an_operation_that_is_not_modelled_is_refused_by_name() -> None:
    with pytest.raises(NotModelledError, match=r"^the SQS operation TagQueue is not modelled \(modelled: Cancel"):
        World().sqs("TagQueue", QueueUrl="x")
