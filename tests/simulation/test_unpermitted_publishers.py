"""Queues whose policies do not let their publishers send: seen in the graph, and counted as lost in a run."""

from __future__ import annotations

from pathlib import Path

import pytest

from delivery_lab import resource_types
from delivery_lab.checks.registry import find_all
from delivery_lab.errors import NotModelledError
from delivery_lab.results.invariants.checker import violations_of
from delivery_lab.results.outcome import Outcome, outcome_of
from delivery_lab.simulation.permits import topic_permit
from delivery_lab.simulation.simulate import simulate
from delivery_lab.simulation.workload_files import read_workload
from delivery_lab.stack.stack import Stack
from delivery_lab.stack.topics import Topic
from tests.checks.world import graph_of
from tests.stack.world import arn_of, resource, stack_of

TOPIC = """
source = aws.sns.Topic("source")
jobs = queue_with_dlq()
mapping(jobs, function())
aws.sns.TopicSubscription("feed", topic=source.arn, protocol="sqs", endpoint=jobs.arn, raw_message_delivery=True)
"""
BUS = """
bus = aws.cloudwatch.EventBus("bus")
source = aws.cloudwatch.EventRule("source", event_bus_name=bus.name, event_pattern='{"source": ["shop"]}')
jobs = queue_with_dlq()
mapping(jobs, function())
aws.cloudwatch.EventTarget("feed", event_bus_name=bus.name, rule=source.name, arn=jobs.arn)
"""
POLICY = """
aws.sqs.QueuePolicy("policy", queue_url=jobs.url, policy=pulumi.Output.json_dumps({"Statement": [{
    "Effect": "Allow", "Principal": {"Service": "%s"}, "Action": "sqs:SendMessage", "Resource": jobs.arn,
    "Condition": {"ArnEquals": {"aws:SourceArn": %s}}}]}))
"""
HANDLER = """
def handle(event, context):
    return {"batchItemFailures": []}
"""
SNS = "send: [{sns: source, body: {id: a}}, {sns: source, body: {id: b}}]\n"
EVENTS = "send: [{event: bus, source: shop, detailType: order, body: {id: a}}, "
EVENTS += "{event: bus, source: shop, detailType: order, body: {id: b}}]\n"
OTHER = '"arn:aws:sns:us-east-1:123456789012:another"'


def _run(folder: Path, program: str, sends: str) -> tuple[set[str], Outcome]:
    graph = graph_of(folder / "shop", program, {"worker/app.py": HANDLER})
    (folder / "sends.yaml").write_text(sends, encoding="utf-8")
    stack = Stack.of(graph)
    found = simulate(stack, folder / "shop", read_workload(folder / "sends.yaml"), seed=1)
    assert violations_of(found) == []
    return {finding.check for finding in find_all(stack)}, outcome_of(found)


@pytest.mark.parametrize(
    ("program", "sends", "check"),
    [
        (TOPIC, SNS, "CHK-FEED-1"),
        (TOPIC + POLICY % ("sns.amazonaws.com", OTHER), SNS, "CHK-FEED-1"),
        (TOPIC + POLICY % ("events.amazonaws.com", "source.arn"), SNS, "CHK-FEED-1"),
        (BUS, EVENTS, "CHK-EVENT-1"),
        (BUS + POLICY % ("sns.amazonaws.com", "source.arn"), EVENTS, "CHK-EVENT-1"),
    ],
    ids=[
        "topic, no policy",
        "topic, another one",
        "topic, another service",
        "rule, no policy",
        "rule, another service",
    ],
)
def test_a_queue_that_does_not_let_its_publisher_send_loses_every_message(
    tmp_path: Path, program: str, sends: str, check: str
) -> None:
    checks, outcome = _run(tmp_path, program, sends)

    assert check in checks
    assert (outcome.messages.sent, outcome.messages.lost, outcome.messages.processed) == (2, 2, 0)


@pytest.mark.parametrize(
    ("program", "sends", "check"),
    [
        (TOPIC + POLICY % ("sns.amazonaws.com", "source.arn"), SNS, "CHK-FEED-1"),
        (BUS + POLICY % ("events.amazonaws.com", "source.arn"), EVENTS, "CHK-EVENT-1"),
    ],
    ids=["topic", "rule"],
)
def test_a_queue_that_lets_its_publisher_send_loses_none(tmp_path: Path, program: str, sends: str, check: str) -> None:
    checks, outcome = _run(tmp_path, program, sends)

    assert check not in checks
    assert (outcome.messages.sent, outcome.messages.lost, outcome.messages.processed) == (2, 0, 2)


def test_sqs_policy_1_two_policies_of_a_queue_end_a_run_that_depends_on_which_counts(tmp_path: Path) -> None:
    both = POLICY % ("sns.amazonaws.com", "source.arn") + POLICY.replace('"policy", queue', '"other", queue') % (
        "sns.amazonaws.com",
        OTHER,
    )

    with pytest.raises(NotModelledError) as refused:
        _run(tmp_path, TOPIC + both, SNS)

    names = " and ".join(sorted(("policy", "other"), key=str(refused.value).index))
    assert str(refused.value) == (
        f"source hands a message on to jobs, and {names} write the policy of the queue over each other: which of them "
        "is written last decides whether it lets source in (SQS-POLICY-1)\n"
        f"  fix: put the statements of {names} into one policy"
    )


def test_sns_policy_2_two_policies_of_a_topic_end_a_run_that_depends_on_which_counts() -> None:
    topic, bucket = resource(resource_types.TOPIC, "news"), resource(resource_types.BUCKET, "uploads")
    lets = {"Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"}, "Action": "sns:*", "Resource": "*"}
    holders = [
        resource(
            resource_types.TOPIC_POLICY,
            name,
            {"arn": arn_of(topic), "policy": {"Statement": [{**lets, "Effect": effect}]}},
        )
        for name, effect in (("one", "Allow"), ("two", "Deny"))
    ]
    (found,) = stack_of(topic, bucket, *holders).all(Topic)

    permit = topic_permit(found, "s3.amazonaws.com", "uploads", arn_of(bucket), "", "S3-POLICY-1")

    assert permit.undecided == (
        "uploads hands a message on to news, and one and two write the policy of the topic over each other: which of "
        "them is written last decides whether it lets uploads in (SNS-POLICY-2)\n"
        "  fix: put the statements of one and two into one policy"
    )
