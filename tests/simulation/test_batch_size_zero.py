"""A batch size of 0 is answered in one way for every kind of source: AWS's default, as the provider leaves a 0 out."""

from __future__ import annotations

from pathlib import Path

import pytest

from delivery_lab.checks.cloudformation import cloudformation_findings
from delivery_lab.program.graph import Graph
from delivery_lab.results.outcome import outcome_of
from delivery_lab.simulation.simulate import simulate
from delivery_lab.simulation.workload_files import read_workload
from delivery_lab.stack.stack import Stack
from tests.checks.world import findings_in, graph_of

WORKER = 'worker = function(code=pulumi.FileArchive("./worker"))\n'
MAPPING = 'aws.lambda_.EventSourceMapping("mapping", batch_size={size}, function_name=worker.name, {source})\n'
STREAM = 'starting_position="TRIM_HORIZON", maximum_retry_attempts=2, event_source_arn='
SILENT = "def handle(event, context):\n    return None\n"

ITEMS = """
items = aws.dynamodb.Table("items", billing_mode="PAY_PER_REQUEST", hash_key="id", stream_enabled=True,
    stream_view_type="NEW_IMAGE", attributes=[{"name": "id", "type": "S"}])
"""
BROKERS = """
brokers = aws.msk.ServerlessCluster("brokers", vpc_configs=[{"subnet_ids": ["subnet-1", "subnet-2"]}],
    client_authentication={"sasl": {"iam": {"enabled": True}}})
"""

PROGRAMS = {
    "sqs": ("jobs = queue_with_dlq(visibility_timeout_seconds=60)\n", "event_source_arn=jobs.arn", "queue: jobs"),
    "kinesis": (
        'orders = aws.kinesis.Stream("orders", shard_count=1)\n',
        f"{STREAM}orders.arn",
        "stream: orders, key: k",
    ),
    "dynamodb": (
        ITEMS,
        f"{STREAM}items.stream_arn",
        "table: items",
    ),
    "kafka": (
        BROKERS,
        'starting_position="TRIM_HORIZON", topics=["news"], event_source_arn=brokers.arn',
        "topic: news",
    ),
}


def graph(folder: Path, kind: str, size: str) -> Graph:
    resource, source, _ = PROGRAMS[kind]
    program = resource + WORKER + MAPPING.format(size=size, source=source)
    return graph_of(folder, program, {"worker/app.py": SILENT})


@pytest.mark.parametrize("kind", PROGRAMS)
def test_esm_zero_1_a_run_with_zero_is_a_run_with_the_default(kind: str, tmp_path: Path) -> None:
    load = tmp_path / "load.yaml"
    load.write_text(f"send: [{{at: 1, times: 250, {PROGRAMS[kind][2]}, body: {{id: 'o-{{n}}'}}}}]\n")
    hashes = []
    for number, size in enumerate(("0", "None")):
        stack = Stack.of(graph(tmp_path / str(number), kind, size))
        outcome = outcome_of(simulate(stack, tmp_path, read_workload(load), seed=1))
        assert outcome.messages.processed == 250
        hashes.append(outcome.trace_hash)

    assert hashes[0] == hashes[1]


@pytest.mark.parametrize("kind", PROGRAMS)
def test_esm_zero_1_checks_find_the_same_as_with_the_default(kind: str, tmp_path: Path) -> None:
    zero, default = (findings_in(graph(tmp_path / size, kind, size)) for size in ("0", "None"))

    assert zero == default


@pytest.mark.parametrize("kind", PROGRAMS)
def test_esm_zero_1_schemas_do_not_refuse_what_is_left_out(kind: str, tmp_path: Path) -> None:
    found = cloudformation_findings(Stack.of(graph(tmp_path / "zero", kind, "0")))

    assert [finding for finding in found if "batchSize" in str(finding.values)] == []
