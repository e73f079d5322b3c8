from __future__ import annotations

from typing import Any

from delivery_lab.checks.code.habits import Beat, Records, beats_of, records_of
from delivery_lab.program.graph import UNKNOWN
from tests.checks.world import code_of

ENVIRONMENT: dict[str, Any] = {
    "HEARTBEAT_ENABLED": "true",
    "HEARTBEAT_EVERY_SECONDS": "3",
    "HEARTBEAT_EXTEND_TO_SECONDS": "10",
    "HEARTBEAT_FAILING": "false",
}
LITERAL = """
from tools import Heartbeat
def handle(e, c):
    with Heartbeat(c, e, every_seconds=30, extend_to_seconds=60):
        pass
"""
LOOP = """
def hold(sqs, stop):
    while not stop.wait(%s):
        sqs.change_message_visibility(QueueUrl="q", ReceiptHandle="h", VisibilityTimeout=%s)
"""
STORE = """
from aws_lambda_powertools.utilities import idempotency
store = idempotency.DynamoDBPersistenceLayer(table_name="t")
"""
CONFIG = "from aws_lambda_powertools.utilities.idempotency import IdempotencyConfig\nconfig = IdempotencyConfig(%s)\n"


def test_the_contracts_variables_tell_of_a_heartbeat() -> None:
    where = "HEARTBEAT_* variables"
    assert beats_of(code_of({"app.py": ""}, **ENVIRONMENT)) == [Beat(3, 10, False, where)]
    assert beats_of(code_of({"app.py": ""}, **{**ENVIRONMENT, "HEARTBEAT_FAILING": "true"})) == [
        Beat(3, 10, True, where)
    ]


def test_a_heartbeat_that_is_off_or_not_known_is_none() -> None:
    assert beats_of(code_of({"app.py": LITERAL}, **{**ENVIRONMENT, "HEARTBEAT_ENABLED": "false"})) == []
    assert beats_of(code_of({"app.py": LITERAL}, **{**ENVIRONMENT, "HEARTBEAT_EVERY_SECONDS": UNKNOWN})) == []


def test_literals_in_the_code_tell_of_a_heartbeat() -> None:
    files = {"app.py": LITERAL, "tools.py": "class Heartbeat: ..."}
    assert beats_of(code_of(files)) == [Beat(30, 60, False, "Heartbeat(...) in app, line 4")]


def test_a_loop_that_waits_and_extends_is_a_heartbeat() -> None:
    assert beats_of(code_of({"app.py": LOOP % (60, 120)})) == [Beat(60, 120, False, "the loop in app, line 3")]


def test_a_loop_whose_numbers_cannot_be_read_is_none() -> None:
    assert beats_of(code_of({"app.py": LOOP % ("pause", 120)})) == []
    assert beats_of(code_of({"app.py": LOOP % (60, "longer")})) == []
    # 0 gives a message back at once: that is no heartbeat.
    assert beats_of(code_of({"app.py": LOOP % (60, 0)})) == []


def test_the_contracts_variables_tell_of_a_record() -> None:
    given: dict[str, Any] = {"IDEMPOTENCY_MODE": "conditional", "IDEMPOTENCY_EXPIRES_AFTER_SECONDS": "600"}
    expected = Records(600, "conditional", "IDEMPOTENCY_EXPIRES_AFTER_SECONDS")
    assert records_of(code_of({"app.py": ""}, **given)) == expected
    assert records_of(code_of({"app.py": STORE}, **{**given, "IDEMPOTENCY_MODE": "none"})) is None
    unknown = records_of(code_of({"app.py": ""}, **{**given, "IDEMPOTENCY_EXPIRES_AFTER_SECONDS": UNKNOWN}))
    assert unknown == Records(None, "conditional", "IDEMPOTENCY_EXPIRES_AFTER_SECONDS")


def test_powertools_without_a_config_forgets_after_an_hour() -> None:
    expected = Records(3600, "", "Powertools' default, since no IdempotencyConfig is given")
    assert records_of(code_of({"app.py": STORE})) == expected


def test_powertools_config_says_when_it_forgets() -> None:
    assert records_of(code_of({"app.py": STORE + CONFIG % "expires_after_seconds=60 * 60 * 24"})) == Records(
        86_400, "", "IdempotencyConfig(...) in app, line 5"
    )
    assert records_of(code_of({"app.py": CONFIG % "'id'"})) == Records(
        3600, "", "the default of IdempotencyConfig(...) in app, line 2"
    )


def test_an_expiry_that_cannot_be_read_is_left_alone() -> None:
    assert records_of(code_of({"app.py": STORE + CONFIG % "expires_after_seconds=how_long()"})) is None
    assert records_of(code_of({"app.py": STORE + CONFIG % "**given"})) is None
    assert records_of(code_of({"app.py": "import elsewhere\n" + STORE})) is None
    assert records_of(code_of({"app.py": "import json"})) is None
