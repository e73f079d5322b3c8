from __future__ import annotations

import pytest

from delivery_lab.checks.code.identifiers import wrong_identifiers
from tests.checks.world import code_of

ANSWER = """
def handle(event, context):
    failures = []
    for record in event["Records"]:
        name = record["receiptHandle"]
        failures.append({"itemIdentifier": %s})
    return {"batchItemFailures": failures}
"""


@pytest.mark.parametrize(
    ("kind", "identifier", "wrong"),
    [
        ("sqs", "record['messageId']", ""),
        ("sqs", "record.message_id", ""),
        ("sqs", "record['receiptHandle']", "receiptHandle"),
        ("sqs", "record.receipt_handle", "receipt_handle"),
        ("sqs", "name", "receiptHandle"),
        ("sqs", "make_name(record)", ""),
        ("sqs", "", ""),
        ("kinesis", "record['kinesis']['sequenceNumber']", ""),
        ("kinesis", "record['eventID']", "eventID"),
        ("kinesis", "record['kinesis']['partitionKey']", "partitionKey"),
        ("kinesis", "record.get('messageId')", "messageId"),
        ("dynamodb", "record['dynamodb']['SequenceNumber']", ""),
        ("dynamodb", "record['eventID']", "eventID"),
        ("kafka", "{'partition': 'orders-0', 'offset': record['offset']}", ""),
        ("kafka", "record['offset']", "offset"),
    ],
)
def test_what_a_mapping_knows_a_record_by(kind: str, identifier: str, wrong: str) -> None:
    code = code_of({"app.py": ANSWER % (identifier or "'x'")})
    assert [found.key for found in wrong_identifiers(code, kind)] == ([wrong] if wrong else [])


def test_one_identifier_that_may_be_right_is_enough() -> None:
    both = ANSWER % "record['eventID']" + "\n\ndef other(r):\n    return {'itemIdentifier': r['sequenceNumber']}\n"
    assert wrong_identifiers(code_of({"app.py": both}), "kinesis") != []  # nobody calls the other
    called = both.replace("    failures = []", "    failures = [other(event)]")
    assert wrong_identifiers(code_of({"app.py": called}), "kinesis") == []
