"""Handlers that claim a message by a write on a condition before they work on it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.simulation.answered import ran

PROGRAM = """
jobs = queue_with_dlq(3)
key = {"name": "id", "type": "S"}
done = aws.dynamodb.Table("done", hash_key="id", billing_mode="PAY_PER_REQUEST", attributes=[key])
worker = function(environment={"variables": {"TABLE": done.name}})
mapping(jobs, worker, batch_size=1, function_response_types=[])
"""
HANDLER = """
import boto3, json, os, urllib.request
table = boto3.resource("dynamodb").Table(os.environ["TABLE"])
def handle(event, context):
    for record in event["Records"]:
        {first}
        try:
            table.put_item(Item={{"id": record["messageId"]}}, ConditionExpression="attribute_not_exists(id)")
        except table.meta.client.exceptions.ConditionalCheckFailedException:
            continue
        urllib.request.urlopen("https://pay.example/charge", data=record["body"].encode(), timeout=3)
"""
DOWN = """
send: [{queue: jobs, every: 1, times: 3, body: {id: "d-{n}"}}]
answers:
  - {http: "POST https://pay.example/*", connection: reset, ids: [d-2], for: 10}
  - {http: "*", body: ok}
"""


@pytest.mark.parametrize("first", ["order = json.loads(record['body'])", "pass"])
def test_evd_claim_1_a_message_that_is_claimed_and_never_worked_on_is_lost(tmp_path: Path, first: str) -> None:
    outcome = ran(tmp_path, HANDLER.format(first=first), DOWN, program=PROGRAM).outcome

    assert (outcome.messages.processed, outcome.messages.lost) == (2, 1)
    assert (outcome.effects.total, outcome.effects.duplicated) == (2, 0)
