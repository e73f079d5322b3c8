from __future__ import annotations

import textwrap

import pytest

from delivery_lab.checks.code.dropping import Dropped, dropped_by
from tests.checks.world import code_of

HANDLER = """
import logging

def work(record): pass
def park(record): pass

def handle(event, context):
"""


def dropped(body: str) -> list[Dropped]:
    return dropped_by(code_of({"app.py": HANDLER + textwrap.indent(textwrap.dedent(body), "    ")}))


LOOP = """
for record in event["Records"]:
    try:
        work(record)
    except %s:
        %s
"""


@pytest.mark.parametrize("caught", ["Exception", "BaseException", "(KeyError, Exception)", "Exception as error"])
@pytest.mark.parametrize("does", ["pass", "continue", "logging.exception('failed')", "print('failed')", "..."])
def test_a_loop_that_catches_everything_and_does_nothing_drops_it(caught: str, does: str) -> None:
    assert dropped(LOOP % (caught, does)) == [Dropped("app, line 12", whole_batch=False)]


@pytest.mark.parametrize(
    ("caught", "does"),
    [
        ("ValueError", "pass"),  # somebody meant these
        ("Exception", "raise"),
        ("Exception", "park(record)"),
        ("Exception", "failed = True"),
        ("Exception", "count += 1"),
        ("Exception", "break"),
        ("Exception", "return False"),
        ("Exception", "return {'batchItemFailures': []}"),
        ("Exception", "exit(1)"),
    ],
)
def test_whatever_may_make_up_for_an_error_is_not_dropping_it(caught: str, does: str) -> None:
    assert dropped(LOOP % (caught, does)) == []


@pytest.mark.parametrize(
    "body",
    [
        # The error may come to light behind the loop, or in it.
        LOOP % ("Exception", "pass") + "if not context: raise RuntimeError\n",
        LOOP % ("Exception", "pass") + "assert context\n",
        LOOP % ("Exception", "pass") + "    finally:\n        park(record)\n",
        # Not the work itself is in there.
        "for r in event['Records']:\n    work(r)\n    try:\n        park(r)\n    except Exception:\n        pass\n",
        "for record in event['Records']:\n    try:\n        x = record.get('a')\n    except Exception:\n        pass\n",
        "for number in range(3):\n    try:\n        work(number)\n    except Exception:\n        pass\n",
        # Who knows what this answer is made of.
        LOOP % ("Exception", "pass") + "return answer(event)\n",
        LOOP % ("Exception", "pass") + "return {'batchItemFailures': left(event)}\n",
    ],
)
def test_what_cannot_be_told_is_not_told(body: str) -> None:
    assert dropped(body) == []


@pytest.mark.parametrize("answer", ["", "return", "return {'statusCode': 500}", "return 'failed'"])
def test_a_batch_is_dropped_where_everything_stands_in_one_try(answer: str) -> None:
    body = f"try:\n    for r in event['Records']:\n        work(r)\nexcept Exception:\n    print('no')\n    {answer}\n"
    assert dropped(body) == [Dropped("app, line 11", whole_batch=True)]


def test_a_try_around_what_catches_its_own_errors_says_nothing() -> None:
    inner = textwrap.indent(LOOP % ("Exception", "park(record)"), "    ")
    assert dropped(f"try:\n{inner}\nexcept Exception:\n    print('no')\n") == []


POWERTOOLS = """
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
processor = BatchProcessor(event_type=EventType.SQS)
def save(body): pass
def one(record):
    body = record.json_body
    try:
        save(body)
    except Exception:
        print("failed")%s
def handle(event, context):
    return process_partial_response(event=event, record_handler=one, processor=processor, context=context)
"""


def test_powertools_takes_a_record_whose_handler_returns_for_processed() -> None:
    assert dropped_by(code_of({"app.py": POWERTOOLS % ""})) == [Dropped("app, line 9", whole_batch=False)]
    assert dropped_by(code_of({"app.py": POWERTOOLS % "\n        raise"})) == []
