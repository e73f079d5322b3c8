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


def test_what_a_decorator_may_have_made_of_the_event_is_not_read() -> None:
    text = f"@lowered\n{_LOOP}record['Body'])\n"

    assert miscased_keys(code_of({"app.py": text}), ["sqs"]) == []
