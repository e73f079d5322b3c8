"""Messages that expire while their invoke runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from delivery_lab.results.conclusion import conclusion
from delivery_lab.results.outcome import outcome_of
from delivery_lab.simulation.simulate import simulate
from delivery_lab.simulation.workload_files import read_workload
from delivery_lab.stack.stack import Stack
from tests.checks.world import graph_of

PROGRAM = """
jobs = aws.sqs.Queue("jobs", visibility_timeout_seconds=360, message_retention_seconds=60)
mapping(jobs, function(timeout=60), batch_size=1, scaling_config={"maximumConcurrency": 2})
"""
SLEEPS = """
import time

import boto3


def handle(event, context):
    (record,) = event["Records"]
    print(record["body"])
    time.sleep(10)
"""
DELETES = f"""{SLEEPS}
    sqs = boto3.client("sqs")
    url = sqs.get_queue_url(QueueName=record["eventSourceARN"].split(":")[-1])["QueueUrl"]
    sqs.delete_message(QueueUrl=url, ReceiptHandle=record["receiptHandle"])
"""


@pytest.mark.parametrize("handler", [SLEEPS, DELETES], ids=["the mapping deletes", "the handler deletes"])
def test_sqs_ret_4_every_invoke_that_succeeds_processes_its_message(tmp_path: Path, handler: str) -> None:
    """Two at a time, 10 s each: those that are under way when their messages expire after 60 s end well."""
    stack = Stack.of(graph_of(tmp_path / "shop", PROGRAM, {"worker/app.py": handler}))
    (tmp_path / "sends.yaml").write_text("send: [{queue: jobs, times: 30, body: {id: '{n}'}}]\n", encoding="utf-8")

    outcome = outcome_of(simulate(stack, tmp_path / "shop", read_workload(tmp_path / "sends.yaml"), seed=1))

    assert (outcome.invocations.total, outcome.invocations.failed) == (12, 0)
    assert (outcome.messages.processed, outcome.messages.expired, outcome.messages.lost) == (12, 18, 0)
    assert conclusion(outcome).startswith("18 messages expire; 12 of 30 are ")
