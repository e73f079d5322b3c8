"""Functions that write to the table whose stream feeds them."""

from __future__ import annotations

from pathlib import Path

import pytest

from delivery_lab.checks.registry import CHECKS
from delivery_lab.stack.stack import Stack
from tests.checks.world import graph_with_code

_PROGRAM = """
items = aws.dynamodb.Table("items", hash_key="id", attributes=[{"name": "id", "type": "S"}], stream_enabled=True,
                           billing_mode="PAY_PER_REQUEST", stream_view_type="NEW_IMAGE")
worker = function(environment={"variables": {"TABLE": items.name, "OTHER": "others"}})
aws.lambda_.EventSourceMapping("mapping", event_source_arn=items.stream_arn, function_name=worker.arn,
                               starting_position="LATEST")
"""
_FILTERED = _PROGRAM.replace(
    'starting_position="LATEST"',
    """starting_position="LATEST", filter_criteria={"filters": [{"pattern": json.dumps({"eventName": ["INSERT"]})}]}""",
)
_HANDLER = """
import os
import boto3
client = boto3.client("dynamodb")
dynamodb = boto3.resource("dynamodb")
table = dynamodb.Table(os.environ["TABLE"])
def handle(event, context):
    name = os.environ["TABLE"]
    for record in event["Records"]:
        key = record["dynamodb"]["Keys"]["id"]["S"]
        {write}
"""


def _found(folder: Path, write: str, program: str = _PROGRAM) -> list[str]:
    graph = graph_with_code(folder / "shop", program, {"worker/app.py": _HANDLER.format(write=write)})
    return [finding.why for finding in CHECKS["CHK-LOOP-4"].findings(Stack.of(graph))]


@pytest.mark.parametrize(
    "write",
    [
        'table.put_item(Item={"id": key, "seen": 1})',
        'table.update_item(Key={"id": key}, UpdateExpression="ADD seen :one")',
        "client.put_item(TableName=name, Item={})",
        'boto3.resource("dynamodb").Table(name).put_item(Item={})',
    ],
)
def test_a_function_that_writes_to_its_own_table_is_found(tmp_path: Path, write: str) -> None:
    (why,) = _found(tmp_path, write)

    assert why == (
        "The function writes to items, whose stream feeds it (app, line 11): unless the code leaves out what it has "
        "written, each write that changes an item is followed by another one for ever, for Lambda stops no loop by way "
        "of DynamoDB."
    )


@pytest.mark.parametrize(
    ("write", "program"),
    [
        ('dynamodb.Table(os.environ["OTHER"]).put_item(Item={})', _PROGRAM),
        ("client.put_item(TableName=key, Item={})", _PROGRAM),
        ('table.get_item(Key={"id": key})', _PROGRAM),
        ('table.put_item(Item={"id": key})', _FILTERED),
        ('record["eventName"] == "INSERT" and table.put_item(Item={"id": key})', _PROGRAM),
    ],
    ids=["another table", "a table that is not known", "a read", "a filter", "code that tells changes apart"],
)
def test_what_is_no_loop_or_cannot_be_told(tmp_path: Path, write: str, program: str) -> None:
    assert _found(tmp_path, write, program) == []
