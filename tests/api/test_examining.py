"""Findings that a workload shows: filters that let nothing of it through."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from delivery_lab import Lab

PROGRAM = """
import json, pulumi, pulumi_aws as aws
READS = "arn:aws:iam::aws:policy/service-role/AWSLambdaSQSQueueExecutionRole"
role = aws.iam.Role("role", assume_role_policy="{}", managed_policy_arns=[READS])
jobs = aws.sqs.Queue("jobs", visibility_timeout_seconds=60)
news = aws.sns.Topic("news")
def subscribe(policy, **given):
    return aws.sns.TopicSubscription("sub", topic=news.arn, protocol="sqs", endpoint=jobs.arn,
                                     filter_policy=json.dumps(policy), **given)
clicks = aws.kinesis.Stream("clicks", shard_count=1)
def fn(name, **given):
    return aws.lambda_.Function(name, runtime="python3.11", handler="app.handle", role=role.arn, timeout=3,
                                code=pulumi.FileArchive("./fn"), **given)
def only(pattern):
    return {"filters": [{"pattern": json.dumps(pattern)}]}
"""
OF_QUEUE = """
worker = fn("worker")
aws.lambda_.EventSourceMapping("map", event_source_arn=jobs.arn, function_name=worker.arn, filter_criteria=only(%s))
"""
OF_STREAM = """
aws.lambda_.EventSourceMapping("map", event_source_arn=clicks.arn, function_name=fn("worker").arn,
                               starting_position="LATEST", filter_criteria=only(%s))
"""
TEN = 'send: [{queue: jobs, every: 0.1, times: 10, body: {id: "{n}", kind: order}}]'
CLICKS = "send: [{stream: clicks, key: a, every: 0.1, times: 3, body: {kind: click}}]"


def _why(
    folder: Path, program: str, workload: str, *, quantify: bool = False, check: str = "CHK-FILTER-2"
) -> list[str]:
    files = {
        "Pulumi.yaml": "name: shop\nruntime: python\n",
        "Pulumi.dev.yaml": "config: {}\n",
        "__main__.py": PROGRAM + program,
        "fn/app.py": "def handle(event, context):\n    return None\n",
        "workloads/w.yaml": f'stacks: ["*"]\n{textwrap.dedent(workload)}\n',
    }
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    findings = Lab.open(folder).examine("dev", quantify=quantify).findings
    return [finding.why for finding in findings if finding.check == check]


@pytest.mark.parametrize("quantify", [False, True])
def test_a_filter_that_matches_none_of_the_workloads_messages_is_found(tmp_path: Path, quantify: bool) -> None:
    found = _why(tmp_path, OF_QUEUE % '{"body": {"kind": ["invoice"]}}', TEN, quantify=quantify)

    assert len(found) == 1
    assert found[0].startswith(
        "None of the 10 messages of the workload w matches the filter. Messages that do not match are"
    )


def test_so_is_one_of_a_stream(tmp_path: Path) -> None:
    assert _why(tmp_path, OF_STREAM % '{"data": {"kind": ["view"]}}', CLICKS) == [
        "None of the 3 messages of the workload w matches the filter. The mapping moves past records that do not match."
    ]


@pytest.mark.parametrize(
    ("program", "workload"),
    [
        pytest.param(OF_QUEUE % '{"body": {"kind": ["order"]}}', TEN, id="all match"),
        pytest.param(OF_QUEUE % '{"body": {"id": ["7"]}}', TEN, id="one matches"),
        pytest.param(OF_QUEUE % '{"attributes": {"SenderId": ["x"]}}', TEN, id="only a run tells"),
        pytest.param(OF_QUEUE % '{"body": {"kind": [{"wildcard": "*"}]}}', TEN, id="an operator that is not modelled"),
        pytest.param(OF_QUEUE % '{"body": {"kind": ["invoice"]}}', CLICKS, id="nothing is sent there"),
        pytest.param(
            'fn("front", environment={"variables": {"QUEUE": jobs.url}})'
            + OF_QUEUE % '{"body": {"kind": ["invoice"]}}',
            TEN,
            id="a function may send there, too",
        ),
        pytest.param(OF_STREAM % '{"data": {"kind": ["click"]}}', CLICKS, id="records match"),
    ],
)
def test_nothing_is_said_otherwise(tmp_path: Path, program: str, workload: str) -> None:
    assert _why(tmp_path, program, workload) == []


def test_with_a_run_what_functions_send_counts_too(tmp_path: Path) -> None:
    program = (
        'fn("front", environment={"variables": {"QUEUE": jobs.url}})' + OF_QUEUE % '{"body": {"kind": ["invoice"]}}'
    )

    assert len(_why(tmp_path, program, TEN, quantify=True)) == 1


NEWS = """send:
  - {sns: news, every: 1, times: 3, body: {kind: order}}
  - {sns: news, body: {kind: greeting}, attributes: {kind: order, store: "7"}}"""
ENDED = " What does not match is delivered to nobody, and is in no dead-letter queue."


@pytest.mark.parametrize(
    ("program", "why"),
    [
        pytest.param(
            'subscribe({"kind": ["sale", "greeting"]})',
            "None of the 4 messages of the workload w matches the filter policy, which is about message attributes; "
            "1 would match it by the body." + ENDED,
            id="fields of the body",
        ),
        pytest.param(
            'subscribe({"store": ["7"]}, filter_policy_scope="MessageBody")',
            "None of the 4 messages of the workload w matches the filter policy, which is about the body; "
            "1 would match it by message attributes." + ENDED,
            id="message attributes",
        ),
        pytest.param(
            'subscribe({"kind": ["sale"]})',
            "None of the 4 messages of the workload w matches the filter policy, which is about message attributes."
            + ENDED,
            id="nowhere",
        ),
    ],
)
def test_a_filter_policy_that_takes_nothing_of_the_workload_is_found(tmp_path: Path, program: str, why: str) -> None:
    assert _why(tmp_path, program, NEWS, check="CHK-FEED-8") == [why]


@pytest.mark.parametrize(
    "program",
    [
        pytest.param('subscribe({"kind": ["order"]})', id="one matches"),
        pytest.param('subscribe({"kind": ["order"]}, filter_policy_scope="MessageBody")', id="three match"),
        pytest.param('subscribe({"kind": []})', id="a policy that SNS refuses"),
        pytest.param(
            'subscribe({"kind": ["sale"]}); fn("front", environment={"variables": {"TOPIC": news.arn}})',
            id="a function may publish, too",
        ),
        pytest.param(
            'subscribe({"kind": ["sale"]}); bucket = aws.s3.Bucket("b")\n'
            'aws.s3.BucketNotification("n", bucket=bucket.id,'
            '    topics=[{"topic_arn": news.arn, "events": ["s3:ObjectCreated:*"]}])',
            id="a bucket publishes, too",
        ),
    ],
)
def test_nothing_is_said_of_other_filter_policies(tmp_path: Path, program: str) -> None:
    assert _why(tmp_path, program, NEWS, check="CHK-FEED-8") == []


def test_nothing_is_said_of_a_filter_policy_to_whose_topic_nothing_is_published(tmp_path: Path) -> None:
    assert _why(tmp_path, 'subscribe({"kind": ["sale"]})', TEN, check="CHK-FEED-8") == []


def test_what_is_not_modelled_is_said_where_nothing_is_found(tmp_path: Path) -> None:
    """No check looks at a mapping of a broker of Amazon MQ, so that no finding does not mean that it is right."""
    broker = """
aws.lambda_.EventSourceMapping("map", function_name=fn("worker").arn, queues="orders",
                               event_source_arn="arn:aws:mq:us-east-1:123456789012:broker:b:b-1")
"""
    assert _why(tmp_path, broker, "send: []") == []
    notes = Lab.open(tmp_path).examine("dev", quantify=False).notes
    (said,) = (note for note in notes if "modelled" in note)
    why = "map: queues = 'orders'; nearest: eventSourceArn of an SQS queue"
    assert said == f"not modelled, so that no check looks at what it does: {why}"
