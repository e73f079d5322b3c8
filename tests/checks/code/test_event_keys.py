from __future__ import annotations

import pytest

from delivery_lab.checks.code.event_keys import miscased_keys
from delivery_lab.checks.code.event_shapes import FeedKind
from tests.checks.world import code_of

_LOOP = "def handle(event, context):\n    for record in event['Records']:\n        work("


@pytest.mark.parametrize(
    ("read", "key", "right", "answers"),
    [
        ("record['ReceiptHandle']", "ReceiptHandle", "receiptHandle", ""),
        ("record.get('Body')", "Body", "body", "None"),
        ("record.get('Body', '{}')", "Body", "body", "'{}'"),
        (
            "record['attributes']['approximateReceiveCount']",
            "approximateReceiveCount",
            "ApproximateReceiveCount",
            "",
        ),
        ("record['eventSourceArn']", "eventSourceArn", "eventSourceARN", ""),
    ],
)
def test_a_read_says_its_key_the_right_one_and_what_it_gives(read: str, key: str, right: str, answers: str) -> None:
    [found] = miscased_keys(code_of({"app.py": f"{_LOOP}{read})\n"}), ["sqs"])

    assert (found.key, found.right, found.answers, found.where) == (key, right, answers, "app, line 3")


@pytest.mark.parametrize("feeds", [["sqs", "sns"], ["sns", "sqs"]])
def test_a_key_that_is_right_for_one_of_the_feeds_is_right(feeds: list[FeedKind]) -> None:
    text = f"{_LOOP}record['Sns']['Message'], record['body'])\n"

    assert miscased_keys(code_of({"app.py": text}), feeds) == []


def test_a_name_that_is_also_given_something_else_is_no_part_of_the_event() -> None:
    text = f"{_LOOP}record)\n    for record in answer()['Messages']:\n        work(record['Body'])\n"

    assert miscased_keys(code_of({"app.py": text}), ["sqs"]) == []


_POWERTOOLS = """
from aws_lambda_powertools.utilities.batch import (
    BatchProcessor, EventType, SqsFifoPartialProcessor, batch_processor, process_partial_response
)
from aws_lambda_powertools.utilities.data_classes import SQSEvent, event_source
processor = PROCESSOR
def work(record, lambda_context=None):
    return READ
def handle(event, context):
    return process_partial_response(event=event, record_handler=work, processor=processor)
"""
_PLAIN = "BatchProcessor(event_type=EventType.SQS)"


def _with_powertools(read: str, processor: str = _PLAIN, more: str = "") -> list[str]:
    text = _POWERTOOLS.replace("PROCESSOR", processor).replace("READ", read) + more
    return [f"{each.text}: {each.right} {each.answers}" for each in miscased_keys(code_of({"app.py": text}), ["sqs"])]


@pytest.mark.parametrize("processor", [_PLAIN, "SqsFifoPartialProcessor(skip_group_on_error=True)"])
def test_the_keys_of_a_data_class_of_powertools_are_those_that_aws_sends(processor: str) -> None:
    assert _with_powertools("record['Body']", processor) == ['record["Body"]: body ']
    assert _with_powertools("record.get('MessageId')", processor) == ['record.get("MessageId"): messageId None']
    assert _with_powertools("record.raw_event['Body']", processor) == ['record.raw_event["Body"]: body ']
    assert _with_powertools("record['body'], record.message_id, record.json_body['Body']", processor) == []


@pytest.mark.parametrize(
    ("processor", "more"),
    [
        ("BatchProcessor(EventType.SQS, Order)", ""),
        ("BatchProcessor(event_type=EventType.SQS, model=Order)", ""),
        ("SqsFifoPartialProcessor(Order)", ""),
        ("make()", ""),
        (_PLAIN, "def again():\n    work({'Body': 1})\n"),
    ],
)
def test_what_else_a_record_handler_may_be_given_is_not_read(processor: str, more: str) -> None:
    assert _with_powertools("record['Body']", processor, more) == []


def test_a_handler_that_powertools_decorates_for_batches_has_its_records_read() -> None:
    plain = _POWERTOOLS.replace("PROCESSOR", _PLAIN).replace("READ", "record['Body']").partition("def handle")[0]
    text = plain + "@batch_processor(record_handler=work, processor=processor)\ndef handle(event, context):\n    pass\n"

    assert [each.right for each in miscased_keys(code_of({"app.py": text}), ["sqs"])] == ["body"]


def test_records_of_an_event_source_of_powertools_are_read() -> None:
    text = _POWERTOOLS.partition("processor =")[0] + (
        "@event_source(data_class=SQSEvent)\ndef handle(event, context):\n"
        "    for record in event.records:\n        print(record['Body'], record.message_id)\n"
    )

    assert [each.right for each in miscased_keys(code_of({"app.py": text}), ["sqs"])] == ["body"]


def test_what_a_decorator_may_have_made_of_the_event_is_not_read() -> None:
    text = f"@lowered\n{_LOOP}record['Body'])\n"

    assert miscased_keys(code_of({"app.py": text}), ["sqs"]) == []
