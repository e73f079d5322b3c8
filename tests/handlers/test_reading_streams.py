"""Handlers that read streams with boto3: botocore takes the answers as it takes those of AWS."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from delivery_lab.events import Journal, LogLine
from delivery_lab.events.base import WORKLOAD
from delivery_lab.handlers import HandlerHost
from delivery_lab.model.account import Account
from delivery_lab.model.clock import Scheduler
from delivery_lab.model.invokes import InvokeResult
from delivery_lab.model.randomness import RandomStreams
from delivery_lab.model.runtime import CodeSource, FunctionConfig

ARN = "arn:aws:dynamodb:us-east-1:123456789012:table/items/stream/2026-01-01T00:00:00.000"

KINESIS = """
import boto3

def handler(event, context):
    client = boto3.client("kinesis")
    for shard in client.list_shards(StreamName="orders")["Shards"]:
        place = client.get_shard_iterator(
            StreamName="orders", ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON")["ShardIterator"]
        answer = client.get_records(ShardIterator=place)
        try:
            client.get_shard_iterator(StreamName="orders", ShardId="shardId-9", ShardIteratorType="LATEST")
        except client.exceptions.ResourceNotFoundException as error:
            refused = error.response["Error"]["Code"]
        [page] = client.get_paginator("list_streams").paginate()
        return [answer["Records"][0]["Data"].decode(), answer["MillisBehindLatest"], refused, page["StreamNames"],
                client.describe_stream_summary(StreamName="orders")["StreamDescriptionSummary"]["OpenShardCount"]]
"""
TABLE = """
import boto3

def handler(event, context):
    client = boto3.client("dynamodbstreams")
    arn = client.list_streams(TableName="items")["Streams"][0]["StreamArn"]
    found = []
    for shard in client.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]:
        place = client.get_shard_iterator(
            StreamArn=arn, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON")["ShardIterator"]
        for record in client.get_records(ShardIterator=place)["Records"]:
            found.append([record["eventName"], record["dynamodb"]["NewImage"]["data"]["B"].decode(),
                          record["dynamodb"]["ApproximateCreationDateTime"].year])
    return found
"""


def answer_of(tmp_path: Path, code: str) -> Any:
    """What a handler answers in an account with a stream and a table's stream."""
    (tmp_path / "app.py").write_text(code)
    scheduler, streams, journal = Scheduler(), RandomStreams(1), Journal()
    account = Account(scheduler, streams, journal)
    lines: list[LogLine] = []
    host = HandlerHost(scheduler, streams, account, lines.append)
    results: list[InvokeResult] = []
    with host:
        account.use(host)
        source = account.create_stream(
            "orders", "arn:aws:kinesis:us-east-1:123456789012:stream/orders", shards=1, retention_hours=24
        )
        source.put(b"hello", "k")
        table = account.create_table_stream("items", ARN, "NEW_IMAGE", "id")
        table.changed("INSERT", {"id": {"S": "a"}}, None, {"id": {"S": "a"}, "data": {"B": b"foobar"}})
        code_source = CodeSource((("app.py", str(tmp_path / "app.py")),))
        arn = "arn:aws:lambda:us-east-1:123456789012:function:worker"
        account.functions.add(FunctionConfig("worker", arn, "app.handler", 30, code=code_source))
        account.functions.invoke("worker", "{}", results.append, by=WORKLOAD)
        scheduler.run()
    (result,) = results
    assert result.error is None, result.payload
    return json.loads(result.payload)


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (KINESIS, ["hello", 0, "ResourceNotFoundException", ["orders"], 1]),
        (TABLE, [["INSERT", "foobar", 2026]]),
    ],
    ids=["kinesis", "table"],
)
def test_a_handler_reads_a_stream_by_itself(tmp_path: Path, code: str, expected: list[Any]) -> None:
    assert answer_of(tmp_path, code) == expected
