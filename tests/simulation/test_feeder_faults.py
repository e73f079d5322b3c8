"""Topics, buckets, buses, schedules and pipes that deliver twice or late, and where AWS says that they do not."""

from __future__ import annotations

from pathlib import Path

import pytest

from delivery_lab.errors import WorkloadError
from delivery_lab.events import FeedHandedOnAgain, MessageSent, PipeHandedOn, Run
from delivery_lab.model.clock import seconds
from delivery_lab.results.figures import Outcome
from delivery_lab.results.invariants import violations_of
from delivery_lab.results.outcome import outcome_of
from delivery_lab.simulation.fault_presets import all_faults
from delivery_lab.simulation.feeder_faults import LATE_BUCKET_SECONDS, LATE_SECONDS
from delivery_lab.simulation.simulate import simulate
from delivery_lab.simulation.workload_files import read_workload
from delivery_lab.stack.stack import Stack
from tests.checks.world import graph_of
from tests.lab_support import stack_of, workload

OPEN = """
def opened(queue):
    aws.sqs.QueuePolicy("open", queue_url=queue.url, policy=queue.arn.apply(lambda arn: json.dumps({"Statement": [
        {"Effect": "Allow", "Principal": {"Service": ["sns.amazonaws.com", "s3.amazonaws.com", "events.amazonaws.com"]},
         "Action": "sqs:SendMessage", "Resource": arn}]})))
    return queue

jobs = opened(queue_with_dlq())
mapping(jobs, function(), batch_size=1, function_response_types=[])
"""
ROLE = """
all_of_it = aws.iam.Role("feeder-role", assume_role_policy="{}", inline_policies=[{"name": "all", "policy": json.dumps(
    {"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})}])
"""
FED = {
    "topic": (
        (
            'orders = aws.sns.Topic("orders")\n'
            'aws.sns.TopicSubscription("sub", topic=orders.arn, protocol="sqs", endpoint=jobs.arn)\n'
        ),
        "sns: orders",
    ),
    "bucket": (
        (
            'orders = aws.s3.Bucket("orders")\n'
            'aws.s3.BucketNotification("told", bucket=orders.id, queues=[\n'
            '    {"queue_arn": jobs.arn, "events": ["s3:ObjectCreated:*"]}])\n'
        ),
        "s3: orders, key: 'n{n}'",
    ),
    "bus": (
        (
            'orders = aws.cloudwatch.EventBus("orders")\n'
            'rule = aws.cloudwatch.EventRule("rule", event_bus_name=orders.name,\n'
            '    event_pattern=json.dumps({"source": ["shop"]}))\n'
            'aws.cloudwatch.EventTarget("target", rule=rule.name, event_bus_name=orders.name, arn=jobs.arn)\n'
        ),
        "event: orders, source: shop, detailType: order",
    ),
    "schedule": (
        ROLE + 'aws.scheduler.Schedule("orders", schedule_expression="rate(1 minute)",\n'
        '    flexible_time_window={"mode": "OFF"},\n'
        '    target={"arn": jobs.arn, "role_arn": all_of_it.arn, "input": "{}"})\n',
        "schedule: orders",
    ),
    "pipe": (
        ROLE + 'source = aws.sqs.Queue("source")\n'
        'aws.pipes.Pipe("orders", role_arn=all_of_it.arn, source=source.arn, target=jobs.arn)\n',
        "queue: source",
    ),
}
HANDLER = "def handle(event, context):\n    return None\n"


def run_of(folder: Path, fed: str, faults: str, program: str | None = None, until: str = "drained") -> Run:
    source, target = FED[fed]
    folder.mkdir(exist_ok=True)
    graph = graph_of(folder / "shop", OPEN + (program or source), {"worker/app.py": HANDLER})
    body = "" if fed == "schedule" else ", body: {id: 'n{n}'}"
    file = folder / "jobs.yaml"
    file.write_text(
        f"send: [{{every: 1, times: 3, {target}{body}}}]\nfaults: [{faults}]\nuntil: {until}\n", encoding="utf-8"
    )
    return simulate(Stack.of(graph), folder / "shop", read_workload(file), seed=1)


def _whole(run: Run) -> Outcome:
    assert list(violations_of(run)) == []
    return outcome_of(run)


@pytest.mark.parametrize("fed", FED)
def test_sim_once_2_what_a_feeder_hands_on_twice_is_one_message(tmp_path: Path, fed: str) -> None:
    outcome = _whole(run_of(tmp_path / "once", fed, ""))
    assert (outcome.messages.sent, outcome.messages.processed, outcome.deliveries.duplicates) == (3, 3, 0)

    outcome = _whole(run_of(tmp_path / "twice", fed, "{feeder: orders, kind: duplicate}"))
    assert (outcome.messages.sent, outcome.messages.processed) == (3, 3)
    assert (outcome.deliveries.total, outcome.deliveries.duplicates, outcome.deliveries.max_per_message) == (6, 3, 2)


@pytest.mark.parametrize("fed", ["topic", "bucket", "bus"])
def test_one_of_them_is_named_by_its_id(tmp_path: Path, fed: str) -> None:
    run = run_of(tmp_path, fed, "{feeder: orders, kind: duplicate, ids: [n2], seconds: 40}")

    assert [len(message.delivered_at) for message in _whole(run).per_message] == [1, 2, 1]
    (again,) = (event for event in run.events if isinstance(event, FeedHandedOnAgain))
    assert again.instant_us == seconds(1 + 40)


@pytest.mark.parametrize("fed", ["topic", "bucket", "bus"])
def test_who_is_late_is_overtaken(tmp_path: Path, fed: str) -> None:
    run = run_of(tmp_path, fed, "{feeder: orders, kind: latency, seconds: 1.5, ids: [n1]}")

    outcome = _whole(run)
    assert [message.delivered_at[0] for message in outcome.per_message] == [1.5, 1.0, 2.0]
    assert outcome.messages.processed == 3


def test_who_is_late_when_a_run_ends_is_still_there(tmp_path: Path) -> None:
    run = run_of(tmp_path, "topic", "{feeder: sub, kind: latency, seconds: 60, ids: [n1]}", until="10")

    assert (_whole(run).messages.processed, _whole(run).messages.remaining) == (2, 1)


def test_a_pipe_hands_a_batch_over_again_when_it_was_answered(tmp_path: Path) -> None:
    run = run_of(tmp_path, "pipe", "{feeder: orders, kind: duplicate, ids: [n1]}")

    handed = [event.message for event in run.events if isinstance(event, PipeHandedOn)]
    assert [handed.count(message) for message in dict.fromkeys(handed)] == [2, 1, 1]


FIFO = """
topic = aws.sns.Topic("orders", name="orders.fifo", fifo_topic=True, content_based_deduplication=True)
aws.sns.TopicSubscription("sub", topic=topic.arn, protocol="sqs", endpoint=jobs.arn)
"""


@pytest.mark.parametrize(
    ("fed", "fault", "program", "message"),
    [
        (
            "topic",
            "{feeder: order, kind: duplicate}",
            None,
            (
                "the stack prod has no topic, bucket, bus, schedule or pipe order that hands anything on "
                "(there are: orders, sub)"
            ),
        ),
        (
            "topic",
            "{feeder: sub, kind: duplicate}",
            FIFO,
            (
                "orders is a FIFO topic, which hands each message on once and in order (SNS-FIFO-5)\n"
                "  nearest: kind: duplicate of a standard queue that subscribes to it"
            ),
        ),
        (
            "pipe",
            "{feeder: orders, kind: latency, seconds: 5}",
            None,
            (
                "orders is a pipe, which polls as a mapping does, and hands a batch over again as soon as it was "
                "answered: it has the kind duplicate only, without seconds\n"
                "  nearest: kind: latency of the function that it invokes, or a delay of the queue that it reads"
            ),
        ),
    ],
)
def test_sns_fifo_5_what_cannot_happen_is_refused(
    tmp_path: Path, fed: str, fault: str, program: str | None, message: str
) -> None:
    with pytest.raises(WorkloadError) as caught:
        run_of(tmp_path, fed, fault, program)

    assert str(caught.value) == f"{tmp_path / 'jobs.yaml'}:2: {message}"


def test_a_repetition_that_the_target_refuses_changes_nothing(tmp_path: Path) -> None:
    faults = "{feeder: orders, kind: duplicate, seconds: 5}, {at: 4, service: sqs, operation: SendMessage, kind: error}"

    run = run_of(tmp_path, "topic", faults)

    outcome = _whole(run)
    assert (outcome.messages.processed, outcome.deliveries.duplicates) == (3, 0)
    assert len([event for event in run.events if isinstance(event, MessageSent)]) == 3


@pytest.mark.parametrize(
    ("stack", "lines"),
    [
        (
            "sns-sqs-raw",
            [("sns-topic", "duplicate", None), ("sns-topic", "latency", LATE_SECONDS)],
        ),
        ("s3-sqs", [("s3-bucket", "duplicate", None), ("s3-bucket", "latency", LATE_BUCKET_SECONDS)]),
        (
            "eventbridge-sqs",
            [("eventbridge-bus", "duplicate", None), ("eventbridge-bus", "latency", LATE_SECONDS)],
        ),
        ("pipe-sqs", [("pipe-pipe", "duplicate", None)]),
        ("batch-partial", []),
    ],
)
def test_standard_is_what_aws_documents_of_feeders(stack: str, lines: list[tuple[str, str, float | None]]) -> None:
    standard = workload(stack).model_copy(update={"faults": [], "fault_preset": "standard"})

    found = [(fault.feeder, fault.kind, fault.seconds) for fault in all_faults(standard, stack_of(stack))]
    assert [line for line in found if line[0] is not None] == lines


@pytest.mark.parametrize("fed", FED)
def test_whatever_feeds_a_queue_standard_holds_all_invariants(tmp_path: Path, fed: str) -> None:
    source, target = FED[fed]
    graph = graph_of(tmp_path / "shop", OPEN + source, {"worker/app.py": HANDLER})
    body = "" if fed == "schedule" else ", body: {id: 'n{n}'}"
    file = tmp_path / "jobs.yaml"
    file.write_text(f"send: [{{every: 1, times: 40, {target}{body}}}]\nfaultPreset: standard\n", encoding="utf-8")

    outcome = _whole(simulate(Stack.of(graph), tmp_path / "shop", read_workload(file), seed=2))
    assert (outcome.messages.sent, outcome.messages.lost) == (40, 0)
    assert outcome.deliveries.duplicates > 0


IDEMPOTENT = """
import json
import boto3
from botocore.exceptions import ClientError

table = boto3.resource("dynamodb").Table("done")

def told(event, id, record):
    print(json.dumps({"event": event, "id": id, "message_id": record["messageId"]}))

def handle(event, context):
    for record in event["Records"]:
        content = json.loads(record["body"])
        inner = content.get("Message") or content.get("body")  # of a topic, of a pipe
        content = json.loads(inner) if inner else content["detail"]
        told("started", content["id"], record)
        try:
            table.put_item(Item={"id": KEY}, ConditionExpression="attribute_not_exists(id)")
        except ClientError:
            told("duplicate", content["id"], record)
        else:
            told("processed", content["id"], record)
"""
DONE = """
aws.dynamodb.Table("done", name="done", billing_mode="PAY_PER_REQUEST", hash_key="id",
    attributes=[{"name": "id", "type": "S"}])
"""


@pytest.mark.parametrize(("key", "duplicated"), [('content["id"]', 0), ('record["messageId"]', 3)])
@pytest.mark.parametrize("fed", ["topic", "bus", "pipe"])
def test_who_knows_work_by_its_own_id_does_it_once_and_not_who_knows_it_by_that_of_sqs(
    tmp_path: Path, fed: str, key: str, duplicated: int
) -> None:
    source, target = FED[fed]
    files = {"worker/app.py": IDEMPOTENT.replace("KEY", key)}
    graph = graph_of(tmp_path / "shop", OPEN + DONE + source, files)
    file = tmp_path / "jobs.yaml"
    file.write_text(
        f"send: [{{every: 1, times: 3, {target}, body: {{id: 'n{{n}}'}}}}]\n"
        "faults: [{feeder: orders, kind: duplicate}]\n",
        encoding="utf-8",
    )

    outcome = _whole(simulate(Stack.of(graph), tmp_path / "shop", read_workload(file), seed=1))
    assert (outcome.messages.processed, outcome.deliveries.duplicates) == (3, 3)
    assert (outcome.effects.duplicated, outcome.deliveries.recognised) == (duplicated, 3 - duplicated)
