"""Functions that write to the bucket whose new objects invoke them."""

from __future__ import annotations

from pathlib import Path

import pytest

from delivery_lab.checks.registry import CHECKS
from delivery_lab.stack.stack import Stack
from tests.checks.world import graph_of

_PROGRAM = """
uploads = aws.s3.Bucket("uploads")
worker = function(environment={{"variables": {{"BUCKET": uploads.id, "OTHER": "others"}}}})
may = aws.lambda_.Permission("may", action="lambda:InvokeFunction", function=worker.name, principal="s3.amazonaws.com")
aws.s3.BucketNotification("tell", bucket=uploads.id, lambda_functions=[
    {{"lambda_function_arn": worker.arn, "events": ["{event}"]{more}}}])
{rest}
"""
_HANDLER = """
import os
import boto3
s3 = boto3.client("s3")
def handle(event, context):
    for record in event["Records"]:
        bucket = record["s3"]["bucket"]["name"]
        key = record["s3"]["object"]["key"]
        {write}
"""
_ALLOWED = 'aws.lambda_.FunctionRecursionConfig("may-loop", function_name=worker.name, recursive_loop="Allow")'


def _found(folder: Path, write: str, event: str = "s3:ObjectCreated:*", more: str = "", rest: str = "") -> list[str]:
    program = _PROGRAM.format(event=event, more=more, rest=rest)
    graph = graph_of(folder / "shop", program, {"worker/app.py": _HANDLER.format(write=write)})
    return [finding.why for finding in CHECKS["CHK-LOOP-3"].findings(Stack.of(graph))]


@pytest.mark.parametrize(
    "write",
    [
        's3.put_object(Bucket=bucket, Key="out/" + key, Body=b"")',
        's3.put_object(Bucket=os.environ["BUCKET"], Key=key, Body=b"")',
        's3.upload_file("/tmp/a", bucket, key)',
        's3.copy_object(Bucket=record["s3"]["bucket"]["name"], Key=key, CopySource="a/b")',
    ],
)
def test_a_function_that_writes_to_its_own_bucket_is_found(tmp_path: Path, write: str) -> None:
    (why,) = _found(tmp_path, write)

    assert why == (
        "The function writes to the bucket whose new objects invoke it (app, line 9): unless the code leaves out what "
        "it has written, each object is followed by about 16 more, and the event of the last is discarded."
    )


@pytest.mark.parametrize(
    ("write", "given"),
    [
        ('s3.put_object(Bucket=os.environ["OTHER"], Key=key, Body=b"")', {}),
        ("s3.get_object(Bucket=bucket, Key=key)", {}),
        ("s3.put_object(Bucket=bucket, Key=key)", {"more": ', "filter_prefix": "in/"'}),
        ("s3.put_object(Bucket=bucket, Key=key)", {"event": "s3:ObjectRemoved:*"}),
        ("s3.put_object(Bucket=bucket, Key=key)", {"rest": _ALLOWED}),
    ],
    ids=["another bucket", "read only", "with a prefix", "of what is removed", "allowed"],
)
def test_a_function_that_is_not_invoked_by_what_it_writes_is_not_found(
    tmp_path: Path, write: str, given: dict[str, str]
) -> None:
    assert _found(tmp_path, write, **given) == []
