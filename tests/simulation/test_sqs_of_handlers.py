"""SQS as whole runs see it: attributes of a workload in records, refusals before the run, queues that code empties."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from delivery_lab.errors import WorkloadError
from delivery_lab.results.outcome import outcome_of
from delivery_lab.simulation.workload_files import read_workload
from tests.simulation.test_simulate import Folder

SHOWS = """
import json, os
def handle(event, context):
    for record in event["Records"]:
        print(json.dumps({"attributes": record["messageAttributes"], "md5": record.get("md5OfMessageAttributes"),
                          "trace": record["attributes"].get("AWSTraceHeader")}))
"""
SENDS = """
import json, os, boto3
sqs = boto3.client("sqs")
def handle(event, context):
    for record in event["Records"]:
        if record["body"] == "first":
            text = {"DataType": "String", "StringValue": "x"}
            sent = sqs.send_message(QueueUrl="jobs", MessageBody="second", MessageAttributes={"kind": text})
            print(json.dumps([sent["MD5OfMessageAttributes"], os.environ["_X_AMZN_TRACE_ID"]]))
        else:
            print(json.dumps([record["md5OfMessageAttributes"], record["attributes"]["AWSTraceHeader"]]))
"""
PURGES = """
import boto3
sqs = boto3.client("sqs")
def handle(event, context):
    sqs.purge_queue(QueueUrl="jobs")
    try: sqs.purge_queue(QueueUrl="jobs")
    except sqs.exceptions.PurgeQueueInProgress as error: print(error.response["ResponseMetadata"]["HTTPStatusCode"])
"""


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def test_attributes_of_a_workload_are_those_of_the_record(folder: Folder) -> None:
    run = folder.run(SHOWS, 'send: [{queue: jobs, body: x, attributes: {kind: "job-{n}", weight: 3}}]\n')
    shown = json.loads(run.logs[0].text)

    lists: dict[str, list[str]] = {"stringListValues": [], "binaryListValues": []}
    assert shown["attributes"] == {
        "kind": {**lists, "dataType": "String", "stringValue": "job-1"},
        "weight": {**lists, "dataType": "Number", "stringValue": "3"},
    }
    assert (len(shown["md5"]), shown["trace"]) == (32, None)


def test_what_a_handler_sends_has_its_checksum_and_its_trace(folder: Folder) -> None:
    run = folder.run(SENDS, "send: [{queue: jobs, body: first}]\n", queue='name="jobs",')
    sent, received = (json.loads(line.text) for line in run.logs)

    assert sent == received


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (
            'body: "bell \\a"',
            (
                "Invalid binary character '#x7' was found in the message body, the set of allowed characters is #x9 | "
                "#xA | #xD | [#x20-#xD7FF] | [#xE000-#xFFFD] | [#x10000-#x10FFFF]."
            ),
        ),
        (
            'body: x, attributes: {kind: ""}',
            "Message (user) attribute 'kind' must contain a non-empty value of type 'String'.",
        ),
        (
            "body: x, attributes: {aws.kind: y}",
            (
                "You can't use message attribute names beginning with 'AWS.' or 'Amazon.'. These strings are reserved "
                "for internal use. The name is aws.kind."
            ),
        ),
    ],
)
def test_sqs_attr_1_a_message_that_sqs_would_refuse_is_refused_before_the_run_with_its_line(
    folder: Folder, line: str, reason: str
) -> None:
    workload = "send:\n  - {queue: jobs, body: fine}\n  - {queue: jobs, " + line + "}\n"

    message = folder.refusal(WorkloadError, workload=workload)

    assert message == f"{folder.root / 'load.yaml'}: send 2: SQS would refuse a message for jobs: {reason}"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{stream: s, key: k, body: {}, attributes: {a: b}}", "send.1: attributes go with queue"),
        ("{queue: q, body: {}, attributes: {a: true}}", "send.1.attributes.a"),
    ],
)
def test_attributes_are_texts_and_numbers_of_messages(tmp_path: Path, line: str, message: str) -> None:
    file = tmp_path / "w.yaml"
    file.write_text(f"send:\n  - {line}\n")

    with pytest.raises(WorkloadError) as refused:
        read_workload(file)

    assert message in str(refused.value)


def test_sqs_purge_2_messages_that_code_purges_are_lost(folder: Folder) -> None:
    workload = "send: [{queue: jobs, body: {id: first}}, {at: 0.1, times: 20, queue: jobs, body: {id: '{n}'}}]\n"
    run = folder.run(PURGES, workload, queue='name="jobs", delay_seconds=0,', mapping="batch_size=1,")
    messages = outcome_of(run).messages

    assert "403" in {line.text for line in run.logs}
    assert (messages.sent, messages.remaining) == (21, 0)
    assert messages.lost > 0
