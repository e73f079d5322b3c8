"""The way of one message over all that it goes through, line by line."""

from __future__ import annotations

from pathlib import Path

import pytest

from delivery_lab import Lab
from delivery_lab.errors import UsageError
from delivery_lab.events import Run
from delivery_lab.results.timeline import messages_called, story
from delivery_lab.simulation.simulate import simulate
from delivery_lab.simulation.workload_files import read_workload
from delivery_lab.stack.stack import Stack
from tests.checks.world import graph_of
from tests.lab_support import ROOT, run

PUTS = """
bus = aws.cloudwatch.EventBus("bus")
rule = aws.cloudwatch.EventRule("rule", event_bus_name=bus.name, event_pattern=json.dumps({"source": ["shop"]}))
jobs = queue_with_dlq()
mapping(jobs, function(handler="app.receive"), batch_size=1, function_response_types=[])
aws.cloudwatch.EventTarget("target", rule=rule.name, event_bus_name=bus.name, arn=jobs.arn)
aws.sqs.QueuePolicy("open", queue_url=jobs.url, policy=pulumi.Output.json_dumps({"Statement": [{
    "Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sqs:SendMessage",
    "Resource": jobs.arn}]}))
all_of_it = aws.iam.Role("api-role", assume_role_policy="{}", inline_policies=[{"name": "all", "policy": json.dumps(
    {"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})}])
api = aws.apigatewayv2.Api("api", protocol_type="HTTP")
puts = aws.apigatewayv2.Integration("puts", api_id=api.id, integration_type="AWS_PROXY",
    integration_subtype="EventBridge-PutEvents", credentials_arn=all_of_it.arn, payload_format_version="1.0",
    request_parameters={"Source": "shop", "DetailType": "order", "Detail": "$request.body", "EventBusName": bus.name})
aws.apigatewayv2.Route("route", api_id=api.id, route_key="POST /orders",
    target=puts.id.apply(lambda each: f"integrations/{each}"))
aws.apigatewayv2.Stage("stage", api_id=api.id, name="$default", auto_deploy=True)
"""
RELAY = """
topic = aws.sns.Topic("news")
inbox = aws.sqs.Queue("inbox", visibility_timeout_seconds=60)
outbox = queue_with_dlq(count=1)
sender = function("sender", environment={"variables": {"TOPIC": topic.arn}})
mapping(inbox, sender, "inbox-to-sender", function_response_types=[])
mapping(outbox, function("receiver", handler="app.receive"), "outbox-to-receiver", function_response_types=[])
aws.sqs.QueuePolicy("open", queue_url=outbox.url, policy=pulumi.Output.json_dumps({"Statement": [{
    "Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage",
    "Resource": outbox.arn, "Condition": {"ArnEquals": {"aws:SourceArn": topic.arn}}}]}))
aws.sns.TopicSubscription("sub", topic=topic.arn, protocol="sqs", endpoint=outbox.arn, raw_message_delivery=True)
"""
HANDLERS = """
import json
import os
import boto3

sns = boto3.client("sns")

def handle(event, context):
    for record in event["Records"]:
        sent = json.loads(record["body"])
        told = json.dumps({"id": sent["id"] + "-told"})
        sns.publish(TopicArn=os.environ["TOPIC"], Message=told)

def receive(event, context):
    raise ValueError(event["Records"][0]["body"])
"""


def _told(found: Run, name: str) -> list[str]:
    return [str(line).strip() for line in story(found, messages_called(found)[name])]


def test_a_message_of_a_topic_over_queue_function_and_dead_letter_queue() -> None:
    assert _told(run("sns-sqs-raw"), "order-2") == [
        "1.000 s  published to sns-topic: order-2",
        "1.000 s  handed on by sns-subscription to sns-queue: order-2  [SNS-DELIVER-1]",
        "1.000 s  sns-worker #2 gets order-2  [ESM-BATCH-1]",
        "1.000 s  sns-worker #2 fails order-2: KeyError",
        "1.001 s  sns-worker #2 ends: kept in the queue: order-2 (1 of 1 reported)  [ESM-REPORT-8]",
        "31.000 s  visible again in sns-queue: order-2  [SQS-VT-1]",
        "31.000 s  sns-worker #6 gets order-2  [ESM-BATCH-1]",
        "31.000 s  sns-worker #6 fails order-2: KeyError",
        "31.001 s  sns-worker #6 ends: kept in the queue: order-2 (1 of 1 reported)  [ESM-REPORT-8]",
        "61.000 s  visible again in sns-queue: order-2  [SQS-VT-1]",
        "61.000 s  moved from sns-queue to sns-dlq: order-2  [SQS-DLQ-1]",
    ]


def test_an_object_of_a_bucket() -> None:
    assert _told(run("s3-sqs-safe"), "late/a b.json") == [
        "240.000 s  changed in s3-bucket: late/a b.json",
        "240.000 s  handed on by s3-notification to s3-queue: late/a b.json  [S3-NOTIFY-1]",
        "260.000 s  s3-worker #4 gets late/a b.json  [ESM-BATCH-2]",
        "260.029 s  s3-worker #4 ends: 1 deleted (batchItemFailures is empty)  [ESM-REPORT-2]",
    ]


def test_a_request_to_an_api() -> None:
    assert _told(run("apigateway-sqs-safe"), "search-1") == [
        "4.000 s  POST /enqueue arrives at apigateway-api, which calls SendMessage: search-1",
        "4.000 s  sent to apigateway-queue: search-1",
        "4.000 s  POST /enqueue is answered with 202  [REST-SQS-1]",
        "4.000 s  apigateway-worker #5 gets search-1  [ESM-BATCH-1]",
        "4.013 s  apigateway-worker #5 ends: 1 deleted (batchItemFailures is empty)  [ESM-REPORT-2]",
    ]


def test_an_event_that_a_rule_hands_on_after_retries() -> None:
    told = _told(run("eventbridge-sqs-safe"), "order-3")

    assert told[0] == "120.000 s  put on eventbridge-bus: order-3"
    assert told[-3:] == [
        "334.857 s  handed on by eventbridge-target to eventbridge-queue: order-3  [EB-DELIVER-1]",
        "334.857 s  eventbridge-worker #6 gets order-3  [ESM-BATCH-1]",
        "334.873 s  eventbridge-worker #6 ends: 1 deleted (batchItemFailures is empty)  [ESM-REPORT-2]",
    ]
    assert all("will try order-3 again at" in line for line in told[1:-3])


def test_a_record_over_a_pipe_that_splits_its_batch() -> None:
    assert _told(run("pipe-sqs-safe"), "behind-1") == [
        "2.100 s  sent to pipe-stream: behind-1",
        (
            "2.406 s  pipe-pipe cannot hand large-1 behind-1 on to pipe-queue (InvalidParameterValue: It has 1262"
            " bytes.)  [PIPE-RETRY-1]"
        ),
        "2.406 s  pipe-pipe splits a batch: large-1 | behind-1  [STR-BISECT-1]",
        "4.430 s  handed on by pipe-pipe to pipe-queue: behind-1  [PIPE-TARGET-1]",
        "4.430 s  pipe-worker #3 gets behind-1  [ESM-BATCH-1]",
        "4.450 s  pipe-worker #3 ends: 1 deleted (batchItemFailures is empty)  [ESM-REPORT-2]",
    ]


def test_what_a_function_publishes_is_a_message_of_its_own(tmp_path: Path) -> None:
    graph = graph_of(tmp_path / "shop", RELAY, {"worker/app.py": HANDLERS})
    file = tmp_path / "relay.yaml"
    file.write_text("send: [{queue: inbox, body: {id: a}}]\n", encoding="utf-8")
    found = simulate(Stack.of(graph), tmp_path / "shop", read_workload(file), seed=1)

    first, second = _told(found, "a"), _told(found, "a-told")
    assert [line.partition("s  ")[2] for line in first[:2]] == ["sent to inbox: a", "sender #1 gets a  [ESM-BATCH-1]"]
    assert [line.partition("s  ")[2].partition("  [")[0] for line in second] == [
        "published to news: a-told",
        "handed on by sub to jobs: a-told",
        "receiver #1 gets a-told",
        "receiver #1 fails with ValueError",
        "receiver #1 ends: kept in the queue: a-told (the invoke failed with ValueError)",
        "visible again in jobs: a-told",
        "moved from jobs to dead: a-told",
    ]


def test_a_name_that_no_message_has_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(UsageError, match=r"^no message of this run is called 'order-9': did you mean order-4\?$"):
        Lab.open(ROOT, cached=True).run("sns-sqs-raw-safe").timeline("order-9")


def test_a_message_of_an_api_without_a_function_begins_at_its_request() -> None:
    assert _told(run("apigateway-sqs"), "search-1")[:5] == [
        "4.000 s  POST /enqueue arrives at apigateway-api, which calls SendMessage: search-1",
        "4.000 s  sent to apigateway-queue: search-1",
        "4.000 s  POST /enqueue is answered with 202  [REST-SQS-1]",
        "4.000 s  apigateway-worker #5 gets search-1  [ESM-BATCH-1]",
        "4.000 s  apigateway-worker #5 fails search-1: InvalidMessageError",
    ]


def test_a_request_whose_message_is_refused_has_a_way_of_two_steps() -> None:
    assert _told(run("apigateway-sqs-safe"), "large-1") == [
        "5.000 s  POST /enqueue arrives at apigateway-api, which calls SendMessage: large-1",
        "5.000 s  POST /enqueue is answered with 502  [REST-SQS-1]",
    ]


def test_an_event_that_an_api_puts_on_a_bus_begins_at_its_request(tmp_path: Path) -> None:
    graph = graph_of(tmp_path / "shop", PUTS, {"worker/app.py": HANDLERS.replace("sns = boto3", "# sns = boto3")})
    file = tmp_path / "orders.yaml"
    send = "{every: 1, times: 2, http: {path: /orders, body: {id: 'order-{n}'}}}"
    file.write_text(f"send: [{send}]\nuntil: 20\n", encoding="utf-8")

    found = simulate(Stack.of(graph), tmp_path / "shop", read_workload(file), seed=1)

    assert _told(found, "order-2")[:5] == [
        "1.000 s  POST /orders arrives at api, which calls PutEvents: order-2",
        "1.000 s  put on bus: order-2",
        "1.000 s  handed on by target to jobs: order-2  [EB-DELIVER-1]",
        "1.000 s  POST /orders is answered with 200  [HTTP-EB-1]",
        "1.000 s  worker #2 gets order-2  [ESM-BATCH-1]",
    ]
