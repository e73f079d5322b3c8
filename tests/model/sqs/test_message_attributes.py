"""Message attributes: what SQS takes, their checksums, and which of them a receive returns."""

from __future__ import annotations

from typing import Any

import pytest

from delivery_lab.model.runtime import AwsError, Caller
from delivery_lab.model.sqs.message_attributes import check, chosen, md5_of
from tests.model.support import World, remaining


def text(value: str, data_type: str = "String") -> dict[str, Any]:
    return {"DataType": data_type, "StringValue": value}


HELLO = {"Help.Me": text("Me"), "Hello": text("There"), "General": text("Kenobi")}
ALLOWED = "#x9 | #xA | #xD | [#x20-#xD7FF] | [#xE000-#xFFFD] | [#x10000-#x10FFFF]"
RESERVED = (
    "You can't use message attribute names beginning with 'AWS.' or 'Amazon.'. These strings are reserved for "
    "internal use."
)
CHARACTERS = (
    "Message (user) attributes name can only contain upper and lower score characters, digits, periods, hyphens and "
    "underscores. "
)
TYPES = "You must use only the following supported type prefixes: Binary, Number, String."


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("", "The request must contain non-empty message (user) attribute names."),
        ("aWs.x", RESERVED),
        ("AMAZON.x", RESERVED),
        (".x", "Message (user) attribute name must not begin with character '.'."),
        ("x.", "Message (user) attribute name must not end with character '.'."),
        ("x..y", "Message (user) attribute name must not have successive '.' characters."),
        ("x!y", CHARACTERS),
        ("x§y", CHARACTERS),
        ("x y", CHARACTERS),
        ("L" * 257, "Message (user) attribute name must be shorter than 256 bytes."),
    ],
)
def test_sqs_attr_1_names_that_are_refused(name: str, message: str) -> None:
    with pytest.raises(AwsError) as caught:
        check({name: text("x")})

    assert (caught.value.code, caught.value.shape) == ("InvalidParameterValue", "InvalidParameterValueException")
    assert caught.value.message == message


@pytest.mark.parametrize("name", ["attr.1øßä", "AWSx", "amazon-x", "a_b-c.d", "L" * 256])
def test_sqs_attr_1_names_that_are_taken(name: str) -> None:
    check({name: text("x")})


@pytest.mark.parametrize(
    ("attribute", "message"),
    [
        (text(""), "Message (user) attribute 'x' must contain a non-empty value of type 'String'."),
        (text("", "Number"), "Message (user) attribute 'x' must contain a non-empty value of type 'Number'."),
        (
            {"DataType": "Binary", "BinaryValue": b""},
            "Message (user) attribute 'x' must contain a non-empty value of type 'Binary'.",
        ),
        ({"DataType": "String"}, "Message (user) attribute 'x' must contain a non-empty value of type 'String'."),
        (
            text("a\x08b"),
            (
                "Invalid binary character '#x8' was found in the message (user) attribute 'x', the set of allowed "
                f"characters is {ALLOWED}."
            ),
        ),
        (text("x", ""), "The message (user) attribute 'x' must contain a non-empty message attribute type."),
        (text("x", "string"), f"The type of message (user) attribute 'x' is invalid. {TYPES}"),
        (text("x", "Strings.json"), f"The type of message (user) attribute 'x' is invalid. {TYPES}"),
        (text("1", "Number." + "L" * 250), "Message (user) attribute type must be shorter than 256 bytes."),
        (text("six", "Number"), "Can't cast the value of message (user) attribute 'x' to a number."),
        (text("x", "Binary"), "The message (user) attribute 'x' with type 'Binary' must use field 'Binary'."),
        (
            {"DataType": "String", "BinaryValue": b"x"},
            "The message (user) attribute 'x' with type 'String' must use field 'String'.",
        ),
        (
            {"DataType": "String", "StringValue": "x", "BinaryValue": b"x"},
            "Message (user) attribute 'x' must have a single value.",
        ),
        (
            {"DataType": "String", "StringListValues": ["x"]},
            "Message attribute list values in SendMessage operation are not supported.",
        ),
    ],
)
def test_sqs_attr_1_types_and_values_that_are_refused(attribute: dict[str, Any], message: str) -> None:
    with pytest.raises(AwsError) as caught:
        check({"x": attribute})

    assert (caught.value.code, caught.value.status, caught.value.message) == ("InvalidParameterValue", 400, message)


@pytest.mark.parametrize(
    "attribute",
    [
        text("\t\n\r é \U0001f600"),
        text("{}", "String.json"),
        text("-1.5e10", "Number.java.lang.Double"),
        text("1", "Number." + "L" * 249),
        {"DataType": "Binary.png", "BinaryValue": b"\x00"},
    ],
)
def test_sqs_attr_1_types_and_values_that_are_taken(attribute: dict[str, Any]) -> None:
    check({"x": attribute})


def test_sqs_attr_1_a_refused_message_is_not_sent() -> None:
    world = World()
    queue = world.queue()
    with pytest.raises(AwsError, match="'ErrorDetails' must contain a non-empty value of type 'String'"):
        world.sqs("SendMessage", QueueUrl=queue.url, MessageBody="x", MessageAttributes={"ErrorDetails": text("")})

    assert remaining(queue) == []


def test_the_trace_header_is_the_only_system_attribute_and_a_text() -> None:
    world = World()
    queue = world.queue()
    for name, attribute, message in (
        ("Trace", text("x"), "Message system attribute name 'Trace' is invalid."),
        (
            "AWSTraceHeader",
            text("1", "Number"),
            (
                "The type of message system attribute 'AWSTraceHeader' is invalid. You must use only the following "
                "supported type prefixes: String."
            ),
        ),
    ):
        with pytest.raises(AwsError) as caught:
            world.sqs("SendMessage", QueueUrl=queue.url, MessageBody="x", MessageSystemAttributes={name: attribute})
        assert caught.value.message == message


@pytest.mark.parametrize(
    ("attributes", "checksum"),
    [
        (HELLO, "4c360f3fdafd970e05fae2f149d997f5"),
        ({"Hello": HELLO["Hello"]}, "a311262e065454b75da111d535b8dacd"),
        (
            {"WeeksOn": text("6", "Number"), "Author": text("John Grisham"), "Title": text("The Whistler")},
            "d25a6aea97eb8f585bfa92d314504a92",
        ),
        (
            {
                "attr1": {
                    "DataType": "Binary",
                    "BinaryValue": b"traceparent\x1e00-774062d6c37081a5a0b9b5b88e30627c-2d2482211f6489da-01",
                }
            },
            "8cbe4db156db8a94db8b801b7addb984",
        ),
    ],
)
def test_sqs_attr_2_checksums_that_aws_was_seen_to_answer(attributes: dict[str, Any], checksum: str) -> None:
    assert md5_of(attributes) == checksum


def test_sqs_attr_2_sends_and_receives_answer_them() -> None:
    world = World()
    queue = world.queue(visibility=0)
    header = {"AWSTraceHeader": text("Root=1-5759e988-bd862e3fe1be46a994272793")}
    sent = world.sqs(
        "SendMessage", QueueUrl=queue.url, MessageBody="x", MessageAttributes=HELLO, MessageSystemAttributes=header
    )
    batch = world.sqs(
        "SendMessageBatch",
        QueueUrl=queue.url,
        Entries=[{"Id": "1", "MessageBody": "y", "MessageAttributes": HELLO}, {"Id": "2", "MessageBody": "z"}],
    )

    def received(*names: str) -> dict[str, Any]:
        (message,) = world.sqs("ReceiveMessage", QueueUrl=queue.url, MessageAttributeNames=names)["Messages"]
        assert isinstance(message, dict)
        return message

    assert sent["MD5OfMessageAttributes"] == md5_of(HELLO)
    assert sent["MD5OfMessageSystemAttributes"] == md5_of(header)
    assert [entry.get("MD5OfMessageAttributes") for entry in batch["Successful"]] == [md5_of(HELLO), None]
    for message in (received("Hello"), received("Hello"), received("Hello")):
        of_hello = "a311262e065454b75da111d535b8dacd" if "MessageAttributes" in message else None
        assert message.get("MD5OfMessageAttributes") == of_hello
    assert "MD5OfMessageAttributes" not in received()


@pytest.mark.parametrize(
    ("patterns", "names"),
    [
        ([], []),
        (["All"], ["Help.Me", "Hello", "General"]),
        (["*"], ["Help.Me", "Hello", "General"]),
        ([".*"], ["Help.Me", "Hello", "General"]),
        (["Foo", "Help"], []),
        (["Hello", "General"], ["Hello", "General"]),
        (["Foo", "Hello"], ["Hello"]),
        (["Hel.*"], ["Help.Me", "Hello"]),
        (["AWS."], []),
        (["..foo"], []),
    ],
)
def test_sqs_attr_3_a_receive_returns_the_attributes_that_it_names(patterns: list[str], names: list[str]) -> None:
    assert list(chosen(HELLO, patterns)) == names


def test_lam_trace_1_a_message_carries_the_header_of_the_invoke_that_sent_it_unless_it_has_its_own() -> None:
    world = World()
    queue = world.queue()
    header = world.account.functions.traces.begin("sender", "r1")

    def send(caller: Caller, **more: Any) -> None:
        world.account.call("sqs", "SendMessage", {"QueueUrl": queue.url, "MessageBody": "x", **more}, caller)

    send(Caller("sender", "r1"))
    send(Caller("sender", "r1"), MessageSystemAttributes={"AWSTraceHeader": text("Root=1-own")})
    send(Caller("workload", None))
    names = ["AWSTraceHeader"]
    received = world.sqs("ReceiveMessage", QueueUrl=queue.url, MaxNumberOfMessages=10, AttributeNames=names)
    headers = {message.get("Attributes", {}).get("AWSTraceHeader") for message in received["Messages"]}

    assert headers == {header, "Root=1-own", None}
