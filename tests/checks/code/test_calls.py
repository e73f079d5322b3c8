from __future__ import annotations

from typing import Any

import pytest

from delivery_lab.checks.code.calls import impatient_invokes, own_deletes, unexamined_invokes
from delivery_lab.program.graph import UNKNOWN
from tests.checks.world import code_of

CALLER = """
import os
import boto3
from botocore.config import Config

CONFIG = Config(%s)
client = boto3.client("lambda"%s)

def handle(event, context):
    return client.invoke(FunctionName=os.environ["CALLEE"]%s)
"""


@pytest.mark.parametrize("config", ["", ", config=CONFIG", ", region_name='eu-west-1'"])
@pytest.mark.parametrize("kind", ["", ", InvocationType='RequestResponse'"])
def test_a_client_that_is_not_told_otherwise_waits_as_long_as_boto3_does(config: str, kind: str) -> None:
    code = code_of({"app.py": CALLER % ("retries={'mode': 'standard'}", config, kind)}, CALLEE="callee")
    assert impatient_invokes(code) == [("callee", "app, line 10")]


@pytest.mark.parametrize(
    ("settings", "config", "kind"),
    [
        ("read_timeout=900", ", config=CONFIG", ""),
        ("**event", ", config=CONFIG", ""),
        ("", ", config=make_config()", ""),
        ("", ", **options", ""),
        ("", "", ", InvocationType='Event'"),
        ("", "", ", InvocationType=os.environ['KIND']"),
        ("", "", ", **more"),
    ],
)
def test_other_clients_and_other_invokes_are_left_alone(settings: str, config: str, kind: str) -> None:
    assert impatient_invokes(code_of({"app.py": CALLER % (settings, config, kind)}, CALLEE="callee")) == []


def test_a_name_that_cannot_be_told_stays_unknown() -> None:
    assert impatient_invokes(code_of({"app.py": CALLER % ("", "", "")})) == [(UNKNOWN, "app, line 10")]


def test_whoever_speaks_of_function_error_looks_at_it() -> None:
    blind = CALLER % ("", "", "")
    assert unexamined_invokes(code_of({"app.py": blind})) == ["app, line 10"]
    assert unexamined_invokes(code_of({"app.py": blind + "\nfailed = 'FunctionError'\n"})) == []
    assert unexamined_invokes(code_of({"app.py": "import unheard_of\n" + blind})) == []


@pytest.mark.parametrize(
    ("handle", "expected"),
    [
        ("record['receiptHandle']", ["app, line 5"]),
        ("record.get('receiptHandle')", ["app, line 5"]),
        ("record.receipt_handle", ["app, line 5"]),
        ("answer['Messages'][0]['ReceiptHandle']", []),  # of a queue that it polls itself
    ],
)
def test_messages_that_a_function_deletes_itself(handle: str, expected: list[str]) -> None:
    text = f"""
def handle(event, context):
    for record in event["Records"]:
        print(record)
        context.sqs.delete_message(QueueUrl="q", ReceiptHandle={handle})
"""
    assert own_deletes(code_of({"app.py": text})) == expected


SWITCHED = """
import os

MODE = os.environ.get("MODE", "report")
BY_HAND = MODE == "by-hand"


def forget(record, sqs):
    sqs.delete_message(ReceiptHandle=record["receiptHandle"])


def handle(event, context):
    if BY_HAND:
        forget(event, context)
    if not BY_HAND:
        pass
    else:
        context.sqs.delete_message(ReceiptHandle=event["receiptHandle"])
"""


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"MODE": "by-hand"}, ["app, line 18", "app, line 9"]),
        ({"MODE": "report"}, []),
        ({}, []),
        ({"MODE": UNKNOWN}, ["app, line 18", "app, line 9"]),
    ],
)
def test_what_the_environment_switches_off_is_not_in_use(environment: dict[str, Any], expected: list[str]) -> None:
    assert own_deletes(code_of({"app.py": SWITCHED}, **environment)) == expected


def test_what_nobody_calls_is_not_in_use() -> None:
    helper = "def forget(record, sqs):\n    sqs.delete_message(ReceiptHandle=record['receiptHandle'])\n"
    used = "import tools\ndef handle(event, context):\n    return tools.forget(event, context)\n"
    unused = "import tools\ndef handle(event, context):\n    return tools.remember(event, context)\n"
    assert own_deletes(code_of({"app.py": used, "tools.py": helper})) == ["tools, line 2"]
    assert own_deletes(code_of({"app.py": unused, "tools.py": helper})) == []
