"""How the answer of a function to a batch is read (semantics.md B3, each row), through the real mapping."""

from __future__ import annotations

import json
from dataclasses import dataclass

import pytest

from delivery_lab.events import BatchResult, MessageDeleted, MessageReceived, MessageSent, VisibilityChanged
from delivery_lab.model.mapping.decisions import classify, reported_failures
from tests.model.support import Behaviour, Call, Script, World, remaining, report

ALL = ("a", "b", "c")
NONE: tuple[str, ...] = ()


def failures(entries: str) -> str:
    return '{"batchItemFailures": ' + entries + "}"


def entry(value: object) -> str:
    return failures(json.dumps([{"itemIdentifier": value}]))


def run(behave: Behaviour, *, reporting: bool) -> tuple[World, tuple[str, ...]]:
    """Deliver a, b and c as one batch once; which of them stay in the queue?"""
    world = World(behave)
    queue = world.queue(visibility=30)
    world.function(timeout=5)
    world.mapping(queue, report_batch_item_failures=reporting)
    world.send(queue, *ALL)
    world.start()
    world.run(20)
    assert [call.bodies for call in world.calls] == [list(ALL)]
    return world, tuple(remaining(queue))


@dataclass(frozen=True, slots=True)
class Row:
    """What is returned (`$a` stands for the message id of a), which messages stay, by which rule."""

    template: str
    staying: tuple[str, ...]
    rule: str


ROWS = {
    "empty-list": Row(failures("[]"), NONE, "ESM-REPORT-2"),
    "null-list": Row(failures("null"), NONE, "ESM-REPORT-2"),
    "empty-object": Row("{}", NONE, "ESM-REPORT-3"),
    "null-response": Row("null", NONE, "ESM-REPORT-3"),
    "no-key": Row('{"statusCode": 200}', NONE, "ESM-REPORT-4"),
    "key-in-another-case": Row('{"batchitemfailures": [{"itemIdentifier": "$a"}]}', NONE, "ESM-REPORT-4"),
    "text": Row('"done"', NONE, "ESM-REPORT-4"),
    "empty-text": Row('""', NONE, "ESM-REPORT-3"),
    "an-empty-list-alone": Row("[]", NONE, "ESM-REPORT-3"),
    "list": Row('["$a"]', NONE, "ESM-REPORT-4"),
    "true": Row("true", NONE, "ESM-REPORT-4"),
    "invalid-json": Row("{", ALL, "ESM-REPORT-5"),
    "nothing-at-all": Row("", ALL, "ESM-REPORT-5"),
    "python-repr": Row("{'batchItemFailures': []}", ALL, "ESM-REPORT-5"),
    "empty-identifier": Row(entry(""), ALL, "ESM-REPORT-6"),
    "null-identifier": Row(entry(None), ALL, "ESM-REPORT-6"),
    "wrong-key": Row(failures('[{"foo": "$a"}]'), ALL, "ESM-REPORT-6"),
    "key-of-entry-in-another-case": Row(failures('[{"ItemIdentifier": "$a"}]'), ALL, "ESM-REPORT-6"),
    "empty-entry": Row(failures("[{}]"), ALL, "ESM-REPORT-6"),
    "null-entry": Row(failures("[null]"), ALL, "ESM-REPORT-6"),
    "plain-ids": Row(failures('["$a"]'), ALL, "ESM-REPORT-6"),
    "object-instead-of-list": Row(failures('{"itemIdentifier": "$a"}'), ALL, "ESM-REPORT-6"),
    "text-instead-of-list": Row(failures('"$a"'), ALL, "ESM-REPORT-6"),
    "number-instead-of-list": Row(failures("0"), ALL, "ESM-REPORT-6"),
    "number-as-identifier": Row(entry(123), ALL, "ESM-REPORT-6"),
    "object-as-identifier": Row(entry({"id": "$a"}), ALL, "ESM-REPORT-6"),
    "one-empty": Row(failures('[{"itemIdentifier": "$a"}, {"itemIdentifier": ""}]'), ALL, "ESM-REPORT-6"),
    "unknown-identifier": Row(entry("no-such-message"), ALL, "ESM-REPORT-7"),
    "receipt-handle-as-identifier": Row(entry("$handle-of-a"), ALL, "ESM-REPORT-7"),
    "identifier-with-a-blank": Row(entry(" $a"), ALL, "ESM-REPORT-7"),
    "one-unknown": Row(failures('[{"itemIdentifier": "$a"}, {"itemIdentifier": "x"}]'), ALL, "ESM-REPORT-7"),
    "one-of-three": Row(entry("$a"), ("a",), "ESM-REPORT-8"),
    "two-of-three": Row(failures('[{"itemIdentifier": "$c"}, {"itemIdentifier": "$a"}]'), ("a", "c"), "ESM-REPORT-8"),
    "named-twice": Row(failures('[{"itemIdentifier": "$b"}, {"itemIdentifier": "$b"}]'), ("b",), "ESM-REPORT-8"),
    "with-something-else": Row(failures('[{"itemIdentifier": "$b", "reason": "x"}]'), ("b",), "ESM-REPORT-8"),
}


def answering(template: str) -> Behaviour:
    def behave(call: Call) -> Script:
        payload = template.replace("$handle-of-a", call.records[0]["receiptHandle"])
        for record in call.records:
            payload = payload.replace(f"${record['body']}", record["messageId"])
        return Script(payload=payload)

    return behave


@pytest.mark.parametrize("name", ROWS)
def test_every_way_to_answer_a_batch(name: str) -> None:
    row = ROWS[name]
    world, stayed = run(answering(row.template), reporting=True)

    assert stayed == row.staying
    (verdict,) = world.events(BatchResult)
    assert verdict.rule == row.rule
    assert len(verdict.failed) == len(row.staying)
    assert len(world.messages_of(MessageDeleted)) == 3 - len(row.staying)


@pytest.mark.parametrize("name", ROWS)
def test_esm_report_1_without_the_switch_every_answer_deletes_the_whole_batch(name: str) -> None:
    world, stayed = run(answering(ROWS[name].template), reporting=False)

    assert stayed == NONE
    assert [event.rule for event in world.events(BatchResult)] == ["ESM-REPORT-1"]


def staying(template: str) -> tuple[str, ...]:
    return run(answering(template), reporting=True)[1]


def test_esm_report_2_an_empty_or_null_list_deletes_all() -> None:
    assert staying(failures("[]")) == staying(failures("null")) == NONE


def test_esm_report_3_an_empty_or_null_response_deletes_all() -> None:
    assert staying("{}") == staying("null") == NONE


def test_esm_report_4_a_response_without_the_key_deletes_all() -> None:
    assert staying('{"statusCode": 200}') == NONE


def test_esm_report_5_a_response_that_is_no_json_fails_the_whole_batch() -> None:
    assert staying("{'batchItemFailures': []}") == ALL


@pytest.mark.parametrize("payload", ["NaN", '{"batchItemFailures": [], "share": NaN}', "-Infinity", "[" * 100_000, ""])
def test_esm_report_5_what_python_takes_for_json_and_nobody_else(payload: str) -> None:
    assert staying(payload) == ALL


def test_esm_report_6_an_empty_or_null_identifier_or_another_key_fails_the_whole_batch() -> None:
    assert staying(entry("")) == staying(entry(None)) == staying(failures('[{"foo": "$a"}]')) == ALL


def test_esm_report_7_an_identifier_that_is_not_in_the_batch_fails_the_whole_batch() -> None:
    assert staying(entry("no-such-message")) == ALL


def test_esm_report_8_a_valid_list_deletes_the_others() -> None:
    assert staying(entry("$b")) == ("b",)


@pytest.mark.parametrize("reporting", [True, False])
@pytest.mark.parametrize(
    ("script", "error"),
    [
        (Script(error="ValueError", payload='{"errorType": "ValueError"}'), "ValueError"),
        (Script(error="Runtime.ExitError", payload=failures("[]")), "Runtime.ExitError"),
        (Script(takes_seconds=60), "Sandbox.Timedout"),
    ],
    ids=["exception", "crash", "timeout"],
)
def test_esm_error_1_exception_crash_and_timeout_fail_the_whole_batch(
    script: Script, error: str, reporting: bool
) -> None:
    world, stayed = run(lambda call: script, reporting=reporting)

    assert stayed == ALL
    (verdict,) = world.events(BatchResult)
    assert (verdict.rule, verdict.reason) == ("ESM-ERROR-1", f"the invoke failed with {error}")


@pytest.mark.parametrize("behave", [answering(entry("$a")), lambda call: Script(error="ValueError")])
def test_esm_error_1_failed_messages_come_back_when_the_timeout_of_the_receive_ends(behave: Behaviour) -> None:
    world = World(behave)
    queue = world.queue(visibility=30)
    world.function(timeout=5)
    world.mapping(queue, report_batch_item_failures=True)
    world.at(3, world.send, queue, "a")
    world.start()
    world.run(70)

    assert world.times_of(MessageReceived) == [3.0, 33.0, 63.0]
    assert world.events(VisibilityChanged) == []


def test_esm_report_8_only_the_named_ones_are_delivered_again() -> None:
    world = World(answering(entry("$b")))
    queue = world.queue(visibility=10)
    world.function(timeout=5)
    world.mapping(queue, report_batch_item_failures=True)
    world.send(queue, *ALL)
    world.start()
    world.run(25)

    assert [call.bodies for call in world.calls] == [["a", "b", "c"], ["b"], ["b"]]


def test_a_verdict_says_why_and_what_the_response_named() -> None:
    ids = ["m1", "m2"]
    assert classify(ids, report("m2"), None, report=True).reason == "1 of 2 reported"
    assert classify(ids, report("m2"), None, report=False).reason == "the response is not looked at"
    assert classify(ids, report("m3"), None, report=True).reason == "an itemIdentifier is no message of the batch"
    # What the handler called failed is known even where the mapping does not look.
    assert reported_failures(report("m2", "x"), ids) == ("m2",)
    for payload in ("null", "{", '"batchItemFailures"', failures("3"), failures("[3]"), "{}"):
        assert reported_failures(payload, ids) == ()


def test_the_event_is_an_sqs_event() -> None:
    world = World()
    queue = world.queue()
    world.function()
    world.mapping(queue)
    world.sqs(
        "SendMessage",
        QueueUrl=queue.url,
        MessageBody="hé",
        MessageAttributes={
            "kind": {"DataType": "String", "StringValue": "x"},
            "raw": {"DataType": "Binary", "BinaryValue": b"\x00\x01"},
        },
    )
    world.start()
    world.run(1)
    (record,) = world.calls[0].records

    assert record == {
        "messageId": world.messages_of(MessageSent)[0],
        "receiptHandle": record["receiptHandle"],
        "body": "hé",
        "attributes": {
            "ApproximateReceiveCount": "1",
            "SentTimestamp": "1767225600000",
            "SenderId": "AROAEXAMPLE:delivery-lab",
            "ApproximateFirstReceiveTimestamp": "1767225600000",
        },
        "messageAttributes": {
            "kind": {"stringValue": "x", "stringListValues": [], "binaryListValues": [], "dataType": "String"},
            "raw": {"binaryValue": "AAE=", "stringListValues": [], "binaryListValues": [], "dataType": "Binary"},
        },
        "md5OfMessageAttributes": "c3a29cc2ddc91d16ec1113ed02388a91",
        "md5OfBody": "33fcd01258e6ba07ef405dc9e721f3a7",
        "eventSource": "aws:sqs",
        "eventSourceARN": queue.arn,
        "awsRegion": "us-east-1",
    }


@pytest.mark.parametrize(("window", "named"), [(0, False), (5, True)])
def test_esm_record_1_a_message_without_attributes_has_no_checksum_of_them(window: int, named: bool) -> None:
    world = World()
    queue = world.queue()
    world.function()
    world.mapping(queue, window_seconds=window)
    world.send(queue, "a")
    world.start()
    world.run(60)
    (record,) = world.calls[0].records

    assert ("md5OfMessageAttributes" in record) is named
    assert record.get("md5OfMessageAttributes") is None
