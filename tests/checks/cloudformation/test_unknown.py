"""What is known only after deployment is never reported, whatever it would be."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from delivery_lab.checks.cloudformation import cloudformation_findings
from delivery_lab.program.graph import UNKNOWN, Graph
from delivery_lab.stack.stack import Stack
from tests.checks.cloudformation.programs import PIPELINE, graph_of, pipeline

SURROUNDINGS = """
table = aws.dynamodb.Table("t", hash_key="a", attributes=[{"name": "a", "type": "S"}], billing_mode="PAY_PER_REQUEST",
    stream_enabled=True, stream_view_type="NEW_IMAGE")
stream = aws.kinesis.Stream("s", shard_count=1)
aws.lambda_.EventSourceMapping("sm", event_source_arn=stream.arn, function_name=worker.arn, starting_position="LATEST")
aws.sns.Topic("topic", fifo_topic=True)
aws.cloudwatch.LogGroup("logs", retention_in_days=30)
aws.cloudwatch.MetricAlarm("age", namespace="AWS/SQS", metric_name="x", statistic="Maximum", period=60, threshold=1,
    evaluation_periods=5, comparison_operator="GreaterThanThreshold", dimensions={"QueueName": jobs.name})
"""
LOOSE = "QUEUE = FUNCTION = MAPPING = DEAD = {}\n"


def with_input(graph: Graph, urn: str, name: str, value: Any) -> Graph:
    resource = graph.resources[urn]
    changed = replace(resource, inputs={**resource.inputs, name: value}, outputs={**resource.outputs, name: value})
    return replace(graph, resources={**graph.resources, urn: changed})


def test_no_single_unknown_input_causes_a_finding(tmp_path: Path) -> None:
    graph = graph_of(tmp_path, LOOSE + PIPELINE + SURROUNDINGS)
    assert cloudformation_findings(Stack.of(graph)) == []
    tried = 0
    for resource in graph.resources.values():
        for name in resource.inputs:
            assert cloudformation_findings(Stack.of(with_input(graph, resource.urn, name, UNKNOWN))) == [], (
                resource.name,
                name,
            )
            tried += 1
    assert tried > 25


def test_a_preview_that_knows_no_input_at_all_has_no_findings(tmp_path: Path) -> None:
    graph = graph_of(tmp_path, LOOSE + PIPELINE + SURROUNDINGS)
    blind = {
        urn: replace(resource, inputs=dict.fromkeys(resource.inputs, UNKNOWN), outputs={})
        for urn, resource in graph.resources.items()
    }
    assert cloudformation_findings(Stack.of(replace(graph, resources=blind))) == []


@pytest.mark.parametrize(
    ("resource", "name"), [("jobs", "visibilityTimeoutSeconds"), ("worker", "timeout")], ids=lambda value: value
)
def test_timeouts_are_compared_when_both_are_known(tmp_path: Path, resource: str, name: str) -> None:
    graph = pipeline(tmp_path, queue={"visibility_timeout_seconds": 5}, function={"timeout": 30})
    [urn] = [each.urn for each in graph.resources.values() if each.name == resource]

    assert [finding.check for finding in cloudformation_findings(Stack.of(graph))] == ["CFN-E3505"]
    assert cloudformation_findings(Stack.of(with_input(graph, urn, name, UNKNOWN))) == []


def test_types_of_queues_are_compared_when_both_are_known(tmp_path: Path) -> None:
    graph = pipeline(tmp_path, queue={"fifo_queue": True}, dead={"fifo_queue": False})
    urns = {each.name: each.urn for each in graph.resources.values()}

    assert [finding.check for finding in cloudformation_findings(Stack.of(graph))] == ["CFN-E3502"]
    for name in ("jobs", "dead"):
        assert cloudformation_findings(Stack.of(with_input(graph, urns[name], "fifoQueue", UNKNOWN))) == []


def test_items_that_are_unknown_are_no_duplicates(tmp_path: Path) -> None:
    graph = graph_of(tmp_path, 'function("f", layers=["arn:aws:lambda:us-east-1:123456789012:layer:a:1"])')
    [urn] = [each.urn for each in graph.resources.values() if each.name == "f"]

    assert cloudformation_findings(Stack.of(with_input(graph, urn, "layers", [UNKNOWN, UNKNOWN]))) == []


def test_a_source_that_is_unknown_is_followed_by_its_dependency(tmp_path: Path) -> None:
    graph = pipeline(tmp_path, queue={"visibility_timeout_seconds": 5}, function={"timeout": 30})
    [urn] = [each.urn for each in graph.resources.values() if each.name == "mapping"]
    preview = with_input(with_input(graph, urn, "eventSourceArn", UNKNOWN), urn, "functionName", UNKNOWN)

    assert [finding.check for finding in cloudformation_findings(Stack.of(preview))] == ["CFN-E3505"]
