"""Faults of a workload that deliver twice, or let a mapping's delete fail: each has an effect, or it is said."""

from __future__ import annotations

from pathlib import Path

import pytest

from delivery_lab.errors import WorkloadError
from delivery_lab.events import Run
from delivery_lab.results.figures import Outcome
from delivery_lab.results.outcome import outcome_of
from delivery_lab.simulation.simulate import simulate
from delivery_lab.simulation.workload_files import read_workload
from delivery_lab.stack.stack import Stack
from tests.checks.world import graph_of

SOURCES = {
    "queue": ("mapping(queue_with_dlq(), function(), batch_size=1, function_response_types=[])", "queue: jobs"),
    "fifo": (
        """
jobs = aws.sqs.Queue("jobs", name="jobs.fifo", fifo_queue=True, content_based_deduplication=True,
    visibility_timeout_seconds=60)
mapping(jobs, function(), batch_size=1, function_response_types=[])
""",
        "queue: jobs, key: a",
    ),
    "stream": (
        """
jobs = aws.kinesis.Stream("jobs", shard_count=1)
mapping(jobs, function(), batch_size=1, function_response_types=[], starting_position="TRIM_HORIZON")
""",
        "stream: jobs, key: a",
    ),
    "event": ("function()", "invoke: worker, type: async"),
}
HANDLER = "def handle(event, context):\n    return None\n"


def run_of(folder: Path, source: str, fault: str) -> Run:
    program, target = SOURCES[source]
    graph = graph_of(folder / "shop", program, {"worker/app.py": HANDLER})
    workload = folder / "jobs.yaml"
    workload.write_text(
        f"send: [{{every: 1, times: 4, {target}, body: {{id: '{{n}}'}}}}]\nfaults: [{fault}]\n", encoding="utf-8"
    )
    return simulate(Stack.of(graph), folder / "shop", read_workload(workload), seed=1)


def run(folder: Path, source: str, fault: str) -> Outcome:
    return outcome_of(run_of(folder, source, fault))


@pytest.mark.parametrize("source", SOURCES)
def test_sim_fault_1_a_function_that_gets_everything_twice_does_so_whatever_feeds_it(
    tmp_path: Path, source: str
) -> None:
    outcome = run(tmp_path, source, "{function: worker, kind: duplicate}")

    assert (outcome.messages.sent, outcome.messages.processed) == (4, 4)
    assert (outcome.deliveries.total, outcome.deliveries.duplicates, outcome.deliveries.max_per_message) == (8, 4, 2)


def test_sim_once_1_a_copy_that_misses_its_delete_is_delivered_when_the_visibility_timeout_ends(tmp_path: Path) -> None:
    outcome = run(tmp_path, "queue", "{queue: jobs, kind: duplicate, ids: ['2']}")

    assert (outcome.messages.processed, outcome.messages.remaining) == (4, 0)
    assert [len(message.delivered_at) for message in outcome.per_message] == [1, 2, 1, 1]
    first, second = outcome.per_message[1].delivered_at
    assert 60 <= second - first < 81


def test_sim_fault_1_a_refused_delete_of_a_mapping_leaves_the_message_in_the_queue(tmp_path: Path) -> None:
    outcome = run(tmp_path, "queue", "{for: 30, service: sqs, operation: DeleteMessage, kind: error}")

    assert outcome.messages.processed == 4
    assert outcome.deliveries.duplicates == 4


@pytest.mark.parametrize(
    ("source", "fault", "note"),
    [
        ("event", "{service: sqs, operation: SendMessage, kind: error}", "error of SendMessage of sqs"),
        ("queue", "{at: 1000, queue: jobs, kind: duplicate}", "duplicate of jobs"),
        ("queue", "{function: worker, kind: throttle, ids: [nobody]}", "throttle of worker"),
        ("queue", "{service: dynamodb, kind: latency, seconds: 1}", "latency of calls of dynamodb"),
    ],
)
def test_a_fault_that_never_happens_is_said(tmp_path: Path, source: str, fault: str, note: str) -> None:
    found = run_of(tmp_path, source, fault)

    assert f"fault 1 of the workload never happened: {note}" in found.notes


@pytest.mark.parametrize(
    ("source", "fault", "message"),
    [
        (
            "queue",
            "{service: sqs, operation: SendMesage, kind: error}",
            "sqs has no operation SendMesage; did you mean SendMessage?",
        ),
        ("queue", "{service: sqs, operation: Fly, kind: error}", "sqs has no operation Fly"),
        (
            "fifo",
            "{queue: jobs, kind: duplicate}",
            (
                "jobs is a FIFO queue, which delivers a message again only after its visibility timeout: the kind "
                "duplicate is for standard queues (SIM-ONCE-1)"
            ),
        ),
    ],
)
def test_a_fault_that_cannot_happen_is_refused(tmp_path: Path, source: str, fault: str, message: str) -> None:
    with pytest.raises(WorkloadError) as caught:
        run(tmp_path, source, fault)

    assert str(caught.value) == f"{tmp_path / 'jobs.yaml'}: {message}"
