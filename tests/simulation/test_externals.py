"""What other stacks create, as a workload says that it is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from delivery_lab.errors import WorkloadError
from delivery_lab.program.graph import Graph
from delivery_lab.resource_types import QUEUE
from delivery_lab.simulation.externals import with_externals
from delivery_lab.simulation.workload_external import External
from delivery_lab.simulation.workload_files import read_workload
from delivery_lab.stack.stack import Stack
from delivery_lab.stack.streams import Stream, Table
from tests.stack.world import resource, stack_of

QUEUE_ARN = "arn:aws:sqs:eu-west-1:210987654321:orders"


def stack_with(externals: dict[str, External], graph: Graph | None = None) -> tuple[Stack, Graph]:
    whole = with_externals(graph or stack_of().graph, externals, "w.yaml")
    return Stack.of(whole), whole


def test_an_external_queue_is_found_by_arn_and_url() -> None:
    stack, whole = stack_with({QUEUE_ARN: External(kind="queue", visibility_timeout_seconds=45)})

    queue = stack.queue_at(QUEUE_ARN)
    assert queue is not None
    assert queue is stack.queue_of_url("https://sqs.eu-west-1.amazonaws.com/210987654321/orders")
    assert (queue.name, queue.visibility_seconds.known, queue.fifo.known) == ("orders", 45, False)
    assert whole.warnings == ()


def test_an_external_queue_stands_for_what_the_program_reads_by_its_id() -> None:
    read = resource(QUEUE, "orders", external=True)
    stack, _ = stack_with({QUEUE_ARN: External(kind="queue", visibility_timeout_seconds=45)}, stack_of(read).graph)

    assert [(queue.name, queue.visibility_seconds.known) for queue in stack.queues] == [("orders", 45)]


def test_a_default_that_decides_about_deliveries_is_said() -> None:
    _, whole = stack_with({QUEUE_ARN: External(kind="queue")})

    assert whole.warnings == (
        "orders, which is external: visibilityTimeoutSeconds is not said; taken is AWS's default, 30 s",
    )


def test_the_name_of_an_external_fifo_queue_says_that_it_is_one() -> None:
    arn = f"{QUEUE_ARN}.fifo"
    stack, _ = stack_with({arn: External(kind="queue", content_based_deduplication=True)})

    queue = stack.queue_at(arn)
    assert queue is not None
    assert (queue.fifo.known, queue.content_based_deduplication.known) == (True, True)


def test_dead_letter_queues_come_before_the_queues_that_name_them() -> None:
    dead = f"{QUEUE_ARN}-dead"
    said = External(kind="queue", dead_letter_target_arn=dead, max_receive_count=2)
    stack, _ = stack_with({QUEUE_ARN: said, dead: External(kind="queue")})

    assert [queue.name for queue in stack.queues] == ["orders-dead", "orders"]


def test_external_streams_and_tables_have_their_keys_and_shards() -> None:
    stream_arn = "arn:aws:kinesis:eu-west-1:210987654321:stream/clicks"
    table_stream = "arn:aws:dynamodb:eu-west-1:210987654321:table/books/stream/2025-01-01T00:00:00.000"
    stack, _ = stack_with(
        {
            stream_arn: External(kind="stream", shard_count=3, retention_hours=48),
            table_stream: External(kind="table", hash_key="isbn", range_key="copy:N", stream_view_type="NEW_IMAGE"),
        }
    )

    (stream,) = stack.all(Stream)
    assert (stream.arn, stream.name, stream.shards.known, stream.retention_hours.known) == (stream_arn, "clicks", 3, 48)
    (table,) = stack.all(Table)
    assert (table.stream_arn, table.attributes) == (table_stream, {"isbn": "S", "copy": "N"})


def test_a_name_that_the_program_gives_too_gives_way_to_the_arn() -> None:
    own = resource(QUEUE, "orders", outputs={"arn": "arn:aws:sqs:eu-west-1:123456789012:orders-1234567"})
    stack, _ = stack_with({QUEUE_ARN: External(kind="queue")}, stack_of(own).graph)

    assert sorted(queue.label for queue in stack.queues) == [QUEUE_ARN, "orders"]


@pytest.mark.parametrize(
    ("arn", "kind", "message"),
    [
        ("orders", "queue", "is no ARN, such as arn:aws:sqs:eu-west-1:123456789012:orders"),
        (QUEUE_ARN, "stream", "is the ARN of a queue, not of a stream"),
        ("arn:aws:lambda:eu-west-1:1:function:f", "queue", "is an ARN of none of queue, stream, topic"),
    ],
)
def test_what_is_no_arn_of_its_kind_is_refused(arn: str, kind: Any, message: str) -> None:
    with pytest.raises(WorkloadError) as refused:
        stack_with({arn: External(kind=kind)})

    assert str(refused.value).startswith(f"w.yaml: external: {arn} {message}")


def test_what_the_stack_creates_is_not_external() -> None:
    own = resource(QUEUE, "orders", outputs={"arn": QUEUE_ARN})

    with pytest.raises(WorkloadError, match="is created by the stack itself, so it is not external"):
        stack_with({QUEUE_ARN: External(kind="queue")}, stack_of(own).graph)


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ("{kind: queue, shardCount: 2}", "shardCount is no setting of a queue"),
        ("{kind: queue, visibilityTimeoutSeconds: 43201}", "has to be less than or equal to 43200, not 43201"),
        ("{kind: queue, maxReceiveCount: 2}", "deadLetterTargetArn and maxReceiveCount go together"),
        ("{kind: stream, onDemand: true, shardCount: 2}", "a stream in on-demand mode has no shardCount"),
        ("{kind: table}", "a table needs its hashKey"),
        ("{kind: function}", "has to be 'queue', 'stream', 'topic', 'table', 'bus' or 'bucket', not 'function'"),
    ],
)
def test_a_line_that_makes_no_sense_is_refused(tmp_path: Path, said: str, message: str) -> None:
    file = tmp_path / "w.yaml"
    file.write_text(f'send: [{{queue: q, body: 1}}]\nexternal:\n  "{QUEUE_ARN}": {said}\n')

    with pytest.raises(WorkloadError) as refused:
        read_workload(file)

    assert f"{file}:3: external.{QUEUE_ARN}" in str(refused.value)
    assert message in str(refused.value)
